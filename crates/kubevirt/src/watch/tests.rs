//! Time is paused: pauses and idle deadlines pass at once.

use futures::StreamExt;
use serde_json::{Value, json};

use super::*;
use crate::scripted::{Answer, Seen, cluster};

fn vm(name: &str, version: &str) -> Value {
    json!({ "metadata": { "name": name, "namespace": "n", "uid": format!("uid-{name}"), "resourceVersion": version } })
}

fn list(version: &str, next: &str, items: &[Value]) -> Answer {
    let body = json!({ "metadata": { "resourceVersion": version, "continue": next }, "items": items });
    Answer::ok(body.to_string())
}

fn line(kind: &str, object: Value) -> Value {
    json!({ "type": kind, "object": object })
}

/// A short word per event, as the caller would act on it.
fn word(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Init(_) => "init".into(),
        WatchEvent::InitApply(object) => {
            format!("listed {}@{}", object.meta().name, object.meta().resource_version)
        }
        WatchEvent::InitDone { resource_version, .. } => format!("complete@{resource_version}"),
        WatchEvent::Apply(object) => {
            format!("apply {}@{}", object.meta().name, object.meta().resource_version)
        }
        WatchEvent::Delete(object) => format!("delete {}", object.meta().name),
        WatchEvent::Progress { resource_version, .. } => format!("progress@{resource_version}"),
        WatchEvent::Unreadable(odd) => {
            format!("unreadable {:?} gone={}", odd.meta.as_ref().map(|meta| meta.name.as_str()), odd.gone)
        }
        WatchEvent::Trouble { error, .. } => format!("trouble {}", error.code()),
    }
}

async fn play(answers: Vec<Answer>, events: usize) -> (Vec<String>, Seen) {
    let (cluster, seen) = cluster(answers);
    let stream = cluster.watch_kind(Kind::Vm, &WatchOptions::default());
    (stream.take(events).map(|event| word(&event)).collect().await, seen)
}

#[tokio::test(start_paused = true)]
async fn pages_then_events_then_a_resume_from_the_last_version() {
    let answers = vec![
        list("", "token", &[vm("a", "3")]),
        list("7", "", &[vm("b", "5")]),
        Answer::ok(format!("{}\n{}\n", line("ADDED", vm("c", "8")), line("BOOKMARK", vm("", "12")))),
        Answer::open(&[line("MODIFIED", vm("a", "13")), line("DELETED", vm("b", "14"))]),
    ];
    let (events, seen) = play(answers, 8).await;
    assert_eq!(
        events,
        [
            "init",
            "listed a@3",
            "listed b@5",
            "complete@7",
            "apply c@8",
            "progress@12",
            "apply a@13",
            "delete b"
        ]
    );
    let seen = seen.lock().unwrap();
    assert!(seen[0].contains("limit=200") && seen[1].contains("continue=token"));
    assert!(seen[2].contains("resourceVersion=7") && seen[2].contains("allowWatchBookmarks=true"));
    assert!(seen[3].contains("resourceVersion=12"), "the bookmark moved the resume point: {}", seen[3]);
}

#[tokio::test(start_paused = true)]
async fn a_compacted_history_lists_again_by_status_and_by_event() {
    let expired = json!({ "kind": "Status", "code": 410, "reason": "Expired", "message": "too old" });
    let answers = vec![
        list("7", "", &[]),
        Answer::new(410, expired.to_string()),
        list("20", "", &[]),
        Answer::open(&[line("ERROR", expired.clone())]),
        list("", "token", &[vm("a", "30")]),
        Answer::new(410, expired.to_string()),
        list("40", "", &[vm("a", "35")]),
    ];
    let (events, _) = play(answers, 10).await;
    assert_eq!(
        events,
        [
            "init",
            "complete@7",
            "init",
            "complete@20",
            "init",
            "listed a@30",
            "trouble CLUSTER_GONE",
            "init",
            "listed a@35",
            "complete@40"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn one_odd_object_costs_only_itself() {
    let mut odd = vm("odd", "4");
    odd["status"] = json!({ "created": "perhaps" });
    let nameless = json!({ "metadata": { "resourceVersion": "9" } });
    let mut odd_gone = odd.clone();
    odd_gone["metadata"]["resourceVersion"] = json!("10");
    let answers = vec![
        list("7", "", &[odd, vm("a", "5")]),
        Answer::open(&[line("ADDED", nameless), line("DELETED", odd_gone), line("MODIFIED", vm("a", "11"))]),
    ];
    let (events, _) = play(answers, 7).await;
    assert_eq!(
        events,
        [
            "init",
            r#"unreadable Some("odd") gone=false"#,
            "listed a@5",
            "complete@7",
            "unreadable None gone=false",
            r#"unreadable Some("odd") gone=true"#,
            "apply a@11"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn trouble_is_told_and_followed_by_another_attempt() {
    let answers = vec![
        Answer::new(503, "error trying to reach service"),
        list("7", "", &[]),
        Answer::new(500, "oops"),
        Answer::open(&[line("ADDED", vm("a", "8"))]),
    ];
    let (events, seen) = play(answers, 7).await;
    let trouble = "trouble CLUSTER_SERVER_ERROR";
    assert_eq!(events, ["init", trouble, "init", "complete@7", trouble, "progress@7", "apply a@8"]);
    assert_eq!(seen.lock().unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_cluster_that_answers_again_is_heard_of_at_once() {
    let silence = Answer { status: 200, pieces: vec![], open: true };
    let answers = vec![list("7", "", &[]), Answer::new(503, "away"), silence];
    let (events, _) = play(answers, 4).await;
    assert_eq!(events, ["init", "complete@7", "trouble CLUSTER_SERVER_ERROR", "progress@7"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_replaced() {
    let answers = vec![
        list("7", "", &[]),
        Answer::open(&[line("ADDED", vm("a", "8"))]),
        Answer::open(&[line("ADDED", vm("b", "9"))]),
    ];
    let (events, seen) = play(answers, 4).await;
    assert_eq!(events, ["init", "complete@7", "apply a@8", "apply b@9"]);
    assert!(seen.lock().unwrap()[2].contains("resourceVersion=8"));
}

#[tokio::test(start_paused = true)]
async fn a_line_cut_off_by_a_broken_connection_is_asked_for_again() {
    let whole = line("ADDED", vm("a", "8")).to_string();
    let answers = vec![
        list("7", "", &[]),
        Answer::ok(&whole[..whole.len() / 2]),
        Answer::open(&[line("ADDED", vm("a", "8"))]),
    ];
    let (events, seen) = play(answers, 3).await;
    assert_eq!(events, ["init", "complete@7", "apply a@8"]);
    assert!(seen.lock().unwrap()[2].contains("resourceVersion=7"));
}

#[tokio::test(start_paused = true)]
async fn an_endless_line_is_cut() {
    let flood = Answer { status: 200, pieces: vec!["x".repeat(1 << 20); 20], open: true };
    let (events, _) = play(vec![list("7", "", &[]), flood], 3).await;
    assert_eq!(events, ["init", "complete@7", "trouble CLUSTER_PROTOCOL_ERROR"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_without_a_version_is_no_list() {
    let (events, _) = play(vec![Answer::ok("{}"), list("7", "", &[])], 4).await;
    assert_eq!(events, ["init", "trouble CLUSTER_PROTOCOL_ERROR", "init", "complete@7"]);
}
