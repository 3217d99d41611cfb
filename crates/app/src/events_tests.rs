//! What reaches whom.

use shepherd_domain::authz::{Grants, Membership, Permission, Reach, RoleBinding};
use shepherd_domain::ids::{EnvironmentId, PrincipalId, SystemId};
use shepherd_domain::states::MemberRole;
use shepherd_store::events::Recorded;

use super::Sight;

struct Place {
    shop: SystemId,
    bank: SystemId,
    test: EnvironmentId,
    prod: EnvironmentId,
}

impl Place {
    fn new() -> Self {
        let (shop, bank) = (SystemId::new(), SystemId::new());
        Self { shop, bank, test: EnvironmentId::new(), prod: EnvironmentId::new() }
    }

    /// An engineer in the test environment, and a member of the shop.
    fn engineer(&self) -> Sight {
        use Permission::{RequestRead, ServiceRead, SystemRead, VmRead};
        let held = [SystemRead, ServiceRead, RequestRead, VmRead];
        let reach = Reach::Only([self.test].into());
        let binding = RoleBinding::of("engineer", &held, reach);
        let member = Membership::of(self.shop, MemberRole::Member);
        Sight::new(&Grants::new(PrincipalId::new(), vec![binding], vec![member]))
    }
}

fn holder(permissions: &[Permission], reach: Reach) -> Sight {
    let binding = RoleBinding::of("test", permissions, reach);
    Sight::new(&Grants::new(PrincipalId::new(), vec![binding], vec![]))
}

fn event(kind: &str, system: Option<SystemId>, environment: Option<EnvironmentId>) -> Recorded {
    Recorded {
        id: 1,
        at: Default::default(),
        kind: kind.into(),
        resource_id: PrincipalId::new().0,
        version: 1,
        system_id: system,
        service_id: None,
        vm_id: None,
        environment_id: environment,
        principal_id: None,
    }
}

#[test]
fn a_member_hears_of_their_system_where_their_role_reaches() {
    let place = Place::new();
    let engineer = place.engineer();
    for kind in ["vm", "vm.changed", "operation", "request"] {
        assert!(engineer.covers(&event(kind, Some(place.shop), Some(place.test))), "{kind}");
        assert!(!engineer.covers(&event(kind, Some(place.shop), Some(place.prod))), "{kind} in prod");
        assert!(!engineer.covers(&event(kind, Some(place.bank), Some(place.test))), "{kind} of another");
        assert!(!engineer.covers(&event(kind, None, None)), "{kind} without a place");
    }
    assert!(engineer.covers(&event("system", Some(place.shop), None)));
    assert!(!engineer.covers(&event("service", Some(place.bank), None)));
    assert!(!engineer.covers(&event("cluster", None, Some(place.test))));
}

#[test]
fn a_closed_namespace_is_announced_to_its_systems() {
    let place = Place::new();
    let engineer = place.engineer();
    assert!(engineer.covers(&event("namespace", None, Some(place.prod))), "open to all");
    assert!(engineer.covers(&event("namespace", Some(place.shop), Some(place.prod))));
    assert!(!engineer.covers(&event("namespace", Some(place.bank), Some(place.test))));
    let manager = holder(&[Permission::CatalogueManage], Reach::Only([place.test].into()));
    assert!(manager.covers(&event("namespace", Some(place.bank), Some(place.test))));
    assert!(!manager.covers(&event("namespace", Some(place.bank), Some(place.prod))));
}

#[test]
fn approvers_and_operators_hear_of_their_environments() {
    let place = Place::new();
    let approver = holder(&[Permission::RequestApprove], Reach::Only([place.test].into()));
    assert!(approver.covers(&event("request", Some(place.shop), Some(place.test))));
    assert!(!approver.covers(&event("request", Some(place.shop), Some(place.prod))));
    assert!(!approver.covers(&event("vm", Some(place.shop), Some(place.test))));
    let operator = holder(&[Permission::ClusterRead], Reach::Only([place.test].into()));
    assert!(operator.covers(&event("cluster", None, Some(place.test))));
    assert!(!operator.covers(&event("cluster", None, Some(place.prod))));
    assert!(!operator.covers(&event("cluster", None, None)));
}

#[test]
fn what_is_for_one_person_reaches_nobody_else_and_what_is_unknown_nobody() {
    let auditor = holder(Permission::ALL, Reach::All);
    let for_me = Recorded { principal_id: Some(auditor.me), ..event("session", None, None) };
    let for_another = Recorded { principal_id: Some(PrincipalId::new()), ..event("person", None, None) };
    assert!(auditor.covers(&for_me));
    assert!(!auditor.covers(&for_another));
    assert!(!auditor.covers(&event("weather", None, None)));
}
