//! Concurrent histories: many people do what they like at the same time, on two replicas with workers and watchers of
//! their own; afterwards the books, the trail and the cluster must tell one story, and what people were told must be in
//! it.
//!
//! Who does what is drawn from a seed, so a history can be repeated; which of two calls is faster is not, so a fault may
//! need several attempts to show itself again.

mod told;
mod wishes;

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use shepherd_contract::types::{MemberRole, SetMember};

use super::{Caller, Engine, Served, World};
use told::Told;
use wishes::Person;

/// How large a history is.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// Repeats who does what.
    pub seed: u64,
    /// What each person does, one after another.
    pub acts: usize,
}

/// People who ask, and people who decide.
const ENGINEERS: [&str; 3] = ["engineer", "brigid", "colm"];
const APPROVERS: [&str; 3] = ["approver", "dagny", "einar"];

impl History {
    /// A new one, whose seed is printed.
    pub fn any(acts: usize) -> Self {
        Self { seed: rand::rng().random(), acts }
    }

    /// Lets it happen and holds its outcome against what must be true.
    pub async fn happen(self) {
        println!(
            "history {self:?}; again: cargo run -p shepherd-test-support --features app --bin histories -- {}",
            self.seed
        );
        // In every other history things are protected, and need more people.
        let world = if self.seed.is_multiple_of(2) { World::start().await } else { World::protected().await };
        let other = world.app.another().await;
        let (second, engine) = (Served::start(&other).await, Engine::start(&other));
        let told = Arc::new(Told::default());
        let mut people = Vec::new();
        for (number, name) in ENGINEERS.iter().chain(&APPROVERS).enumerate() {
            let decides = APPROVERS.contains(name);
            let caller = world.app.person(name, if decides { "approver" } else { "engineer" }).await;
            if !decides && *name != "engineer" {
                let owner = SetMember { role: MemberRole::Owner };
                let system = world.service.system.id;
                world
                    .engineer
                    .systems()
                    .set_member(system, caller.id, &owner)
                    .await
                    .expect("they are a member");
            }
            let replicas = [caller.at(world.app.served.base.as_str()), caller.at(second.base.as_str())];
            let seed = self.seed.wrapping_add(u64::try_from(number).unwrap_or_default());
            people.push(self.live(&world, replicas, decides, seed, Arc::clone(&told)));
        }
        futures::future::join_all(people).await;
        world.assert_true().await;
        told.hold_against(&world).await;
        engine.stop().await;
    }

    async fn live(self, world: &World, replicas: [Caller; 2], decides: bool, seed: u64, told: Arc<Told>) {
        let mut chance = StdRng::seed_from_u64(seed);
        let person = Person { world, replicas, told };
        for _ in 0..self.acts {
            match decides {
                true => person.decide_something(&mut chance).await,
                false => person.want_something(&mut chance).await,
            }
        }
    }
}
