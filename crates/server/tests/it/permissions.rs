//! Who may do what, as a text that reviewers read: every operation of the contract against every shipped role, inside a
//! System and outside of it. A change of rights is a change of `output/permissions.txt`, and so is a new operation.

use std::fmt::Write;
use std::path::Path;

use shepherd_contract::operations::OPERATIONS;
use shepherd_contract::runtime::{Operation, Permission as Needed};
use shepherd_domain::authz::{
    Denied, Grants, InEnvironment, Membership, Permission, Platform, Reach, RoleBinding,
    ServiceInEnvironment, ServiceScope, SystemScope, VmScope, Within,
};
use shepherd_domain::ids::{EnvironmentId, PrincipalId, ServiceId, SystemId, VmId};
use shepherd_domain::states::MemberRole;
use shepherd_test_support::TestDb;

const LEGEND: &str = "\
# Who may do what. Written by `cargo test -p shepherd-server --test permissions`; do not edit.
#
# One row per operation: what it needs, where, and for each role four places:
#   the System's owner, its member, its viewer, and someone who does not belong to it.
#   + allowed    . refused (403)    - does not exist for them (404; in a list: not listed)
# `public` needs nobody signed in, `session` anybody. Roles reach every environment here.
";

/// Where a caller stands to the System of the row.
const PLACES: [Option<MemberRole>; 4] =
    [Some(MemberRole::Owner), Some(MemberRole::Member), Some(MemberRole::Viewer), None];

/// These ask for sight first, and then for being the one who asked (main_job.rs), for what one needs to ask for such a
/// thing (stories/changes.rs), or for what an act needs on each VM of a batch (stories/batches.rs).
const ON_SIGHT: [&str; 5] = ["cancelRequest", "editRequest", "powerVms", "retryBatch", "cancelBatch"];

/// Whoever decides in an environment also talks with those who ask there.
const BY_DECIDING: [&str; 1] = ["addComment"];

struct Row {
    system: SystemId,
    service: ServiceId,
    vm: VmId,
    environment: EnvironmentId,
}

impl Row {
    fn new() -> Self {
        let (system, service) = (SystemId::new(), ServiceId::new());
        Self { system, service, vm: VmId::new(), environment: EnvironmentId::new() }
    }

    fn check(&self, op: &Operation, grants: &Grants) -> char {
        let Needed::Needs(name) = op.permission else { return '+' };
        let permission: Permission =
            name.parse().unwrap_or_else(|_| panic!("{}: {name} is no permission", op.id));
        let Self { system, service, vm, environment } = *self;
        let verdict = match op.scope {
            "platform" => grants.check(permission, &Platform),
            "environment" => grants.check(permission, &InEnvironment(environment)),
            "system" => grants.check(permission, &SystemScope(system)),
            "service" if name.starts_with("vm:") => {
                grants.check(permission, &ServiceInEnvironment { service, system, environment })
            }
            "service" => grants.check(permission, &ServiceScope { service, system }),
            // In one System at least.
            "anywhere" => {
                let held = grants.visible(permission);
                match held.as_member() && !held.systems.is_empty() {
                    true => Ok(()),
                    false => Err(Denied::Missing(permission)),
                }
            }
            "vm" => grants.check(permission, &VmScope { vm, service, system, environment }),
            other => panic!("{}: say here what the scope {other} is", op.id),
        };
        match verdict {
            Ok(()) => '+',
            Err(Denied::Missing(_)) => '.',
            Err(Denied::Hidden) => '-',
        }
    }

    fn grants(&self, role: &RoleBinding, place: Option<MemberRole>) -> Grants {
        let membership = place.map(|role| Membership::of(self.system, role));
        Grants::new(PrincipalId::new(), vec![role.clone()], membership.into_iter().collect())
    }
}

/// The shipped roles as the database has them, and holding none.
async fn roles() -> Vec<RoleBinding> {
    let db = TestDb::new().await;
    let rows: Vec<(String, Vec<String>)> =
        sqlx::query_as("select name, permissions from role where builtin order by id")
            .fetch_all(&mut db.owner().await)
            .await
            .expect("the roles can be read");
    let none = ("none".to_owned(), Vec::new());
    let known = |name: &String| name.parse().unwrap_or_else(|_| panic!("{name} is no permission"));
    rows.into_iter()
        .chain([none])
        .map(|(role, names)| RoleBinding::of(&role, &names.iter().map(known).collect::<Vec<_>>(), Reach::All))
        .collect()
}

fn matrix(roles: &[RoleBinding]) -> String {
    let row = Row::new();
    let mut text = format!("{LEGEND}\n{:<24} {:<23} {:<12}", "operation", "needs", "where");
    for role in roles {
        write!(text, " {:<14}", role.role).expect("text has room");
    }
    for op in &OPERATIONS {
        let needs = match op.permission {
            Needed::Public => "public",
            Needed::Session => "session",
            Needed::Needs(name) => name,
        };
        text = text.trim_end().to_owned();
        write!(text, "\n{:<24} {needs:<23} {:<12}", op.id, op.scope).expect("text has room");
        for role in roles {
            let cells: String = PLACES.iter().map(|place| row.check(op, &row.grants(role, *place))).collect();
            write!(text, " {cells:<14}").expect("text has room");
        }
    }
    text.trim_end().to_owned() + "\n"
}

#[tokio::test]
async fn rights_are_what_the_reviewed_text_says() {
    let found = matrix(&roles().await);
    let reviewed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/permissions.txt");
    let expected = std::fs::read_to_string(&reviewed).unwrap_or_default();
    if found != expected {
        let written = Path::new(env!("CARGO_TARGET_TMPDIR")).join("permissions.txt");
        std::fs::write(&written, &found).unwrap();
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let (old, new) = (lines(&expected), lines(&found));
        let gone: Vec<_> = old.difference(&new).map(|line| format!("- {line}")).collect();
        let come: Vec<_> = new.difference(&old).map(|line| format!("+ {line}")).collect();
        panic!(
            "rights have changed:\n{}\n{}\nIf that is meant: cp {} {}",
            gone.join("\n"),
            come.join("\n"),
            written.display(),
            reviewed.display()
        );
    }
}

#[tokio::test]
async fn no_role_acts_inside_a_system_it_does_not_belong_to() {
    let row = Row::new();
    for role in roles().await {
        let outsider = row.grants(&role, None);
        let resource = |op: &&Operation| match op.permission {
            Needed::Needs(name) => {
                name.parse().is_ok_and(|p: Permission| p.kind() == shepherd_domain::authz::Kind::Resource)
            }
            _ => false,
        };
        for op in OPERATIONS.iter().filter(resource).filter(|op| op.method != http::Method::GET) {
            let allowed = row.check(op, &outsider) == '+' && !ON_SIGHT.contains(&op.id);
            let decides = outsider.check(Permission::RequestApprove, &InEnvironment(row.environment)).is_ok();
            let allowed = allowed && !(decides && BY_DECIDING.contains(&op.id));
            assert!(!allowed, "{} may {} in a System of others", role.role, op.id);
        }
    }
}

#[tokio::test]
async fn the_auditor_reads_everything_and_changes_nothing() {
    let row = Row::new();
    let roles = roles().await;
    let auditor = roles.iter().find(|role| role.role == "auditor").expect("it ships");
    for op in OPERATIONS.iter().filter(|op| matches!(op.permission, Needed::Needs(_))) {
        for place in PLACES {
            let verdict = row.check(op, &row.grants(auditor, place));
            match op.method == http::Method::GET {
                // Ends with a stream of bytes into a guest, or shows what only whoever works with it sees.
                true if op.audit.is_some_and(|action| action.starts_with("console.")) => {}
                true => assert_eq!(verdict, '+', "{} is hidden from the auditor", op.id),
                // What leaves no line only answers a question; sealing brings forward what happens by itself.
                false if op.audit.is_none() || op.id == "sealAudit" => {}
                false if ON_SIGHT.contains(&op.id) => {}
                false => assert_ne!(verdict, '+', "the auditor may {}", op.id),
            }
        }
    }
}

#[tokio::test]
async fn a_place_in_a_service_or_a_vm_is_one_in_the_system_there_and_none_elsewhere() {
    let row = Row::new();
    for role in roles().await {
        for rank in [MemberRole::Member, MemberRole::Viewer] {
            let held = |within| {
                let place = Membership { within, role: rank, group: None };
                Grants::new(PrincipalId::new(), vec![role.clone()], vec![place])
            };
            let (inside, outside) = (row.grants(&role, Some(rank)), row.grants(&role, None));
            for op in &OPERATIONS {
                let expected = |there: &[&str]| match there.contains(&op.scope) {
                    true => row.check(op, &inside),
                    false => row.check(op, &outside),
                };
                let service = row.check(op, &held(Within::Service(row.service)));
                assert_eq!(service, expected(&["service", "vm"]), "{} in {}", role.role, op.id);
                let vm = row.check(op, &held(Within::Vm(row.vm)));
                assert_eq!(vm, expected(&["vm"]), "{} in {}", role.role, op.id);
            }
        }
    }
}
