//! The serial line of a simulated guest: a login prompt and a few commands, honest about what they are.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::guest::Web;
use crate::launcher::{ExitReason, GuestSpec};

/// Longer lines are cut: nothing here needs them.
const LINE: usize = 1024;

/// Serves one connection; says how the guest ended if that was asked for. `web` is told what its web server is to do.
pub async fn serve(
    mut line: DuplexStream,
    spec: &GuestSpec,
    web: &(dyn Fn(Web) + Sync),
) -> Option<ExitReason> {
    let mut session = Session { name: spec.name.clone(), user: None };
    let banner = format!(
        "\r\nSimulated guest {}/{} ({} vCPU, {} MiB). There is no operating system behind this line.\r\n\r\n",
        spec.namespace,
        spec.name,
        spec.vcpus,
        spec.memory_bytes >> 20
    );
    line.write_all(banner.as_bytes()).await.ok()?;
    line.write_all(session.prompt().as_bytes()).await.ok()?;
    let mut typed = String::new();
    let mut buffer = [0_u8; 256];
    loop {
        let n = line.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        for &byte in &buffer[..n] {
            match byte {
                b'\r' | b'\n' => {
                    let answer = session.enter(typed.trim());
                    typed.clear();
                    match answer {
                        Answer::Text(text) => {
                            let out = format!("\r\n{text}{}", session.prompt());
                            line.write_all(out.as_bytes()).await.ok()?;
                        }
                        Answer::Web(to) => {
                            web(to);
                            let out = format!("\r\nThe web server is {to:?} now.\r\n{}", session.prompt());
                            line.write_all(out.as_bytes()).await.ok()?;
                        }
                        Answer::End(reason, text) => {
                            let _ = line.write_all(format!("\r\n{text}\r\n").as_bytes()).await;
                            return Some(reason);
                        }
                    }
                }
                0x7f | 0x08 if typed.pop().is_some() => line.write_all(b"\x08 \x08").await.ok()?,
                0x20..=0x7e if typed.len() < LINE => {
                    typed.push(char::from(byte));
                    line.write_all(&[byte]).await.ok()?;
                }
                _ => {}
            }
        }
    }
}

struct Session {
    name: String,
    user: Option<String>,
}

enum Answer {
    Text(String),
    Web(Web),
    End(ExitReason, &'static str),
}

impl Session {
    fn prompt(&self) -> String {
        match &self.user {
            None => format!("{} login: ", self.name),
            Some(user) => format!("{user}@{}:~$ ", self.name),
        }
    }

    fn enter(&mut self, typed: &str) -> Answer {
        if self.user.is_none() {
            self.user = Some(typed.to_owned()).filter(|user| !user.is_empty());
            return Answer::Text(String::new());
        }
        let (command, rest) = typed.split_once(' ').unwrap_or((typed, ""));
        match command {
            "" => Answer::Text(String::new()),
            "echo" => Answer::Text(format!("{rest}\r\n")),
            "hostname" => Answer::Text(format!("{}\r\n", self.name)),
            "uname" => Answer::Text("Simulated\r\n".to_owned()),
            "whoami" => Answer::Text(format!("{}\r\n", self.user.as_deref().unwrap_or_default())),
            "exit" | "logout" => {
                self.user = None;
                Answer::Text("\r\n".to_owned())
            }
            "poweroff" | "halt" => Answer::End(ExitReason::Shutdown, "The simulated guest powers off."),
            "crash" => Answer::End(ExitReason::Crashed, "The simulated guest crashes."),
            "web" => match Web::named(rest) {
                Some(to) => Answer::Web(to),
                None => Answer::Text("web up | hung | broken | down\r\n".to_owned()),
            },
            "help" => Answer::Text("crash echo exit help hostname poweroff uname web whoami\r\n".to_owned()),
            other => Answer::Text(format!("{other}: not simulated; try help\r\n")),
        }
    }
}
