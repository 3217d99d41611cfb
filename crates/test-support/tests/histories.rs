//! Short concurrent histories, one where things are protected and one where they are not. Longer ones:
//! `cargo run -p shepherd-test-support --features app --bin histories`.

use shepherd_test_support::app::History;

const ACTS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn many_people_at_once_leave_one_story() {
    let History { seed, acts } = History::any(ACTS);
    History { seed: seed & !1, acts }.happen().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_at_once_leave_one_story_where_things_are_protected() {
    let History { seed, acts } = History::any(ACTS);
    History { seed: seed | 1, acts }.happen().await;
}
