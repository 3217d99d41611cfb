//! What people were told, to be held against what is written: nobody is told of something that did not happen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use shepherd_contract::client::ClientError;
use shepherd_contract::types::{Request, RequestState};
use shepherd_domain::ids::RequestId;

use super::super::World;

/// Refusals that are right when others were faster, or when it makes no sense now. Everything else is a fault.
const FAIR: [&str; 9] = [
    "ALREADY_DECIDED",
    "CLUSTER_UNREACHABLE",
    "DUPLICATE_REQUEST",
    "NOT_EDITABLE",
    "NOT_PENDING",
    "SELF_APPROVAL",
    "SPEC_CHANGED",
    "STALE",
    "VM_NOT_ACTIVE",
];

/// What the tables say of a request.
#[derive(sqlx::FromRow)]
struct Written {
    id: uuid::Uuid,
    state: String,
    approvers: Vec<String>,
    edits: i64,
    sent_back: i64,
    comments: i64,
}

#[derive(Default)]
pub(super) struct Told(Mutex<Ends>);

#[derive(Default)]
struct Ends {
    asked: BTreeSet<RequestId>,
    cancelled: BTreeSet<RequestId>,
    rejected: BTreeSet<RequestId>,
    /// How often each was said to be changed, sent back, and spoken about.
    edited: BTreeMap<RequestId, i64>,
    sent_back: BTreeMap<RequestId, i64>,
    spoken: BTreeMap<RequestId, i64>,
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

    pub fn edited(&self, answer: Result<Request, ClientError>) {
        if let Some(request) = self.noted(answer) {
            assert!(request.decisions.iter().all(|decision| decision.void), "an edit voids: {request:?}");
            *self.ends().edited.entry(request.id).or_default() += 1;
        }
    }

    pub fn sent_back(&self, answer: Result<Request, ClientError>) {
        if let Some(request) = self.noted(answer) {
            assert_eq!(request.state, RequestState::ChangesRequested);
            *self.ends().sent_back.entry(request.id).or_default() += 1;
        }
    }

    pub fn spoken<T>(&self, request: RequestId, answer: Result<T, ClientError>) {
        if self.noted(answer).is_some() {
            *self.ends().spoken.entry(request).or_default() += 1;
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
        let written: Vec<Written> = world
            .rows(
                "select r.id, r.state, array(select distinct p.name from decision d
                   join principal p on p.id = d.principal_id
                   where d.request_id = r.id and d.verdict = 'approve' order by p.name) as approvers,
                   (select count(*) from request_edit x where x.request_id = r.id) as edits,
                   (select count(*) from decision d where d.request_id = r.id and d.verdict = 'request_changes')
                     as sent_back,
                   (select count(*) from request_comment c where c.request_id = r.id) as comments from request r",
            )
            .await;
        let ends = self.ends();
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &written {
            let Written { state, approvers, .. } = row;
            let id = RequestId(row.id);
            let count = |told: &BTreeMap<RequestId, i64>| told.get(&id).copied().unwrap_or_default();
            assert_eq!(count(&ends.edited), row.edits, "edits of {id}");
            assert_eq!(count(&ends.sent_back), row.sent_back, "wishes for changes of {id}");
            assert_eq!(count(&ends.spoken), row.comments, "comments on {id}");
            *states.entry(state).or_default() += 1;
            let told: Vec<String> = ends.approved.get(&id).into_iter().flatten().cloned().collect();
            assert_eq!(&told, approvers, "who approved {id}");
            assert_eq!(ends.cancelled.contains(&id), state == "cancelled", "{id}");
            assert_eq!(ends.rejected.contains(&id), state == "rejected", "{id}");
        }
        let known: BTreeSet<RequestId> = written.iter().map(|row| RequestId(row.id)).collect();
        assert!(ends.asked.is_subset(&known), "a request that was taken up is lost");
        println!("requests: {states:?}; refusals: {:?}", ends.refusals);
    }
}
