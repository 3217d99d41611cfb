//! The record of one simulated guest, and what state it means.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::launcher::{Exit, ExitReason, GuestSpec, GuestStatus, RunningGuest, RuntimeError};

/// How an image behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Behaviour {
    /// Boots, runs, obeys the power button.
    Good,
    /// Is not there.
    Missing,
    /// Dies while booting.
    Crash,
    /// Powers itself off once booted.
    PowerOff,
    /// Ignores the power button.
    Stubborn,
}

impl Behaviour {
    /// By the last word of the image's name, tag left out.
    pub fn of(image: &str) -> Self {
        match last_word(image) {
            "missing" => Self::Missing,
            "crash" => Self::Crash,
            "poweroff" => Self::PowerOff,
            "stubborn" => Self::Stubborn,
            _ => Self::Good,
        }
    }
}

/// What a guest's web server does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Web {
    /// Answers.
    #[default]
    Up,
    /// Takes connections and says nothing.
    Hung,
    /// Answers with status 500.
    Broken,
    /// Does not listen.
    Down,
}

impl Web {
    /// By the last word of the image's name, like [`Behaviour::of`].
    pub fn of(image: &str) -> Self {
        match last_word(image) {
            "hung" => Self::Hung,
            "broken" => Self::Broken,
            _ => Self::Up,
        }
    }

    /// By what is typed on the console.
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "up" => Self::Up,
            "hung" => Self::Hung,
            "broken" => Self::Broken,
            "down" => Self::Down,
            _ => return None,
        })
    }
}

fn last_word(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    name.rsplit('-').next().unwrap_or_default()
}

/// One guest as kept on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    pub spec: GuestSpec,
    pub behaviour: Behaviour,
    /// When its processors first run.
    pub booted: DateTime<Utc>,
    /// When it will be off, once the power button was pressed.
    pub off: Option<DateTime<Utc>>,
    pub paused: bool,
    pub exit: Option<Exit>,
    #[serde(default)]
    pub web: Web,
}

impl Guest {
    pub fn new(mut spec: GuestSpec, behaviour: Behaviour, boot: Duration) -> Self {
        // Nothing here reads the seed, and it may hold secrets.
        spec.seed = None;
        let paused = spec.paused;
        let booted = clock::now() + boot;
        let off = (behaviour == Behaviour::PowerOff).then_some(booted + Duration::from_millis(50));
        let web = Web::of(&spec.image);
        Self { spec, behaviour, booted, off, paused, exit: None, web }
    }

    pub fn press_power_button(&mut self, latency: Duration) {
        let deaf = self.behaviour == Behaviour::Stubborn || self.paused;
        if !deaf && self.off.is_none() && self.exit.is_none() {
            self.off = Some(clock::now().max(self.booted) + latency);
        }
    }

    pub fn status(&self) -> GuestStatus {
        let now = clock::now();
        let exited =
            |reason, message: &str| GuestStatus::Exited(Exit { reason, message: message.to_owned() });
        if let Some(exit) = &self.exit {
            return GuestStatus::Exited(exit.clone());
        }
        if self.off.is_some_and(|off| off <= now) {
            return exited(ExitReason::Shutdown, "");
        }
        if now < self.booted {
            return GuestStatus::Starting;
        }
        if self.behaviour == Behaviour::Crash {
            return exited(ExitReason::Crashed, "the simulated image crashes while booting");
        }
        let guest = RunningGuest { ip: Some(self.address()), agent: None };
        if self.paused { GuestStatus::Paused(guest) } else { GuestStatus::Running(guest) }
    }

    /// An address of the range set aside for benchmarks (RFC 2544): nobody answers there, and it says so.
    fn address(&self) -> Ipv4Addr {
        let [_, _, a, b] = self.spec.ip.octets();
        Ipv4Addr::new(198, 18, a, b)
    }

    /// The next moment at which `status` changes by itself.
    pub fn next_change(&self) -> Option<DateTime<Utc>> {
        let now = clock::now();
        if self.exit.is_some() {
            return None;
        }
        [Some(self.booted), self.off].into_iter().flatten().filter(|t| *t > now).min()
    }

    /// Writes the record. It reaches the kernel, which is what surviving a kill needs.
    pub fn save(&self, dir: &Path) -> Result<(), RuntimeError> {
        let path = path(dir, &self.spec.uid);
        let temporary = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            std::fs::write(&temporary, serde_json::to_vec(self)?)?;
            std::fs::rename(&temporary, &path)
        };
        write().map_err(|source| RuntimeError::Io { context: "simulated guest".to_owned(), source })
    }

    pub fn delete(&self, dir: &Path) -> Result<(), RuntimeError> {
        match std::fs::remove_file(path(dir, &self.spec.uid)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(RuntimeError::Io { context: "simulated guest".to_owned(), source: e })
            }
            _ => Ok(()),
        }
    }
}

fn path(dir: &Path, uid: &str) -> PathBuf {
    dir.join(format!("{uid}.json"))
}

/// Every guest in the directory. A record that cannot be read is reported and left alone.
pub fn load_all(dir: &Path) -> std::io::Result<HashMap<String, Guest>> {
    let mut guests = HashMap::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        match serde_json::from_slice::<Guest>(&std::fs::read(&path)?) {
            Ok(guest) => {
                guests.insert(guest.spec.uid.clone(), guest);
            }
            Err(error) => tracing::error!(path = %path.display(), %error, "simulated guest is unreadable"),
        }
    }
    Ok(guests)
}
