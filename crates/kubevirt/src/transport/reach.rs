//! Why no answer came: reads the chain of causes below HTTP.

use std::error::Error as StdError;
use std::io::ErrorKind;

use crate::{Detail, Error, Reach};

/// Classifies a failure of the transport by its chain of causes.
pub(crate) fn unreachable(error: &(dyn StdError + 'static)) -> Error {
    let detail = Detail::chain(error);
    let mut why = Reach::Other;
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = classify(cause) {
            why = found;
        }
        next = deeper(cause);
    }
    Error::Unreachable { why, detail }
}

/// `io::Error` hides a wrapped error from `source()`: step into it.
fn deeper<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    if let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref()) {
        return Some(inner);
    }
    error.source()
}

fn classify(error: &(dyn StdError + 'static)) -> Option<Reach> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(match tls {
            rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
                Reach::Certificate
            }
            _ => Reach::Other,
        });
    }
    if let Some(io) = error.downcast_ref::<std::io::Error>() {
        return match io.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NotConnected
            | ErrorKind::BrokenPipe
            | ErrorKind::TimedOut => Some(Reach::Connection),
            _ => None,
        };
    }
    // hyper-util's resolver error has no public type; its words are stable.
    error.to_string().starts_with("dns error").then_some(Reach::Name)
}
