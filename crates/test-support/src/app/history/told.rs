//! What people were told, to be held against what is written: nobody is told of something that did not happen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{Request, RequestState};
use shepherd_domain::ids::RequestId;

use super::super::World;

/// Refusals that are right when others were faster, or when it makes no sense now. Everything else is a fault.
const FAIR: [&str; 7] = [
    "ALREADY_DECIDED",
    "CLUSTER_UNREACHABLE",
    "DUPLICATE_REQUEST",
    "NOT_PENDING",
    "SELF_APPROVAL",
    "SPEC_CHANGED",
    "VM_NOT_ACTIVE",
];

#[derive(Default)]
pub(super) struct Told(Mutex<Ends>);

#[derive(Default)]
struct Ends {
    asked: BTreeSet<RequestId>,
    cancelled: BTreeSet<RequestId>,
    rejected: BTreeSet<RequestId>,
    /// Who was told that their word counts.
    approved: BTreeMap<RequestId, BTreeSet<String>>,
    refusals: BTreeMap<String, usize>,
}

impl Told {
    fn ends(&self) -> std::sync::MutexGuard<'_, Ends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn noted<T>(&self, answer: Result<T, ClientError>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                let code = error.code().unwrap_or_default().to_owned();
                assert!(FAIR.contains(&code.as_str()), "nobody should be told: {error:?}");
                *self.ends().refusals.entry(code).or_default() += 1;
                None
            }
        }
    }

    pub fn asked(&self, answer: Result<Request, ClientError>) {
        if let Some(request) = self.noted(answer) {
            self.ends().asked.insert(request.id);
        }
    }

    pub fn cancelled(&self, answer: Result<Request, ClientError>) {
        if let Some(request) = self.noted(answer) {
            assert_eq!(request.state, RequestState::Cancelled);
            self.ends().cancelled.insert(request.id);
        }
    }

    pub fn rejected(&self, answer: Result<Request, ClientError>) {
        if let Some(request) = self.noted(answer) {
            assert_eq!(request.state, RequestState::Rejected);
            self.ends().rejected.insert(request.id);
        }
    }

    /// The same word at two replicas, with one key or with two: it counts once, and with one key both hear so.
    pub fn approved(&self, who: &str, answers: [Result<Request, ClientError>; 2], one_key: bool) {
        let [first, second] = answers.map(|answer| self.noted(answer));
        assert!(
            one_key || first.is_none() || second.is_none(),
            "{who} was told twice that their word counts"
        );
        for request in [first, second].into_iter().flatten() {
            self.ends().approved.entry(request.id).or_default().insert(who.to_owned());
        }
    }

    /// What was told is what is written.
    pub async fn hold_against(&self, world: &World) {
        let written: Vec<(uuid::Uuid, String, Vec<String>)> = world
            .rows(
                "select r.id, r.state, array(select p.name from decision d join principal p on p.id = d.principal_id
                   where d.request_id = r.id and d.verdict = 'approve' order by p.name) from request r",
            )
            .await;
        let ends = self.ends();
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, state, approvers) in &written {
            let id = RequestId(*id);
            *states.entry(state).or_default() += 1;
            let told: Vec<String> = ends.approved.get(&id).into_iter().flatten().cloned().collect();
            assert_eq!(&told, approvers, "who approved {id}");
            assert_eq!(ends.cancelled.contains(&id), state == "cancelled", "{id}");
            assert_eq!(ends.rejected.contains(&id), state == "rejected", "{id}");
        }
        let known: BTreeSet<RequestId> = written.iter().map(|(id, ..)| RequestId(*id)).collect();
        assert!(ends.asked.is_subset(&known), "a request that was taken up is lost");
        println!("requests: {states:?}; refusals: {:?}", ends.refusals);
    }
}
