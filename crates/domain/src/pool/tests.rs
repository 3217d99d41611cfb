use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::ids::VmId;
use crate::reason::Coded;
use crate::spec::tests::sample;
use crate::states::{PowerState, VmState};
use crate::template::{Variable, VariableKind};

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

pub(super) fn serving(ordinal: i64) -> Member {
    Member {
        vm: VmId::new(),
        ordinal,
        revision: 1,
        state: VmState::Active,
        reachable: true,
        power: Some(PowerState::Running),
        since: at(0),
        created_at: at(0),
        held: false,
        protected: false,
        persistent: false,
        leaving: false,
        health: Health::Unchecked,
        failing_since: None,
        serving_since: None,
        hand: Hand::Nobody,
    }
}

fn pool_of(members: Vec<Member>) -> Observed {
    Observed { revision: 1, desired: 3, max: 5, members, ..Observed::default() }
}

fn three() -> Observed {
    pool_of(vec![serving(0), serving(1), serving(2)])
}

fn now() -> DateTime<Utc> {
    at(10_000)
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.acts.iter().map(|planned| planned.reason.code.as_ref()).collect()
}

#[test]
fn a_new_pool_fills_its_places_from_zero() {
    let plan = plan(&Upkeep::default(), &pool_of(vec![]), now());
    let acts: Vec<Act> = plan.acts.iter().map(|planned| planned.act).collect();
    assert_eq!(acts, [Act::Create { ordinal: 0 }, Act::Create { ordinal: 1 }, Act::Create { ordinal: 2 }]);
    assert_eq!(codes(&plan), ["POOL_BELOW_DESIRED"; 3]);
}

#[test]
fn a_pool_that_is_as_it_should_be_is_left_alone() {
    let plan = plan(&Upkeep::default(), &three(), now());
    assert_eq!((plan.acts, plan.held_back, plan.attention), (vec![], vec![], vec![]));
    assert_eq!(plan.available, 3);
}

#[test]
fn what_its_cluster_lost_is_made_anew_in_the_same_place() {
    let mut observed = three();
    observed.members[1].power = None;
    let plan = plan(&Upkeep::default(), &observed, now());
    assert_eq!(codes(&plan), ["MEMBER_GONE", "MEMBER_REPLACED"]);
    assert_eq!(plan.acts[1].act, Act::Create { ordinal: 1 });
}

#[test]
fn an_unreachable_cluster_is_never_taken_for_dead_members() {
    let mut observed = three();
    for member in &mut observed.members {
        member.reachable = false;
        member.power = None;
        member.health = Health::Unhealthy;
    }
    let upkeep =
        Upkeep { answers: Answers { unknown: Answer::Recreate, ..Answers::default() }, ..Upkeep::default() };
    assert_eq!(plan(&upkeep, &observed, now()).acts, []);
}

#[test]
fn what_a_person_stopped_stays_stopped_and_keeps_its_place() {
    let mut observed = three();
    observed.members[2].power = Some(PowerState::Stopped);
    observed.members[2].held = true;
    let plan = plan(&Upkeep::default(), &observed, now());
    assert_eq!(plan.acts, []);
    assert_eq!(plan.members[2].class, Class::Held);
}

#[test]
fn a_failed_member_is_restarted_then_recreated_with_growing_pauses() {
    let mut observed = three();
    observed.members[0].power = Some(PowerState::Failed);
    let upkeep = Upkeep { restarts: 1, ..Upkeep::default() };
    let first = plan(&upkeep, &observed, now());
    let Act::Restart { ordinal: 0, .. } = first.acts[0].act else { panic!("{first:?}") };
    let place = Place::default().restarted(now());
    observed.places.insert(0, place);
    let waits = plan(&upkeep, &observed, now() + TimeDelta::seconds(5));
    assert_eq!((waits.acts, waits.look_again), (vec![], Some(now() + TimeDelta::seconds(10))));
    let then = now() + TimeDelta::seconds(10);
    let second = plan(&upkeep, &observed, then);
    assert!(matches!(second.acts[0].act, Act::Delete { remedy: true, .. }), "{second:?}");
    // The next failure at this place waits twice as long.
    observed.places.insert(0, place.recreated(then));
    assert_eq!(plan(&upkeep, &observed, then).look_again, Some(then + TimeDelta::seconds(20)));
}

#[test]
fn one_that_does_not_serve_is_given_time_and_one_that_never_did_its_grace() {
    let mut observed = three();
    observed.members[0].health = Health::Unhealthy;
    observed.members[0].failing_since = Some(at(9_980));
    let upkeep = Upkeep { health: Checks { delay_seconds: 60, ..Checks::default() }, ..Upkeep::default() };
    let waits = plan(&upkeep, &observed, now());
    assert_eq!((waits.acts, waits.held_back[0].code.as_ref()), (vec![], "MEMBER_UNHEALTHY_WAITS"));
    assert_eq!((waits.available, waits.look_again), (2, Some(at(10_040))));
    assert_eq!(codes(&plan(&upkeep, &observed, at(10_040))), ["MEMBER_UNHEALTHY"]);
    observed.members[0].health = Health::NotYet;
    observed.members[0].since = at(9_500);
    let class = |observed: &Observed, now| plan(&upkeep, observed, now).members[0].class;
    assert_eq!(class(&observed, now()), Class::Starting);
    assert_eq!(class(&observed, at(10_100)), Class::Unhealthy);
    // Nobody could ask it: that says nothing about it.
    observed.members[0].health = Health::Awaited;
    assert_eq!(class(&observed, now()), Class::Starting);
    assert_eq!(class(&observed, at(10_100)), Class::Unknown);
    assert_eq!(class(&observed, at(10_400)), Class::UnknownTooLong);
}

#[test]
fn too_many_failing_members_stop_it_and_call_people() {
    let mut observed = three();
    observed.members[0].power = Some(PowerState::Failed);
    observed.members[1].power = Some(PowerState::CrashLoop);
    let plan = plan(&Upkeep::default(), &observed, now());
    assert_eq!(plan.acts, []);
    assert_eq!(plan.attention[0].code, "TOO_MANY_FAILING");
    assert_eq!(plan.held_back.len(), 2);
}

#[test]
fn one_member_that_cannot_be_deleted_starves_nobody() {
    let mut observed = three();
    observed.members[0].state = VmState::Deleting;
    let plan = plan(&Upkeep::default(), &observed, now());
    assert_eq!(codes(&plan), ["MEMBER_REPLACED"]);
    assert_eq!(plan.attention[0].code, "MEMBER_UNDELETABLE");
}

#[test]
fn disks_and_protection_outweigh_remedy_and_shrinking() {
    let mut observed = three();
    observed.members[0].power = Some(PowerState::Failed);
    observed.members[0].persistent = true;
    let upkeep = Upkeep { restarts: 0, ..Upkeep::default() };
    let refused = plan(&upkeep, &observed, now());
    assert_eq!((refused.acts, refused.attention[0].code.as_ref()), (vec![], "MEMBER_HAS_DISKS"));
    let declared = Upkeep { disposable_disks: true, ..upkeep };
    assert_eq!(codes(&plan(&declared, &observed, now())), ["MEMBER_FAILED", "MEMBER_REPLACED"]);
    let mut observed = three();
    observed.desired = 0;
    observed.members[1].protected = true;
    let shrunk = plan(&Upkeep::default(), &observed, now());
    assert_eq!(codes(&shrunk), ["POOL_ABOVE_DESIRED"; 2]);
    assert_eq!(shrunk.attention[0].code, "POOL_CANNOT_SHRINK");
}

#[test]
fn shrinking_takes_who_does_not_serve_then_the_newest() {
    let mut observed = three();
    observed.desired = 1;
    observed.members[0].power = Some(PowerState::Stopped);
    observed.members[2].created_at = at(5);
    let upkeep = Upkeep {
        failing_limit: 9,
        answers: Answers { stopped: Answer::Keep, ..Answers::default() },
        ..Upkeep::default()
    };
    let plan = plan(&upkeep, &observed, now());
    assert_eq!(deleted(&plan), [observed.members[0].vm, observed.members[2].vm]);
}

#[test]
fn whom_a_person_stopped_goes_last_when_the_pool_shrinks() {
    let mut observed = three();
    observed.desired = 1;
    observed.members[2].power = Some(PowerState::Stopped);
    observed.members[2].held = true;
    observed.members[2].created_at = at(5);
    let plan = plan(&Upkeep::default(), &observed, now());
    assert_eq!(deleted(&plan), [observed.members[1].vm, observed.members[0].vm]);
}

fn deleted(plan: &Plan) -> Vec<VmId> {
    let deleted = plan.acts.iter().filter_map(|planned| match planned.act {
        Act::Delete { vm, .. } => Some(vm),
        _ => None,
    });
    deleted.collect()
}

#[test]
fn a_rollout_surges_one_by_one_and_halts_at_a_new_member_that_fails() {
    let mut observed = three();
    observed.revision = 2;
    let first = plan(&Upkeep::default(), &observed, now());
    assert_eq!(first.acts[0].act, Act::Relieve { vm: observed.members[2].vm, ordinal: 2 });
    assert_eq!(first.acts[1].act, Act::Create { ordinal: 2 });
    assert_eq!(first.acts.len(), 2);
    observed.members[2].leaving = true;
    // One act is one step: who is relieved gets somebody in their place before the next is.
    assert_eq!(plan(&Upkeep::default(), &observed, now()).acts[0].act, Act::Create { ordinal: 2 });
    observed.members.push(Member { revision: 2, since: now(), ..serving(2) });
    let second = plan(&Upkeep::default(), &observed, now());
    assert_eq!(codes(&second), ["MEMBER_RELIEVED"]);
    observed.members[3].power = Some(PowerState::CrashLoop);
    let halted = plan(&Upkeep { restarts: 0, ..Upkeep::default() }, &observed, now());
    assert!(halted.attention.iter().any(|reason| reason.code == "ROLLOUT_HALTED"), "{halted:?}");
    assert!(
        !halted.acts.iter().any(|p| matches!(p.act, Act::Delete { vm, .. } if vm == observed.members[2].vm))
    );
}

#[test]
fn a_rollout_that_brings_nothing_is_given_up_in_its_time_and_not_while_it_rests() {
    let rollout = Rollout { rollback_seconds: 900, ..Rollout::default() };
    let upkeep = Upkeep { rollout, grace_seconds: 3600, ..Upkeep::default() };
    let mut observed = three();
    observed.revision = 2;
    observed.rolling =
        Some(Rolling { since: at(10_000), paused: false, back: true, behind_since: Some(at(10_000)) });
    observed.members[2].leaving = true;
    let new = Member {
        revision: 2,
        since: at(10_000),
        created_at: at(10_000),
        health: Health::NotYet,
        ..serving(2)
    };
    observed.members.push(new);
    let waits = plan(&upkeep, &observed, at(10_899));
    assert_eq!((waits.acts.len(), waits.rolls_back_at), (0, Some(at(10_900))));
    let gives_up = plan(&upkeep, &observed, at(10_900));
    assert_eq!((gives_up.acts[0].act, codes(&gives_up)), (Act::RollBack, vec!["ROLLOUT_GIVEN_UP"]));
    // Progress puts it off, and with nobody missing there is nothing to give up.
    observed.members[3].health = Health::Healthy;
    observed.members[3].serving_since = Some(at(10_800));
    assert_eq!(plan(&upkeep, &observed, at(10_900)).rolls_back_at, None);
    observed.members[1].leaving = true;
    assert_eq!(plan(&upkeep, &observed, at(10_900)).rolls_back_at, Some(at(11_700)));
    for rolling in [
        Rolling { since: at(10_000), paused: true, back: true, behind_since: Some(at(10_000)) },
        Rolling { since: at(10_000), paused: false, back: false, behind_since: Some(at(10_000)) },
    ] {
        let observed = Observed { rolling: Some(rolling), ..observed.clone() };
        assert!(!codes(&plan(&upkeep, &observed, at(20_000))).contains(&"ROLLOUT_GIVEN_UP"));
    }
    assert!(!plan(&upkeep, &observed, at(10_900)).rolled_out);
    assert!(plan(&upkeep, &three(), at(10_900)).rolled_out);
}

#[test]
fn a_rollout_that_rests_leaves_the_others_as_they_are_and_mends_them_all_the_same() {
    let mut observed = three();
    observed.revision = 2;
    observed.rolling = Some(Rolling { since: at(0), paused: true, back: true, behind_since: None });
    let rests = plan(&Upkeep::default(), &observed, now());
    assert_eq!((rests.acts, rests.held_back[0].code.as_ref()), (vec![], "ROLLOUT_PAUSED"));
    observed.members[1].power = Some(PowerState::Failed);
    assert!(matches!(
        plan(&Upkeep::default(), &observed, now()).acts[0].act,
        Act::Restart { ordinal: 1, .. }
    ));
}

#[test]
fn a_pool_that_rests_or_only_looks_does_nothing_and_says_so() {
    let mut observed = pool_of(vec![]);
    let unmanaged = Upkeep { unmanaged: true, ..Upkeep::default() };
    assert_eq!(plan(&unmanaged, &observed, now()).held_back[0].code, "POOL_UNMANAGED");
    observed.paused = true;
    let paused = plan(&Upkeep::default(), &observed, now());
    assert_eq!((paused.acts, paused.held_back[0].code.as_ref()), (vec![], "POOL_PAUSED"));
}

#[test]
fn a_place_is_forgiven_once_its_member_served_for_long() {
    let mut observed = three();
    observed.places.insert(1, Place { remedies: 3, ..Place::default() });
    assert_eq!(plan(&Upkeep::default(), &observed, at(299)).settled, Vec::<i64>::new());
    assert_eq!(plan(&Upkeep::default(), &observed, at(300)).settled, [1]);
}

fn pool() -> PoolSpec {
    PoolSpec { min: 1, max: 4, member: sample(), upkeep: Upkeep::default() }
}

#[test]
fn what_a_pool_cannot_be_is_refused_with_the_field() {
    assert_eq!(pool().check(), Ok(()));
    let cases = [
        (PoolSpec { min: 5, ..pool() }, "POOL_BOUNDS_INVALID", "/max"),
        (PoolSpec { min: -1, ..pool() }, "POOL_BOUNDS_INVALID", "/max"),
        (PoolSpec { max: 501, ..pool() }, "POOL_BOUNDS_INVALID", "/max"),
        (with(|u| u.min_healthy = 2), "POOL_UPKEEP_INVALID", "/upkeep/min_healthy"),
        (with(|u| u.grace_seconds = 0), "POOL_UPKEEP_INVALID", "/upkeep/grace_seconds"),
        (with(|u| u.back_off.longest_seconds = 5), "POOL_UPKEEP_INVALID", "/upkeep/back_off/longest_seconds"),
        (
            with(|u| {
                (u.rollout, u.min_healthy) = (Rollout { surge: 0, unavailable: 1, rollback_seconds: 0 }, 1)
            }),
            "POOL_ROLLOUT_STUCK",
            "/upkeep/rollout",
        ),
        (with(|u| u.health.timeout_seconds = 0), "POOL_UPKEEP_INVALID", "/upkeep/health/timeout_seconds"),
        (checked(r#"{"kind":"tcp","port":0}"#), "POOL_CHECK_INVALID", "/upkeep/health/all/0/any/0/port"),
        (
            checked(r#"{"kind":"http","port":80,"path":"x"}"#),
            "POOL_CHECK_INVALID",
            "/upkeep/health/all/0/any/0/path",
        ),
        (
            checked(r#"{"kind":"https","port":80,"headers":{"Transfer-Encoding":"chunked"}}"#),
            "POOL_CHECK_INVALID",
            "/upkeep/health/all/0/any/0/headers",
        ),
        (
            checked(r#"{"kind":"http","port":80,"headers":{"X":"a\r\nY: b"}}"#),
            "POOL_CHECK_INVALID",
            "/upkeep/health/all/0/any/0/headers",
        ),
        (
            checked(r#"{"kind":"http","port":80,"status":[99]}"#),
            "POOL_CHECK_INVALID",
            "/upkeep/health/all/0/any/0/status",
        ),
        (
            with(|u| u.health.all = vec![AnyOf { any: vec![] }]),
            "POOL_CHECK_INVALID",
            "/upkeep/health/all/0/any",
        ),
        (
            with(|u| u.rollout = Rollout { surge: 0, unavailable: 0, rollback_seconds: 0 }),
            "POOL_ROLLOUT_STUCK",
            "/upkeep/rollout",
        ),
    ];
    for (spec, code, pointer) in cases {
        let error = spec.check().unwrap_err();
        assert_eq!((error.code(), error.pointer().as_str()), (code, pointer));
    }
    assert_eq!(pool().allows(5).unwrap_err().code(), "POOL_OUT_OF_BOUNDS");
    let of_one = crate::quota::amounts(&sample());
    let of_all = pool().amounts();
    assert!(of_all.iter().zip(of_one).all(|(all, one)| all.amount == one.amount * 5));
}

fn checked(probe: &str) -> PoolSpec {
    let probe = serde_json::from_str(probe).expect("it can be read");
    with(|u| u.health.all = vec![AnyOf { any: vec![probe] }])
}

#[test]
fn a_probe_takes_what_its_kind_has_and_nothing_else() {
    let read = |text: &str| serde_json::from_str::<Probe>(text);
    assert!(read(r#"{"kind":"ready"}"#).is_ok() && read(r#"{"kind":"tcp","port":22}"#).is_ok());
    for text in [
        r#"{"kind":"ready","port":1}"#,
        r#"{"kind":"tcp","port":22,"path":"/"}"#,
        r#"{"kind":"tcp","port":22,"address":"10.0.0.1"}"#,
        r#"{"kind":"http"}"#,
        r#"{"kind":"http","port":70000}"#,
        r#"{"kind":"exec","port":1}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    let http: HttpProbe = serde_json::from_str(r#"{"port":80}"#).unwrap();
    assert!(http.accepts(204) && !http.accepts(302) && !http.accepts(500));
    assert!(HttpProbe { status: vec![503], ..http }.accepts(503));
}

fn with(change: impl FnOnce(&mut Upkeep)) -> PoolSpec {
    let mut spec = pool();
    change(&mut spec.upkeep);
    spec
}

#[test]
fn a_member_fills_what_its_template_declares_and_nothing_else() {
    let variable = |name: &str| Variable {
        name: name.into(),
        title: name.into(),
        default: Some("-".into()),
        pattern: None,
        kind: VariableKind::Text,
        min: None,
        max: None,
        choices: vec![],
    };
    let declared = ["pool_ordinal", "pool_label_app_tier", "pool_colour", "port"].map(variable);
    let labels = BTreeMap::from([("app.tier".to_owned(), "web".to_owned())]);
    let names = MemberNames { pool: "web", ordinal: 4, member: "web-07", zone: "", labels: &labels };
    let given = BTreeMap::from(
        ["pool_ordinal", "pool_label_app_tier", "pool_colour", "port"]
            .map(|n| (n.to_owned(), "-".to_owned())),
    );
    let values = member_values(&declared, &given, &names);
    let shown: Vec<_> = values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        shown,
        [("pool_colour", "-"), ("pool_label_app_tier", "web"), ("pool_ordinal", "4"), ("port", "-")]
    );
}
