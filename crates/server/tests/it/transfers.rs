//! A System always has an active owner: when the last one goes, somebody names a new one.

use shepherd_contract::types::{
    ListTransfersQuery, MemberRole, ResolveTransfer, SetMember, Transfer, TransferCause, UpdatePerson,
};
use shepherd_domain::ids::PrincipalId;
use shepherd_test_support::app::{Caller, TestApp, key};

use super::code;
use super::systems::made;

fn owner(owner_id: PrincipalId) -> ResolveTransfer {
    ResolveTransfer { owner_id }
}

async fn waiting(who: &Caller) -> Vec<Transfer> {
    let ask = ListTransfersQuery { open: Some(true), cursor: None, limit: None };
    who.transfers().list_transfers(&ask).await.expect("a list").items
}

async fn set_disabled(by: &Caller, who: PrincipalId, disabled: bool) {
    let person = by.people().get_person(who).await.expect("they are there");
    let body = UpdatePerson { disabled: Some(disabled), display_name: None };
    by.people().update_person(who, person.version, &body).await.expect("it is done");
}

#[tokio::test]
async fn disabling_the_last_owner_opens_a_transfer_and_a_new_owner_ends_it() {
    let app = TestApp::start().await;
    let (admin, engineer, next) = (app.admin().await, app.engineer().await, app.neighbour().await);
    let (shop, bank) = (made(&engineer, "shop").await, made(&engineer, "bank").await);
    engineer.systems().set_member(bank.id, next.id, &SetMember { role: MemberRole::Owner }).await.unwrap();
    set_disabled(&admin, engineer.id, true).await;
    let open = waiting(&admin).await;
    assert_eq!(open.len(), 1, "the bank has another owner: {open:?}");
    assert_eq!((&*open[0].system.name, open[0].cause), ("shop", TransferCause::Disabled));
    assert_eq!(app.audited(Some("system.orphaned")).await.len(), 1);
    assert_eq!(code(next.transfers().list_transfers(&Default::default()).await), "PERMISSION_MISSING");
    assert_eq!(code(next.systems().get_system(shop.id).await), "NOT_FOUND");

    let resolve = async |id| admin.transfers().resolve_transfer(open[0].id, &key(), &owner(id)).await;
    assert_eq!(code(resolve(admin.id).await), "TRANSFER_TO_SELF");
    assert_eq!(code(resolve(engineer.id).await), "OWNER_NOT_ACTIVE");
    let done = resolve(next.id).await.unwrap();
    assert_eq!(done.new_owner.as_ref().map(|p| p.id), Some(next.id));
    assert_eq!(code(resolve(next.id).await), "TRANSFER_CLOSED");
    assert!(waiting(&admin).await.is_empty());
    let seen = next.systems().get_system(shop.id).await.expect("it is theirs now");
    assert_eq!((seen.my_role, seen.owners.len()), (Some(MemberRole::Owner), 1));
    set_disabled(&admin, engineer.id, false).await;
    let back = engineer.systems().get_system(shop.id).await.unwrap();
    assert_eq!(back.my_role, Some(MemberRole::Member), "who comes back is a member");
}

#[tokio::test]
async fn whoever_comes_back_ends_the_waiting() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    made(&engineer, "shop").await;
    set_disabled(&admin, engineer.id, true).await;
    assert_eq!(waiting(&admin).await.len(), 1);
    set_disabled(&admin, engineer.id, false).await;
    assert!(waiting(&admin).await.is_empty());
}

#[tokio::test]
async fn the_last_owner_may_leave_but_not_be_made_less() {
    let app = TestApp::start().await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    let shop = made(&engineer, "shop").await;
    let less = SetMember { role: MemberRole::Member };
    assert_eq!(code(engineer.systems().set_member(shop.id, engineer.id, &less).await), "LAST_OWNER");
    engineer.systems().remove_member(shop.id, engineer.id).await.unwrap();
    let open = waiting(&admin).await;
    assert_eq!(open[0].cause, TransferCause::Removed);
    admin.transfers().resolve_transfer(open[0].id, &key(), &owner(engineer.id)).await.unwrap();
    assert_eq!(engineer.systems().get_system(shop.id).await.unwrap().my_role, Some(MemberRole::Owner));
}
