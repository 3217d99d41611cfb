//! Telling those who listen that something was committed, after it was.
//!
//! PostgreSQL lets only one transaction with a `NOTIFY` in it commit at a time, over all databases of the server, and the
//! others wait until it is on the disk: with a notification in nearly every transaction nothing could be committed
//! together. So a transaction says here what it would notify of, and once it is committed one task of the process sends
//! what has gathered, equal ones once, in a statement that waits for no disk (ADR 0016).
//!
//! A notification can be lost, as any can: when the process dies between the two, or the connection that listens breaks.
//! Whoever listens looks by itself as well, now and then.

use std::collections::BTreeSet;

use sqlx::PgPool;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A channel and what is said on it.
pub(crate) type Notice = (String, String);

/// Where committed transactions leave their notices. Cheap to clone; the task ends with the last clone.
#[derive(Clone, Debug)]
pub(crate) struct Announcer(UnboundedSender<Notice>);

impl Announcer {
    /// Starts the task that sends.
    pub(crate) fn start(pool: PgPool) -> Self {
        let (sender, receiver) = unbounded_channel();
        tokio::spawn(send(pool, receiver));
        Self(sender)
    }

    pub(crate) fn announce(&self, notice: Notice) {
        // It ends with the process or its pool; then there is nobody left to tell from here.
        let _ = self.0.send(notice);
    }
}

async fn send(pool: PgPool, mut notices: UnboundedReceiver<Notice>) {
    while let Some(first) = notices.recv().await {
        let mut gathered = BTreeSet::from([first]);
        while let Ok(next) = notices.try_recv() {
            gathered.insert(next);
        }
        let (channels, payloads): (Vec<String>, Vec<String>) = gathered.into_iter().unzip();
        // Not waiting for the disk, because nothing is lost that would not be looked for anyway.
        let sent = sqlx::query(
            "select set_config('synchronous_commit', 'off', true), pg_notify(channel, payload)
               from unnest($1::text[], $2::text[]) as t (channel, payload)",
        )
        .bind(channels)
        .bind(payloads)
        .execute(&pool)
        .await;
        match sent {
            Ok(_) => {}
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                tracing::debug!(%error, "a notification could not be sent; listeners will look by themselves")
            }
        }
    }
}
