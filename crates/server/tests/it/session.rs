//! Signing in and out: who gets in, who does not, and what everyone else learns from it.

use std::time::Duration;

use reqwest::{StatusCode, header};
use serde_json::json;
use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{ChangePassword, CreatePerson, ListSystemsQuery, SampleSignIn};
use shepherd_test_support::app::TestApp;

const PASSWORD: &str = "four sheep graze in the rain";

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    let error = result.expect_err("it should have been refused");
    error.code().unwrap_or_else(|| panic!("not a problem: {error}")).to_owned()
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let app = TestApp::start().await;
    app.account("ada", "engineer", Some(PASSWORD)).await;
    let ada = app.sign_in(" Ada ", PASSWORD).await.expect("capitals and blanks are no part of a name");
    let session = ada.session().get_session().await.expect("she is signed in");
    assert_eq!((session.person.name.as_str(), session.must_change_password), ("ada", false));
    assert!(session.permissions.contains(&"vm:create".to_owned()));
    assert_eq!(session.roles, ["engineer"]);

    ada.session().sign_out().await.expect("she may leave");
    assert_eq!(code(ada.session().get_session().await), "UNAUTHENTICATED");
    let trail = app.audited(None).await;
    let acts: Vec<_> = trail.iter().filter(|l| l.actor == "ada").map(|l| l.action.as_str()).collect();
    assert_eq!(acts, ["session.sign_in", "session.sign_out"]);
}

#[tokio::test]
async fn the_cookie_is_for_this_site_and_not_for_scripts() {
    let app = TestApp::start().await;
    app.account("ada", "engineer", Some(PASSWORD)).await;
    let body = json!({ "name": "ada", "password": PASSWORD });
    let answer = reqwest::Client::new().post(app.url("session")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("shepherd=") && cookie.ends_with("Path=/; Max-Age=604800; HttpOnly; SameSite=Lax")
    );
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn unknown_wrong_and_disabled_get_one_answer() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let ada = app.account("ada", "engineer", Some(PASSWORD)).await;
    app.account("gone", "engineer", Some(PASSWORD)).await;
    let gone = app.sign_in("gone", PASSWORD).await.expect("not yet disabled");
    let disable = shepherd_contract::types::UpdatePerson { disabled: Some(true), ..Default::default() };
    admin.people().update_person(gone.id, 1, &disable).await.expect("an admin may");
    assert_ne!(ada, gone.id);

    let mut answers = Vec::new();
    for (name, password) in [("nobody", PASSWORD), ("ada", "wrong"), ("gone", PASSWORD)] {
        match app.sign_in(name, password).await {
            Err(ClientError::Problem(mut problem)) => {
                problem.request_id = None;
                answers.push(problem);
            }
            _ => panic!("{name} should have been refused"),
        }
    }
    assert_eq!((answers[0].status, &*answers[0].code), (401, "SIGN_IN_FAILED"));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let refused =
        app.audited(Some("session.sign_in")).await.into_iter().filter(|line| line.outcome == "denied");
    let refused: Vec<_> = refused.map(|line| (line.resource, line.code.unwrap_or_default())).collect();
    let expected = [("", "UNKNOWN_NAME"), ("ada", "WRONG_PASSWORD"), ("gone", "DISABLED")];
    assert_eq!(
        refused,
        expected.map(|(name, code)| (name.to_owned(), code.to_owned())),
        "what was typed is not kept"
    );
}

/// Guesses wrong so often, each time waiting out what that costs: the next failure costs two minutes.
async fn guess_for_long(app: &TestApp, name: &str) {
    for _ in 0..11 {
        assert_eq!(code(app.sign_in(name, "wrong").await.map(drop)), "SIGN_IN_FAILED");
        app.pass(Duration::from_secs(120)).await;
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_right_password_waits_too() {
    let app = TestApp::start().await;
    app.account("ada", "engineer", Some(PASSWORD)).await;
    app.account("bob", "engineer", Some(PASSWORD)).await;
    for _ in 0..5 {
        assert_eq!(code(app.sign_in("ada", "wrong").await.map(drop)), "SIGN_IN_FAILED", "mistyping is free");
    }
    app.sign_in("ada", PASSWORD).await.expect("and forgotten after a success");

    guess_for_long(&app, "ada").await;
    assert_eq!(code(app.sign_in("ada", "wrong").await.map(drop)), "SIGN_IN_FAILED");
    assert_eq!(code(app.sign_in("ada", PASSWORD).await.map(drop)), "TOO_MANY_ATTEMPTS");
    let body = json!({ "name": "ada", "password": PASSWORD });
    let answer = reqwest::Client::new().post(app.url("session")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = answer.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((2..=121).contains(&wait), "two minutes at the most, not {wait}");
    app.sign_in("bob", PASSWORD).await.expect("others are not kept out");
    app.pass(Duration::from_secs(wait)).await;
    app.sign_in("ada", PASSWORD).await.expect("the wait is over");
}

#[tokio::test]
async fn a_flood_of_guesses_at_once_is_a_row_of_them() {
    let app = std::sync::Arc::new(TestApp::start().await);
    app.account("ada", "engineer", Some(PASSWORD)).await;
    guess_for_long(&app, "ada").await;
    let guesses = (0..20).map(|n| {
        let app = app.clone();
        tokio::spawn(async move { code(app.sign_in("ada", &format!("guess {n}")).await.map(drop)) })
    });
    let mut judged = 0;
    for guess in guesses.collect::<Vec<_>>() {
        judged += usize::from(guess.await.unwrap() == "SIGN_IN_FAILED");
    }
    assert_eq!(judged, 1, "the first one's failure keeps the others from being looked at");
}

#[tokio::test]
async fn sessions_end_by_idling_by_age_and_by_being_revoked() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    app.pass(Duration::from_secs(7 * 3600)).await;
    engineer.me().get_me().await.expect("in use within eight hours");
    app.pass(Duration::from_secs(7 * 3600)).await;
    engineer.me().get_me().await.expect("using it kept it alive");
    app.pass(Duration::from_secs(8 * 3600)).await;
    assert_eq!(code(engineer.me().get_me().await), "SESSION_EXPIRED");

    let (here, there) = (app.engineer().await, app.engineer().await);
    let sessions = here.me().list_sessions().await.unwrap().items;
    assert_eq!(sessions.len(), 2, "the ended one is not listed");
    let other = sessions.iter().find(|session| !session.current).expect("the other browser's");
    here.me().revoke_session(other.id).await.unwrap();
    assert_eq!(code(there.me().get_me().await), "SESSION_EXPIRED");
    here.me().get_me().await.expect("this one goes on");

    for _ in 0..21 {
        app.pass(Duration::from_secs(7 * 3600)).await;
        here.me().get_me().await.expect("never idle for eight hours");
    }
    for _ in 0..4 {
        app.pass(Duration::from_secs(7 * 3600)).await;
        let _ = here.me().get_me().await;
    }
    assert_eq!(code(here.me().get_me().await), "SESSION_EXPIRED", "a week is the end in any case");
}

#[tokio::test]
async fn signing_in_again_ends_the_session_one_came_with() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let before = engineer.me().list_sessions().await.unwrap().items;
    engineer.session().sign_in_as_sample(&SampleSignIn { name: "engineer".into() }).await.unwrap();
    let after = engineer.me().list_sessions().await.unwrap().items;
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before[0].id, after[0].id);
}

#[tokio::test]
async fn an_initial_password_must_be_changed_before_anything_else() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = CreatePerson { name: "new".into(), display_name: "New One".into(), email: None };
    let initial = admin.people().create_person(&body).await.unwrap().password;
    let new = app.sign_in("new", initial.expose()).await.expect("the initial password opens");
    let elsewhere = app.sign_in("new", initial.expose()).await.expect("also twice");

    assert!(new.session().get_session().await.unwrap().must_change_password);
    assert_eq!(
        code(new.systems().list_systems(&ListSystemsQuery::default()).await),
        "PASSWORD_CHANGE_REQUIRED"
    );
    let change =
        |current: &str, to: &str| ChangePassword { current: Secret::from(current), new: Secret::from(to) };
    for (current, to, expected) in [
        ("wrong", PASSWORD, "PASSWORD_WRONG"),
        (initial.expose(), "password123", "PASSWORD_TOO_WEAK"),
        (initial.expose(), initial.expose(), "PASSWORD_SAME"),
    ] {
        assert_eq!(code(new.me().change_password(&change(current, to)).await), expected);
    }
    new.me().change_password(&change(initial.expose(), PASSWORD)).await.expect("a good one is taken");
    new.systems().list_systems(&ListSystemsQuery::default()).await.expect("and now everything is open");
    assert_eq!(code(elsewhere.session().get_session().await), "SESSION_EXPIRED", "other sessions ended");
    assert_eq!(code(app.sign_in("new", initial.expose()).await.map(drop)), "SIGN_IN_FAILED");
    app.sign_in("new", PASSWORD).await.expect("the new one opens");
}

#[tokio::test]
async fn sample_people_have_addresses_of_their_own_where_they_are_allowed() {
    let app = TestApp::start().await;
    app.engineer().await;
    app.account("ada", "engineer", Some(PASSWORD)).await;
    let options = app.anonymous().session().get_session_options().await.unwrap();
    let port = app.url("").port().unwrap();
    let people: Vec<_> =
        options.sample_people.iter().map(|p| (p.name.as_str(), p.role.as_str(), p.url.clone())).collect();
    assert_eq!(people, [("engineer", "Engineer", format!("http://engineer.localhost:{port}/"))]);
    assert!(!options.signed_in, "nobody is told so without an error");
    let known = app.engineer().await.session().get_session_options().await.unwrap();
    assert!(known.signed_in);

    let as_sample = |name: &str| SampleSignIn { name: name.into() };
    let refused = app.anonymous().session().sign_in_as_sample(&as_sample("ada")).await;
    assert_eq!(code(refused), "SIGN_IN_FAILED", "ada is no sample person");
    // Someone who is not on this machine, behind a proxy that nobody declared.
    let far = reqwest::Client::new().post(app.url("session/sample")).header("x-forwarded-for", "203.0.113.9");
    let far = far.json(&json!({ "name": "engineer" })).send().await.unwrap();
    assert_eq!(far.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_the_sample_organisation_nobody_signs_in_with_a_click() {
    let settings =
        shepherd_app::Settings { sessions: Default::default(), sample: false, checks: Default::default() };
    let app = TestApp::start_with(settings).await;
    let options = app.anonymous().session().get_session_options().await.unwrap();
    assert!(options.password && options.sample_people.is_empty());
    let refused =
        app.anonymous().session().sign_in_as_sample(&SampleSignIn { name: "engineer".into() }).await;
    assert_eq!(code(refused), "NOT_FOUND");
}
