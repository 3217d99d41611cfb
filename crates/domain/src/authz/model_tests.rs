//! Properties of everything that can be held: taking something away never gives a right, what may be listed is what may
//! be read, and the reasons given agree with the check.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::ids::{EnvironmentId, PrincipalId, ServiceId, SystemId, VmId};
use crate::states::MemberRole;

fn id(n: u8) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(n) + 1)
}

/// A small organisation: two environments, two Systems of two Services, two VMs in each.
#[derive(Clone, Copy, Debug)]
struct At {
    system: u8,
    service: u8,
    vm: u8,
    environment: u8,
}

impl At {
    fn vm(self) -> VmScope {
        let service = self.system * 2 + self.service;
        VmScope {
            vm: VmId(id(service * 2 + self.vm)),
            service: ServiceId(id(service)),
            system: SystemId(id(self.system)),
            environment: EnvironmentId(id(self.environment)),
        }
    }
}

fn at() -> impl Strategy<Value = At> {
    (0..2u8, 0..2u8, 0..2u8, 0..2u8).prop_map(|(system, service, vm, environment)| At {
        system,
        service,
        vm,
        environment,
    })
}

fn permission() -> impl Strategy<Value = Permission> {
    prop::sample::select(Permission::ALL)
}

fn binding() -> impl Strategy<Value = RoleBinding> {
    let reach =
        prop::option::of(prop::collection::btree_set((0..2u8).prop_map(|n| EnvironmentId(id(n))), 1..3));
    (prop::collection::vec(permission(), 0..12), reach).prop_map(|(permissions, only)| {
        RoleBinding::of("role", &permissions, only.map_or(Reach::All, Reach::Only))
    })
}

fn membership() -> impl Strategy<Value = Membership> {
    let role = prop::sample::select(&[MemberRole::Viewer, MemberRole::Member, MemberRole::Owner][..]);
    (at(), 0..3u8, role).prop_map(|(at, level, role)| {
        let on = at.vm();
        let within = match level {
            0 => Within::System(on.system),
            1 => Within::Service(on.service),
            _ => Within::Vm(on.vm),
        };
        Membership { within, role, group: None }
    })
}

fn held() -> impl Strategy<Value = (Vec<RoleBinding>, Vec<Membership>)> {
    (prop::collection::vec(binding(), 0..4), prop::collection::vec(membership(), 0..4))
}

fn grants((bindings, memberships): (Vec<RoleBinding>, Vec<Membership>)) -> Grants {
    Grants::new(PrincipalId(id(200)), bindings, memberships)
}

/// Everything that can be asked of one VM, its Service, its System, its environment and the platform.
fn allowed(grants: &Grants, at: At) -> BTreeSet<(u8, Permission)> {
    let vm = at.vm();
    let service = ServiceScope { service: vm.service, system: vm.system };
    let mut all = BTreeSet::new();
    for p in Permission::ALL {
        let asked = [
            grants.check(*p, &vm),
            grants.check(*p, &service),
            grants.check(*p, &SystemScope(vm.system)),
            grants.check(*p, &InEnvironment(vm.environment)),
            grants.check(*p, &Platform),
        ];
        for (n, _) in asked.iter().enumerate().filter(|(_, verdict)| verdict.is_ok()) {
            all.insert((u8::try_from(n).unwrap(), *p));
        }
    }
    all
}

proptest! {
    #[test]
    fn taking_something_away_never_gives_a_right(held in held(), at in at(), n in 0..8usize) {
        let before = allowed(&grants(held.clone()), at);
        let (mut bindings, mut memberships) = held;
        if n < bindings.len() {
            bindings.remove(n);
        } else if n - bindings.len() < memberships.len() {
            memberships.remove(n - bindings.len());
        }
        let after = allowed(&grants((bindings, memberships)), at);
        prop_assert!(after.is_subset(&before), "{:?}", after.difference(&before).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_listed_is_what_may_be_read(held in held(), at in at()) {
        let grants = grants(held);
        let vm = at.vm();
        let row = Belongs {
            system: Some(vm.system),
            service: Some(vm.service),
            vm: Some(vm.vm),
            environment: Some(vm.environment),
        };
        let listed = grants.visible(Permission::VmRead).covers(&row);
        prop_assert_eq!(listed, grants.check(Permission::VmRead, &vm).is_ok());
        let service = ServiceScope { service: vm.service, system: vm.system };
        let row = Belongs { system: Some(vm.system), service: Some(vm.service), ..Belongs::default() };
        let listed = grants.visible(Permission::ServiceRead).covers(&row);
        prop_assert_eq!(listed, grants.check(Permission::ServiceRead, &service).is_ok());
        let row = Belongs { system: Some(vm.system), ..Belongs::default() };
        let listed = grants.visible(Permission::SystemRead).covers(&row);
        prop_assert_eq!(listed, grants.check(Permission::SystemRead, &SystemScope(vm.system)).is_ok());
    }

    #[test]
    fn reasons_agree_with_the_check(held in held(), at in at(), permission in permission()) {
        let grants = grants(held);
        let why = grants.explain(permission, &at.vm());
        prop_assert_eq!(why.missing.is_empty(), grants.check(permission, &at.vm()).is_ok());
        if why.missing.is_empty() {
            prop_assert!(!why.roles.is_empty());
        }
    }

    #[test]
    fn nobody_gives_more_than_they_hold(held in held(), wanted in prop::collection::vec(permission(), 1..6), everywhere in any::<bool>()) {
        let reach = if everywhere { Reach::All } else { Reach::Only([EnvironmentId(id(0))].into()) };
        let names: Vec<_> = wanted.iter().map(|p| p.as_str().to_owned()).collect();
        let giver = grants(held);
        if giver.may_give(&names, &reach).is_ok() {
            for p in wanted {
                prop_assert!(giver.holds_within(p, &reach));
                prop_assert!(giver.holds_within(Permission::RoleGrant, &reach));
            }
        }
    }
}
