//! Ending when told to, or when whoever started us is gone.
//!
//! A child that `up` starts has one end of a pipe as its standard input. However `up` ends, the kernel closes the other
//! end, and the child stops in an orderly way instead of living on as an orphan that holds ports and files.

use std::io::Read;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// Who told a process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A signal: somebody wants it to end.
    Signal,
    /// Standard input ended: whoever started it is gone.
    Orphaned,
}

/// A request to stop, and who made it.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Cancelled when the process shall stop.
    pub token: CancellationToken,
    orphaned: CancellationToken,
}

impl Stop {
    /// Waits for it.
    pub async fn told(&self) -> Told {
        self.token.cancelled().await;
        if self.orphaned.is_cancelled() { Told::Orphaned } else { Told::Signal }
    }
}

/// Cancelled at the first SIGINT or SIGTERM, and with `with_parent` when standard input ends.
pub fn stop_signal(with_parent: bool) -> Result<Stop, Failure> {
    let stop = Stop { token: CancellationToken::new(), orphaned: CancellationToken::new() };
    let failed = |error| Failure::io("signals", error);
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt()).map_err(failed)?, signal(SignalKind::terminate()).map_err(failed)?);
    let told = stop.token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        told.cancel();
    });
    if with_parent {
        let (token, orphaned) = (stop.token.clone(), stop.orphaned.clone());
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 64];
            while std::io::stdin().lock().read(&mut buffer).is_ok_and(|count| count > 0) {}
            orphaned.cancel();
            token.cancel();
        });
    }
    Ok(stop)
}
