//! One's own account: tokens, SSH keys, language.

use std::time::Duration;

use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{AddSshKey, CreateToken, ListSystemsQuery, Locale, UpdateMe};
use shepherd_test_support::app::{TestApp, key};

const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ ada@laptop";

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}

#[tokio::test]
async fn a_token_opens_until_it_is_revoked_or_old() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let made = engineer.me().create_token(&CreateToken { name: "ci".into(), days: 30 }).await.unwrap();
    assert!(made.secret.expose().starts_with(&made.token.prefix) && made.token.prefix.len() == 12);
    let script = app.with_token(&made.secret);
    assert_eq!(script.session().get_session().await.unwrap().person.name, "engineer");
    script.systems().list_systems(&ListSystemsQuery::default()).await.expect("it may what she may");
    let listed = engineer.me().list_tokens().await.unwrap().items;
    assert!(listed[0].last_used_at.is_some() && listed.len() == 1);

    engineer.me().revoke_token(made.token.id).await.unwrap();
    assert_eq!(code(script.me().get_me().await), "UNAUTHENTICATED");
    assert_eq!(code(engineer.me().revoke_token(made.token.id).await), "NOT_FOUND", "once is enough");

    let short = engineer.me().create_token(&CreateToken { name: "short".into(), days: 1 }).await.unwrap();
    app.pass(Duration::from_secs(24 * 3600)).await;
    assert_eq!(code(app.with_token(&short.secret).me().get_me().await), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_token_cannot_make_tokens_or_sign_out() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let made = engineer.me().create_token(&CreateToken { name: "ci".into(), days: 30 }).await.unwrap();
    let script = app.with_token(&made.secret);
    let again = script.me().create_token(&CreateToken { name: "longer".into(), days: 365 }).await;
    assert_eq!(code(again), "SESSION_REQUIRED");
    assert_eq!(code(script.session().sign_out().await), "NOT_A_SESSION");
}

#[tokio::test]
async fn nobody_reaches_anothers_tokens_keys_or_sessions() {
    let app = TestApp::start().await;
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    let token = engineer.me().create_token(&CreateToken { name: "ci".into(), days: 30 }).await.unwrap().token;
    let ssh = AddSshKey { name: "laptop".into(), public_key: ED25519.into() };
    let ssh = engineer.me().add_ssh_key(&key(), &ssh).await.unwrap();
    let session = engineer.me().list_sessions().await.unwrap().items[0].id;
    assert_eq!(code(neighbour.me().revoke_token(token.id).await), "NOT_FOUND");
    assert_eq!(code(neighbour.me().remove_ssh_key(ssh.id).await), "NOT_FOUND");
    assert_eq!(code(neighbour.me().revoke_session(session).await), "NOT_FOUND");
    engineer.me().get_me().await.expect("nothing of hers was touched");
    assert_eq!(engineer.me().list_tokens().await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn ssh_keys_are_judged_and_kept_once() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let add = |text: &str| AddSshKey { name: "laptop".into(), public_key: text.into() };
    let once = key();
    let made = engineer.me().add_ssh_key(&once, &add(ED25519)).await.unwrap();
    assert!(made.fingerprint.starts_with("SHA256:"));
    assert_eq!(
        engineer.me().add_ssh_key(&once, &add(ED25519)).await.unwrap(),
        made,
        "a repetition is no second key"
    );
    assert_eq!(code(engineer.me().add_ssh_key(&key(), &add(ED25519)).await), "SSH_KEY_PRESENT");
    assert_eq!(
        code(engineer.me().add_ssh_key(&key(), &add("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5")).await),
        "SSH_KEY_INVALID"
    );
    engineer.me().remove_ssh_key(made.id).await.unwrap();
    assert!(engineer.me().list_ssh_keys().await.unwrap().items.is_empty());
    engineer.me().add_ssh_key(&key(), &add(ED25519)).await.expect("a removed key may come back");
}

#[tokio::test]
async fn name_and_language_are_ones_own() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let body = UpdateMe { display_name: Some("小羊".into()), locale: Some(Locale::Zh) };
    let me = engineer.me().update_me(&body).await.unwrap();
    assert_eq!((me.display_name.as_str(), me.locale, me.version), ("小羊", Locale::Zh, 2));
    assert_eq!(engineer.session().get_session().await.unwrap().person, me);
}

#[tokio::test]
async fn no_secret_reaches_the_trail_or_the_kept_answers() {
    let app = TestApp::start().await;
    let engineer = app.engineer().await;
    let made = engineer.me().create_token(&CreateToken { name: "ci".into(), days: 30 }).await.unwrap();
    let secret = Secret::expose(&made.secret);
    let found: i64 = sqlx::query_scalar(
        "select (select count(*) from audit_event a where strpos(a::text, $1) > 0 or strpos(convert_from(canonical, 'utf8'), $1) > 0)
              + (select count(*) from idempotency i where strpos(i::text, $1) > 0)
              + (select count(*) from api_token t where strpos(t::text, $1) > 0)",
    )
    .bind(secret)
    .fetch_one(&mut app.db.owner().await)
    .await
    .unwrap();
    assert_eq!(found, 0);
}
