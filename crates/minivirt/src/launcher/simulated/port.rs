//! TCP ports of a simulated guest: a web page on 80 and 8080, nothing elsewhere.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::guest::Web;
use crate::launcher::{GuestSpec, RuntimeError, Stream};

/// Connects to a port.
pub fn dial(spec: &GuestSpec, web: Web, port: u16) -> Result<Box<dyn Stream>, RuntimeError> {
    if !matches!(port, 80 | 8080) || web == Web::Down {
        let source = io::Error::from(io::ErrorKind::ConnectionRefused);
        return Err(RuntimeError::Io {
            context: format!("port {port} of simulated guest {}", spec.name),
            source,
        });
    }
    let (near, mut far) = tokio::io::duplex(16 * 1024);
    let page = format!("{}\nsimulated guest in namespace {}\n", spec.name, spec.namespace);
    tokio::spawn(async move {
        let mut request = [0_u8; 4096];
        // Any request gets the same page; one that never comes leaves with its client.
        while far.read(&mut request).await.is_ok_and(|n| n > 0) {
            if web == Web::Hung {
                continue;
            }
            let status = if web == Web::Broken { "500 Internal Server Error" } else { "200 OK" };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                page.len()
            );
            let _ = far.write_all(format!("{head}{page}").as_bytes()).await;
            let _ = far.shutdown().await;
            return;
        }
    });
    Ok(Box::new(near))
}
