//! This terminal as a guest's serial line: raw mode, bytes both ways, Ctrl-] to leave.

use std::io::{IsTerminal, Stdin, Write, stdin};
use std::thread;

use futures::{SinkExt, StreamExt};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::stream::Socket;
use crate::{Failure, Output};

/// Ctrl-], as telnet and virtctl have it.
const ESCAPE: u8 = 0x1d;

/// Moves bytes until one side ends it.
pub(crate) async fn attach(socket: Socket, out: &Output) -> Result<(), Failure> {
    let raw = Raw::enter()?;
    let (mut sink, mut guest) = socket.split();
    let mut keys = keyboard();
    let ended = loop {
        tokio::select! {
            typed = keys.recv() => match typed {
                Some(bytes) => match bytes.iter().position(|byte| *byte == ESCAPE) {
                    Some(at) => {
                        let _ = sink.send(Message::Binary(bytes[..at].to_vec().into())).await;
                        let _ = sink.send(Message::Close(None)).await;
                        break None;
                    }
                    None => if sink.send(Message::Binary(bytes.into())).await.is_err() {
                        break Some("the connection broke off".to_owned());
                    },
                },
                // Standard input has ended; keep showing what the guest says.
                None => while let Some(Ok(message)) = guest.next().await { show(&message)?; },
            },
            message = guest.next() => match message {
                Some(Ok(Message::Close(frame))) => {
                    break Some(frame.map_or_else(String::new, |frame| frame.reason.to_string()));
                }
                Some(Ok(message)) => show(&message)?,
                Some(Err(error)) => break Some(error.to_string()),
                None => break Some(String::new()),
            },
        }
    };
    drop(raw);
    match ended {
        None => out.remark("\nLeft the console."),
        Some(why) if why.is_empty() => out.remark("\nThe console was closed."),
        Some(why) => out.remark(&format!("\nThe console was closed: {why}.")),
    }
    Ok(())
}

fn show(message: &Message) -> Result<(), Failure> {
    let bytes: &[u8] = match message {
        Message::Binary(bytes) => bytes,
        Message::Text(text) => text.as_bytes(),
        _ => return Ok(()),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::local("standard output", error))
}

/// What is typed. The thread that reads cannot be interrupted, so the process does not wait for it.
fn keyboard() -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(64);
    thread::spawn(move || {
        let mut buffer = [0_u8; 1024];
        while let Ok(count @ 1..) = std::io::Read::read(&mut stdin().lock(), &mut buffer) {
            if sender.blocking_send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Raw mode, until dropped. Does nothing where standard input is no terminal.
struct Raw {
    input: Stdin,
    before: Option<Termios>,
}

impl Raw {
    fn enter() -> Result<Self, Failure> {
        let input = stdin();
        if !input.is_terminal() {
            return Ok(Self { input, before: None });
        }
        let failed = |error: rustix::io::Errno| Failure::local("the terminal", error);
        let before = tcgetattr(&input).map_err(failed)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&input, OptionalActions::Now, &raw).map_err(failed)?;
        Ok(Self { input, before: Some(before) })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // Nothing better can be done than to try.
            let _ = tcsetattr(&self.input, OptionalActions::Now, before);
        }
    }
}
