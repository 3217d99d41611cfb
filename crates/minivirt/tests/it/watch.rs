//! Watch: order, selection, bookmarks, initial events, and what happens when history is gone.

use crate::support::{DEADLINE, Engine, VMS, answer, vm};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use reqwest::Method;
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

/// A watch as a stream of events.
pub struct Watch(BoxStream<'static, Value>);

impl Watch {
    pub async fn open(engine: &Engine, path: &str) -> Self {
        let response = engine.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let lines = response.bytes_stream().scan(Vec::new(), |rest: &mut Vec<u8>, chunk| {
            rest.extend_from_slice(&chunk.unwrap_or_default());
            let end = rest.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let whole: Vec<u8> = rest.drain(..end).collect();
            let events: Vec<Value> = whole
                .split(|b| *b == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect();
            futures::future::ready(Some(stream::iter(events)))
        });
        Self(lines.flatten().boxed())
    }

    pub async fn next(&mut self) -> Value {
        tokio::time::timeout(DEADLINE, self.0.next()).await.expect("no event came").expect("the watch ended")
    }

    /// Kind and name of the next event.
    pub async fn brief(&mut self) -> (String, String) {
        let event = self.next().await;
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        (text(&event["type"]), text(&event["object"]["metadata"]["name"]))
    }

    pub async fn ended(&mut self) -> bool {
        tokio::time::timeout(DEADLINE, self.0.next()).await.expect("the watch goes on").is_none()
    }
}

fn is(brief: &(String, String), kind: &str, name: &str) -> bool {
    brief.0 == kind && brief.1 == name
}

async fn secret(engine: &Engine, name: &str, labels: Value) -> Value {
    let body = json!({"metadata": {"name": name, "labels": labels}});
    let (code, made) = engine.post(SECRETS, &body).await;
    assert_eq!(code, 201);
    made
}

async fn relabel(engine: &Engine, name: &str, labels: Value) {
    let patch = json!({"metadata": {"labels": labels}});
    assert_eq!(engine.patch(&format!("{SECRETS}/{name}"), "merge-patch+json", &patch).await.0, 200);
}

async fn version(engine: &Engine) -> String {
    engine.get(SECRETS).await.1["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_watch_goes_on_from_a_list_without_a_gap() {
    let engine = Engine::start().await;
    secret(&engine, "before", json!({})).await;
    let from = version(&engine).await;
    secret(&engine, "between", json!({})).await;
    let mut watch = Watch::open(&engine, &format!("{SECRETS}?watch=true&resourceVersion={from}")).await;
    secret(&engine, "after", json!({})).await;
    engine.delete(&format!("{SECRETS}/before")).await;
    assert!(is(&watch.brief().await, "ADDED", "between"));
    assert!(is(&watch.brief().await, "ADDED", "after"));
    let deleted = watch.next().await;
    assert_eq!(deleted["type"], "DELETED");
    let rv = |v: &Value| v["object"]["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(rv(&deleted) > from.parse().unwrap(), "a deletion has the revision at which it happened");
}

#[tokio::test]
async fn selectors_turn_changes_into_coming_and_going() {
    let engine = Engine::start().await;
    let from = version(&engine).await;
    let path = format!("{SECRETS}?watch=true&resourceVersion={from}&labelSelector=app%3Dshop");
    let mut watch = Watch::open(&engine, &path).await;
    secret(&engine, "out", json!({})).await;
    secret(&engine, "in", json!({"app": "shop"})).await;
    relabel(&engine, "out", json!({"app": "shop"})).await;
    relabel(&engine, "in", json!({"tier": "web"})).await;
    relabel(&engine, "in", json!({"app": null})).await;
    engine.delete(&format!("{SECRETS}/in")).await;
    engine.delete(&format!("{SECRETS}/out")).await;
    for (kind, name) in
        [("ADDED", "in"), ("ADDED", "out"), ("MODIFIED", "in"), ("DELETED", "in"), ("DELETED", "out")]
    {
        let seen = watch.brief().await;
        assert!(is(&seen, kind, name), "wanted {kind} {name}, saw {seen:?}");
    }
}

#[tokio::test]
async fn one_object_can_be_watched_by_name() {
    let engine = Engine::start().await;
    let path = format!("{SECRETS}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dmine");
    secret(&engine, "other", json!({})).await;
    secret(&engine, "mine", json!({})).await;
    let mut watch = Watch::open(&engine, &path).await;
    assert!(is(&watch.brief().await, "ADDED", "mine"));
    relabel(&engine, "other", json!({"a": "b"})).await;
    relabel(&engine, "mine", json!({"a": "b"})).await;
    assert!(is(&watch.brief().await, "MODIFIED", "mine"));
}

#[tokio::test]
async fn initial_events_end_with_a_bookmark() {
    let engine = Engine::start().await;
    secret(&engine, "one", json!({})).await;
    let query =
        "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = Watch::open(&engine, &format!("{SECRETS}?{query}")).await;
    assert!(is(&watch.brief().await, "ADDED", "one"));
    let bookmark = watch.next().await;
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    let (code, _) = engine.get(&format!("{SECRETS}?watch=true&sendInitialEvents=true")).await;
    assert_eq!(code, 422, "without the match it must not be ignored");
}

#[tokio::test]
async fn a_watch_ends_at_its_timeout_and_with_the_engine() {
    let engine = Engine::start().await;
    let mut short = Watch::open(&engine, &format!("{SECRETS}?watch=true&timeoutSeconds=1")).await;
    assert!(short.ended().await);
    let mut long = Watch::open(&engine, &format!("{SECRETS}?watch=true")).await;
    engine.handle.stop();
    assert!(long.ended().await);
}

#[tokio::test]
async fn history_that_was_cut_off_is_gone() {
    let engine = Engine::start_with(|config| config.log_entries = 20).await;
    let from = version(&engine).await;
    let (_, page) = engine.get("/api/v1/namespaces?limit=1").await;
    let token = page["metadata"]["continue"].as_str().unwrap().to_owned();
    for n in 0..60 {
        secret(&engine, &format!("s{n}"), json!({})).await;
    }
    let watch = engine.request(Method::GET, &format!("{SECRETS}?watch=true&resourceVersion={from}"));
    let (code, body) = answer(watch.send().await.unwrap()).await;
    assert_eq!((code, body["reason"].as_str()), (410, Some("Expired")));
    let (code, body) = engine.get(&format!("/api/v1/namespaces?limit=1&continue={token}")).await;
    assert_eq!((code, body["reason"].as_str()), (410, Some("Expired")));
    let now = version(&engine).await;
    let mut watch = Watch::open(&engine, &format!("{SECRETS}?watch=true&resourceVersion={now}")).await;
    secret(&engine, "new", json!({})).await;
    assert!(is(&watch.brief().await, "ADDED", "new"));
}

#[tokio::test]
async fn a_revision_of_another_store_is_refused() {
    let engine = Engine::start().await;
    let (code, body) = engine.get(&format!("{SECRETS}?watch=true&resourceVersion=999999")).await;
    assert_eq!((code, body["reason"].as_str()), (410, Some("Expired")));
    let (code, _) = engine.get(&format!("{SECRETS}?resourceVersion=999999")).await;
    assert_eq!(code, 504);
    let (code, _) = engine.get(&format!("{SECRETS}?watch=true&resourceVersion=abc")).await;
    assert_eq!(code, 400);
}

#[tokio::test]
async fn tables_are_watched_row_by_row() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Halted")).await;
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let list = engine.request(Method::GET, VMS).header("accept", accept).send().await.unwrap();
    let (_, table) = answer(list).await;
    assert_eq!(table["kind"], "Table");
    let columns: Vec<&str> =
        table["columnDefinitions"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(columns, ["Name", "Age", "Status", "Ready"]);
    assert_eq!(table["rows"][0]["cells"][0], "one");
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
}

#[tokio::test]
async fn a_watcher_that_stalls_still_sees_everything() {
    let engine = Engine::start().await;
    let from = version(&engine).await;
    let mut watch = Watch::open(&engine, &format!("{SECRETS}?watch=true&resourceVersion={from}")).await;
    // More than the live channel holds, while nobody reads.
    for round in 0..60 {
        let all = (0..100).map(|n| {
            let engine = &engine;
            async move { secret(engine, &format!("s{round}-{n}"), json!({})).await }
        });
        futures::future::join_all(all).await;
    }
    let mut last = 0;
    for _ in 0..6000 {
        let event = watch.next().await;
        assert_eq!(event["type"], "ADDED");
        let now: u64 = event["object"]["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        assert!(now > last, "events come in order, each once");
        last = now;
    }
}
