//! virt-controller: from VirtualMachines to instances, and the upkeep that a cluster does around them.
//!
//! Every controller is a queue of keys and a `sync` that looks at what is stored and moves it one step. Events only
//! wake; nothing is remembered between syncs, so a kill at any point loses nothing. Syncs that touch several
//! objects do so in one store transaction.
//!
//! Not here: guests (`crate::handler`).

mod conditions;
mod data_volume;
mod garbage;
mod namespace;
mod pump;
pub mod queue;
mod recorder;
pub mod run_strategy;
mod vm;
mod vm_status;
mod vmi;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::handler::Handler;
use crate::launcher::Runtime;
use crate::store::Store;
use queue::Queue;

pub use conditions::{condition, remove_condition, set_condition};
pub use garbage::GONE;
pub use recorder::Recorder;
pub use vm_status::DELETED_EARLY;
pub use vmi::set_phase;

/// How many keys of a kind are worked on at once.
const WORKERS: usize = 8;

/// What controllers share.
#[derive(Clone)]
pub struct Context {
    /// The state.
    pub store: Store,
    /// The guests.
    pub runtime: Arc<dyn Runtime>,
    /// Writes Events.
    pub recorder: Recorder,
    /// Name of the first node.
    pub node: Arc<str>,
    /// Ends all loops.
    pub stopping: CancellationToken,
}

/// The work queues.
#[derive(Clone)]
pub struct Queues {
    /// VirtualMachines.
    pub vms: Queue,
    /// Instances, as virt-controller sees them.
    pub vmis: Queue,
    /// Instances, as virt-handler sees them.
    pub guests: Queue,
    /// DataVolumes that go away.
    pub volumes: Queue,
    /// Namespaces that go away.
    pub namespaces: Queue,
    /// Objects whose owner or whose own deletion needs looking at.
    pub garbage: Queue,
}

/// Starts everything.
pub fn spawn(context: &Context) {
    let queues = Queues {
        vms: Queue::default(),
        vmis: Queue::default(),
        guests: Queue::default(),
        volumes: Queue::default(),
        namespaces: Queue::default(),
        garbage: Queue::default(),
    };
    let vms = vm::Controller::new(context.clone(), queues.vms.clone());
    queues.vms.spawn(WORKERS, context.stopping.clone(), move |key| vms.clone().sync(key));
    let vmis = vmi::Controller::new(context.clone());
    queues.vmis.spawn(WORKERS, context.stopping.clone(), move |key| vmis.clone().sync(key));
    let guests = Handler::new(context.clone(), queues.guests.clone());
    guests.clone().spawn_listener(queues.guests.clone());
    queues.guests.spawn(WORKERS, context.stopping.clone(), move |key| guests.clone().sync(key));
    let volumes = data_volume::Controller::new(context.clone());
    queues.volumes.spawn(1, context.stopping.clone(), move |key| volumes.clone().sync(key));
    let namespaces = namespace::Controller::new(context.clone());
    queues.namespaces.spawn(1, context.stopping.clone(), move |key| namespaces.clone().sync(key));
    let garbage = garbage::Collector::new(context.clone());
    queues.garbage.spawn(WORKERS, context.stopping.clone(), move |key| garbage.clone().sync(key));
    pump::spawn(context.clone(), queues);
    recorder::spawn_expiry(context.clone());
}
