//! The breaker over time, with tokio's clock stopped and moved by hand.

use tokio::time::{advance, sleep};

use super::*;

const CONFIG: BulkheadConfig = BulkheadConfig {
    permits: 2,
    patience: Duration::from_millis(250),
    deadline: Duration::from_secs(10),
    failures: 3,
    pause: Duration::from_secs(2),
    longest_pause: Duration::from_secs(5),
};

#[derive(Debug, PartialEq)]
enum Fault {
    Down,
    NotFound,
}

async fn answer(wall: &Bulkhead, result: Result<u8, Fault>) -> Result<u8, Refused<Fault>> {
    wall.try_call(async { result }, |fault| *fault == Fault::Down).await
}

async fn fail(wall: &Bulkhead, times: u32) {
    for _ in 0..times {
        assert!(matches!(answer(wall, Err(Fault::Down)).await, Err(Refused::Failed(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_it_and_a_good_probe_closes_it() {
    let wall = Bulkhead::new(CONFIG);
    fail(&wall, 2).await;
    assert_eq!(answer(&wall, Ok(1)).await.unwrap(), 1);
    fail(&wall, 2).await;
    assert_eq!(wall.breaker(), Breaker::Closed, "a success in between starts the count anew");

    fail(&wall, 1).await;
    assert_eq!(wall.breaker(), Breaker::Open { retry_after: CONFIG.pause });
    advance(Duration::from_millis(500)).await;
    let refused = answer(&wall, Ok(1)).await.unwrap_err();
    assert_eq!(refused.retry_after(), Some(Duration::from_millis(1500)));

    advance(Duration::from_millis(1500)).await;
    assert_eq!(wall.breaker(), Breaker::HalfOpen);
    assert_eq!(answer(&wall, Ok(2)).await.unwrap(), 2);
    assert_eq!(wall.breaker(), Breaker::Closed);
}

#[tokio::test(start_paused = true)]
async fn each_failed_probe_doubles_the_pause_up_to_a_limit() {
    let wall = Bulkhead::new(CONFIG);
    fail(&wall, 3).await;
    for seconds in [2, 4, 5, 5] {
        assert_eq!(wall.breaker(), Breaker::Open { retry_after: Duration::from_secs(seconds) });
        advance(Duration::from_secs(seconds)).await;
        fail(&wall, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_one_probe_runs_at_a_time() {
    let wall = Arc::new(Bulkhead::new(CONFIG));
    fail(&wall, 3).await;
    advance(CONFIG.pause).await;
    let slow = wall.clone();
    let probe = tokio::spawn(async move {
        let call = async {
            sleep(Duration::from_secs(3)).await;
            Ok::<_, Fault>(7)
        };
        slow.try_call(call, |_| true).await.unwrap()
    });
    tokio::task::yield_now().await;
    assert!(matches!(answer(&wall, Ok(1)).await, Err(Refused::Open { .. })));
    assert_eq!(probe.await.unwrap(), 7);
    assert_eq!(answer(&wall, Ok(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_does_not_lock_the_cluster_out() {
    let wall = Bulkhead::new(CONFIG);
    fail(&wall, 3).await;
    advance(CONFIG.pause).await;
    let probe = wall.try_call(std::future::pending::<Result<u8, Fault>>(), |_| true);
    assert!(timeout(Duration::from_secs(1), probe).await.is_err());
    assert_eq!(answer(&wall, Ok(3)).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_began_before_it_opened_changes_nothing_later() {
    let wall = Arc::new(Bulkhead::new(CONFIG));
    let early = wall.clone();
    let late_success = tokio::spawn(async move {
        let call = async {
            sleep(Duration::from_secs(1)).await;
            Ok::<_, Fault>(1)
        };
        early.try_call(call, |_| true).await.unwrap()
    });
    tokio::task::yield_now().await;
    fail(&wall, 3).await;
    late_success.await.unwrap();
    assert!(matches!(wall.breaker(), Breaker::Open { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_the_cluster_is_not_an_outage() {
    let wall = Bulkhead::new(CONFIG);
    for _ in 0..10 {
        assert!(matches!(answer(&wall, Err(Fault::NotFound)).await, Err(Refused::Failed(Fault::NotFound))));
    }
    assert_eq!(wall.breaker(), Breaker::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_at_the_deadline_and_counts() {
    let wall = Bulkhead::new(CONFIG);
    for _ in 0..3 {
        let stuck = wall.try_call(std::future::pending::<Result<u8, Fault>>(), |_| false);
        assert!(matches!(stuck.await, Err(Refused::Deadline(_))));
    }
    assert!(matches!(wall.breaker(), Breaker::Open { .. }));
}

/// Takes all permits for so long.
async fn occupy(wall: &Arc<Bulkhead>, time: Duration) -> tokio::task::JoinSet<u8> {
    let mut slow = tokio::task::JoinSet::new();
    for _ in 0..CONFIG.permits {
        let wall = wall.clone();
        slow.spawn(async move {
            let call = async {
                sleep(time).await;
                Ok::<_, Fault>(0)
            };
            wall.try_call(call, |_| true).await.unwrap()
        });
    }
    tokio::task::yield_now().await;
    slow
}

#[tokio::test(start_paused = true)]
async fn workers_turn_away_soon_and_people_wait_for_a_permit() {
    let wall = Arc::new(Bulkhead::new(CONFIG));
    let slow = occupy(&wall, Duration::from_secs(4)).await;
    let asked = Instant::now();
    assert!(matches!(answer(&wall, Ok(1)).await, Err(Refused::Full)));
    assert_eq!(asked.elapsed(), CONFIG.patience);
    let waited = wall.call(async { Ok::<_, Fault>(5) }, |_| true).await.unwrap();
    assert_eq!(waited, 5);
    slow.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_stands_in_a_short_line_at_a_busy_cluster() {
    let wall = Arc::new(Bulkhead::new(CONFIG));
    let slow = occupy(&wall, CONFIG.patience / 2).await;
    let line = (0..=CONFIG.permits).map(|_| answer(&wall, Ok(1)));
    let mut answers = futures::future::join_all(line).await;
    assert!(matches!(answers.pop(), Some(Err(Refused::Full))), "the line is as long as there are permits");
    assert!(answers.iter().all(Result::is_ok));
    slow.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_stands_in_line_at_a_cluster_that_begins_to_fail() {
    let wall = Arc::new(Bulkhead::new(CONFIG));
    fail(&wall, 1).await;
    let slow = occupy(&wall, Duration::from_secs(4)).await;
    let asked = Instant::now();
    assert!(matches!(answer(&wall, Ok(1)).await, Err(Refused::Full)));
    assert_eq!(asked.elapsed(), Duration::ZERO);
    slow.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn one_cluster_does_not_open_the_breaker_of_another() {
    let walls = Bulkheads::new(CONFIG);
    fail(&walls.of("a"), 3).await;
    assert!(matches!(walls.of("a").breaker(), Breaker::Open { .. }));
    assert_eq!(walls.of("b").breaker(), Breaker::Closed);
}
