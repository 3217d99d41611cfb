//! Places in one Service or VM, and those of groups: what they open, and that they open nothing else.

use shepherd_contract::types::{
    AccessMissing, AccessPlaceKind, AddBinding, CreateGrant, CreateGroup, CreateService, ExplainAccessQuery,
    Grant, GrantRole, ListServiceGrantsQuery, ListServicesQuery, ListSystemGrantsQuery, ListSystemsQuery,
    ListVmGrantsQuery, ListVmsQuery, MemberRole, PowerVm, RequestState, SetMember, StopVm, WhoHasAccessQuery,
};
use shepherd_domain::ids::{GroupId, PrincipalId};
use shepherd_test_support::app::{Caller, TestApp, World, key};

use super::code;

fn empty(role: GrantRole) -> CreateGrant {
    CreateGrant { system_id: None, service_id: None, vm_id: None, principal_id: None, group_id: None, role }
}

async fn give(by: &Caller, body: &CreateGrant) -> Grant {
    by.grants().create_grant(&key(), body).await.expect("the place is given")
}

async fn vm_names(who: &Caller) -> Vec<String> {
    let page = who.vms().list_vms(&ListVmsQuery::default()).await.expect("a list");
    page.items.into_iter().map(|vm| vm.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_at_one_vm_opens_that_vm_and_nothing_else() {
    let world = World::start().await;
    let (one, other) = (world.running_vm().await, world.another_running_vm().await);
    let guest = world.app.neighbour().await;
    assert_eq!(code(guest.vms().get_vm(one.id).await), "NOT_FOUND");
    let body = CreateGrant { vm_id: Some(one.id), principal_id: Some(guest.id), ..empty(GrantRole::Viewer) };
    assert_eq!(code(guest.grants().create_grant(&key(), &body).await), "NOT_FOUND", "only owners give");
    let place = give(&world.engineer, &body).await;
    assert_eq!(vm_names(&guest).await, std::slice::from_ref(&one.name));
    let stop = StopVm { reason: None, force: None, fields: None, grace_seconds: None };
    assert_eq!(
        code(guest.vms().stop_vm(one.id, &key(), &stop).await),
        "PERMISSION_MISSING",
        "a viewer looks on"
    );

    let wider = CreateGrant { role: GrantRole::Member, ..body };
    assert_eq!(give(&world.engineer, &wider).await.id, place.id, "the same place with another role");
    let asked = guest.vms().stop_vm(one.id, &key(), &stop).await.expect("a member works with it");
    world.reaches(asked.id, RequestState::Succeeded).await;
    let requests = guest.requests().list_requests(&Default::default()).await.unwrap().items;
    assert!(requests.iter().all(|r| r.vm.as_ref().is_some_and(|vm| vm.id == one.id)), "{requests:?}");

    assert_eq!(code(guest.vms().get_vm(other.id).await), "NOT_FOUND");
    let power = PowerVm { reason: None, fields: None };
    assert_eq!(code(guest.vms().restart_vm(other.id, &key(), &power).await), "NOT_FOUND");
    assert_eq!(code(guest.systems().get_system(world.service.system.id).await), "NOT_FOUND");
    assert_eq!(code(guest.systems().get_service(world.service.id).await), "NOT_FOUND");
    assert!(guest.systems().list_systems(&ListSystemsQuery::default()).await.unwrap().items.is_empty());
    assert!(guest.systems().list_services(&ListServicesQuery::default()).await.unwrap().items.is_empty());

    let ask =
        ExplainAccessQuery { permission: Some("vm:stop".into()), vm_id: Some(one.id), ..Default::default() };
    let why = guest.access().explain_access(&ask).await.unwrap();
    let verdict = &why.verdicts[0];
    assert_eq!((verdict.allowed, verdict.memberships[0].within), (true, AccessPlaceKind::Vm));
    assert_eq!(verdict.roles[0].role, "engineer");

    world.engineer.grants().remove_grant(place.id).await.unwrap();
    assert_eq!(code(guest.vms().get_vm(one.id).await), "NOT_FOUND", "with the next call");
    assert!(vm_names(&guest).await.is_empty());
    assert_eq!(code(world.engineer.grants().remove_grant(place.id).await), "NOT_FOUND");
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_a_service_is_one_at_its_vms_and_a_group_has_it_for_all_in_it() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    let (admin, engineer, guest) = (&world.admin, &world.engineer, world.app.neighbour().await);
    let group = CreateGroup { name: "helpers".into(), title: "Helpers".into() };
    let group = admin.groups().create_group(&key(), &group).await.unwrap();
    let body = CreateGrant {
        service_id: Some(world.service.id),
        group_id: Some(group.id),
        ..empty(GrantRole::Member)
    };
    let place = give(engineer, &body).await;
    assert!(vm_names(&guest).await.is_empty(), "they are not in the group");
    admin.groups().add_group_member(group.id, guest.id).await.unwrap();
    assert_eq!(vm_names(&guest).await, std::slice::from_ref(&vm.name));
    guest.systems().get_service(world.service.id).await.expect("the Service is theirs, too");
    assert_eq!(
        code(guest.systems().get_system(world.service.system.id).await),
        "NOT_FOUND",
        "but not what it lies in"
    );
    let sibling = CreateService {
        system_id: world.service.system.id,
        name: "other".into(),
        description: None,
        sample: None,
    };
    assert_eq!(code(guest.systems().create_service(&key(), &sibling).await), "NOT_FOUND");

    let listed = guest.grants().list_vm_grants(vm.id, &ListVmGrantsQuery::default()).await.unwrap().items;
    assert!(listed.is_empty(), "at the VM itself nobody has one");
    let ask = ListServiceGrantsQuery::default();
    let listed = guest.grants().list_service_grants(world.service.id, &ask).await.unwrap().items;
    assert_eq!(listed, std::slice::from_ref(&place));
    let ask = ListSystemGrantsQuery::default();
    assert_eq!(code(guest.grants().list_system_grants(world.service.system.id, &ask).await), "NOT_FOUND");

    let held = admin.people().get_person(guest.id).await.unwrap().memberships;
    assert_eq!(held[0].group.as_ref().map(|g| g.id), Some(group.id));
    assert_eq!(held[0].service.as_ref().map(|s| s.id), Some(world.service.id));
    assert_eq!(code(admin.groups().delete_group(group.id).await), "GROUP_IN_USE");

    let ask = WhoHasAccessQuery { permission: "vm:start".into(), vm_id: Some(vm.id), ..who() };
    let page = admin.access().who_has_access(&ask).await.unwrap();
    let names: Vec<_> = page.items.iter().map(|h| h.principal.name.as_str()).collect();
    assert_eq!(names, ["engineer", "neighbour"]);
    assert_eq!(page.items[1].verdict.memberships[0].group.as_ref().map(|g| &*g.name), Some("helpers"));

    admin.groups().remove_group_member(group.id, guest.id).await.unwrap();
    assert_eq!(code(guest.vms().get_vm(vm.id).await), "NOT_FOUND");
    let ask = ExplainAccessQuery {
        principal_id: Some(guest.id),
        permission: Some("vm:start".into()),
        vm_id: Some(vm.id),
        ..Default::default()
    };
    let why = admin.access().explain_access(&ask).await.unwrap();
    assert_eq!(why.verdicts[0].missing, [AccessMissing::NoPlace]);
}

fn who() -> WhoHasAccessQuery {
    WhoHasAccessQuery {
        permission: String::new(),
        system_id: None,
        service_id: None,
        vm_id: None,
        environment_id: None,
        cursor: None,
        limit: None,
    }
}

#[tokio::test]
async fn a_group_belongs_to_a_system_but_does_not_own_it() {
    let app = TestApp::start().await;
    let (admin, engineer, guest) = (app.admin().await, app.engineer().await, app.neighbour().await);
    let shop = super::systems::made(&engineer, "shop").await;
    let group = CreateGroup { name: "team".into(), title: "Team".into() };
    let group = admin.groups().create_group(&key(), &group).await.unwrap();
    admin.groups().add_group_member(group.id, guest.id).await.unwrap();
    let body = CreateGrant { system_id: Some(shop.id), group_id: Some(group.id), ..empty(GrantRole::Member) };
    give(&engineer, &body).await;
    let seen = guest.systems().get_system(shop.id).await.unwrap();
    assert_eq!(seen.my_role, Some(MemberRole::Member));
    // Both ways to one place: the higher counts.
    engineer.systems().set_member(shop.id, guest.id, &SetMember { role: MemberRole::Viewer }).await.unwrap();
    assert_eq!(guest.systems().get_system(shop.id).await.unwrap().my_role, Some(MemberRole::Member));

    let none = empty(GrantRole::Viewer);
    assert_eq!(code(engineer.grants().create_grant(&key(), &none).await), "ONE_PLACE");
    let nobody = CreateGrant { system_id: Some(shop.id), ..empty(GrantRole::Viewer) };
    assert_eq!(code(engineer.grants().create_grant(&key(), &nobody).await), "ONE_HOLDER");
    let person =
        CreateGrant { system_id: Some(shop.id), principal_id: Some(guest.id), ..empty(GrantRole::Viewer) };
    assert_eq!(code(engineer.grants().create_grant(&key(), &person).await), "USE_MEMBERS");
    let ghost = CreateGrant { system_id: Some(shop.id), group_id: Some(GroupId::new()), ..none };
    assert_eq!(code(engineer.grants().create_grant(&key(), &ghost).await), "NOT_FOUND");
    assert_eq!(code(guest.grants().create_grant(&key(), &body).await), "PERMISSION_MISSING");
}

#[tokio::test]
async fn everybody_asks_about_themselves_and_only_who_reads_people_about_others() {
    let app = TestApp::start().await;
    let (admin, engineer, guest) = (app.admin().await, app.engineer().await, app.neighbour().await);
    let shop = super::systems::made(&engineer, "shop").await;
    let ask = |principal_id: Option<PrincipalId>| ExplainAccessQuery {
        principal_id,
        system_id: Some(shop.id),
        ..Default::default()
    };
    let mine = engineer.access().explain_access(&ask(None)).await.unwrap();
    let verdict = |name: &str| mine.verdicts.iter().find(|v| v.permission == name).unwrap().clone();
    assert!(verdict("system:delete").allowed && verdict("system:delete").missing.is_empty());
    assert_eq!(verdict("request:approve").missing, [AccessMissing::NoRole]);
    assert_eq!(code(guest.access().explain_access(&ask(None)).await), "NOT_FOUND", "it is hidden from them");
    assert_eq!(code(guest.access().explain_access(&ask(Some(engineer.id))).await), "PERMISSION_MISSING");
    let theirs = admin.access().explain_access(&ask(Some(guest.id))).await.unwrap();
    let read = theirs.verdicts.iter().find(|v| v.permission == "system:read").unwrap();
    assert_eq!(read.missing, [AccessMissing::NoPlace]);

    let narrow = AddBinding { role: "approver".into(), environment_ids: vec![app.test] };
    admin.people().add_binding(guest.id, &key(), &narrow).await.unwrap();
    let there = |environment| ExplainAccessQuery {
        principal_id: Some(guest.id),
        permission: Some("request:approve".into()),
        environment_id: Some(environment),
        ..Default::default()
    };
    assert!(admin.access().explain_access(&there(app.test)).await.unwrap().verdicts[0].allowed);
    let elsewhere = admin.access().explain_access(&there(app.prod)).await.unwrap();
    assert_eq!(elsewhere.verdicts[0].missing, [AccessMissing::OtherEnvironment]);
    let who = |permission: &str| WhoHasAccessQuery {
        permission: permission.into(),
        environment_id: Some(app.prod),
        ..who()
    };
    assert_eq!(code(guest.access().who_has_access(&who("vm:read")).await), "PERMISSION_MISSING");
    assert_eq!(code(admin.access().who_has_access(&who("vm:teleport")).await), "PERMISSION_UNKNOWN");
    assert!(admin.access().who_has_access(&who("request:approve")).await.unwrap().items.is_empty());
}
