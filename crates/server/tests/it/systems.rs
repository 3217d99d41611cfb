//! Systems and Services: idempotency, editing, paging, and what outsiders learn.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    CreateService, CreateSystem, ListServicesQuery, ListSystemsQuery, MemberRole, SetMember, System,
    UpdateSystem,
};
use shepherd_domain::ids::SystemId;
use shepherd_test_support::app::{Caller, TestApp, key};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

fn named(name: &str) -> CreateSystem {
    CreateSystem { name: name.into(), description: None, sample: None }
}

pub(crate) async fn made(who: &Caller, name: &str) -> System {
    who.systems().create_system(&key(), &named(name)).await.expect("the name is free")
}

#[tokio::test]
async fn a_repeated_create_gets_its_first_answer() {
    let app = TestApp::start().await;
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    let once = key();
    let first = engineer.systems().create_system(&once, &named("shop")).await.unwrap();
    let again = engineer.systems().create_system(&once, &named("shop")).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(code(engineer.systems().create_system(&once, &named("bank")).await), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(code(engineer.systems().create_system(&key(), &named("shop")).await), "NAME_TAKEN");
    neighbour
        .systems()
        .create_system(&once, &named("bank"))
        .await
        .expect("another person's key is another key");
    assert_eq!(app.audited(Some("system.create")).await.len(), 2, "the repetition did nothing");
}

#[tokio::test]
async fn a_refused_create_keeps_no_answer() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let once = key();
    let shop = made(&engineer, "shop").await;
    assert_eq!(code(engineer.systems().create_system(&once, &named("shop")).await), "NAME_TAKEN");
    engineer.systems().delete_system(shop.id).await.unwrap();
    let second =
        engineer.systems().create_system(&once, &named("shop")).await.expect("what failed may be repeated");
    assert_ne!(second.id, shop.id);
}

#[tokio::test]
async fn equal_creates_at_once_make_one_system() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let (once, body) = (key(), named("shop"));
    let systems = engineer.systems();
    let (a, b) = tokio::join!(systems.create_system(&once, &body), systems.create_system(&once, &body));
    assert_eq!(a.unwrap(), b.unwrap());
}

#[tokio::test]
async fn names_are_judged_before_anything_happens() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    for bad in ["Shop", "a--b", "9lives", "sixteen-letters-", "-x", "shöp", ""] {
        assert_eq!(
            code(engineer.systems().create_system(&key(), &named(bad)).await),
            "VALIDATION_FAILED",
            "{bad}"
        );
    }
    assert!(app.audited(Some("system.create")).await.is_empty());
}

#[tokio::test]
async fn what_is_foreign_does_not_exist() {
    let app = TestApp::start().await;
    let (engineer, neighbour, admin, auditor) =
        (app.engineer().await, app.neighbour().await, app.admin().await, app.auditor().await);
    let shop = made(&engineer, "shop").await;
    let body = CreateService { system_id: shop.id, name: "cart".into(), description: None, sample: None };
    let cart = engineer.systems().create_service(&key(), &body).await.unwrap();

    for id in [shop.id, SystemId::new()] {
        assert_eq!(code(neighbour.systems().get_system(id).await), "NOT_FOUND");
        assert_eq!(code(neighbour.systems().delete_system(id).await), "NOT_FOUND");
        assert_eq!(code(neighbour.systems().list_members(id).await), "NOT_FOUND");
    }
    assert_eq!(code(neighbour.systems().get_service(cart.id).await), "NOT_FOUND");
    assert_eq!(code(neighbour.systems().create_service(&key(), &body).await), "NOT_FOUND");
    assert!(neighbour.systems().list_systems(&ListSystemsQuery::default()).await.unwrap().items.is_empty());
    assert!(neighbour.systems().list_services(&ListServicesQuery::default()).await.unwrap().items.is_empty());

    auditor.systems().get_system(shop.id).await.expect("an auditor reads everything");
    assert_eq!(code(auditor.systems().delete_system(shop.id).await), "PERMISSION_MISSING");
    admin.systems().get_system(shop.id).await.expect("so does an administrator");
    let update = UpdateSystem { description: "mine".into() };
    assert_eq!(
        code(admin.systems().update_system(shop.id, 1, &update).await),
        "PERMISSION_MISSING",
        "who acts only inside"
    );
}

#[tokio::test]
async fn members_may_what_their_role_carries() {
    let app = TestApp::start().await;
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    let shop = made(&engineer, "shop").await;
    let set =
        async |role| engineer.systems().set_member(shop.id, neighbour.id, &SetMember { role }).await.unwrap();
    let service =
        |name: &str| CreateService { system_id: shop.id, name: name.into(), description: None, sample: None };

    set(MemberRole::Viewer).await;
    neighbour.systems().get_system(shop.id).await.expect("a viewer sees");
    assert_eq!(
        code(neighbour.systems().create_service(&key(), &service("cart")).await),
        "PERMISSION_MISSING"
    );
    set(MemberRole::Member).await;
    neighbour.systems().create_service(&key(), &service("cart")).await.expect("a member makes services");
    assert_eq!(code(neighbour.systems().delete_system(shop.id).await), "PERMISSION_MISSING");
    engineer.systems().remove_member(shop.id, neighbour.id).await.unwrap();
    assert_eq!(code(neighbour.systems().get_system(shop.id).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_system_keeps_an_owner() {
    let app = TestApp::start().await;
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    let shop = made(&engineer, "shop").await;
    let systems = engineer.systems();
    let less = SetMember { role: MemberRole::Member };
    assert_eq!(code(systems.set_member(shop.id, engineer.id, &less).await), "LAST_OWNER");
    systems.set_member(shop.id, neighbour.id, &SetMember { role: MemberRole::Owner }).await.unwrap();
    systems.remove_member(shop.id, engineer.id).await.expect("someone else owns it now");
}

#[tokio::test]
async fn an_edit_on_an_old_version_is_refused() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let shop = made(&engineer, "shop").await;
    let edit = |text: &str| UpdateSystem { description: text.into() };
    let after = engineer.systems().update_system(shop.id, shop.version, &edit("first")).await.unwrap();
    assert_eq!(after.version, 2);
    assert_eq!(code(engineer.systems().update_system(shop.id, shop.version, &edit("second")).await), "STALE");
    assert_eq!(engineer.systems().get_system(shop.id).await.unwrap().description, "first");

    let url = app.url(&format!("systems/{}", shop.id));
    let answer = engineer.http().get(url.clone()).send().await.unwrap();
    assert_eq!(answer.headers()["etag"], "\"2\"");
    let blind =
        engineer.http().patch(url).header("origin", app.origin()).json(&edit("third")).send().await.unwrap();
    assert_eq!(blind.status(), 428);
}

#[tokio::test]
async fn a_system_with_services_stays() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let shop = made(&engineer, "shop").await;
    let body = CreateService { system_id: shop.id, name: "cart".into(), description: None, sample: None };
    let cart = engineer.systems().create_service(&key(), &body).await.unwrap();
    assert_eq!(code(engineer.systems().delete_system(shop.id).await), "SYSTEM_NOT_EMPTY");
    engineer.systems().delete_service(cart.id).await.unwrap();
    engineer.systems().delete_system(shop.id).await.unwrap();
    assert_eq!(code(engineer.systems().get_system(shop.id).await), "NOT_FOUND");
    made(&engineer, "shop").await;
}

#[tokio::test]
async fn pages_follow_each_other_while_things_change() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    for name in ["a1", "b2", "c3", "d4", "e5"] {
        made(&engineer, name).await;
    }
    let mut ask = ListSystemsQuery { limit: Some(2), ..Default::default() };
    let mut seen = Vec::new();
    loop {
        let page = engineer.systems().list_systems(&ask).await.unwrap();
        seen.extend(page.items.into_iter().map(|system| system.name));
        // Made behind the reader: it shifts nothing.
        made(&engineer, &format!("a{}", seen.len() + 1)).await;
        ask.cursor = page.next_cursor;
        if ask.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["a1", "b2", "c3", "d4", "e5"]);
    for bad in ["nonsense", ""] {
        let ask = ListSystemsQuery { cursor: Some(bad.into()), ..Default::default() };
        assert_eq!(code(engineer.systems().list_systems(&ask).await), "CURSOR_INVALID");
    }
}
