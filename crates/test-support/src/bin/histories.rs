//! Concurrent histories for as long as one likes: `histories [SEED] [ACTS] [ROUNDS]`. The tests run short ones.

use shepherd_test_support::app::History;

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("SEED ACTS ROUNDS"));
    let seed = numbers.next();
    let acts = numbers.next().and_then(|acts| usize::try_from(acts).ok()).unwrap_or(60);
    let rounds = numbers.next().unwrap_or(1);
    for round in 0..rounds {
        let any = History::any(acts);
        let history = seed.map_or(any, |seed| History { seed: seed.wrapping_add(round), ..any });
        history.happen().await;
    }
}
