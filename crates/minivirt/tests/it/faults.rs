//! A cluster that is ill: each fault as a client meets it, and that nothing of it is left afterwards.

use std::time::Duration;

use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use shepherd_minivirt::faults::{Deaths, Effects, Refusal};
use shepherd_minivirt::populate::{Kind, Newcomer};

use crate::support::{DEADLINE, Engine, VMIS, VMS, vm};
use crate::watch::Watch;

impl Engine {
    fn ill(&self, effects: Effects) {
        self.handle.faults.set(effects).unwrap();
    }

    fn well(&self) {
        self.ill(Effects::default());
    }
}

fn refusal(status: u16, percent: u8) -> Effects {
    let refuse = Some(Refusal { status, percent, retry_after: Duration::from_secs(7) });
    Effects { refuse, ..Effects::default() }
}

async fn version(engine: &Engine) -> String {
    let (_, list) = engine.get(&format!("{VMS}?limit=1")).await;
    list["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_it_and_open_watches_are_cut() {
    let engine = Engine::start().await;
    let watch = engine.request(Method::GET, &format!("{VMS}?watch=true")).send().await.unwrap();
    engine.ill(Effects { unreachable: true, ..Effects::default() });
    let rest = tokio::time::timeout(DEADLINE, watch.bytes_stream().collect::<Vec<_>>()).await.unwrap();
    assert!(rest.last().is_some_and(Result::is_err), "a cut is no end");
    assert!(engine.request(Method::GET, VMS).send().await.is_err());
    engine.well();
    assert_eq!(engine.get(VMS).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_while_it_hangs_is_answered_afterwards() {
    let engine = Engine::start().await;
    engine.ill(Effects { hang: true, ..Effects::default() });
    let asked = engine.get(VMS);
    tokio::pin!(asked);
    let silent = tokio::time::timeout(Duration::from_millis(200), &mut asked).await;
    assert!(silent.is_err(), "it answered");
    engine.well();
    assert_eq!(tokio::time::timeout(DEADLINE, asked).await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_statuses_and_as_many_as_said() {
    let engine = Engine::start().await;
    engine.ill(refusal(429, 100));
    let answer = engine.request(Method::GET, VMS).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    let status: Value = answer.json().await.unwrap();
    assert_eq!(
        (&status["reason"], &status["details"]["retryAfterSeconds"]),
        (&json!("TooManyRequests"), &json!(7))
    );
    engine.ill(refusal(500, 25));
    let mut refused = 0;
    for _ in 0..100 {
        let (code, _) = engine.get(&format!("{VMS}?limit=1")).await;
        refused += u32::from(code == 500);
    }
    assert_eq!(refused, 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_break_off_and_can_be_taken_up_again() {
    let engine = Engine::start().await;
    let from = version(&engine).await;
    let path = format!("{VMS}?watch=true&resourceVersion={from}");
    let watch = engine.request(Method::GET, &path).send().await.unwrap();
    engine.ill(Effects { drop_watches: Some(Duration::from_millis(50)), ..Effects::default() });
    let rest = tokio::time::timeout(DEADLINE, watch.bytes_stream().collect::<Vec<_>>()).await.unwrap();
    assert!(rest.last().is_some_and(Result::is_err));
    engine.well();
    engine.create(&vm("later", "Halted")).await;
    assert_eq!(Watch::open(&engine, &path).await.brief().await.1, "later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_thrown_away_answers_410_until_a_new_list() {
    let engine = Engine::start().await;
    let old = version(&engine).await;
    engine.create(&vm("one", "Halted")).await;
    engine.create(&vm("two", "Halted")).await;
    let (_, page) = engine.get(&format!("{VMS}?limit=1")).await;
    let token = page["metadata"]["continue"].as_str().unwrap();
    engine.create(&vm("three", "Halted")).await;
    let mut watch =
        Watch::open(&engine, &format!("{VMS}?watch=true&resourceVersion={}", version(&engine).await)).await;
    engine.ill(Effects { expire: Some(Duration::from_secs(3600)), ..Effects::default() });
    loop {
        // What happened to the new VMs may be told before.
        let event = watch.next().await;
        if event["type"] == "ERROR" {
            assert_eq!(event["object"]["code"], 410);
            break;
        }
    }
    assert!(watch.ended().await);
    assert_eq!(engine.get(&format!("{VMS}?watch=true&resourceVersion={old}")).await.0, 410);
    assert_eq!(engine.get(&format!("{VMS}?limit=1&continue={token}")).await.0, 410);
    let path = format!("{VMS}?watch=true&resourceVersion={}", version(&engine).await);
    let mut fresh = Watch::open(&engine, &path).await;
    engine.create(&vm("four", "Halted")).await;
    assert_eq!(fresh.brief().await.1, "four");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_shows_in_answers_and_on_what_is_made() {
    let engine = Engine::start().await;
    engine.ill(Effects { skew: 86_400 * 3650, ..Effects::default() });
    let made = engine.create(&vm("from-the-future", "Halted")).await;
    let born: chrono::DateTime<chrono::Utc> =
        made["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
    let answer = engine.request(Method::GET, VMS).send().await.unwrap();
    let date = chrono::DateTime::parse_from_rfc2822(answer.headers()["date"].to_str().unwrap()).unwrap();
    engine.well();
    let made = engine.create(&vm("from-now", "Halted")).await;
    let now: chrono::DateTime<chrono::Utc> =
        made["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
    // Rounded: the second VM is made a moment, or on a slow machine a while, later than the first.
    let years = |time: chrono::DateTime<chrono::Utc>| ((time - now).num_days() + 180) / 365;
    assert_eq!((years(born), years(date.to_utc())), (10, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_reads_show_the_past_and_catch_up() {
    let engine = Engine::start().await;
    let path = format!("{VMS}?watch=true&resourceVersion={}", version(&engine).await);
    let mut watch = Watch::open(&engine, &path).await;
    engine.ill(Effects { stale: true, ..Effects::default() });
    engine.create(&vm("hidden", "Halted")).await;
    assert_eq!(engine.get(&format!("{VMS}/hidden")).await.0, 404);
    let (_, list) = engine.get(VMS).await;
    assert_eq!(list["items"], json!([]));
    let (code, _) = engine.post(VMS, &vm("hidden", "Halted")).await;
    assert_eq!(code, 409, "what is stored is not stale");
    engine.well();
    assert_eq!(engine.get(&format!("{VMS}/hidden")).await.0, 200);
    assert_eq!(watch.brief().await.1, "hidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_die_one_after_the_other_and_come_back() {
    let engine = Engine::start().await;
    let mut uids = Vec::new();
    for name in ["a", "b"] {
        engine.create(&vm(name, "Always")).await;
        let path = format!("{VMIS}/{name}");
        let running = engine.until(&path, |_, vmi| vmi["status"]["phase"] == "Running").await;
        uids.push((path, running["metadata"]["uid"].clone()));
    }
    let deaths = Some(Deaths { every: Duration::from_millis(20), seed: 7 });
    engine.ill(Effects { deaths, ..Effects::default() });
    for (path, uid) in uids {
        let another =
            |_: u16, vmi: &Value| vmi["metadata"]["uid"].is_string() && vmi["metadata"]["uid"] != uid;
        engine.until(&path, another).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_with_a_history_is_made_once() {
    let engine = Engine::start().await;
    let age = Duration::from_secs(1000 * 86_400);
    let newcomer = |kind, namespace: &str, object| Newcomer {
        kind,
        namespace: namespace.to_owned(),
        object,
        manager: "terraform".to_owned(),
        age,
    };
    let world = || {
        vec![
            newcomer(Kind::Namespace, "", json!({"metadata": {"name": "shop"}})),
            newcomer(Kind::VirtualMachine, "shop", vm("web-1", "Always")),
        ]
    };
    assert_eq!(engine.handle.populate(world()).await.unwrap(), 2);
    assert_eq!(engine.handle.populate(world()).await.unwrap(), 0);
    let path = VMS.replace("default", "shop") + "/web-1";
    let vm = engine.until(&path, |_, vm| vm["status"]["printableStatus"] == "Running").await;
    let (_, namespace) = engine.get("/api/v1/namespaces/default").await;
    let made = |object: &Value| -> chrono::DateTime<chrono::Utc> {
        object["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap()
    };
    assert_eq!((made(&namespace) - made(&vm)).num_days().abs_diff(1000) / 2, 0);
    let managers = vm["metadata"]["managedFields"].as_array().unwrap();
    assert!(managers.iter().any(|field| field["manager"] == "terraform"), "{managers:?}");
    let (_, refused) =
        engine.post(&VMS.replace("default", "shop"), &json!({"metadata": {"name": "x"}})).await;
    assert_eq!(refused["code"], 422, "others are admitted as ever");
}
