//! Objects that are there from the beginning, many at once: the world of a rehearsal.
//!
//! They go through admission as those of any client do, but with a history: who wrote them and when they were made. What
//! is there already under its name stays as it is, so that a world that was half made can be made whole.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::resources::{NAMESPACES, Resource, VMS};
use crate::api::status::ApiError;
use crate::engine::{EngineError, Handle};
use crate::objects::{self, Write};
use crate::store::Key;
use crate::{clock, object};

/// Objects of one transaction: other writers have their turn in between.
const AT_ONCE: usize = 100;

/// What is to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Newcomer {
    pub kind: Kind,
    /// Empty for a namespace.
    pub namespace: String,
    /// With `metadata.name`.
    pub object: Value,
    /// Who wrote it, as `managedFields` name it.
    pub manager: String,
    /// How long ago it was made.
    pub age: Duration,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Namespace,
    VirtualMachine,
}

impl Kind {
    fn resource(self) -> &'static Resource {
        match self {
            Self::Namespace => &NAMESPACES,
            Self::VirtualMachine => &VMS,
        }
    }
}

impl Handle {
    /// Makes what is missing, in this order, and says how many that were.
    pub async fn populate(
        &self,
        newcomers: impl IntoIterator<Item = Newcomer>,
    ) -> Result<usize, EngineError> {
        let mut made = 0;
        let mut rest = newcomers.into_iter();
        loop {
            let some: Vec<Newcomer> = rest.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return Ok(made);
            }
            let added: Result<usize, ApiError> = self
                .faults
                .store()?
                .transact(move |tx| some.into_iter().try_fold(0, |count, one| Ok(count + add(tx, one)?)))
                .await;
            made += added?;
        }
    }
}

fn add(tx: &mut crate::store::Tx<'_>, newcomer: Newcomer) -> Result<usize, ApiError> {
    let Newcomer { kind, namespace, object, manager, age } = newcomer;
    let resource = kind.resource();
    let key = Key::new(resource.id(), namespace.as_str(), object::name(&object));
    if tx.get(&key)?.is_some() {
        return Ok(0);
    }
    let write = Write { engine: false, ..Write::engine(resource, &manager) };
    let mut made = objects::create(tx, &write, &namespace, object)?;
    made["metadata"]["creationTimestamp"] = json!(clock::before(age));
    tx.put(&key, made)?;
    Ok(1)
}
