//! Numbers of VMs that must be no effort.

use crate::support::{Engine, SUB, VMIS, VMS, vm};
use futures::stream::{self, StreamExt};
use serde_json::json;

/// How many phases instances are in, by paging through all of them.
async fn running(engine: &Engine) -> usize {
    let (mut count, mut token) = (0, String::new());
    loop {
        let (code, page) = engine.get(&format!("{VMIS}?limit=500&continue={token}")).await;
        assert_eq!(code, 200, "{page}");
        let items = page["items"].as_array().unwrap();
        count += items.iter().filter(|vmi| vmi["status"]["phase"] == "Running").count();
        token = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            return count;
        }
    }
}

async fn many(vms: usize) {
    let engine = Engine::start().await;
    let create = |n: usize| {
        let engine = &engine;
        async move { engine.create(&vm(&format!("vm-{n}"), "RerunOnFailure")).await }
    };
    stream::iter(0..vms).map(create).buffer_unordered(16).for_each(|_| async {}).await;
    let all_run = async {
        while running(&engine).await < vms {
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
    };
    tokio::time::timeout(crate::support::DEADLINE * 10, all_run).await.expect("all VMs run");
    // One VM among many is as quick as one alone: nothing here looks at all of them.
    let (code, _) = engine.put(&format!("{SUB}/virtualmachines/vm-7/stop"), &json!({})).await;
    assert_eq!(code, 202);
    engine.until_status("vm-7", "Stopped").await;
    let (_, left) = engine.get(&format!("{VMS}?limit=1")).await;
    assert!(left["metadata"]["continue"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_vms() {
    many(200).await;
}
