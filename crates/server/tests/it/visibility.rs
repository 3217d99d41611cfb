//! What people see is what they hold, on organisations drawn by lot: an independent model, which reads the bare rows and
//! knows neither the views nor the pure rules, is compared with the lists, the checks and "who may do this here".

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use shepherd_domain::authz::{
    Authorized, Belongs, Grants, Permission, Platform, Reach, ReadUsers, RoleBinding, ServiceScope,
    SystemScope, VmScope,
};
use shepherd_domain::ids::{EnvironmentId, PrincipalId, ServiceId, SystemId, VmId};
use shepherd_store::vm_lists::VmFilter;
use shepherd_store::{access, callers, services, systems, vm_lists};
use shepherd_test_support::app::TestApp;
use uuid::Uuid;

/// Numbers by lot that can be drawn again.
struct Lot(u64);

impl Lot {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(n).expect("it is as drawn")).expect("it is as drawn")
    }
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

fn id(kind: u32, n: usize) -> Uuid {
    Uuid::from_u128((u128::from(kind) << 64) + n as u128 + 1)
}

const PEOPLE: usize = 5;
const GROUPS: usize = 3;
const ENVIRONMENTS: usize = 2;
const SYSTEMS: usize = 3;
const SERVICES: usize = 2;
const VMS: usize = 2;
const RANKS: [&str; 3] = ["viewer", "member", "owner"];
const ASKED: [Permission; 8] = [
    Permission::VmRead,
    Permission::VmStart,
    Permission::ServiceRead,
    Permission::ServiceUpdate,
    Permission::SystemRead,
    Permission::SystemManageMembers,
    Permission::RequestApprove,
    Permission::ClusterRead,
];

/// Somebody or a group.
type Holder = (bool, usize);

/// Holder, System, Service of it, VM of that, rank.
type Placed = (Holder, usize, Option<usize>, Option<usize>, usize);

#[derive(Debug, Default)]
struct Org {
    /// Person and group.
    joined: BTreeSet<(usize, usize)>,
    /// Holder, permissions, environments; none of them means all.
    roles: Vec<(Holder, BTreeSet<Permission>, BTreeSet<usize>)>,
    places: Vec<Placed>,
    /// The environment of every VM.
    vms: Vec<usize>,
    /// The person who answers for each principal that is a service account.
    owners: BTreeMap<usize, usize>,
    disabled: BTreeSet<usize>,
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
struct At {
    system: usize,
    service: Option<usize>,
    vm: Option<usize>,
}

impl Org {
    fn draw(lot: &mut Lot) -> Self {
        let mut org = Self::default();
        for person in 0..PEOPLE {
            for group in 0..GROUPS {
                if lot.chance(30) {
                    org.joined.insert((person, group));
                }
            }
        }
        org.owners.insert(PEOPLE - 1, lot.below(PEOPLE - 1));
        if lot.chance(40) {
            org.disabled.insert(lot.below(PEOPLE));
        }
        let all: Vec<_> =
            ASKED.into_iter().chain([Permission::VmReadAll, Permission::SystemReadAll]).collect();
        for _ in 0..6 {
            let permissions = all.iter().copied().filter(|_| lot.chance(35)).collect();
            let environments = (0..ENVIRONMENTS).filter(|_| lot.chance(40)).collect();
            let holder = org.holder(lot);
            org.roles.push((holder, permissions, environments));
        }
        let mut taken = BTreeSet::new();
        for _ in 0..7 {
            let holder = org.holder(lot);
            let system = lot.below(SYSTEMS);
            let service = lot.chance(60).then(|| lot.below(SERVICES));
            let vm = service.filter(|_| lot.chance(60)).map(|_| lot.below(VMS));
            // Only people own, and only whole Systems.
            let rank = if holder.0 || service.is_some() { lot.below(2) } else { lot.below(3) };
            if taken.insert((holder, system, service, vm)) {
                org.places.push((holder, system, service, vm, rank));
            }
        }
        org.vms = (0..SYSTEMS * SERVICES * VMS).map(|_| lot.below(ENVIRONMENTS)).collect();
        org
    }

    fn holder(&self, lot: &mut Lot) -> Holder {
        match lot.chance(50) {
            true => (true, lot.below(GROUPS)),
            false => (false, lot.below(PEOPLE)),
        }
    }

    fn active(&self, who: usize) -> bool {
        let by = self.owners.get(&who);
        !self.disabled.contains(&who) && by.is_none_or(|owner| !self.disabled.contains(owner))
    }

    /// The rule of ADR 0010, over the bare rows.
    fn may(&self, who: usize, permission: Permission, at: Option<At>) -> bool {
        if !self.active(who) || permission == Permission::RequestApprove && self.owners.contains_key(&who) {
            return false;
        }
        let is = |holder: &Holder| match holder {
            (true, group) => self.joined.contains(&(who, *group)),
            (false, person) => *person == who,
        };
        let environment = at.and_then(|at| at.vm.map(|_| self.vms[at.number()]));
        let holds = |wanted: Permission| {
            self.roles.iter().any(|(holder, permissions, environments)| {
                let here = environments.is_empty() || environment.is_none_or(|e| environments.contains(&e));
                is(holder) && here && permissions.contains(&wanted)
            })
        };
        let name = permission.as_str();
        let (least, all) = match name {
            "vm:read" => (0, Some(Permission::VmReadAll)),
            "service:read" | "system:read" => (0, Some(Permission::SystemReadAll)),
            "vm:start" | "service:update" => (1, None),
            "system:manage_members" => (2, None),
            _ => return holds(permission),
        };
        let Some(at) = at else { return all.is_some_and(holds) };
        let rank = self.places.iter().filter(|(holder, system, service, vm, _)| {
            let in_service = service.is_none() || *service == at.service;
            let in_vm = vm.is_none() || *vm == at.vm;
            is(holder) && *system == at.system && in_service && in_vm
        });
        let rank = rank.map(|(.., rank)| *rank).max();
        all.is_some_and(holds) || rank.is_some_and(|rank| rank >= least) && holds(permission)
    }
}

impl At {
    fn number(self) -> usize {
        (self.system * SERVICES + self.service.expect("it is as drawn")) * VMS
            + self.vm.expect("it is as drawn")
    }
    fn belongs(self, org: &Org) -> Belongs {
        Belongs {
            system: Some(SystemId(id(3, self.system))),
            service: self.service.map(|n| ServiceId(id(4, self.system * SERVICES + n))),
            vm: self.vm.map(|_| VmId(id(5, self.number()))),
            environment: self.vm.map(|_| EnvironmentId(id(2, org.vms[self.number()]))),
        }
    }
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for system in 0..SYSTEMS {
            all.push(Self { system, service: None, vm: None });
            for service in 0..SERVICES {
                all.push(Self { system, service: Some(service), vm: None });
                all.extend((0..VMS).map(|vm| Self { system, service: Some(service), vm: Some(vm) }));
            }
        }
        all
    }
}

/// The organisation as rows, written by the owner of the schema.
fn script(org: &Org) -> String {
    let mut sql = String::from("delete from environment; ");
    let mut add = |line: String| writeln!(sql, "{line};").expect("it is as drawn");
    for n in 0..ENVIRONMENTS {
        let e = id(2, n);
        add(format!(
            "insert into environment (id, name, title, protected, colour) values ('{e}', 'e{n}', 'E', false, '#fff')"
        ));
        add(format!(
            "insert into namespace (id, name, environment_id) values ('{}', 'n{n}', '{e}')",
            id(6, n)
        ));
        add(format!(
            "insert into cluster (id, name, environment_id, api_url, credentials) values ('{}', 'c{n}', '{e}', 'x', 'x')",
            id(7, n)
        ));
    }
    for n in 0..PEOPLE {
        let off = if org.disabled.contains(&n) { "app_now()" } else { "null" };
        let (kind, owner) = match org.owners.get(&n) {
            Some(owner) => ("service_account", format!("'{}'", id(1, *owner))),
            None => ("person", "null".to_owned()),
        };
        add(format!(
            "insert into principal (id, kind, name, display_name, owner_id, disabled_at) values ('{}', '{kind}', 'p{n}', 'P', {owner}, {off})",
            id(1, n)
        ));
    }
    let root = id(1, 0);
    for n in 0..GROUPS {
        add(format!(
            "insert into user_group (id, name, title, created_by) values ('{}', 'g{n}', 'G', '{root}')",
            id(8, n)
        ));
    }
    for (person, group) in &org.joined {
        add(format!(
            "insert into group_member (group_id, principal_id, added_by) values ('{}', '{}', '{root}')",
            id(8, *group),
            id(1, *person)
        ));
    }
    let columns = |holder: &Holder| match holder {
        (true, n) => format!("null, '{}'", id(8, *n)),
        (false, n) => format!("'{}', null", id(1, *n)),
    };
    for (n, (holder, permissions, environments)) in org.roles.iter().enumerate() {
        let names: Vec<_> = permissions.iter().map(|p| p.as_str()).collect();
        let only: Vec<_> = environments.iter().map(|e| id(2, *e).to_string()).collect();
        add(format!(
            "insert into role (id, name, title, permissions) values ('{}', 'r{n}', 'R', '{{{}}}')",
            id(9, n),
            names.join(",")
        ));
        add(format!(
            "insert into binding (id, principal_id, group_id, role_id, environment_ids, all_environments, granted_by) values ('{}', {}, '{}', '{{{}}}', {}, '{root}')",
            id(10, n),
            columns(holder),
            id(9, n),
            only.join(","),
            only.is_empty()
        ));
    }
    for system in 0..SYSTEMS {
        add(format!(
            "insert into system (id, name, created_by) values ('{}', 's{system}', '{root}')",
            id(3, system)
        ));
        for n in 0..SERVICES {
            add(format!(
                "insert into service (id, system_id, name) values ('{}', '{}', 'v{n}')",
                id(4, system * SERVICES + n),
                id(3, system)
            ));
        }
    }
    let (t, z, r) = (id(12, 0), id(13, 0), id(14, 0));
    add(format!("insert into template (id, name, title) values ('{t}', 't', 'T')"));
    add(format!(
        "insert into template_version (id, template_id, version, family, root, image, user_data, variables, content_hash, created_by) values ('{t}', '{t}', 1, 'linux', 'ephemeral', 'i', '', '[]', 'x', '{root}')"
    ));
    add(format!("insert into size (id, name) values ('{z}', 'z')"));
    add(format!(
        "insert into size_version (id, size_id, version, milli_vcpu, memory_bytes, disk_bytes, created_by) values ('{z}', '{z}', 1, 1, 1, 1, '{root}')"
    ));
    add(format!(
        "insert into request (id, operation, state, requester_id, system_id, service_id, environment_id, namespace_id, spec, spec_version, spec_json, spec_hash, verdict, inputs) values ('{r}', 'vm.create', 'succeeded', '{root}', '{}', '{}', '{}', '{}', '', 1, '{{}}', decode(repeat('00', 32), 'hex'), '{{}}', '{{}}')",
        id(3, 0),
        id(4, 0),
        id(2, 0),
        id(6, 0)
    ));
    for (n, e) in org.vms.iter().enumerate() {
        let (service, system) = (n / VMS, n / VMS / SERVICES);
        add(format!(
            "insert into vm (id, name, number, namespace_id, service_id, system_id, environment_id, cluster_id, template_version_id, size_version_id, spec, manifest, state, created_by, request_id) values ('{}', 'm{n}', {n}, '{}', '{}', '{}', '{}', '{}', '{t}', '{z}', '{{}}', '{{}}', 'active', '{root}', '{r}')",
            id(5, n),
            id(6, *e),
            id(4, service),
            id(3, system),
            id(2, *e),
            id(7, *e)
        ));
    }
    for (n, (holder, system, service, vm, rank)) in org.places.iter().enumerate() {
        let (y, role) = (id(3, *system), RANKS[*rank]);
        if let ((false, person), None) = (holder, service) {
            add(format!(
                "insert into system_member (system_id, principal_id, role) values ('{y}', '{}', '{role}')",
                id(1, *person)
            ));
            continue;
        }
        let number = service.map(|s| system * SERVICES + s);
        let text = |id: Option<Uuid>| id.map_or_else(|| "null".to_owned(), |id| format!("'{id}'"));
        let v = text(number.map(|s| id(4, s)));
        let m = text(number.zip(*vm).map(|(s, vm)| id(5, s * VMS + vm)));
        add(format!(
            "insert into resource_member (id, system_id, service_id, vm_id, principal_id, group_id, role, granted_by) values ('{}', '{y}', {v}, {m}, {}, '{role}', '{root}')",
            id(11, n),
            columns(holder)
        ));
    }
    sql
}

/// The right to ask, which this test does not examine.
fn auditor() -> Authorized<ReadUsers, Platform> {
    let held = RoleBinding::of("auditor", &[Permission::UserRead], Reach::All);
    Grants::new(PrincipalId::new(), vec![held], vec![]).authorize(Platform).expect("it is as drawn")
}

async fn compare(seed: u64) {
    let org = Org::draw(&mut Lot(seed));
    let app = TestApp::start().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(script(&org)))
        .execute(&mut app.db.owner().await)
        .await
        .expect("it is as drawn");
    let mut conn = app.app.db.acquire().await.expect("it is as drawn");
    for who in 0..PEOPLE {
        let grants = callers::grants_of(&mut conn, PrincipalId(id(1, who))).await.expect("it is as drawn");
        let Some(grants) = grants.filter(|_| org.active(who)) else {
            assert!(!org.active(who), "seed {seed}: p{who} is active and holds nothing");
            continue;
        };
        for at in At::all() {
            for permission in ASKED {
                let place = at.belongs(&org);
                let checked = match (place.service, place.vm, place.environment) {
                    (Some(service), Some(vm), Some(environment)) => {
                        let system = SystemId(id(3, at.system));
                        grants.check(permission, &VmScope { vm, service, system, environment })
                    }
                    (Some(service), ..) => grants
                        .check(permission, &ServiceScope { service, system: SystemId(id(3, at.system)) }),
                    _ => grants.check(permission, &SystemScope(SystemId(id(3, at.system)))),
                };
                let expected = org.may(who, permission, Some(at));
                assert_eq!(checked.is_ok(), expected, "seed {seed}: p{who} {permission} at {at:?}");
            }
        }
        let expected = |permission, level: fn(&At) -> bool| -> BTreeSet<Uuid> {
            let of = |at: At| {
                let b = at.belongs(&org);
                b.vm.map(|id| id.0)
                    .or(b.service.map(|id| id.0))
                    .or(b.system.map(|id| id.0))
                    .expect("it is as drawn")
            };
            At::all()
                .into_iter()
                .filter(level)
                .filter(|at| org.may(who, permission, Some(*at)))
                .map(of)
                .collect()
        };
        let sight = grants.visible(Permission::VmRead);
        let rows = vm_lists::list(&mut conn, &VmFilter::all(&sight, 100)).await.expect("it is as drawn");
        let listed: BTreeSet<_> = rows.into_iter().map(|row| row.id.0).collect();
        assert_eq!(listed, expected(Permission::VmRead, |at| at.vm.is_some()), "seed {seed}: VMs of p{who}");
        let sight = grants.visible(Permission::ServiceRead);
        let rows = services::list(&mut conn, &sight, None, None, None, 100).await.expect("it is as drawn");
        let listed: BTreeSet<_> = rows.into_iter().map(|row| row.id.0).collect();
        let wanted = expected(Permission::ServiceRead, |at| at.vm.is_none() && at.service.is_some());
        assert_eq!(listed, wanted, "seed {seed}: Services of p{who}");
        let sight = grants.visible(Permission::SystemRead);
        let rows = systems::list(&mut conn, &sight, None, None, 100).await.expect("it is as drawn");
        let listed: BTreeSet<_> = rows.into_iter().map(|row| row.id.0).collect();
        assert_eq!(
            listed,
            expected(Permission::SystemRead, |at| at.service.is_none()),
            "seed {seed}: Systems of p{who}"
        );
    }
    for at in At::all().into_iter().map(Some).chain([None]) {
        for permission in ASKED {
            let place = at.map(|at| at.belongs(&org)).unwrap_or_default();
            let rows = access::who(&mut conn, &auditor(), permission, &place, None, 100)
                .await
                .expect("it is as drawn");
            let named: BTreeSet<_> = rows.into_iter().map(|row| row.name).collect();
            let expected =
                (0..PEOPLE).filter(|who| org.may(*who, permission, at)).map(|n| format!("p{n}")).collect();
            assert_eq!(named, expected, "seed {seed}: who may {permission} at {at:?}");
        }
    }
}

#[tokio::test]
async fn lists_checks_and_who_may_agree_with_the_bare_rows() {
    for seed in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] {
        compare(seed).await;
    }
}
