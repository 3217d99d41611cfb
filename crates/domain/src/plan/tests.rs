use super::*;
use crate::reason::Reason;
use proptest::prelude::*;

fn vm(power: PowerState) -> ObservedVm {
    let instance_uid = (power != PowerState::Stopped).then(|| "i1".to_owned());
    let message = Some("the cluster's words".into());
    ObservedVm { uid: "u1".into(), power, instance_uid, reason: None, message }
}

fn seen(power: PowerState) -> Observed {
    Observed::Present(vm(power))
}

fn early() -> Clock {
    Clock { in_step: TimeDelta::seconds(1), left: TimeDelta::hours(1) }
}

fn after(minutes: i64) -> Clock {
    Clock { in_step: TimeDelta::minutes(minutes), left: TimeDelta::hours(1) }
}

fn ask(operation: RequestOperation, step: Step, observed: &Observed, clock: Clock) -> StepOutcome {
    advance(operation, step, observed, &Memory::default(), clock)
}

fn acted() -> Memory {
    Memory { acted: true, ..Memory::default() }
}

fn code(outcome: StepOutcome) -> String {
    match outcome {
        StepOutcome::Fail(Reason { code, .. }) | StepOutcome::Expire(Reason { code, .. }) => {
            code.into_owned()
        }
        other => panic!("{other:?} is no end"),
    }
}

fn waits(outcome: &StepOutcome) -> bool {
    matches!(outcome, StepOutcome::Wait { .. })
}

#[test]
fn a_create_makes_its_namespace_and_vm_and_waits_for_the_guest() {
    let op = RequestOperation::Create;
    let unseen = Observed::Missing;
    assert_eq!(ask(op, Step::Namespace, &unseen, early()), StepOutcome::Act(ClusterAction::EnsureNamespace));
    assert_eq!(advance(op, Step::Namespace, &unseen, &acted(), early()), StepOutcome::Done);
    assert_eq!(ask(op, Step::Create, &unseen, early()), StepOutcome::Act(ClusterAction::CreateVm));
    assert_eq!(advance(op, Step::Create, &unseen, &acted(), early()), StepOutcome::Done);
    assert_eq!(
        ask(op, Step::Create, &seen(PowerState::Starting), early()),
        StepOutcome::Act(ClusterAction::CreateVm),
        "what belongs to the VM may not have been made"
    );
    assert!(waits(&ask(op, Step::Running, &unseen, early())), "the inventory may lag");
    assert!(waits(&ask(op, Step::Running, &seen(PowerState::Starting), after(14))));
    assert_eq!(ask(op, Step::Running, &seen(PowerState::Running), early()), StepOutcome::Done);
}

#[test]
fn an_image_that_cannot_be_fetched_is_given_up_before_a_slow_boot_is() {
    for reason in ["ErrImagePull", "ImagePullBackOff"] {
        let vm = Observed::Present(ObservedVm { reason: Some(reason.into()), ..vm(PowerState::Starting) });
        for op in [RequestOperation::Create, RequestOperation::Start] {
            assert!(waits(&ask(op, Step::Running, &vm, after(9))), "a registry may come back");
            assert_eq!(code(ask(op, Step::Running, &vm, after(10))), "IMAGE_NOT_FETCHED");
        }
    }
}

#[test]
fn a_guest_that_does_not_come_up_is_a_coded_failure() {
    let op = RequestOperation::Create;
    for (power, minutes, expected) in [
        (PowerState::CrashLoop, 3, "GUEST_CRASH_LOOP"),
        (PowerState::Failed, 3, "GUEST_FAILED"),
        (PowerState::Stopped, 2, "GUEST_STOPPED"),
        (PowerState::Starting, 60, "BOOT_TIMEOUT"),
        (PowerState::Paused, 0, "VM_PAUSED"),
        (PowerState::Deleting, 0, "DELETED_OUTSIDE"),
    ] {
        let outcome = ask(op, Step::Running, &seen(power), after(minutes));
        assert!(matches!(&outcome, StepOutcome::Fail(r) if r.params["message"] == "the cluster's words"));
        assert_eq!(code(outcome), expected);
        if minutes > 0 {
            assert!(waits(&ask(op, Step::Running, &seen(power), after(minutes - 1))), "{power}");
        }
    }
    assert_eq!(code(ask(op, Step::Running, &Observed::Missing, after(2))), "DELETED_OUTSIDE");
    assert_eq!(
        code(ask(RequestOperation::Start, Step::Running, &seen(PowerState::Starting), after(15))),
        "BOOT_TIMEOUT"
    );
}

#[test]
fn a_foreign_vm_is_never_touched() {
    let stranger = Memory { uid: Some("another".into()), ..Memory::default() };
    for operation in RequestOperation::ALL {
        for step in steps(*operation).iter().filter(|step| **step != Step::Namespace) {
            for outcome in [
                ask(*operation, *step, &Observed::Foreign, early()),
                advance(*operation, *step, &seen(PowerState::Running), &stranger, early()),
            ] {
                if matches!(operation, RequestOperation::Delete | RequestOperation::Purge) {
                    assert_eq!(outcome, StepOutcome::Done);
                } else {
                    assert_eq!(code(outcome), "FOREIGN_VM");
                }
            }
        }
    }
}

#[test]
fn a_start_acts_once_and_only_on_what_can_start() {
    let op = RequestOperation::Start;
    let start = StepOutcome::Act(ClusterAction::Start { uid: "u1".into() });
    assert_eq!(ask(op, Step::Start, &seen(PowerState::Stopped), early()), start);
    assert_eq!(ask(op, Step::Start, &seen(PowerState::Running), early()), StepOutcome::Done);
    assert_eq!(advance(op, Step::Start, &seen(PowerState::Stopped), &acted(), early()), StepOutcome::Done);
    assert!(waits(&ask(op, Step::Start, &seen(PowerState::Stopping), early())));
    assert_eq!(code(ask(op, Step::Start, &seen(PowerState::Paused), early())), "VM_PAUSED");
}

#[test]
fn a_stop_is_gentle_unless_forced() {
    let op = RequestOperation::Stop;
    let stop = |grace_seconds| StepOutcome::Act(ClusterAction::Stop { uid: "u1".into(), grace_seconds });
    let forced = Memory { force: true, ..Memory::default() };
    let hurried = Memory { grace_seconds: Some(5), ..Memory::default() };
    assert_eq!(ask(op, Step::Stop, &seen(PowerState::Running), early()), stop(None));
    assert_eq!(advance(op, Step::Stop, &seen(PowerState::Running), &hurried, early()), stop(Some(5)));
    assert_eq!(ask(op, Step::Stop, &seen(PowerState::Stopping), early()), StepOutcome::Done);
    assert_eq!(advance(op, Step::Stop, &seen(PowerState::Stopping), &forced, early()), stop(Some(0)));
    assert_eq!(ask(op, Step::Stop, &seen(PowerState::Stopped), early()), StepOutcome::Done);
    assert_eq!(ask(op, Step::Stopped, &seen(PowerState::Stopped), early()), StepOutcome::Done);
    assert_eq!(code(ask(op, Step::Stopped, &seen(PowerState::Stopping), after(10))), "STOP_TIMEOUT");
}

#[test]
fn a_restart_is_over_when_another_instance_runs() {
    let op = RequestOperation::Restart;
    let began = Memory { instance_uid: Some("i1".into()), ..Memory::default() };
    let renewed =
        Observed::Present(ObservedVm { instance_uid: Some("i2".into()), ..vm(PowerState::Running) });
    let restart = StepOutcome::Act(ClusterAction::Restart { uid: "u1".into() });
    let start = StepOutcome::Act(ClusterAction::Start { uid: "u1".into() });
    assert_eq!(advance(op, Step::Restart, &seen(PowerState::Running), &began, early()), restart);
    assert_eq!(advance(op, Step::Restart, &renewed, &began, early()), StepOutcome::Done);
    assert_eq!(advance(op, Step::Restart, &seen(PowerState::Stopped), &began, early()), start);
    assert_eq!(code(ask(op, Step::Restart, &seen(PowerState::Stopped), early())), "VM_NOT_RUNNING");
    assert!(waits(&advance(op, Step::Running, &seen(PowerState::Running), &began, early())));
    assert_eq!(advance(op, Step::Running, &renewed, &began, early()), StepOutcome::Done);
}

#[test]
fn a_pause_freezes_what_runs_and_an_unpause_lets_it_go_on() {
    let (op, back) = (RequestOperation::Pause, RequestOperation::Unpause);
    let pause = StepOutcome::Act(ClusterAction::Pause { uid: "u1".into() });
    let unpause = StepOutcome::Act(ClusterAction::Unpause { uid: "u1".into() });
    assert_eq!(ask(op, Step::Pause, &seen(PowerState::Running), early()), pause);
    assert_eq!(ask(op, Step::Pause, &seen(PowerState::Paused), early()), StepOutcome::Done);
    assert!(waits(&ask(op, Step::Pause, &seen(PowerState::Starting), early())));
    assert_eq!(code(ask(op, Step::Pause, &seen(PowerState::Stopped), early())), "VM_NOT_RUNNING");
    assert!(waits(&ask(op, Step::Paused, &seen(PowerState::Running), early())), "the inventory may lag");
    assert_eq!(ask(op, Step::Paused, &seen(PowerState::Paused), early()), StepOutcome::Done);
    assert_eq!(code(ask(op, Step::Paused, &seen(PowerState::Running), after(2))), "PAUSE_TIMEOUT");
    assert_eq!(code(ask(op, Step::Paused, &seen(PowerState::Stopped), early())), "VM_NOT_RUNNING");

    assert_eq!(ask(back, Step::Unpause, &seen(PowerState::Paused), early()), unpause);
    assert_eq!(ask(back, Step::Unpause, &seen(PowerState::Running), early()), StepOutcome::Done);
    assert_eq!(code(ask(back, Step::Unpause, &seen(PowerState::Stopped), early())), "VM_NOT_RUNNING");
    assert!(waits(&ask(back, Step::Running, &seen(PowerState::Paused), early())), "the inventory may lag");
    assert_eq!(ask(back, Step::Running, &seen(PowerState::Running), early()), StepOutcome::Done);
    assert_eq!(code(ask(back, Step::Running, &seen(PowerState::Paused), after(2))), "UNPAUSE_TIMEOUT");
    assert_eq!(not_after(op, DateTime::UNIX_EPOCH) - DateTime::UNIX_EPOCH, TimeDelta::hours(1));
}

#[test]
fn a_delete_ends_in_the_trash() {
    let op = RequestOperation::Delete;
    let halt = StepOutcome::Act(ClusterAction::Halt { uid: "u1".into() });
    assert_eq!(ask(op, Step::Trash, &seen(PowerState::Stopped), early()), halt);
    assert_eq!(ask(op, Step::Trash, &seen(PowerState::CrashLoop), early()), halt);
    assert_eq!(advance(op, Step::Trash, &seen(PowerState::Stopped), &acted(), early()), StepOutcome::Done);
    assert!(waits(&ask(op, Step::Trash, &Observed::Unknown, early())));
    assert!(waits(&ask(op, Step::Stopped, &seen(PowerState::Stopping), after(9))));
    assert_eq!(ask(op, Step::Stopped, &seen(PowerState::Stopping), after(10)), StepOutcome::Done);
    assert_eq!(ask(op, Step::Stopped, &seen(PowerState::CrashLoop), early()), StepOutcome::Done);
    for step in steps(op) {
        assert_eq!(ask(op, *step, &Observed::Missing, early()), StepOutcome::Done, "{step}");
    }
    let (op, unhalt) = (RequestOperation::Restore, ClusterAction::Unhalt { uid: "u1".into() });
    assert_eq!(ask(op, Step::Restore, &seen(PowerState::Stopped), early()), StepOutcome::Act(unhalt));
    assert!(waits(&ask(op, Step::Running, &seen(PowerState::Stopped), early())));
    assert_eq!(ask(op, Step::Running, &seen(PowerState::Running), early()), StepOutcome::Done);
    assert_eq!(code(ask(op, Step::Restore, &Observed::Missing, after(2))), "DELETED_OUTSIDE");
}

#[test]
fn a_modify_grows_the_disk_first_and_only_if_it_is_to_grow() {
    let op = RequestOperation::Modify;
    assert_eq!(steps_of(op, true), [Step::Disk, Step::Apply]);
    assert_eq!(steps_of(op, false), [Step::Apply]);
    assert_eq!(next_step(op, Step::Disk, true), Some(Step::Apply));
    assert_eq!(next_step(op, Step::Apply, false), None);
    for (step, action) in [
        (Step::Disk, ClusterAction::GrowDisk { uid: "u1".into() }),
        (Step::Apply, ClusterAction::Apply { uid: "u1".into() }),
    ] {
        for power in [PowerState::Running, PowerState::Stopped, PowerState::Paused] {
            assert_eq!(ask(op, step, &seen(power), early()), StepOutcome::Act(action.clone()));
        }
        assert_eq!(advance(op, step, &seen(PowerState::Running), &acted(), early()), StepOutcome::Done);
        assert_eq!(code(ask(op, step, &seen(PowerState::Deleting), early())), "DELETED_OUTSIDE");
    }
}

#[test]
fn a_purge_ends_with_absence() {
    let op = RequestOperation::Purge;
    for step in steps(op) {
        assert_eq!(ask(op, *step, &Observed::Missing, early()), StepOutcome::Done);
    }
    let delete = StepOutcome::Act(ClusterAction::DeleteVm { uid: "u1".into() });
    assert_eq!(ask(op, Step::Delete, &seen(PowerState::Stopping), early()), delete);
    assert_eq!(ask(op, Step::Delete, &seen(PowerState::Deleting), early()), StepOutcome::Done);
    assert!(waits(&ask(op, Step::Gone, &seen(PowerState::Deleting), early())));
    assert_eq!(code(ask(op, Step::Gone, &seen(PowerState::Deleting), after(30))), "DELETE_TIMEOUT");
    assert_eq!(ask(op, Step::Stop, &seen(PowerState::CrashLoop), early()), StepOutcome::Done);
    assert!(Step::Delete.reads_cluster() && !Step::Gone.reads_cluster());
}

#[test]
fn time_runs_out_in_two_ways() {
    let late = Clock { in_step: TimeDelta::seconds(1), left: TimeDelta::zero() };
    let op = RequestOperation::Stop;
    let unreachable = ask(op, Step::Stop, &Observed::Unknown, late);
    assert!(matches!(unreachable, StepOutcome::Expire(_)));
    assert_eq!(code(unreachable), "EXPIRED_WAITING");
    assert_eq!(code(ask(op, Step::Stop, &seen(PowerState::Running), late)), "TIMED_OUT");
    assert_eq!(ask(op, Step::Stopped, &seen(PowerState::Stopped), late), StepOutcome::Done);
}

#[test]
fn steps_and_deadlines_are_those_of_the_design() {
    let now = DateTime::UNIX_EPOCH;
    assert_eq!(next_step(RequestOperation::Create, Step::Create, false), Some(Step::Running));
    assert_eq!(next_step(RequestOperation::Create, Step::Running, false), None);
    assert_eq!(next_step(RequestOperation::Create, Step::Gone, false), None);
    assert_eq!(not_after(RequestOperation::Stop, now) - now, TimeDelta::hours(1));
    assert_eq!(not_after(RequestOperation::Delete, now) - now, TimeDelta::hours(24));
    assert!(steps(RequestOperation::Console).is_empty() && steps(RequestOperation::Unknown).is_empty());
    assert!(supersedes(RequestOperation::Delete, false) && supersedes(RequestOperation::Stop, true));
    assert!(!supersedes(RequestOperation::Stop, false) && !supersedes(RequestOperation::Restart, true));
}

/// A cluster that does what it is told, at once or a little later, and forgets that it was told when the
/// process dies between doing and writing.
#[derive(Clone, Debug)]
struct Model {
    vm: Option<ObservedVm>,
    instances: u32,
    creates: u32,
    halted: bool,
}

impl Model {
    fn observed(&self) -> Observed {
        self.vm.clone().map_or(Observed::Missing, Observed::Present)
    }

    fn set(&mut self, power: PowerState) {
        if matches!(power, PowerState::Starting) {
            self.instances += 1;
        }
        let instance_uid = (power != PowerState::Stopped).then(|| format!("i{}", self.instances));
        self.vm = Some(ObservedVm { uid: "u1".into(), power, instance_uid, reason: None, message: None });
    }

    fn power(&self) -> Option<PowerState> {
        self.vm.as_ref().map(|vm| vm.power)
    }

    fn act(&mut self, action: &ClusterAction) {
        match (action, self.power()) {
            (ClusterAction::CreateVm, None) => {
                self.creates += 1;
                self.set(PowerState::Starting);
            }
            (ClusterAction::Start { .. }, Some(PowerState::Stopped)) => self.set(PowerState::Starting),
            (ClusterAction::Stop { .. }, Some(_)) => self.set(PowerState::Stopping),
            (ClusterAction::Restart { .. }, Some(_)) => self.set(PowerState::Starting),
            (ClusterAction::Pause { .. }, Some(PowerState::Running)) => self.set(PowerState::Paused),
            (ClusterAction::Unpause { .. }, Some(PowerState::Paused)) => self.set(PowerState::Running),
            (ClusterAction::Halt { .. }, Some(_)) => {
                self.halted = true;
                self.set(PowerState::Stopping);
            }
            (ClusterAction::Unhalt { .. }, Some(PowerState::Stopped)) => {
                self.halted = false;
                self.set(PowerState::Starting);
            }
            (ClusterAction::DeleteVm { .. }, Some(_)) => self.set(PowerState::Deleting),
            _ => {}
        }
    }

    fn settle(&mut self) {
        match self.power() {
            Some(PowerState::Starting) => {
                let power = PowerState::Running;
                self.vm = self.vm.take().map(|vm| ObservedVm { power, ..vm });
            }
            Some(PowerState::Stopping) => self.set(PowerState::Stopped),
            Some(PowerState::Deleting) => self.vm = None,
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn every_operation_reaches_its_end_whenever_the_process_dies(
        operation in prop::sample::select(vec![
            RequestOperation::Create, RequestOperation::Start, RequestOperation::Stop,
            RequestOperation::Restart, RequestOperation::Pause, RequestOperation::Unpause,
            RequestOperation::Delete, RequestOperation::Modify, RequestOperation::Restore,
            RequestOperation::Purge,
        ]),
        runs in any::<bool>(),
        fates in prop::collection::vec((any::<bool>(), any::<bool>()), 60),
    ) {
        let mut model = Model { vm: None, instances: 0, creates: 0, halted: false };
        if operation != RequestOperation::Create {
            model.set(match operation {
                RequestOperation::Unpause => PowerState::Paused,
                RequestOperation::Restore => PowerState::Stopped,
                RequestOperation::Restart | RequestOperation::Pause => PowerState::Running,
                _ if runs => PowerState::Running,
                _ => PowerState::Stopped,
            });
        }
        let mut memory = Memory {
            instance_uid: model.vm.as_ref().and_then(|vm| vm.instance_uid.clone()), ..Memory::default()
        };
        let mut step = steps_of(operation, true).first().copied();
        let calm = (false, true);
        for (dies, settles) in fates.into_iter().chain(std::iter::repeat_n(calm, 40)) {
            let Some(now) = step else { break };
            match advance(operation, now, &model.observed(), &memory, early()) {
                StepOutcome::Done => {
                    step = next_step(operation, now, true);
                    memory.acted = false;
                }
                StepOutcome::Act(action) => {
                    model.act(&action);
                    // Dying here loses only the note that it was done.
                    memory.acted = !dies;
                }
                StepOutcome::Wait { .. } => {}
                other => prop_assert!(false, "{operation} ended with {other:?} in {now}"),
            }
            if settles {
                model.settle();
            }
        }
        prop_assert_eq!(step, None, "{} did not end", operation);
        let power = model.power();
        match operation {
            RequestOperation::Create => prop_assert!(model.creates == 1 && power == Some(PowerState::Running)),
            RequestOperation::Stop => prop_assert_eq!(power, Some(PowerState::Stopped)),
            RequestOperation::Pause => prop_assert_eq!(power, Some(PowerState::Paused)),
            RequestOperation::Delete => prop_assert!(model.halted && power != Some(PowerState::Running)),
            RequestOperation::Purge => prop_assert_eq!(power, None),
            RequestOperation::Modify => prop_assert!(power.is_some()),
            _ => prop_assert_eq!(power, Some(PowerState::Running)),
        }
    }
}
