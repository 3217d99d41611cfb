//! The sealing job: puts events into the tree in the order in which they became visible, and signs what it has.
//!
//! One process at a time by a lease, and each batch is one transaction guarded by the lease's epoch, so that whoever was
//! overtaken changes nothing. A batch is bounded, whatever has gathered. Sealing happens at most once a minute by itself
//! and at once when somebody asks for it. Not here: the hashing (`shepherd_domain::merkle`).

use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;
use shepherd_domain::audit::export::MAX_BATCH;
use shepherd_domain::hash::LeafHash;
use shepherd_domain::merkle::{Frontier, TreeHash};
use shepherd_domain::note::{Checkpoint, NoteSigner};
use shepherd_domain::reason::Reason;
use shepherd_store::audit_keys::{self, AuditKeyRow};
use shepherd_store::audit_seal::{self as store, NewCheckpoint, NewNode};
use shepherd_store::audit_words;
use shepherd_store::lease::{self, Lease};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::audit_witness::FileWitness;
use crate::{App, Error, Result};

/// How often by itself.
const EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether that time has come, and what witnesses lack.
const LOOK: Duration = Duration::from_secs(5);
/// Longer than a batch takes by far.
const LEASE: Duration = Duration::from_secs(30);
/// The lease of whoever seals.
pub const LEASE_NAME: &str = "audit-seal";
/// How long somebody who asks waits for another process to finish.
const PATIENCE: Duration = Duration::from_secs(10);
/// Every eighth level of the tree is kept.
pub(crate) const KEPT_LEVELS: u32 = 8;

/// What signs, and which key it is.
pub(crate) struct Signers {
    /// The current one first; then those that are followed by it and have not signed that yet.
    signers: Vec<NoteSigner>,
    current: Uuid,
}

/// The name of a log in checkpoints and exports.
pub(crate) fn origin(log: Uuid) -> String {
    format!("shepherd/{log}")
}

impl App {
    /// Seals, and tells the witnesses, until told to stop.
    pub async fn seal_forever(self, witnesses: Vec<PathBuf>, stop: CancellationToken) {
        let mut witnesses: Vec<_> = witnesses.into_iter().map(FileWitness::new).collect();
        let mut timer = tokio::time::interval(LOOK);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            if let Err(error) = self.seal_if_due().await {
                tracing::warn!(code = error.code(), %error, "the audit log could not be sealed now");
            }
            for witness in &mut witnesses {
                if let Err(error) = self.tell(witness).await {
                    tracing::error!(code = error.code(), %error, witness = %witness, "a witness was not told");
                }
            }
        }
    }

    async fn seal_if_due(&self) -> Result<()> {
        let head = store::head(&mut *self.db.acquire().await?).await?;
        if head.is_some_and(|head| head.age_seconds < EVERY.as_secs_f64()) {
            return Ok(());
        }
        // Another process that seals just now does the same.
        self.seal_alone().await.map(|_| ())
    }

    /// Seals everything that can be sealed now.
    ///
    /// # Errors
    /// `SEALING_BUSY` when another process takes too long over it.
    pub async fn seal(&self) -> Result<()> {
        let begun = tokio::time::Instant::now();
        while !self.seal_alone().await? {
            if begun.elapsed() > PATIENCE {
                let text = "Another process is sealing the audit log; try again in a moment.";
                return Err(Error::Unavailable { reason: Reason::new("SEALING_BUSY", text), cause: None });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// `false` when another process holds the lease.
    async fn seal_alone(&self) -> Result<bool> {
        let held = lease::acquire(&mut *self.db.acquire().await?, LEASE_NAME, Uuid::now_v7(), LEASE).await?;
        let Some(mut held) = held else { return Ok(false) };
        let sealed = self.seal_under(&mut held).await;
        lease::release(&mut *self.db.acquire().await?, &held).await?;
        sealed.map(|()| true)
    }

    /// Seals everything that can be sealed now, under a lease that the caller holds.
    ///
    /// # Errors
    /// `LEASE_LOST` when somebody else has taken it since; nothing was done then.
    pub async fn seal_under(&self, held: &mut Lease) -> Result<()> {
        let log = store::log_id(&mut *self.db.acquire().await?).await?;
        let signers = self.signers(log).await?;
        while self.seal_batch(held, log, &signers).await? == MAX_BATCH {
            lease::renew(&mut *self.db.acquire().await?, held, LEASE).await?;
        }
        Ok(())
    }

    /// One batch, one transaction. Answers how many leaves it had.
    async fn seal_batch(&self, held: &Lease, log: Uuid, signers: &Signers) -> Result<usize> {
        let mut tx = self.db.begin().await?;
        lease::guard(&mut tx, held).await?;
        let head = store::head(&mut tx).await?;
        let (size, after) = head.as_ref().map_or((0, Default::default()), |head| (head.size, head.horizon));
        let found = store::unsealed(&mut tx, after, i64::try_from(MAX_BATCH).unwrap_or(i64::MAX)).await?;
        if found.events.is_empty() {
            tx.rollback().await?;
            return Ok(0);
        }
        let frontier = head.as_ref().map_or_else(
            || Some(Frontier::default()),
            |head| Frontier::from_bytes(head.size.unsigned_abs(), &head.frontier),
        );
        let mut tree =
            frontier.ok_or_else(|| broken("the last checkpoint's frontier does not fit its size"))?;
        let (mut leaves, mut nodes) = (Vec::with_capacity(found.events.len() * 32), Vec::new());
        for event in &found.events {
            let leaf =
                LeafHash::try_from(event.leaf_hash.as_slice()).map_err(|_| broken("a leaf is no hash"))?;
            leaves.extend_from_slice(leaf.as_bytes());
            tree.append(TreeHash::leaf(leaf.as_bytes()), |place, hash| {
                if place.level > 0 && place.level.is_multiple_of(KEPT_LEVELS) {
                    let (level, index) = (i16::try_from(place.level), i64::try_from(place.index));
                    let hash = hash.as_bytes().to_vec();
                    nodes.extend(level.ok().zip(index.ok()).map(|(level, index)| NewNode {
                        level,
                        index,
                        hash,
                    }));
                }
            });
        }
        let checkpoint = Checkpoint { origin: origin(log), size: tree.size(), root: tree.root() };
        let note = checkpoint.sign(&signers.signers.iter().collect::<Vec<_>>());
        let ids: Vec<i64> = found.events.iter().map(|event| event.id).collect();
        store::append(&mut tx, size, &ids).await?;
        store::keep_nodes(&mut tx, &nodes).await?;
        audit_words::learn(&mut tx, &ids).await?;
        let new = NewCheckpoint {
            size: size + i64::try_from(ids.len()).unwrap_or_default(),
            previous: size,
            root: checkpoint.root.as_bytes(),
            frontier: &tree.to_bytes(),
            leaves: &leaves,
            note: &note,
            key_id: signers.current,
            horizon: found.horizon,
            epoch: held.epoch,
        };
        store::keep_checkpoint(&mut tx, &new).await?;
        audit_keys::forget_retired(&mut tx).await?;
        tx.commit().await?;
        Ok(ids.len())
    }

    /// The keys that sign now. The first of all is made here.
    pub(crate) async fn signers(&self, log: Uuid) -> Result<Signers> {
        let mut keys = audit_keys::list(&mut *self.db.acquire().await?).await?;
        if keys.first().is_none_or(|key| key.retired_at.is_some()) {
            let mut tx = self.db.begin().await?;
            let (public, seed) = fresh_key(log)?;
            audit_keys::insert(&mut tx, self.links.keyring(), &public, &seed).await?;
            tx.commit().await?;
            keys = audit_keys::list(&mut *self.db.acquire().await?).await?;
        }
        let current = keys.first().map(|key| key.id).ok_or_else(|| broken("no key was kept"))?;
        let name = origin(log);
        let open = |key: &AuditKeyRow| -> Result<Option<NoteSigner>> {
            let Some(seed) = audit_keys::open(self.links.keyring(), key)? else { return Ok(None) };
            let signer = NoteSigner::from_seed(&name, seed.expose_secret());
            signer.map(Some).map_err(|_| broken("a signing key is none"))
        };
        let signers: Vec<_> = keys.iter().filter_map(|key| open(key).transpose()).collect::<Result<_>>()?;
        Ok(Signers { signers, current })
    }
}

/// A fresh key for checkpoints: the public half and the seed.
pub(crate) fn fresh_key(log: Uuid) -> Result<([u8; 32], secrecy::SecretSlice<u8>)> {
    let seed = audit_keys::fresh_seed()?;
    let signer = NoteSigner::from_seed(&origin(log), seed.expose_secret());
    let signer = signer.map_err(|_| broken("a fresh key is none"))?;
    Ok((*signer.public(), seed))
}

/// What is stored is not what was stored.
pub(crate) fn broken(what: &'static str) -> Error {
    Error::Internal(what.into())
}
