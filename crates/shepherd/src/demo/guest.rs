//! At the guest: its serial console over the real WebSocket, and its screen.

use std::path::Path;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use shepherd_cli::stream::{self, Socket};
use shepherd_contract::types::{ConsoleKind, ConsoleTicket, OpenConsole, Vm};
use tokio_tungstenite::tungstenite::Message;

use super::stage::Stage;
use super::steps::{Steps, expect};
use crate::failure::Failure;

const PATIENCE: Duration = Duration::from_secs(120);

/// Reads the console to its login prompt, signs in and runs a command.
pub async fn console(steps: &Steps, stage: &Stage, vm: &Vm) -> Result<(), Failure> {
    let mut terminal = steps
        .step("Open the serial console and read to the login prompt", async || {
            let ticket = ticket(stage, vm).await?;
            let socket = stream::open(stage.engineer.connection(), &ticket).await?;
            let replay = stream::open(stage.engineer.connection(), &ticket).await;
            expect(replay.is_err(), || "a console ticket was good twice".to_owned())?;
            let mut terminal = Terminal { socket, seen: String::new() };
            // A prompt that was printed before we came is printed again for an empty name.
            terminal.send("\n").await?;
            terminal.until("login: ").await?;
            Ok(terminal)
        })
        .await?;
    steps.note(&terminal.last_line());
    let answer = steps.step("Log in and run a command in the guest", async || {
        terminal.send("demo\n").await?;
        terminal.until("Password: ").await?;
        terminal.send("demo\n").await?;
        terminal.until("$ ").await?;
        // The sum is not in what is typed, so that its echo is not taken for the answer.
        terminal.send("hostname; uname -sr; echo sum=$((6 * 7))\n").await?;
        terminal.until("sum=42").await?;
        expect(terminal.seen.contains(&vm.name), || format!("the guest is not {}", vm.name))?;
        // The first line is the echo of what was typed, what follows the answer is the next prompt.
        let lines = terminal.seen.lines().skip(1).map(str::trim).filter(|line| !line.contains('$'));
        let said = lines.collect::<Vec<_>>().join(", ");
        terminal.send("exit\n").await?;
        Ok(said)
    });
    steps.note(&answer.await?);
    Ok(())
}

/// Takes a picture of the screen.
pub async fn screenshot(steps: &Steps, stage: &Stage, vm: &Vm, directory: &Path) -> Result<(), Failure> {
    let file = directory.join("screen.png");
    let size = steps.step("Take a picture of its VNC screen", async || {
        let answer = stage.engineer.vms().get_screenshot(vm.id).await?;
        let picture = answer.bytes().await.map_err(|error| Failure::io("the picture", error))?;
        expect(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.len() > 1000, || {
            "it is no picture".to_owned()
        })?;
        std::fs::write(&file, &picture).map_err(|error| Failure::io(file.display(), error))?;
        Ok(picture.len())
    });
    let size = size.await?;
    steps.note(&format!("{} ({size} bytes)", file.display()));
    Ok(())
}

async fn ticket(stage: &Stage, vm: &Vm) -> Result<ConsoleTicket, Failure> {
    let body =
        OpenConsole { kind: ConsoleKind::Serial, reason: Some("To show the main job".into()), fields: None };
    let access = stage.engineer.vms().open_console(vm.id, &body).await?;
    access.ticket.ok_or_else(|| {
        Failure::new("NOT_AS_IT_SHOULD_BE", "a console in test should open without an approver")
    })
}

/// The guest's serial line.
struct Terminal {
    socket: Socket,
    /// What came since the last wait.
    seen: String,
}

impl Terminal {
    async fn send(&mut self, text: &str) -> Result<(), Failure> {
        let sent = self.socket.send(Message::Binary(text.as_bytes().to_vec().into())).await;
        sent.map_err(|error| Failure::io("the console", error))
    }

    /// Reads until the guest has said this.
    async fn until(&mut self, wanted: &str) -> Result<(), Failure> {
        self.seen.clear();
        let read = async {
            while !self.seen.contains(wanted) {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                    Some(Ok(_)) => {}
                    other => return Err(Failure::io("the console ended", format!("{other:?}"))),
                }
            }
            Ok(())
        };
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(result) => result,
            Err(_) => Err(Failure::new(
                "NOT_AS_IT_SHOULD_BE",
                format!("the guest never said {wanted:?}, but: {}", self.seen),
            )),
        }
    }

    fn last_line(&self) -> String {
        self.seen.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
    }
}
