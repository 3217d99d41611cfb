//! The HTTP client of a command, and the API client over it.

use std::path::Path;
use std::time::Duration;

use shepherd_contract::BASE_PATH;
use shepherd_contract::client::{Client, Connection};
use shepherd_contract::runtime::Secret;
use url::Url;

use crate::config::Store;
use crate::{Failure, Globals};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// No call of ours takes long: work in clusters is waited for by asking again.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A client that is signed in with the kept token, or the one the settings name.
pub(crate) fn client(globals: &Globals) -> Result<Client, Failure> {
    let kept = Store::of(globals)?.read()?;
    let server = globals.server.clone().or_else(|| kept.as_ref().map(|kept| kept.server.clone()));
    let server = server.ok_or_else(|| Failure::NotSignedIn("No server is known yet.".into()))?;
    let token = match &globals.token_file {
        Some(path) => read_token(path)?,
        None => match kept {
            // A token is shown to the server it is from, and to no other.
            Some(kept) if kept.server.origin() == server.origin() => kept.token,
            _ => return Err(Failure::NotSignedIn(format!("Nobody is signed in to {server}."))),
        },
    };
    let connection = connection(http(&server, globals.ca_file.as_deref())?, &server)?;
    Ok(Client::new(connection.with_token(&token)?))
}

/// The HTTP client for one server.
pub fn http(server: &Url, ca_file: Option<&Path>) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("shepherd/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if server.scheme() == "http" {
        // No certificate is looked at, so a machine without any must do.
        builder = builder.tls_certs_only([]);
    }
    if let Some(path) = ca_file {
        let pem = std::fs::read(path).map_err(|error| Failure::local(path.display(), error))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem);
        let certificates = certificates.map_err(|error| Failure::local(path.display(), error))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| Failure::local("the HTTP client cannot be made", error))
}

/// A connection to the API of a server; not signed in yet.
pub fn connection(http: reqwest::Client, server: &Url) -> Result<Connection, Failure> {
    let usable = matches!(server.scheme(), "http" | "https") && server.has_host();
    let base = server.join(BASE_PATH).ok().filter(|_| usable);
    let base = base.ok_or_else(|| Failure::Usage(format!("{server} is no address of a server")))?;
    Ok(Connection::new(http, base))
}

/// A fresh idempotency key: each run of a command is an act of its own.
pub(crate) fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The token in a file: its first line.
pub(crate) fn read_token(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::local(path.display(), error))?;
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(Secret::from(line)),
        _ => Err(Failure::Usage(format!("{} holds no token", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_below_the_servers_address() {
        let server: Url = "http://127.0.0.1:8787".parse().unwrap();
        let connection = connection(http(&server, None).unwrap(), &server).unwrap();
        assert_eq!(connection.base().as_str(), "http://127.0.0.1:8787/api/v1");
    }

    #[test]
    fn an_address_without_http_is_wrong_usage() {
        let server: Url = "shepherd:8787".parse().unwrap();
        let failure = connection(reqwest::Client::new(), &server).unwrap_err();
        assert_eq!(failure.code(), 2);
    }
}
