//! The process dies at every commit of each kind of work on a VM, once just before and once just after it, and each time
//! the cluster has done what it was told: whatever the moment, a restart brings the work to its end, once.
//!
//! The moments are counted, not chosen: the first, the second, ... until a whole operation passes without meeting its
//! death. What a dead process held is free after its leases end, for which the database's clock is moved.

use shepherd_contract::types::{
    Approve, DeleteVm, ListBatchChildrenQuery, ModifyVm, PowerState, PowerVm, Request, RequestState,
    RequestVms, StopVm, VmState,
};
use shepherd_domain::ids::{RequestId, SizeVersionId, VmId};
use shepherd_store::failpoint::{CLUSTER_ACTED, COMMIT_AFTER, COMMIT_BEFORE};
use shepherd_test_support::app::{Caller, Replica, SOON, World, key};
use shepherd_test_support::wait_for;

/// More commits than any of the operations has.
const TOO_MANY: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_before_every_commit() {
    die_at_every(COMMIT_BEFORE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_after_every_commit() {
    die_at_every(COMMIT_AFTER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_whenever_the_cluster_has_acted() {
    die_at_every(CLUSTER_ACTED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_dies_before_every_commit_and_each_child_is_made_once() {
    a_batch_dies_at_every(COMMIT_BEFORE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_dies_after_every_commit_and_each_child_is_made_once() {
    a_batch_dies_at_every(COMMIT_AFTER).await;
}

async fn a_batch_dies_at_every(point: &str) {
    let mut world = World::start().await;
    world.rest().await;
    let mut story = Story::of(&world, [world.size, world.size]);
    for nth in 1.. {
        assert!(nth < TOO_MANY, "the batch never ends by itself");
        story.arm(point, nth, true);
        let vms = story.batch().await;
        story.replica.disarm().await;
        story.replica.disarm().await;
        world.assert_true().await;
        let found = world.in_cluster().await;
        for vm in vms {
            let ours = found.values().filter(|there| there.vm_id.as_deref() == Some(&vm.to_string()));
            assert_eq!(ours.count(), 1, "{found:?}");
        }
        if story.replica.deaths == story.deaths {
            break;
        }
    }
    assert!(story.replica.deaths >= 4, "it hardly ever died");
    println!("{point}, batches: {} deaths", story.replica.deaths);
}

/// What is done to a VM, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Create,
    Pause,
    Unpause,
    Modify,
    Stop,
    Delete,
    Restore,
    /// Into the trash once more.
    Again,
    Purge,
}

async fn die_at_every(point: &str) {
    use Work::{Again, Create, Delete, Modify, Pause, Purge, Restore, Stop, Unpause};
    let mut world = World::start().await;
    world.rest().await;
    let sizes = [world.size, world.larger_size().await];
    let mut story = Story::of(&world, sizes);
    let mut dies = vec![Create, Pause, Unpause, Modify, Stop, Delete, Restore, Purge];
    for nth in 1.. {
        assert!(nth < TOO_MANY, "the operations never end by themselves");
        let mut vm = None;
        for work in [Create, Pause, Unpause, Modify, Stop, Delete, Restore, Again, Purge] {
            // What nobody dies at any more is left out where the rest does not build on it.
            let needed = |of: &[Work]| dies.iter().any(|left| of.contains(left));
            let goes_on = match work {
                Pause | Unpause => needed(&[Pause, Unpause]),
                Modify | Stop => needed(&[work]),
                Delete | Restore => needed(&[Delete, Restore]),
                _ => true,
            };
            if !goes_on {
                continue;
            }
            let armed = dies.contains(&work);
            story.arm(point, nth, armed);
            let on = story.does(work, vm).await;
            let died = story.survived(armed, on, usize::from(work != Purge)).await;
            if armed && !died {
                dies.retain(|left| *left != work);
            }
            vm = Some(on);
        }
        if dies.is_empty() {
            break;
        }
    }
    assert!(story.replica.deaths >= 8, "not every kind of work met its death");
    println!("{point}: {} deaths", story.replica.deaths);
}

/// People who ask a replica that keeps dying, and what they see.
struct Story<'a> {
    world: &'a World,
    replica: Replica<'a>,
    deaths: usize,
    sizes: [SizeVersionId; 2],
}

impl<'a> Story<'a> {
    fn of(world: &'a World, sizes: [SizeVersionId; 2]) -> Self {
        let replica = Replica::start(&world.app, env!("CARGO_BIN_EXE_replica"));
        Self { world, replica, deaths: 0, sizes }
    }

    async fn does(&mut self, work: Work, vm: Option<VmId>) -> VmId {
        let Some(vm) = vm else { return self.create().await };
        match work {
            Work::Create => unreachable!("it is the first"),
            Work::Pause => self.power(vm, "pause", PowerState::Paused).await,
            Work::Unpause => self.power(vm, "unpause", PowerState::Running).await,
            Work::Modify => self.modify(vm).await,
            Work::Stop => self.power(vm, "stop", PowerState::Stopped).await,
            Work::Delete | Work::Again => self.remove(vm, false).await,
            Work::Restore => self.restore(vm).await,
            Work::Purge => self.remove(vm, true).await,
        }
        vm
    }

    fn arm(&mut self, point: &str, nth: usize, wanted: bool) {
        self.deaths = self.replica.deaths;
        if wanted {
            self.replica.arm(point, nth);
        }
    }

    /// Everything is as if nobody had died, and the VM is there so many times. Says whether somebody had died.
    async fn survived(&mut self, armed: bool, vm: VmId, times: usize) -> bool {
        self.replica.disarm().await;
        self.replica.disarm().await;
        self.world.assert_true().await;
        let found = self.world.in_cluster().await;
        let ours = found.values().filter(|there| there.vm_id.as_deref() == Some(&vm.to_string())).count();
        assert_eq!(ours, times, "{found:?}");
        armed && self.replica.deaths > self.deaths
    }

    async fn create(&mut self) -> VmId {
        let wish = self.world.wish();
        let (engineer, key) = (&self.world.engineer, key());
        let asked = self.replica.insist(engineer, async |e| e.requests().request_vm(&key, &wish).await).await;
        self.approve(&asked).await;
        let done = self.ends(asked.id).await;
        let vm = self.world.does(done.vm.expect("it has a VM").id, PowerState::Running).await;
        assert_eq!(vm.state, VmState::Active);
        vm.id
    }

    /// Two of the same with one decision.
    async fn batch(&mut self) -> Vec<VmId> {
        let (engineer, approver) = (&self.world.engineer, &self.world.approver);
        let (ask, say, wish) = (key(), key(), self.world.wish());
        let body = RequestVms {
            service_id: wish.service_id,
            namespace_id: wish.namespace_id,
            template_version_id: wish.template_version_id,
            size_version_id: wish.size_version_id,
            count: Some(2),
            another: Some(true),
            disk_bytes: None,
            variables: None,
            secret_ids: None,
            network_ids: None,
            ssh_key_ids: None,
            place: None,
            reason: None,
            fields: None,
            sample: None,
            name_pattern: None,
            csv: None,
        };
        let asked = self.replica.insist(engineer, async |e| e.batches().request_vms(&ask, &body).await).await;
        let yes = Approve {
            spec_hash: asked.request.spec_hash.clone(),
            comment: None,
            cluster_id: None,
            confirm_name: None,
            overrides: None,
            set_aside: None,
        };
        let id = asked.request.id;
        self.replica.insist(approver, async |a| a.requests().approve_request(id, &say, &yes).await).await;
        self.ends(id).await;
        let all = ListBatchChildrenQuery { limit: Some(10), ..Default::default() };
        let children =
            engineer.batches().list_batch_children(id, &all).await.expect("they can be read").items;
        assert_eq!(children.len(), 2);
        children.into_iter().map(|child| child.vm.expect("it has a VM").id).collect()
    }

    async fn power(&mut self, vm: VmId, verb: &str, wanted: PowerState) {
        let (engineer, key, body) = (&self.world.engineer, key(), PowerVm { reason: None, fields: None });
        let call = async |e: &Caller| match verb {
            "pause" => e.lifecycle().pause_vm(vm, &key, &body).await,
            "unpause" => e.lifecycle().unpause_vm(vm, &key, &body).await,
            _ => e.vms().stop_vm(vm, &key, &StopVm::default()).await,
        };
        let asked = self.replica.insist(engineer, call).await;
        self.ends(asked.id).await;
        self.world.does(vm, wanted).await;
    }

    /// To the other size of two.
    async fn modify(&mut self, vm: VmId) {
        let (engineer, key) = (&self.world.engineer, key());
        let before = engineer.vms().get_vm(vm).await.expect("it can be read");
        let size = self.sizes.into_iter().find(|size| *size != before.size.id);
        let body = ModifyVm {
            base_revision: before.spec_revision,
            size_version_id: size,
            disk_bytes: None,
            template_version_id: None,
            variables: None,
            labels: None,
            reason: None,
            fields: None,
        };
        let call = async |e: &Caller| e.lifecycle().modify_vm(vm, &key, &body).await;
        let asked = self.replica.insist(engineer, call).await;
        self.approve(&asked).await;
        self.ends(asked.id).await;
        let after = engineer.vms().get_vm(vm).await.expect("it can be read");
        assert_eq!(Some(after.size.id), size);
        assert_eq!(after.spec_revision, before.spec_revision + 1, "it was changed once");
    }

    /// Into the trash, or out of it for good.
    async fn remove(&mut self, vm: VmId, purge: bool) {
        let (engineer, key) = (&self.world.engineer, key());
        let confirm_name = engineer.vms().get_vm(vm).await.expect("it can be read").name;
        let body = DeleteVm { reason: None, confirm_name, fields: None };
        let call = async |e: &Caller| match purge {
            true => e.lifecycle().purge_vm(vm, &key, &body).await,
            false => e.vms().delete_vm(vm, &key, &body).await,
        };
        let asked = self.replica.insist(engineer, call).await;
        self.approve(&asked).await;
        self.ends(asked.id).await;
        let state = engineer.vms().get_vm(vm).await.expect("it can be read").state;
        assert_eq!(state, if purge { VmState::Deleted } else { VmState::Trashed });
    }

    async fn restore(&mut self, vm: VmId) {
        let (engineer, key, body) = (&self.world.engineer, key(), PowerVm { reason: None, fields: None });
        let call = async |e: &Caller| e.lifecycle().restore_vm(vm, &key, &body).await;
        let asked = self.replica.insist(engineer, call).await;
        self.approve(&asked).await;
        self.ends(asked.id).await;
        assert_eq!(self.world.does(vm, PowerState::Running).await.state, VmState::Active);
    }

    async fn approve(&mut self, asked: &Request) {
        let (approver, key) = (&self.world.approver, key());
        let spec_hash = asked.spec_hash.clone();
        let body = Approve {
            spec_hash,
            comment: None,
            cluster_id: None,
            confirm_name: None,
            overrides: None,
            set_aside: None,
        };
        self.replica
            .insist(approver, async |a| a.requests().approve_request(asked.id, &key, &body).await)
            .await;
    }

    async fn ends(&mut self, id: RequestId) -> Request {
        wait_for("the request to succeed", SOON, async || {
            self.replica.revive().await;
            let request = self.world.engineer.requests().get_request(id).await.expect("it can be read");
            assert!(request.state == RequestState::Succeeded || request.closed_at.is_none(), "{request:?}");
            if request.closed_at.is_some() { Ok(request) } else { Err(request.state) }
        })
        .await
    }
}
