use super::*;
use crate::ids::RequestId;
use crate::spec::tests::sample;
use crate::states::{RequestState, VmState};
use proptest::prelude::*;

fn subject() -> Subject {
    let id = |n: u128| Uuid::from_u128(n);
    Subject {
        environment_id: EnvironmentId(id(30)),
        system_id: SystemId(id(20)),
        service_id: ServiceId(id(10)),
        person_id: PrincipalId(id(40)),
    }
}

fn key(kind: ScopeKind, id: u128, dimension: Dimension) -> (Scope, Dimension) {
    (Scope { kind, id: Uuid::from_u128(id) }, dimension)
}

#[test]
fn a_vm_uses_what_was_ordered() {
    let used: Vec<_> = amounts(&sample()).iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
    assert_eq!(
        used,
        [("disk_bytes", 10 << 30), ("memory_bytes", 256 << 20), ("milli_vcpu", 1500), ("vms", 1)]
    );
    let diskless = CreateSpec { disk_bytes: 0, ..sample() };
    assert_eq!(amounts(&diskless).len(), 3);
}

#[test]
fn lines_come_in_the_databases_order() {
    let lines = lines(&subject(), &amounts(&sample()));
    let order: Vec<_> =
        lines.iter().map(|l| (l.scope.kind.as_str(), l.scope.id, l.dimension.as_str())).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(order, sorted);
    assert_eq!(order.len(), 20);
    assert_eq!(order[0], ("environment", Uuid::from_u128(30), "disk_bytes"));
    assert!(lines.iter().any(|l| l.scope.kind == ScopeKind::Platform && l.scope.id.is_nil()));
}

#[test]
fn a_hard_limit_refuses_and_a_warning_warns() {
    let lines = lines(&subject(), &amounts(&sample()));
    let limits = BTreeMap::from([
        (key(ScopeKind::System, 20, Dimension::Vms), Limit { amount: 5, hard: true }),
        (key(ScopeKind::Person, 40, Dimension::MilliVcpu), Limit { amount: 2000, hard: false }),
        (key(ScopeKind::Service, 11, Dimension::Vms), Limit { amount: 0, hard: true }),
    ]);
    let used = |vms| {
        BTreeMap::from([
            (key(ScopeKind::System, 20, Dimension::Vms), vms),
            (key(ScopeKind::Person, 40, Dimension::MilliVcpu), 600),
        ])
    };
    let full = check(&lines, &limits, &used(5));
    assert_eq!(full.exceeded.len(), 1);
    assert_eq!(full.exceeded[0].code, "QUOTA_EXCEEDED");
    assert_eq!(full.exceeded[0].params["used"], 5);
    assert_eq!(full.warnings[0].params["scope"], "person");
    let fits = check(&lines, &limits, &used(4));
    assert!(fits.exceeded.is_empty());
    assert_eq!(fits.lines.len(), 20);
    assert_eq!(fits.lines.iter().filter(|line| line.limit.is_some()).count(), 2);
}

#[test]
fn nothing_overflows() {
    let spec = CreateSpec { disk_bytes: i64::MAX, ..sample() };
    let at = key(ScopeKind::Platform, 0, Dimension::DiskBytes);
    let limits = BTreeMap::from([(at, Limit { amount: i64::MAX - 1, hard: true })]);
    let check = check(&lines(&subject(), &amounts(&spec)), &limits, &BTreeMap::from([(at, i64::MAX)]));
    assert_eq!(check.exceeded.len(), 1);
}

fn row(request: u128, amount: i64, state: LedgerState) -> LedgerRow {
    LedgerRow { request_id: RequestId(Uuid::from_u128(request)), dimension: Dimension::Vms, amount, state }
}

#[test]
fn rows_follow_request_and_vm() {
    use LedgerState::{Live, Released, Reserved};
    for (request, vm, expected) in [
        (RequestState::Pending, None, Reserved),
        (RequestState::ChangesRequested, None, Reserved),
        (RequestState::Rejected, None, Released),
        (RequestState::Expired, None, Released),
        (RequestState::Unknown, None, Reserved),
        (RequestState::Executing, Some(VmState::Creating), Reserved),
        (RequestState::Succeeded, Some(VmState::Active), Live),
        (RequestState::Succeeded, Some(VmState::Deleting), Live),
        (RequestState::Succeeded, Some(VmState::Deleted), Released),
        (RequestState::Failed, Some(VmState::Failed), Live),
        (RequestState::Failed, Some(VmState::Deleted), Released),
    ] {
        let state = expected_state(request, vm, Dimension::MilliVcpu);
        assert_eq!(state, expected, "{request} {vm:?}");
    }
    let trashed = |dimension| expected_state(RequestState::Succeeded, Some(VmState::Trashed), dimension);
    assert_eq!((trashed(Dimension::DiskBytes), trashed(Dimension::Vms)), (Live, Released));
}

#[test]
fn a_change_takes_what_it_adds_and_the_trash_keeps_the_disk() {
    let from = crate::spec::tests::sample();
    let to =
        CreateSpec { milli_vcpu: from.milli_vcpu - 500, memory_bytes: 2 * from.memory_bytes, ..from.clone() };
    let more = Amount { dimension: Dimension::MemoryBytes, amount: from.memory_bytes };
    assert_eq!(growth(&from, &to), [more]);
    assert_eq!(growth(&from, &from), []);
    let disk = Amount { dimension: Dimension::DiskBytes, amount: from.disk_bytes };
    assert_eq!(trashed(&from), [disk]);
    let mut whole = [restored(&from), trashed(&from)].concat();
    whole.sort_by_key(|amount| amount.dimension.as_str());
    assert_eq!(whole, amounts(&from));
}

#[test]
fn the_checker_finds_what_is_wrong_and_nothing_else() {
    use LedgerState::{Live, Released, Reserved};
    let truth = [row(1, 1, Live), row(2, 1, Reserved), row(3, 1, Released), row(4, 1, Live)];
    assert_eq!(discrepancies(&truth, &truth), []);
    assert_eq!(discrepancies(&truth[..2], &truth[..3]), [], "a missing released row holds nothing");
    let wrong = [row(1, 2, Live), row(2, 1, Live), row(5, 1, Reserved)];
    let found: Vec<_> = discrepancies(&wrong, &truth)
        .iter()
        .map(|d| (d.request_id.0.as_u128(), d.expected, d.found))
        .collect();
    assert_eq!(
        found,
        [
            (1, Some((1, Live)), Some((2, Live))),
            (2, Some((1, Reserved)), Some((1, Live))),
            (4, Some((1, Live)), None),
            (5, None, Some((1, Reserved))),
        ]
    );
}

proptest! {
    #[test]
    fn the_balance_is_live_plus_reserved(
        rows in prop::collection::vec((0..20_u128, 0..1000_i64, prop::sample::select(LedgerState::ALL)), 0..30),
    ) {
        let rows: Vec<_> = rows.into_iter().map(|(n, amount, state)| row(n, amount, state)).collect();
        let sum = |state| rows.iter().filter(|r| r.state == state).map(|r| r.amount).sum::<i64>();
        let balance = balance(&rows).remove(&Dimension::Vms).unwrap_or_default();
        prop_assert_eq!(balance.used(), sum(LedgerState::Live) + sum(LedgerState::Reserved));
    }
}
