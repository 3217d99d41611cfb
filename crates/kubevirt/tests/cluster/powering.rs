//! Start, stop, restart and pause, each repeated and each too early.

use shepherd_kubevirt::{Error, Outcome, Power};

use crate::site::Site;

#[tokio::test]
async fn a_stop_and_a_start_keep_the_strategy_and_may_be_repeated() {
    let site = Site::start().await;
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    assert_eq!(site.cluster.start(&vm).await.unwrap(), Outcome::Already);

    let before = site.cluster.get_exactly(&vm).await.unwrap();
    assert_eq!(site.cluster.stop(&vm, None).await.unwrap(), Outcome::Accepted);
    site.until("a", Power::Stopped).await;
    assert_eq!(site.cluster.stop(&vm, None).await.unwrap(), Outcome::Already);
    let after = site.cluster.get_exactly(&vm).await.unwrap();
    assert_eq!(after.run_strategy(), before.run_strategy());
    assert_eq!(after.metadata.generation, before.metadata.generation, "power does not touch the spec");

    assert_eq!(site.cluster.start(&vm).await.unwrap(), Outcome::Accepted);
    site.until("a", Power::Running).await;
}

#[tokio::test]
async fn a_stop_without_grace_is_accepted() {
    let site = Site::start().await;
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    assert_eq!(site.cluster.stop(&vm, Some(0)).await.unwrap(), Outcome::Accepted);
    site.until("a", Power::Stopped).await;
}

#[tokio::test]
async fn a_restart_makes_a_new_run_and_a_repeat_does_not() {
    let site = Site::start().await;
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    let first = site.cluster.get_vmi(&site.namespace, "a").await.unwrap().unwrap().metadata.uid;
    assert_eq!(site.cluster.restart(&vm, Some(&first), false).await.unwrap(), Outcome::Accepted);
    crate::site::eventually("another run", async || {
        let vmi = site.cluster.get_vmi(&site.namespace, "a").await.unwrap();
        vmi.is_some_and(|vmi| vmi.metadata.uid != first)
    })
    .await;
    site.until("a", Power::Running).await;
    assert_eq!(site.cluster.restart(&vm, Some(&first), false).await.unwrap(), Outcome::Already);
}

#[tokio::test]
async fn what_does_not_run_cannot_be_restarted_or_paused() {
    let site = Site::start().await;
    let vm = site.create("a", "Halted").await;
    for error in [
        site.cluster.restart(&vm, None, false).await.unwrap_err(),
        site.cluster.pause(&vm).await.unwrap_err(),
        site.cluster.unpause(&vm).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NotRunning { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn pause_and_unpause_may_be_repeated() {
    let site = Site::start().await;
    let vm = site.create("a", "RerunOnFailure").await;
    site.until("a", Power::Running).await;
    assert_eq!(site.cluster.pause(&vm).await.unwrap(), Outcome::Accepted);
    assert_eq!(site.cluster.pause(&vm).await.unwrap(), Outcome::Already);
    site.until("a", Power::Paused).await;
    assert_eq!(site.cluster.unpause(&vm).await.unwrap(), Outcome::Accepted);
    assert_eq!(site.cluster.unpause(&vm).await.unwrap(), Outcome::Already);
    site.until("a", Power::Running).await;
}

#[tokio::test]
async fn every_strategy_reads_a_needless_call_as_done() {
    let site = Site::start().await;
    let always = site.create("always", "Always").await;
    site.until("always", Power::Running).await;
    assert_eq!(site.cluster.start(&always).await.unwrap(), Outcome::Already);

    let manual = site.create("manual", "Manual").await;
    assert_eq!(site.cluster.stop(&manual, None).await.unwrap(), Outcome::Already);
    assert_eq!(site.cluster.start(&manual).await.unwrap(), Outcome::Accepted);
    site.until("manual", Power::Running).await;

    let halted = site.create("halted", "Halted").await;
    assert_eq!(site.cluster.stop(&halted, None).await.unwrap(), Outcome::Already);
    assert_eq!(site.cluster.start(&halted).await.unwrap(), Outcome::Accepted);
    site.until("halted", Power::Running).await;
}

#[tokio::test]
async fn concurrent_starts_all_end_well() {
    let site = Site::start().await;
    let vm = site.create("a", "Manual").await;
    for result in futures::future::join_all((0..6).map(|_| site.cluster.start(&vm))).await {
        match result {
            Ok(_) => {}
            // The loser of a race on a real cluster.
            Err(error) => assert!(error.retryable(), "{error:?}"),
        }
    }
    site.until("a", Power::Running).await;
}
