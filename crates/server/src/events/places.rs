//! How many streams one principal has open: a bound on what a loop in somebody's script can take from everybody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shepherd_domain::ids::PrincipalId;

/// Streams of one principal in one process: a window for each of many tabs and programs.
const MOST: usize = 50;

#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<PrincipalId, usize>>>);

/// Held while a stream is open.
pub(super) struct Place {
    places: Places,
    who: PrincipalId,
}

impl Places {
    /// A place, or `None` when all are taken.
    pub(super) fn take(&self, who: PrincipalId) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(who).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Place { places: self.clone(), who })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_stream_has_ended() {
        let (places, me) = (Places::default(), PrincipalId::new());
        let mut held: Vec<Place> = (0..MOST).filter_map(|_| places.take(me)).collect();
        assert!(places.take(me).is_none());
        assert!(places.take(PrincipalId::new()).is_some(), "another has places of their own");
        held.pop();
        assert!(places.take(me).is_some());
        held.clear();
        assert!(places.0.lock().unwrap().is_empty());
    }
}
