//! The serial line of a guest: read all the time, the recent part kept in memory, one viewer at a time.
//!
//! The engine is the one client of QEMU's serial socket, because output that nobody reads is lost. A new viewer
//! first gets the recent output, then what comes; it ends the viewer before it, as in KubeVirt. A viewer that does
//! not keep up is dropped: the guest must never wait for a browser.
//!
//! Not here: recording for the audit; that is the platform's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// How much recent output is kept, in bytes.
const HISTORY: usize = 32 * 1024;
/// How many chunks a viewer may be behind before it is dropped.
const BACKLOG: usize = 256;
/// What a terminal would answer to, as if it were typed: status, position and device reports.
const QUERIES: [&[u8]; 7] =
    [b"\x1b[6n", b"\x1b[5n", b"\x1b[c", b"\x1b[0c", b"\x1b[>c", b"\x1b[>0c", b"\x1bZ"];

#[derive(Default)]
struct Shared {
    history: VecDeque<u8>,
    viewer: Option<Viewer>,
}

struct Viewer {
    output: mpsc::Sender<Bytes>,
    /// Dropping it ends the viewer, even one that is stuck in a write.
    _alive: oneshot::Sender<()>,
}

/// The serial line. Cheap to clone.
#[derive(Clone)]
pub(super) struct Console {
    shared: Arc<Mutex<Shared>>,
    input: mpsc::Sender<Bytes>,
    reader: AbortHandle,
}

impl Console {
    /// Starts to read the line.
    pub(super) fn start(serial: UnixStream) -> Self {
        let (reader, mut writer) = serial.into_split();
        let (input, mut typed) = mpsc::channel::<Bytes>(64);
        let shared = Arc::<Mutex<Shared>>::default();
        let reader = tokio::spawn(read(reader, shared.clone())).abort_handle();
        tokio::spawn(async move {
            while let Some(bytes) = typed.recv().await {
                if writer.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        });
        Self { shared, input, reader }
    }

    /// Lets go of the line; a viewer is ended.
    pub(super) fn stop(&self) {
        self.reader.abort();
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).viewer = None;
    }

    /// A viewer's end of the line; ends the viewer before.
    pub(super) fn attach(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (output, lines) = mpsc::channel(BACKLOG);
        let (alive, ended) = oneshot::channel();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        // Cannot fail: the channel is new and empty.
        let _ = output.try_send(replay(&mut shared.history));
        shared.viewer = Some(Viewer { output, _alive: alive });
        tokio::spawn(serve(far, lines, ended, self.input.clone()));
        near
    }
}

/// Reads until the guest's process ends; that ends the viewer too.
async fn read(mut serial: OwnedReadHalf, shared: Arc<Mutex<Shared>>) {
    let mut buffer = vec![0; 8192];
    loop {
        let read = serial.read(&mut buffer).await.unwrap_or(0);
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if read == 0 {
            shared.viewer = None;
            return;
        }
        shared.history.extend(&buffer[..read]);
        let surplus = shared.history.len().saturating_sub(HISTORY);
        shared.history.drain(..surplus);
        let chunk = Bytes::copy_from_slice(&buffer[..read]);
        if shared.viewer.as_ref().is_some_and(|viewer| viewer.output.try_send(chunk).is_err()) {
            shared.viewer = None;
        }
    }
}

/// Carries bytes between one viewer and the line until either ends.
async fn serve(
    viewer: DuplexStream,
    mut output: mpsc::Receiver<Bytes>,
    ended: oneshot::Receiver<()>,
    input: mpsc::Sender<Bytes>,
) {
    let (mut reader, mut writer) = tokio::io::split(viewer);
    let show = async {
        while let Some(bytes) = output.recv().await {
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    let take = async {
        let mut buffer = vec![0; 4096];
        while let Ok(read @ 1..) = reader.read(&mut buffer).await {
            if input.send(Bytes::copy_from_slice(&buffer[..read])).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = show => {}
        () = take => {}
        _ = ended => {}
    }
}

/// The recent output without what a terminal would answer to: an answer to an old question would be typed into
/// whatever runs in the guest now. Starts at a line when the beginning was cut off.
fn replay(history: &mut VecDeque<u8>) -> Bytes {
    let full = history.len() >= HISTORY;
    let mut rest: &[u8] = history.make_contiguous();
    if full && let Some(end) = rest.iter().position(|b| *b == b'\n') {
        rest = &rest[end + 1..];
    }
    let mut out = Vec::with_capacity(rest.len());
    while let Some((&first, tail)) = rest.split_first() {
        if let Some(query) = QUERIES.iter().find(|query| rest.starts_with(query)) {
            rest = &rest[query.len()..];
        } else {
            out.push(first);
            rest = tail;
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn expect(stream: &mut DuplexStream, text: &str) {
        let mut buffer = vec![0; text.len()];
        stream.read_exact(&mut buffer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&buffer), text);
    }

    #[tokio::test]
    async fn a_new_viewer_sees_what_was_and_ends_the_one_before() {
        let (guest, ours) = UnixStream::pair().unwrap();
        let (mut from_viewer, mut guest) = guest.into_split();
        let console = Console::start(ours);
        let mut first = console.attach();
        guest.write_all(b"login: \x1b[6n").await.unwrap();
        expect(&mut first, "login: \x1b[6n").await;
        let mut second = console.attach();
        expect(&mut second, "login: ").await;
        assert_eq!(first.read(&mut [0; 1]).await.unwrap(), 0, "the first viewer must end");
        second.write_all(b"dev\r").await.unwrap();
        let mut typed = [0; 4];
        from_viewer.read_exact(&mut typed).await.unwrap();
        assert_eq!(&typed, b"dev\r");
        drop((from_viewer, guest));
        assert_eq!(second.read(&mut [0; 1]).await.unwrap(), 0, "the end of the guest ends the viewer");
    }

    #[tokio::test]
    async fn a_viewer_that_does_not_read_does_not_stop_the_guest() {
        let (mut guest, ours) = UnixStream::pair().unwrap();
        let console = Console::start(ours);
        let _stuck = console.attach();
        for _ in 0..2000 {
            guest.write_all(&[b'x'; 8192]).await.unwrap();
        }
        let kept = console.shared.lock().unwrap().history.len();
        assert!(kept <= HISTORY, "{kept}");
    }
}
