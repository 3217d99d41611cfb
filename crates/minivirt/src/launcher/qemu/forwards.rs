//! Ports of a guest on its loopback address.
//!
//! QEMU's user-mode network carries a connection from a port of the host to one of the guest. Ports below 1024 need
//! root on the host, so the well-known ones get a fixed second number (22 is 2222, 80 is 8080, 443 is 8443); others
//! keep theirs. Where that number is taken on the guest's address, any free one serves. Forwards are made when first
//! needed; what was made is written down, because a restarted engine cannot ask QEMU for it.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use serde_json::json;
use tokio::sync::Mutex;

use super::layout::GuestDir;
use super::qmp::Qmp;
use crate::launcher::RuntimeError;

const FILE: &str = "forwards.json";
/// Guest ports that are forwarded from the start, so that a person can try them: web and SSH.
pub(super) const FIRST: [u16; 2] = [80, 22];

/// Host ports by guest port.
#[derive(Debug)]
pub(super) struct Forwards {
    ip: Ipv4Addr,
    made: Mutex<BTreeMap<u16, u16>>,
}

impl Forwards {
    /// The forwards of a guest as written down; none for a new one.
    pub(super) fn load(dir: &GuestDir, ip: Ipv4Addr) -> io::Result<Self> {
        let made = dir.read(FILE)?.unwrap_or_default();
        Ok(Self { ip, made: Mutex::new(made) })
    }

    /// The host port that leads to `port` of the guest.
    pub(super) async fn ensure(&self, dir: &GuestDir, qmp: &Qmp, port: u16) -> Result<u16, RuntimeError> {
        let mut made = self.made.lock().await;
        if let Some(host) = made.get(&port) {
            return Ok(*host);
        }
        let host = free_port(self.ip, usual(port)).map_err(|source| RuntimeError::Io {
            context: format!("finding a free port on {}", self.ip),
            source,
        })?;
        let line = format!("hostfwd_add net tcp:{}:{host}-:{port}", self.ip);
        let said = qmp.execute("human-monitor-command", json!({ "command-line": line })).await?;
        // The human monitor says nothing when all is well.
        match said.as_str().map(str::trim) {
            Some("") => {}
            _ => return Err(RuntimeError::Resources(format!("port {host} on {} is taken", self.ip))),
        }
        made.insert(port, host);
        let writing = |source| RuntimeError::Io { context: "writing the guest's ports".to_owned(), source };
        dir.write(FILE, &*made).map_err(writing)?;
        Ok(host)
    }
}

fn usual(port: u16) -> u16 {
    match port {
        22 => 2222,
        80 => 8080,
        443 => 8443,
        1024.. => port,
        _ => 0,
    }
}

/// `wanted` if it is free on this address, else any. Whoever takes it between here and QEMU causes an error and a
/// second try, no wrong forward.
fn free_port(ip: Ipv4Addr, wanted: u16) -> io::Result<u16> {
    let listener = TcpListener::bind((ip, wanted)).or_else(|_| TcpListener::bind((ip, 0)))?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_gone_around() {
        let ip = Ipv4Addr::new(127, 77, 250, 1);
        let taken = TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap().port();
        let _holder = TcpListener::bind((ip, taken)).unwrap();
        assert_ne!(free_port(ip, taken).unwrap(), taken);
        assert_eq!(usual(22), 2222);
        assert_eq!(usual(5432), 5432);
    }
}
