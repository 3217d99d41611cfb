//! The queue on a real PostgreSQL, worked as the application role.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod support;

use std::time::Duration;

use shepherd_jobs::{Config, Job, JobKind, Outcome, enqueue, enqueue_all};
use support::{Running, TestQueue, WAIT, enqueued};
use uuid::Uuid;

#[tokio::test]
async fn a_wake_up_exists_only_if_its_transaction_commits() {
    let queue = TestQueue::new().await;
    let (lost, kept) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = queue.db.begin().await.unwrap();
    enqueue(&mut tx, Job::operation(lost)).await.unwrap();
    tx.rollback().await.unwrap();
    let mut tx = queue.db.begin().await.unwrap();
    enqueue(&mut tx, Job::operation(kept)).await.unwrap();
    tx.commit().await.unwrap();

    let mut running = Running::start(&queue.db, Config::default(), |_| Outcome::Done);
    assert_eq!(running.next().await.id, kept);
    running.stop().await;
    assert_eq!(queue.states().await, ["completed"]);
}

#[tokio::test]
async fn each_kind_reaches_its_own_worker() {
    let queue = TestQueue::new().await;
    let mut running = Running::start(&queue.db, Config::default(), |_| Outcome::Done);
    for kind in JobKind::ALL {
        let id = Uuid::now_v7();
        enqueued(&queue.db, Job::new(kind, id)).await;
        let wake = running.next().await;
        assert_eq!((wake.kind, wake.id, wake.attempt), (kind, id, 1));
    }
    running.stop().await;
}

#[tokio::test]
async fn asking_again_before_the_work_begins_adds_nothing() {
    let queue = TestQueue::new().await;
    let (same, other) = (Uuid::now_v7(), Uuid::now_v7());
    enqueued(&queue.db, Job::operation(same)).await;
    enqueued(&queue.db, Job::operation(same)).await;
    let mut tx = queue.db.begin().await.unwrap();
    enqueue_all(&mut tx, &[Job::operation(same), Job::operation(other), Job::operation(other)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(queue.states().await, ["available", "available"]);
    // Another kind is another wake-up.
    enqueued(&queue.db, Job::new(JobKind::Dispatch, same)).await;
    assert_eq!(queue.states().await.len(), 3);
}

#[tokio::test]
async fn a_change_during_the_work_wakes_it_once_more() {
    let queue = TestQueue::new().await;
    let id = Uuid::now_v7();
    let (release, gate) = tokio::sync::watch::channel(false);
    let mut running = Running::start_async(&queue.db, Config::default(), move |wake| {
        let mut gate = gate.clone();
        async move {
            let _ = gate.wait_for(|open| *open).await;
            let _ = wake;
            Outcome::Done
        }
    });
    enqueued(&queue.db, Job::operation(id)).await;
    assert_eq!(running.next().await.id, id);
    enqueued(&queue.db, Job::operation(id)).await;
    release.send(true).unwrap();
    assert_eq!(running.next().await.id, id, "the second change is not lost");
    running.stop().await;
    assert_eq!(queue.states().await, ["completed", "completed"]);
}

#[tokio::test]
async fn a_worker_does_not_start_before_the_change_it_is_woken_for_is_committed() {
    let queue = TestQueue::new().await;
    let id = Uuid::now_v7();
    enqueued(&queue.db, Job::operation(id)).await;
    let mut tx = queue.db.begin().await.unwrap();
    sqlx::query("insert into event (kind, resource_id, version) values ('test', $1, 1)")
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    enqueue(&mut tx, Job::operation(id)).await.unwrap();

    let db = queue.db.clone();
    let mut running = Running::start_async(&queue.db, Config::default(), move |wake| {
        let db = db.clone();
        async move {
            let seen: i64 = sqlx::query_scalar("select count(*) from event where resource_id = $1")
                .bind(wake.id)
                .fetch_one(db.pool())
                .await
                .unwrap();
            match wake.id == id && seen == 0 {
                true => Outcome::Discard("woken too early".into()),
                false => Outcome::Done,
            }
        }
    });
    // A job enqueued later is worked meanwhile: the waiting one does not hold the queue up.
    let later = Uuid::now_v7();
    enqueued(&queue.db, Job::operation(later)).await;
    assert_eq!(running.next().await.id, later);
    tx.commit().await.unwrap();
    assert_eq!(running.next().await.id, id);
    running.stop().await;
    assert_eq!(queue.states().await, ["completed", "completed"]);
}

#[tokio::test]
async fn snoozing_comes_back_without_counting_as_a_failure() {
    let queue = TestQueue::new().await;
    enqueued(&queue.db, Job::operation(Uuid::now_v7())).await;
    let mut rounds = 0;
    let mut running = Running::start(&queue.db, support::quick(), move |_| {
        rounds += 1;
        match rounds {
            1 | 2 => Outcome::SnoozeFor(Duration::from_millis(10)),
            _ => Outcome::Done,
        }
    });
    for _ in 0..3 {
        assert_eq!(running.next().await.attempt, 1);
    }
    running.stop().await;
    assert_eq!(queue.states().await, ["completed"]);
}

#[tokio::test]
async fn failing_comes_back_until_it_succeeds_or_is_given_up() {
    let queue = TestQueue::new().await;
    enqueued(&queue.db, Job::operation(Uuid::now_v7())).await;
    let mut running = Running::start(&queue.db, support::quick(), |wake| match wake.attempt {
        1 => Outcome::Retry("the cluster is away".into()),
        _ => Outcome::Discard("it is gone".into()),
    });
    assert_eq!(running.next().await.attempt, 1);
    assert_eq!(running.next().await.attempt, 2);
    running.stop().await;
    assert_eq!(queue.states().await, ["discarded"]);
}

#[tokio::test]
async fn work_without_an_end_is_dropped_and_tried_again() {
    let queue = TestQueue::new().await;
    enqueued(&queue.db, Job::operation(Uuid::now_v7())).await;
    let config = Config { job_timeout: Duration::from_millis(200), ..support::quick() };
    let mut running = Running::start_async(&queue.db, config, |wake| async move {
        if wake.attempt == 1 {
            std::future::pending::<()>().await;
        }
        Outcome::Done
    });
    assert_eq!(running.next().await.attempt, 1);
    assert_eq!(running.next().await.attempt, 2);
    running.stop().await;
    assert_eq!(queue.states().await, ["completed"]);
}

#[tokio::test]
async fn an_earlier_wake_up_moves_a_delayed_one_forward() {
    let queue = TestQueue::new().await;
    let id = Uuid::now_v7();
    enqueued(&queue.db, Job::operation(id).after(Duration::from_secs(3600))).await;
    assert_eq!(queue.states().await, ["scheduled"]);
    let mut running = Running::start(&queue.db, Config::default(), |_| Outcome::Done);
    enqueued(&queue.db, Job::operation(id)).await;
    assert_eq!(running.next().await.id, id);
    running.stop().await;
    assert_eq!(queue.states().await, ["completed"]);
}

#[tokio::test]
async fn a_kind_from_a_newer_version_waits_untouched() {
    let queue = TestQueue::new().await;
    sqlx::query(
        "insert into river.river_job (kind, args, max_attempts, tags) values ('tomorrow', '{}', 3, '{}')",
    )
    .execute(queue.db.pool())
    .await
    .unwrap();
    let mut running = Running::start(&queue.db, Config::default(), |_| Outcome::Done);
    enqueued(&queue.db, Job::operation(Uuid::now_v7())).await;
    running.next().await;
    running.stop().await;
    assert_eq!(queue.states().await, ["available", "completed"]);
}

#[tokio::test]
async fn stopping_lets_running_work_finish() {
    let queue = TestQueue::new().await;
    enqueued(&queue.db, Job::operation(Uuid::now_v7())).await;
    let (release, gate) = tokio::sync::watch::channel(false);
    let mut running = Running::start_async(&queue.db, Config::default(), move |_| {
        let mut gate = gate.clone();
        async move {
            let _ = gate.wait_for(|open| *open).await;
            Outcome::Done
        }
    });
    running.next().await;
    running.shutdown.cancel();
    enqueued(&queue.db, Job::operation(Uuid::now_v7())).await;
    release.send(true).unwrap();
    running.stop().await;
    assert_eq!(queue.states().await, ["available", "completed"], "what came later is left for another");
}

#[tokio::test]
async fn two_replicas_share_the_work_without_doing_it_twice() {
    let queue = TestQueue::new().await;
    let ids: Vec<Uuid> = (0..100).map(|_| Uuid::now_v7()).collect();
    let mut one = Running::start(&queue.db, Config::default(), |_| Outcome::Done);
    let mut two = Running::start(&queue.db, Config::default(), |_| Outcome::Done);
    let jobs: Vec<Job> = ids.iter().map(|id| Job::operation(*id)).collect();
    for chunk in jobs.chunks(10) {
        let mut tx = queue.db.begin().await.unwrap();
        enqueue_all(&mut tx, chunk).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut worked = Vec::new();
    while worked.len() < ids.len() {
        let next = async {
            tokio::select! { a = one.next() => a.id, b = two.next() => b.id }
        };
        worked.push(tokio::time::timeout(WAIT, next).await.unwrap());
    }
    one.stop().await;
    two.stop().await;
    worked.sort();
    assert_eq!(worked, ids);
    assert!(queue.states().await.iter().all(|state| state == "completed"));
}

#[test]
fn the_work_of_a_killed_process_is_taken_up_by_another() {
    let build =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let survivor = build();
    let id = Uuid::now_v7();
    let queue = survivor.block_on(TestQueue::new());

    // A process of its own as far as the database can tell: it ends without a word in the middle of a job.
    let victim = build();
    victim.block_on(async {
        let db = queue.connect().await;
        let mut running = Running::start_async(&db, Config::default(), |_| std::future::pending());
        enqueued(&db, Job::operation(id)).await;
        assert_eq!(running.next().await.id, id);
        std::mem::forget(running);
    });
    victim.shutdown_background();

    survivor.block_on(async {
        // A minute and more passes for the queue: the job's start and the dead leader's term lie back.
        for past in [
            "update river.river_job set attempted_at = attempted_at - interval '61 seconds'",
            "update river.river_leader set expires_at = expires_at - interval '61 seconds'",
        ] {
            sqlx::query(past).execute(queue.db.pool()).await.unwrap();
        }
        assert_eq!(queue.states().await, ["running"]);
        let mut running = Running::start(&queue.db, support::quick(), |_| Outcome::Done);
        let wake = running.next().await;
        assert_eq!((wake.id, wake.attempt), (id, 2));
        running.stop().await;
        assert_eq!(queue.states().await, ["completed"]);
        drop(queue);
    });
}

#[tokio::test]
async fn migrating_twice_at_once_is_harmless_and_serving_asks_for_it() {
    let bare = TestQueue::without_tables().await;
    assert_eq!(shepherd_jobs::check_schema(&bare.db).await.unwrap_err().code(), "SCHEMA_TOO_OLD");
    let url = bare.owner_url();
    let (one, two) = tokio::join!(shepherd_jobs::migrate(&url), shepherd_jobs::migrate(&url));
    one.unwrap();
    two.unwrap();
    shepherd_jobs::check_schema(&bare.db).await.unwrap();
}
