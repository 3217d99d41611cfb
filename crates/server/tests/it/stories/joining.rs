//! Stories about belonging to a System: asking by its name, the owner's word, and what nobody learns by asking.

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    CreateServiceAccount, CreateToken, EditJoin, EditRequest, HolderKind, InboxKind, JoinSystem,
    ListAuditQuery, ListInboxQuery, ListRequestsQuery, LookupHolder, MemberRole, PolicyEffect, Reject,
    Request, RequestChanges, RequestOperation, RequestState, RequestTarget, SetMember, SystemTarget,
    UpdatePerson,
};
use shepherd_test_support::app::{Caller, TestApp, key};

use super::{code, says_yes};
use crate::systems::made;

fn wish(system: &str, role: MemberRole) -> JoinSystem {
    JoinSystem { system: system.into(), role, reason: Some("on call from Monday".into()), fields: None }
}

async fn asks(who: &Caller, system: &str, role: MemberRole) -> Result<Request, ClientError> {
    who.membership().join_system(&key(), &wish(system, role)).await
}

fn of(request: &Request) -> &SystemTarget {
    match &request.target {
        RequestTarget::System(target) => target,
        RequestTarget::Vm(_) => panic!("it is about a System"),
    }
}

async fn waiting(who: &Caller) -> usize {
    let query = ListRequestsQuery { waiting_for_me: Some(true), ..Default::default() };
    who.requests().list_requests(&query).await.expect("a list").items.len()
}

async fn all(who: &Caller) -> usize {
    who.requests().list_requests(&ListRequestsQuery::default()).await.expect("a list").items.len()
}

async fn role_of(owner: &Caller, system: shepherd_domain::ids::SystemId, who: &Caller) -> Option<MemberRole> {
    let members = owner.systems().list_members(system).await.expect("an owner reads them").items;
    members.into_iter().find(|member| member.person.id == who.id).map(|member| member.role)
}

async fn disabled(app: &TestApp, who: &Caller) {
    let admin = app.admin().await;
    let person = admin.people().get_person(who.id).await.expect("an administrator reads it");
    let body = UpdatePerson { disabled: Some(true), ..Default::default() };
    admin.people().update_person(who.id, person.version, &body).await.expect("it is disabled");
}

#[tokio::test]
async fn an_owner_lets_somebody_in_who_asked_and_no_cluster_is_touched() {
    let app = TestApp::start().await;
    let (owner, ada) = (app.engineer().await, app.neighbour().await);
    let shop = made(&owner, "shop").await;
    let asked = asks(&ada, "shop", MemberRole::Member).await.unwrap();
    assert_eq!((asked.state, asked.operation), (RequestState::Pending, RequestOperation::SystemJoin));
    assert_eq!(of(&asked).system, None, "whoever asks does not learn whether there is one");
    assert!(asked.stages[0].candidates.is_empty() && asked.stages[0].requirements[0].candidates.is_empty());
    assert_eq!(asked.stages[0].requirement.code, "OWNERS_NEEDED");
    assert_eq!(asked.may.why_not.as_ref().unwrap().code, "SELF_APPROVAL");

    assert_eq!((waiting(&owner).await, waiting(&app.approver().await).await), (1, 0));
    let told = owner.inbox().list_inbox(&ListInboxQuery::default()).await.unwrap().items;
    assert_eq!(
        (told[0].kind, told[0].what.params["target"].as_str()),
        (InboxKind::RequestWaiting, Some("shop"))
    );
    let seen = owner.requests().get_request(asked.id).await.unwrap();
    assert_eq!(of(&seen).system.as_ref().unwrap().id, shop.id);
    assert_eq!(seen.stages[0].candidates.len(), 1);
    let approver = app.approver().await;
    assert_eq!(code(says_yes(&approver, &asked).await), "NOT_AN_APPROVER");
    assert_eq!(code(says_yes(&ada, &asked).await), "SELF_APPROVAL");

    let done = says_yes(&owner, &seen).await.unwrap();
    assert_eq!((done.state, done.operation_id, done.cluster), (RequestState::Succeeded, None, None));
    assert!(done.closed_at.is_some() && done.decided_at.is_some());
    assert_eq!(role_of(&owner, shop.id, &ada).await, Some(MemberRole::Member));
    let told = ada.inbox().list_inbox(&ListInboxQuery::default()).await.unwrap().items;
    assert_eq!((told.len(), told[0].kind), (1, InboxKind::RequestApproved));
    let mine = ada.requests().get_request(asked.id).await.unwrap();
    assert_eq!(of(&mine).system.as_ref().unwrap().id, shop.id, "a member may know of it");

    let trail = ListAuditQuery { action: Some("member.set".into()), ..Default::default() };
    let trail = app.auditor().await.audit().list_audit(&trail).await.unwrap().items;
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].request_id, Some(asked.id), "the entry names its cause");
    assert_eq!(trail[0].actor.as_ref().unwrap().id, owner.id);
    assert_eq!(code(asks(&ada, "shop", MemberRole::Viewer).await), "ALREADY_MEMBER");
    asks(&ada, "shop", MemberRole::Owner).await.expect("more may be asked for");
}

#[tokio::test]
async fn an_unknown_name_is_answered_like_a_known_one() {
    let app = TestApp::start().await;
    let (owner, ada) = (app.engineer().await, app.neighbour().await);
    made(&owner, "shop").await;
    let known = asks(&ada, "shop", MemberRole::Viewer).await.unwrap();
    let unknown = asks(&ada, "shup", MemberRole::Viewer).await.unwrap();
    // All that differs is what differs between any two requests.
    let plain = |request: &Request| {
        let text = serde_json::to_string(request).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&text.replace("shup", "shop")).unwrap();
        for name in ["id", "number", "submitted_at", "expires_at", "spec_hash", "requested_hash"] {
            value[name] = serde_json::Value::Null;
        }
        value["stages"][0]["id"] = serde_json::Value::Null;
        value
    };
    assert_eq!(plain(&known), plain(&unknown));
    for name in ["shop", "shup"] {
        assert_eq!(code(asks(&ada, name, MemberRole::Viewer).await), "DUPLICATE_REQUEST", "{name}");
        assert_eq!(code(asks(&ada, name, MemberRole::Owner).await), "DUPLICATE_REQUEST", "{name}");
    }
    // Nobody can decide on what is not there; who sees everything sees it, and a neighbour of either does not.
    assert_eq!(waiting(&owner).await, 1);
    let cy = app.person("cy", "engineer").await;
    let seen = (all(&app.auditor().await).await, all(&owner).await, all(&cy).await);
    assert_eq!(seen, (2, 1, 0));
    for request in [&known, &unknown] {
        assert_eq!(code(cy.requests().get_request(request.id).await), "NOT_FOUND");
        let body = shepherd_contract::types::CancelRequest { reason: None };
        ada.requests().cancel_request(request.id, &key(), &body).await.expect("one's own is withdrawn");
    }
}

#[tokio::test]
async fn what_changed_meanwhile_is_refused_with_what_to_do() {
    let app = TestApp::start().await;
    let (owner, ada, bo) = (app.engineer().await, app.neighbour().await, app.person("bo", "engineer").await);
    let (shop, gone) = (made(&owner, "shop").await, made(&owner, "gone").await);
    let first = asks(&ada, "shop", MemberRole::Viewer).await.unwrap();
    owner.systems().set_member(shop.id, ada.id, &SetMember { role: MemberRole::Member }).await.unwrap();
    assert_eq!(code(says_yes(&owner, &first).await), "ALREADY_MEMBER", "an approval takes nothing away");
    assert_eq!(role_of(&owner, shop.id, &ada).await, Some(MemberRole::Member));

    let other = asks(&bo, "gone", MemberRole::Member).await.unwrap();
    let last = asks(&bo, "shop", MemberRole::Member).await.unwrap();
    owner.systems().delete_system(gone.id).await.unwrap();
    let refused = code(says_yes(&owner, &other).await);
    assert!(["NOT_AN_APPROVER", "SYSTEM_DELETED", "NOT_FOUND"].contains(&refused.as_str()), "{refused}");
    disabled(&app, &bo).await;
    assert_eq!(code(says_yes(&owner, &last).await), "REQUESTER_DISABLED");
    assert_eq!(role_of(&owner, shop.id, &bo).await, None, "nothing is half-done");
    let seen = owner.requests().get_request(last.id).await.unwrap();
    assert_eq!((seen.state, seen.decisions.len()), (RequestState::Pending, 0));
    let no = Reject { spec_hash: last.spec_hash.clone(), reason: "has left".into() };
    owner.requests().reject_request(last.id, &key(), &no).await.unwrap();
}

#[tokio::test]
async fn a_system_without_an_owner_is_opened_by_an_approver_of_everything() {
    let app = TestApp::start().await;
    let (owner, ada) = (app.engineer().await, app.neighbour().await);
    let shop = made(&owner, "shop").await;
    let keeper = app.person("keeper", "engineer").await;
    owner.systems().set_member(shop.id, keeper.id, &SetMember { role: MemberRole::Viewer }).await.unwrap();
    disabled(&app, &owner).await;
    let asked = asks(&ada, "shop", MemberRole::Member).await.unwrap();
    assert_eq!(asked.stages[0].requirement.code, "APPROVERS_NEEDED");
    let approver = app.approver().await;
    assert_eq!(waiting(&approver).await, 1);
    let done = says_yes(&approver, &asked).await.unwrap();
    assert_eq!(done.state, RequestState::Succeeded);
    assert_eq!(role_of(&app.auditor().await, shop.id, &ada).await, Some(MemberRole::Member));
}

#[tokio::test]
async fn nobody_lets_their_own_service_account_in_and_none_of_them_owns() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.engineer().await, app.admin().await);
    made(&owner, "shop").await;
    let body = CreateServiceAccount { name: "bot".into(), display_name: "Bot".into(), owner_id: owner.id };
    let bot = admin.accounts().create_service_account(&key(), &body).await.unwrap();
    let token = CreateToken { name: "ci".into(), days: 1 };
    let token = owner.accounts().create_service_account_token(bot.id, &token).await.unwrap();
    let bot = app.with_token(&token.secret);
    let owning = bot.membership().join_system(&key(), &wish("shop", MemberRole::Owner)).await;
    assert_eq!(code(owning), "PEOPLE_OWN");
    let asked = bot.membership().join_system(&key(), &wish("shop", MemberRole::Member)).await.unwrap();
    assert_eq!(asked.stages[0].requirement.code, "APPROVERS_NEEDED", "its owner is the only one there is");
    assert_eq!(code(says_yes(&owner, &asked).await), "SELF_APPROVAL");
    says_yes(&app.approver().await, &asked).await.unwrap();
}

#[tokio::test]
async fn it_is_sent_back_changed_and_decided_anew() {
    let app = TestApp::start().await;
    let (owner, ada) = (app.engineer().await, app.neighbour().await);
    let shop = made(&owner, "shop").await;
    let asked = asks(&ada, "shop", MemberRole::Owner).await.unwrap();
    let back = RequestChanges { spec_hash: asked.spec_hash.clone(), comment: "a member will do".into() };
    let back = owner.edits().request_changes(asked.id, &key(), &back).await.unwrap();
    let edit = |system: &str| EditRequest::SystemJoin(EditJoin { body: wish(system, MemberRole::Member) });
    assert_eq!(
        code(ada.edits().edit_request(asked.id, back.version, &edit("other")).await),
        "FIXED_IN_REQUEST"
    );
    assert_eq!(
        code(owner.edits().edit_request(asked.id, back.version, &edit("shop")).await),
        "NOT_YOURS_TO_EDIT"
    );
    let anew = ada.edits().edit_request(asked.id, back.version, &edit("shop")).await.unwrap();
    assert_ne!(anew.spec_hash, asked.spec_hash);
    assert_eq!((anew.state, anew.revision), (RequestState::Pending, 2));
    assert_eq!(code(says_yes(&owner, &asked).await), "SPEC_CHANGED");
    says_yes(&owner, &anew).await.unwrap();
    assert_eq!(role_of(&owner, shop.id, &ada).await, Some(MemberRole::Member));
}

#[tokio::test]
async fn policies_read_the_role_and_may_refuse_it() {
    let app = TestApp::start().await;
    let (owner, ada, admin) = (app.engineer().await, app.neighbour().await, app.admin().await);
    made(&owner, "shop").await;
    let mut rule = super::policies::rule("no-new-owners", PolicyEffect::Deny, vec![]);
    rule.reason_code = Some("NO_NEW_OWNERS".into());
    rule.operations = vec![RequestOperation::SystemJoin];
    rule.condition =
        Some("request.role == 'owner' && system.name == 'shop' && environment.name == ''".into());
    admin.policies().create_policy(&key(), &rule).await.unwrap();
    assert_eq!(code(asks(&ada, "shop", MemberRole::Owner).await), "NO_NEW_OWNERS");
    asks(&ada, "shop", MemberRole::Member).await.unwrap();
}

#[tokio::test]
async fn owners_find_people_and_groups_by_exact_name_only() {
    let app = TestApp::start().await;
    let (owner, ada) = (app.engineer().await, app.neighbour().await);
    let look = |kind, name: &str| LookupHolder { kind, name: name.into() };
    let by_name = look(HolderKind::Person, &ada.name);
    let refused = owner.membership().lookup_holder(&by_name).await;
    assert_eq!(code(refused), "PERMISSION_MISSING", "whoever owns nothing looks for nobody");
    made(&owner, "shop").await;
    let found = owner.membership().lookup_holder(&by_name).await.unwrap();
    assert_eq!(found.person.unwrap().id, ada.id);
    for name in [&ada.name[..ada.name.len() - 1], "nobody", "%", "@"] {
        if name.len() > 1 {
            assert_eq!(
                code(owner.membership().lookup_holder(&look(HolderKind::Person, name)).await),
                "NOT_FOUND"
            );
        }
    }
    let team = shepherd_contract::types::CreateGroup { name: "team".into(), title: "A team".into() };
    let team = app.admin().await.groups().create_group(&key(), &team).await.unwrap();
    let found = owner.membership().lookup_holder(&look(HolderKind::Group, "team")).await.unwrap();
    assert_eq!((found.group.unwrap().id, found.person), (team.id, None));
    disabled(&app, &ada).await;
    assert_eq!(code(owner.membership().lookup_holder(&by_name).await), "NOT_FOUND");
    let trail = ListAuditQuery { action: Some("people.lookup".into()), ..Default::default() };
    let trail = app.auditor().await.audit().list_audit(&trail).await.unwrap().items;
    assert_eq!(trail.len(), 6, "every look, the refused one too: {trail:?}");
    for _ in 0..40 {
        if let Err(error) = owner.membership().lookup_holder(&look(HolderKind::Group, "team")).await {
            assert_eq!(error.code(), Some("TOO_MANY_LOOKUPS"));
            return;
        }
    }
    panic!("nobody looks for everybody");
}
