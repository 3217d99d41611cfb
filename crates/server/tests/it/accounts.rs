//! Service accounts: what they may do, who answers for them, and what they never may.

use shepherd_contract::types::{
    AddBinding, CreateGroup, CreateServiceAccount, CreateSystem, CreateToken, ListServiceAccountsQuery,
    MemberRole, ServiceAccount, SetMember, UpdatePerson, UpdateServiceAccount,
};
use shepherd_domain::ids::PrincipalId;
use shepherd_test_support::app::{Caller, TestApp, World, key};

use super::code;

async fn account(by: &Caller, name: &str, owner: &Caller) -> ServiceAccount {
    let body = CreateServiceAccount { name: name.into(), display_name: name.into(), owner_id: owner.id };
    by.accounts().create_service_account(&key(), &body).await.expect("the account is made")
}

fn for_days(days: i32) -> CreateToken {
    CreateToken { name: "ci".into(), days }
}

fn role(name: &str) -> AddBinding {
    AddBinding { role: name.into(), environment_ids: vec![] }
}

#[tokio::test]
async fn its_owner_alone_makes_tokens_and_it_ends_with_them() {
    let app = TestApp::start().await;
    let (admin, ada, other) = (app.admin().await, app.engineer().await, app.neighbour().await);
    let bot = account(&admin, "bot", &ada).await;
    assert_eq!(
        code(admin.accounts().create_service_account_token(bot.id, &for_days(1)).await),
        "NOT_THE_OWNER"
    );
    assert_eq!(code(other.accounts().get_service_account(bot.id).await), "NOT_FOUND");
    assert_eq!(code(other.accounts().create_service_account_token(bot.id, &for_days(1)).await), "NOT_FOUND");
    assert_eq!(ada.accounts().list_my_service_accounts().await.unwrap().items, std::slice::from_ref(&bot));

    let secret = ada.accounts().create_service_account_token(bot.id, &for_days(30)).await.unwrap().secret;
    let script = app.with_token(&secret);
    assert_eq!(script.me().get_me().await.unwrap().name, "bot");
    assert_eq!(
        code(script.accounts().create_service_account_token(bot.id, &for_days(1)).await),
        "SESSION_REQUIRED"
    );
    let shop = CreateSystem { name: "shop".into(), description: None, sample: None };
    assert_eq!(code(script.systems().create_system(&key(), &shop).await), "PERMISSION_MISSING");
    admin.people().add_binding(bot.id, &key(), &role("engineer")).await.unwrap();
    let shop = script.systems().create_system(&key(), &shop).await.unwrap();
    let owners: Vec<_> = shop.owners.iter().map(|p| p.name.as_str()).collect();
    assert_eq!((owners.as_slice(), shop.my_role), (["engineer"].as_slice(), Some(MemberRole::Member)));
    let owner = SetMember { role: MemberRole::Owner };
    assert_eq!(code(ada.systems().set_member(shop.id, bot.id, &owner).await), "OWNER_NOT_ACTIVE");

    // Its owner is disabled, and so is it.
    ada.systems().set_member(shop.id, other.id, &owner).await.unwrap();
    let person = admin.people().get_person(ada.id).await.unwrap();
    let off = UpdatePerson { disabled: Some(true), display_name: None };
    admin.people().update_person(ada.id, person.version, &off).await.unwrap();
    assert_eq!(code(script.me().get_me().await), "UNAUTHENTICATED");
    assert!(admin.accounts().get_service_account(bot.id).await.unwrap().owner_disabled);

    // Another owner takes over; the tokens that the first one may have kept end.
    let bot = admin.accounts().get_service_account(bot.id).await.unwrap();
    let next = UpdateServiceAccount { owner_id: Some(other.id), ..Default::default() };
    let bot = admin.accounts().update_service_account(bot.id, bot.version, &next).await.unwrap();
    assert_eq!(code(script.me().get_me().await), "UNAUTHENTICATED");
    let made = other.accounts().create_service_account_token(bot.id, &for_days(30)).await.unwrap();
    let script = app.with_token(&made.secret);
    script.me().get_me().await.expect("the new owner's token");
    admin.accounts().revoke_service_account_token(bot.id, made.token.id).await.unwrap();
    assert_eq!(code(script.me().get_me().await), "UNAUTHENTICATED");
    let secret = other.accounts().create_service_account_token(bot.id, &for_days(1)).await.unwrap().secret;
    app.pass(std::time::Duration::from_secs(25 * 3600)).await;
    assert_eq!(code(app.with_token(&secret).me().get_me().await), "UNAUTHENTICATED", "a token has an end");
}

#[tokio::test]
async fn it_never_decides_on_requests() {
    let app = TestApp::start().await;
    let (admin, ada) = (app.admin().await, app.engineer().await);
    let bot = account(&admin, "bot", &ada).await;
    assert_eq!(code(admin.people().add_binding(bot.id, &key(), &role("approver")).await), "PEOPLE_ONLY");
    let group = CreateGroup { name: "deciders".into(), title: "Deciders".into() };
    let group = admin.groups().create_group(&key(), &group).await.unwrap();
    admin.groups().add_group_member(group.id, bot.id).await.unwrap();
    // A group may hold it; the account in it does not.
    admin.groups().add_group_binding(group.id, &key(), &role("approver")).await.unwrap();
    let secret = ada.accounts().create_service_account_token(bot.id, &for_days(1)).await.unwrap().secret;
    let session = app.with_token(&secret).session().get_session().await.unwrap();
    assert!(!session.permissions.contains(&"request:approve".to_owned()), "{:?}", session.permissions);
    assert!(session.permissions.contains(&"vm:read_all".to_owned()));
    let second = account(&admin, "second", &ada).await;
    assert_eq!(code(admin.groups().add_group_member(group.id, second.id).await), "PEOPLE_ONLY");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_owners_word_on_its_request_does_not_count() {
    let world = World::start().await;
    let (app, admin, approver) = (&world.app, &world.admin, &world.approver);
    let bot = account(admin, "bot", approver).await;
    admin.people().add_binding(bot.id, &key(), &role("engineer")).await.unwrap();
    let member = SetMember { role: MemberRole::Member };
    world.engineer.systems().set_member(world.service.system.id, bot.id, &member).await.unwrap();
    let secret = approver.accounts().create_service_account_token(bot.id, &for_days(1)).await.unwrap().secret;
    let asked = app.with_token(&secret).requests().request_vm(&key(), &world.wish()).await.unwrap();
    let refused = super::stories::says_yes(approver, &asked).await;
    assert_eq!(code(refused), "SELF_APPROVAL");
    let second = app.person("second", "approver").await;
    super::stories::says_yes(&second, &asked).await.expect("somebody else's does");
}

#[tokio::test]
async fn it_is_made_for_an_active_person_and_found() {
    let app = TestApp::start().await;
    let (admin, ada, auditor) = (app.admin().await, app.engineer().await, app.auditor().await);
    let body = |owner_id| CreateServiceAccount { name: "bot".into(), display_name: "Bot".into(), owner_id };
    assert_eq!(
        code(ada.accounts().create_service_account(&key(), &body(ada.id)).await),
        "PERMISSION_MISSING"
    );
    assert_eq!(
        code(admin.accounts().create_service_account(&key(), &body(PrincipalId::new())).await),
        "OWNER_NOT_ACTIVE"
    );
    let bot = account(&admin, "bot", &ada).await;
    assert_eq!(
        code(admin.accounts().create_service_account(&key(), &body(bot.id)).await),
        "OWNER_NOT_ACTIVE"
    );
    assert_eq!(code(admin.accounts().create_service_account(&key(), &body(ada.id)).await), "NAME_TAKEN");
    let all = auditor.accounts().list_service_accounts(&ListServiceAccountsQuery::default()).await.unwrap();
    assert_eq!(all.items, std::slice::from_ref(&bot));
    assert_eq!(
        code(ada.accounts().list_service_accounts(&ListServiceAccountsQuery::default()).await),
        "PERMISSION_MISSING"
    );
    let rename =
        UpdateServiceAccount { display_name: Some("Robot".into()), disabled: Some(true), owner_id: None };
    let off = admin.accounts().update_service_account(bot.id, bot.version, &rename).await.unwrap();
    assert!(off.disabled && off.display_name == "Robot");
    assert_eq!(code(admin.accounts().update_service_account(bot.id, bot.version, &rename).await), "STALE");
}
