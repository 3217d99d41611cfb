//! The console proxy: bytes between a browser's WebSocket and a guest.
//!
//! Bytes go as binary frames both ways (serial: terminal bytes; VNC: RFB, RFC 6143). Why a console ended is the close
//! code: 1000 the person left, 1001 this server is stopping, 4000 the guest stopped or someone else took the console
//! over (KubeVirt does not tell these apart), 4003 the right to it was taken away. axum's graceful shutdown does not
//! see upgraded connections (tokio-rs/axum #3003), so consoles are tracked and drained here.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use shepherd_app::App;
use shepherd_app::consoles::{OpenConsole, Traffic};
use shepherd_kubevirt::ConsoleStream;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the right to an open console is looked at again.
const RECHECK: Duration = Duration::from_secs(5);
/// The largest frame a browser may send: a paste, not a file.
const MAX_FRAME: usize = 1 << 20;

/// All consoles of this process.
#[derive(Clone, Default)]
pub struct Consoles {
    tracker: TaskTracker,
    draining: CancellationToken,
}

impl Consoles {
    /// Ends every console with 1001 and waits until their ends are recorded.
    pub async fn drain(&self) {
        self.draining.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Why a console ended.
#[derive(Clone, Copy)]
enum End {
    Left,
    Draining,
    Guest,
    Revoked,
}

impl End {
    fn close(self) -> (u16, &'static str) {
        match self {
            Self::Left => (1000, "left"),
            Self::Draining => (1001, "draining"),
            Self::Guest => (4000, "guest_or_taken_over"),
            Self::Revoked => (4003, "revoked"),
        }
    }
}

/// Answers the upgrade and moves bytes until one end has enough.
pub(crate) fn serve(
    app: App,
    consoles: &Consoles,
    open: OpenConsole,
    stream: ConsoleStream,
    upgrade: WebSocketUpgrade,
) -> Response {
    let consoles = consoles.clone();
    // noVNC asks for this subprotocol; both ends work without one.
    upgrade.max_message_size(MAX_FRAME).protocols(["binary"]).on_upgrade(move |socket| {
        let draining = consoles.draining.clone();
        consoles.tracker.track_future(async move { run(app, open, stream, socket, draining).await })
    })
}

async fn run(
    app: App,
    open: OpenConsole,
    guest: ConsoleStream,
    person: WebSocket,
    draining: CancellationToken,
) {
    let mut traffic = Traffic::default();
    let (mut to_person, from_person) = person.split();
    let (to_guest, from_guest) = guest.split();
    let end = {
        let mut sides = Sides { to_guest, from_guest, to_person: &mut to_person, from_person };
        sides.pump(&app, &open, &mut traffic, &draining).await
    };
    let (code, reason) = end.close();
    let _ = to_person.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    if let Err(error) = app.close_console(&open, traffic, reason).await {
        tracing::error!(console.id = %open.id, %error, "the end of a console could not be recorded");
    }
}

struct Sides<'p> {
    to_guest: futures::stream::SplitSink<ConsoleStream, Bytes>,
    from_guest: futures::stream::SplitStream<ConsoleStream>,
    to_person: &'p mut futures::stream::SplitSink<WebSocket, Message>,
    from_person: futures::stream::SplitStream<WebSocket>,
}

impl Sides<'_> {
    async fn pump(
        &mut self,
        app: &App,
        open: &OpenConsole,
        traffic: &mut Traffic,
        draining: &CancellationToken,
    ) -> End {
        let mut recheck = interval(RECHECK);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = draining.cancelled() => return End::Draining,
                _ = recheck.tick() => {
                    // A database that does not answer now is no reason to end a console; a lost right is.
                    if matches!(app.console_may_stay(open).await, Ok(false)) {
                        return End::Revoked;
                    }
                }
                news = self.from_guest.next() => match news {
                    Some(Ok(bytes)) => {
                        traffic.from_guest += bytes.len() as u64;
                        if self.to_person.send(Message::Binary(bytes)).await.is_err() {
                            return End::Left;
                        }
                    }
                    Some(Err(_)) | None => return End::Guest,
                },
                news = self.from_person.next() => match news {
                    Some(Ok(Message::Binary(bytes))) => {
                        traffic.from_person += bytes.len() as u64;
                        if self.to_guest.send(bytes).await.is_err() {
                            return End::Guest;
                        }
                    }
                    Some(Ok(Message::Text(_) | Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Left,
                },
            }
        }
    }
}
