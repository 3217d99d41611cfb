//! Every step of every kind of work on a VM, done twice, failed and left alone, and what remains of it.
//!
//! Each call that carries out work goes wrong once, each in its turn: the first, the second, ... until a whole operation
//! passes without meeting its fault. The calls are counted and the steps are those of `domain::plan`, so that a new one is
//! met without an edit here, and a new kind of work that nobody tells fails. Not here: a process that dies, which is the
//! matter of the crash tests; and faults of the guest, which have their own tests in `domain::plan`.

use std::collections::BTreeSet;

use shepherd_contract::types::{
    ModifyVm, PowerState, PowerVm, Request, RequestState, RequestVm, Vm, VmState,
};
use shepherd_domain::ids::{OperationId, SizeVersionId, TemplateVersionId};
use shepherd_domain::plan;
use shepherd_domain::states::RequestOperation::{
    self, Create, Delete, Modify, Pause, Purge, Restart, Restore, Start, Stop, Unpause,
};
use shepherd_test_support::app::{Recorder, SOON, Spoil, World, key};
use shepherd_test_support::wait_for;

use super::{delete, purge, restore, says_yes, start, stop};

/// Everything that is done to a VM, in this order.
const LIFE: [RequestOperation; 11] =
    [Create, Pause, Unpause, Restart, Modify, Stop, Start, Delete, Restore, Delete, Purge];
/// More calls than any of it needs.
const TOO_MANY: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_answer_was_lost_is_done_again_and_counts_once() {
    Stage::set().await.spoil_every_call(Spoil::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_a_busy_cluster_turned_away_is_done_later() {
    Stage::set().await.spoil_every_call(Spoil::Busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_denied_ends_its_request_and_can_be_asked_for_again() {
    let stage = Stage::set().await;
    stage.spoil_every_call(Spoil::Denied).await;
    let failed: BTreeSet<String> = stage.failed_steps().await.into_iter().map(|(work, _)| work).collect();
    let all: BTreeSet<String> = LIFE.iter().map(ToString::to_string).collect();
    assert_eq!(failed, all, "no kind of work goes on where the cluster forbids it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_step_time_runs_out_at_the_work_ends_and_can_be_asked_for_again() {
    let stage = Stage::set().await;
    stage.spoil_every_call(Spoil::Away).await;
    stage.spoil_every_call(Spoil::Mute).await;
    let failed = stage.failed_steps().await;
    for operation in RequestOperation::ALL {
        for step in plan::steps(*operation) {
            let step = (operation.to_string(), step.to_string());
            assert!(failed.contains(&step), "nothing ever ended at {step:?}; it did at {failed:?}");
        }
    }
}

/// A life in which all of these happen, and of the rest only what they build on.
fn life(left: &BTreeSet<&str>) -> Vec<RequestOperation> {
    let any = |of: &[RequestOperation]| of.iter().any(|one| left.contains(one.as_str()));
    let needed = |(at, operation): (usize, RequestOperation)| {
        let needed = match operation {
            Create | Purge => true,
            Pause | Unpause => any(&[Pause, Unpause]),
            Stop | Start => any(&[Stop, Start]),
            // What comes back from the trash has been there before.
            Delete | Restore => at + 2 == LIFE.len() || any(&[Restore]),
            other => any(&[other]),
        };
        needed.then_some(operation)
    };
    LIFE.into_iter().enumerate().filter_map(needed).collect()
}

struct Stage {
    world: World,
    front: Recorder,
    template: TemplateVersionId,
    sizes: [SizeVersionId; 2],
}

impl Stage {
    async fn set() -> Self {
        for operation in RequestOperation::ALL.iter().filter(|o| !plan::steps(**o).is_empty()) {
            assert!(LIFE.contains(operation), "{operation} is not told here");
        }
        let (world, front) = World::start_behind_front().await;
        let template = world.persistent_template().await;
        let sizes = [world.size, world.larger_size().await];
        Self { world, front, template, sizes }
    }

    async fn spoil_every_call(&self, how: Spoil) {
        let mut left: BTreeSet<&str> = LIFE.iter().map(|operation| operation.as_str()).collect();
        for nth in 1.. {
            assert!(nth < TOO_MANY, "the operations never end by themselves: {left:?}");
            let mut vm = None;
            let mut met = BTreeSet::new();
            for operation in life(&left) {
                let spoils = left.contains(operation.as_str());
                let (on, spoiled) = self.does(operation, vm, spoils.then_some((nth, how))).await;
                if spoiled {
                    met.insert(operation.as_str());
                }
                vm = Some(on);
            }
            if met.is_empty() {
                return;
            }
            left = met;
        }
    }

    /// Brings it about, whatever goes wrong. Says whether something did.
    async fn does(
        &self,
        operation: RequestOperation,
        vm: Option<Vm>,
        spoil: Option<(usize, Spoil)>,
    ) -> (Vm, bool) {
        if let Some((nth, how)) = spoil {
            self.front.spoil(nth, how);
        }
        let ended = self.carried_out(operation, vm.as_ref()).await;
        let spoiled = self.front.mend();
        self.world.healthy().await;
        let done = ended.state == RequestState::Succeeded;
        let may_fail = match spoil {
            Some((_, Spoil::Denied | Spoil::Away | Spoil::Mute)) => spoiled.is_some(),
            _ => false,
        };
        assert!(done || may_fail, "{operation} ended as {:?} after {spoiled:?}", ended.failure);
        let mut vm = self.vm(&ended).await;
        if !done {
            self.world.assert_books_true().await;
            assert!(self.in_cluster(&vm).await <= 1, "{operation}, {spoiled:?}");
            vm = self.mended(operation, vm).await;
        }
        let vm = self.as_it_should_be(operation, vm).await;
        self.world.assert_true().await;
        (vm, spoiled.is_some())
    }

    /// After a failure people look at what there is, and ask again for what is missing.
    async fn mended(&self, operation: RequestOperation, mut vm: Vm) -> Vm {
        let next = match (operation, vm.state) {
            (Create, _) => {
                assert_eq!(vm.state, VmState::Failed);
                for clear in [Delete, Purge] {
                    if vm.state != VmState::Deleted {
                        vm = self.vm(&self.carried_out(clear, Some(&vm)).await).await;
                    }
                }
                assert_eq!((vm.state, self.in_cluster(&vm).await), (VmState::Deleted, 0));
                Create
            }
            // What was done before it failed is done: it is out of the trash, and whoever wants it to run says so.
            (Restore, VmState::Active) => Start,
            (Delete, VmState::Trashed) | (Purge, VmState::Deleted) => return vm,
            _ => operation,
        };
        let vm = Some(&vm).filter(|_| next != Create);
        let ended = self.carried_out(next, vm).await;
        assert_eq!(ended.state, RequestState::Succeeded, "{operation} again: {:?}", ended.failure);
        self.vm(&ended).await
    }

    async fn as_it_should_be(&self, operation: RequestOperation, vm: Vm) -> Vm {
        let (state, power, copies) = match operation {
            Pause => (VmState::Active, Some(PowerState::Paused), 1),
            Stop => (VmState::Active, Some(PowerState::Stopped), 1),
            Delete => (VmState::Trashed, Some(PowerState::Stopped), 1),
            Purge => (VmState::Deleted, None, 0),
            _ => (VmState::Active, Some(PowerState::Running), 1),
        };
        let vm = match power {
            Some(power) => self.world.does(vm.id, power).await,
            None => vm,
        };
        assert_eq!((vm.state, self.in_cluster(&vm).await), (state, copies), "{operation}");
        vm
    }

    /// Asked for, approved where it must be, and brought to its end.
    async fn carried_out(&self, operation: RequestOperation, vm: Option<&Vm>) -> Request {
        let asked = self.ask(operation, vm).await;
        if asked.state == RequestState::Pending {
            // A breaker that has just seen a cluster away may want a moment before the dry-run.
            wait_for("the approval to count", SOON, async || says_yes(&self.world.approver, &asked).await)
                .await;
        }
        wait_for("the request to end", SOON, async || {
            let request = self.world.engineer.requests().get_request(asked.id).await.expect("it can be read");
            if request.closed_at.is_some() {
                return Ok(request);
            }
            if self.front.is_away() {
                let over = "update operation set not_after = app_now() where finished_at is null";
                self.world.execute(over).await;
            }
            // As the queue and the reconciler will, but now.
            if let Some(operation) = request.operation_id {
                let woken = self.world.app.app.work_operation(OperationId(operation.0)).await;
                woken.expect("a fault of the cluster is none of ours");
            }
            Err(format!("{} {:?}", request.state, request.failure))
        })
        .await
    }

    async fn ask(&self, operation: RequestOperation, vm: Option<&Vm>) -> Request {
        let (engineer, nothing) = (&self.world.engineer, PowerVm { reason: None, fields: None });
        let (Some(vm), false) = (vm, operation == Create) else {
            let wish = RequestVm {
                template_version_id: self.template,
                size_version_id: self.sizes[0],
                disk_bytes: Some(1 << 30),
                ..self.world.wish()
            };
            return engineer.requests().request_vm(&key(), &wish).await.expect("it is taken up");
        };
        let (id, lifecycle) = (vm.id, engineer.lifecycle());
        let asked = match operation {
            Start => start(engineer, vm).await,
            Stop => stop(engineer, vm).await,
            Restart => engineer.vms().restart_vm(id, &key(), &nothing).await,
            Pause => lifecycle.pause_vm(id, &key(), &nothing).await,
            Unpause => lifecycle.unpause_vm(id, &key(), &nothing).await,
            Modify => lifecycle.modify_vm(id, &key(), &self.change(vm)).await,
            Delete => delete(engineer, vm).await,
            Restore => restore(engineer, vm).await,
            Purge => purge(engineer, vm).await,
            other => panic!("nobody knows how to ask for {other}"),
        };
        asked.unwrap_or_else(|error| panic!("{operation} is not taken up: {error}"))
    }

    /// The other size, and a larger disk.
    fn change(&self, vm: &Vm) -> ModifyVm {
        ModifyVm {
            base_revision: vm.spec_revision,
            size_version_id: self.sizes.into_iter().find(|size| *size != vm.size.id),
            disk_bytes: Some(vm.size.disk_bytes + (1 << 30)),
            template_version_id: None,
            variables: None,
            labels: None,
            reason: None,
            fields: None,
        }
    }

    async fn vm(&self, of: &Request) -> Vm {
        let id = of.vm.as_ref().expect("it has a VM").id;
        self.world.engineer.vms().get_vm(id).await.expect("it can be read")
    }

    /// How often the cluster has it.
    async fn in_cluster(&self, vm: &Vm) -> usize {
        let found = self.world.in_cluster().await;
        found.values().filter(|there| there.vm_id.as_deref() == Some(&vm.id.to_string())).count()
    }

    /// The operations that did not succeed, and at which step.
    async fn failed_steps(&self) -> BTreeSet<(String, String)> {
        let query =
            "select o.operation, s.name from operation o join operation_step s on s.operation_id = o.id
                      where o.state in ('failed', 'expired') and s.state = 'failed'";
        let mut owner = self.world.app.db.owner().await;
        let rows: Vec<(String, String)> =
            sqlx::query_as(query).fetch_all(&mut owner).await.expect("operations can be read");
        rows.into_iter().collect()
    }
}
