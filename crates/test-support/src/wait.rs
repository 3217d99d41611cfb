//! Waiting for something to become true, instead of sleeping and hoping.

use std::fmt::Display;
use std::panic::Location;
use std::time::{Duration, Instant};

/// Between two looks. Short, so that waiting costs little; the condition decides, never the interval.
const INTERVAL: Duration = Duration::from_millis(10);

/// Looks until `probe` answers `Ok`, and returns that answer. After `deadline` it panics with `what` was waited
/// for, where, and the last thing that `probe` said instead.
#[track_caller]
pub fn wait_for<T, E, F>(what: &str, deadline: Duration, mut probe: F) -> impl Future<Output = T>
where
    E: Display,
    F: AsyncFnMut() -> Result<T, E>,
{
    let caller = Location::caller();
    async move {
        let start = Instant::now();
        loop {
            match probe().await {
                Ok(answer) => return answer,
                Err(last) if start.elapsed() >= deadline => {
                    panic!("waited {deadline:?} for {what} (at {caller}); it was still: {last}")
                }
                Err(_) => tokio::time::sleep(INTERVAL).await,
            }
        }
    }
}

/// [`wait_for`] for a condition that has nothing to say about itself.
#[track_caller]
pub fn wait_until<F>(what: &str, deadline: Duration, mut condition: F) -> impl Future<Output = ()>
where
    F: AsyncFnMut() -> bool,
{
    wait_for(what, deadline, async move || if condition().await { Ok(()) } else { Err("not so") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_returns_as_soon_as_the_answer_is_there() {
        let mut looks = 0;
        let answer = wait_for("the third look", Duration::from_secs(60), async || {
            looks += 1;
            if looks == 3 { Ok(looks) } else { Err(format!("look {looks}")) }
        });
        assert_eq!(answer.await, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "for a boot (at crates/test-support/src/wait.rs")]
    async fn a_failure_names_what_and_where() {
        wait_for::<(), _, _>("a boot", Duration::ZERO, async || Err("Scheduling")).await;
    }

    #[tokio::test]
    #[should_panic(expected = "it was still: Scheduling")]
    async fn a_failure_shows_the_last_answer() {
        wait_for::<(), _, _>("a boot", Duration::ZERO, async || Err("Scheduling")).await;
    }
}
