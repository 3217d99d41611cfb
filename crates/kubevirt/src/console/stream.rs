//! The open stream: bytes in, bytes out.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};

use super::handshake::Socket;
use crate::transport::unreachable;
use crate::{Detail, Error};

/// A duplex stream of binary frames.
///
/// Reading ends with `None` when the guest stops, another viewer takes over or the connection is closed:
/// KubeVirt does not tell these apart. Pings are answered while the stream is read.
pub struct ConsoleStream {
    socket: Socket,
    ended: bool,
}

impl std::fmt::Debug for ConsoleStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleStream").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl ConsoleStream {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, ended: false }
    }

    /// Reader and writer halves, for copying to and from a socket.
    pub fn into_io(self) -> impl AsyncRead + AsyncWrite + Send + Unpin {
        let (sink, stream) = self.split();
        let writer = SinkWriter::new(CopyToBytes::new(sink.sink_map_err(std::io::Error::other)));
        let reader = StreamReader::new(stream.map(|frame| frame.map_err(std::io::Error::other)));
        tokio::io::join(reader, writer)
    }
}

impl Stream for ConsoleStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.socket.poll_next_unpin(cx)) {
                Some(Ok(Message::Binary(bytes))) if !bytes.is_empty() => return Poll::Ready(Some(Ok(bytes))),
                // Both ends of this protocol drop text; pings are answered below us.
                Some(Ok(
                    Message::Binary(_)
                    | Message::Text(_)
                    | Message::Ping(_)
                    | Message::Pong(_)
                    | Message::Frame(_),
                )) => {}
                Some(Ok(Message::Close(_))) | None => self.ended = true,
                Some(Err(error)) => {
                    self.ended = true;
                    if let Some(error) = failure(error) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }
}

impl Sink<Bytes> for ConsoleStream {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.socket.poll_ready_unpin(cx).map_err(write_failure)
    }

    fn start_send(mut self: Pin<&mut Self>, bytes: Bytes) -> Result<(), Error> {
        self.socket.start_send_unpin(Message::Binary(bytes)).map_err(write_failure)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.socket.poll_flush_unpin(cx).map_err(write_failure)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match ready!(self.socket.poll_close_unpin(cx)) {
            Err(error) => Poll::Ready(failure(error).map_or(Ok(()), Err)),
            Ok(()) => Poll::Ready(Ok(())),
        }
    }
}

fn write_failure(error: WsError) -> Error {
    failure(error).unwrap_or_else(|| Error::NotRunning { detail: Detail::new("the connection is closed") })
}

/// `None` for the ways in which a console ends as a matter of course.
fn failure(error: WsError) -> Option<Error> {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error {
        WsError::ConnectionClosed
        | WsError::AlreadyClosed
        | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing) => {
            None
        }
        WsError::Io(io)
            if matches!(io.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe) =>
        {
            None
        }
        WsError::Io(io) => Some(unreachable(&io)),
        other => Some(Error::protocol(other.to_string())),
    }
}
