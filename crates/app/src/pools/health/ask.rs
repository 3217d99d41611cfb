//! Asking one member all that its pool's checks ask, at the same time and each within its time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shepherd_domain::ids::ClusterId;
use shepherd_domain::pool::{CheckAnswer, Checks, HttpProbe, Probe, TcpProbe, Through, judge};
use shepherd_domain::reason::Reason;
use shepherd_store::pool_health::Target;
use tokio_rustls::TlsConnector;

use super::seats::Seats;
use super::way::{Duplex, Way};
use super::{CheckNetworks, http, tls};
use crate::App;
use crate::links::Link;

pub(super) struct Asker<'a> {
    checks: &'a Checks,
    networks: &'a CheckNetworks,
    links: HashMap<ClusterId, Link>,
    seats: Arc<Seats>,
    tls: Option<TlsConnector>,
}

impl<'a> Asker<'a> {
    /// Everything a round needs. A cluster without a connection is left out; nobody on it can be asked through it.
    pub async fn new(app: &'a App, checks: &'a Checks, targets: &[Target], seats: Arc<Seats>) -> Self {
        let mut links = HashMap::new();
        for target in targets {
            if let std::collections::hash_map::Entry::Vacant(entry) = links.entry(target.cluster)
                && let Ok(link) = app.link(target.cluster).await
            {
                entry.insert(link);
            }
        }
        Self { checks, networks: &app.settings.checks, links, seats, tls: tls::connector() }
    }

    /// What a member says to everything; `None` where there is nothing to ask.
    pub async fn ask(&self, target: &Target) -> Option<CheckAnswer> {
        let rows = self.checks.all.iter().map(|check| async move {
            join_all(check.any.iter().map(|probe| self.probe(target, probe))).await
        });
        judge(join_all(rows).await)
    }

    async fn probe(&self, target: &Target, probe: &Probe) -> CheckAnswer {
        match probe {
            Probe::Ready {} if target.ready => passed(),
            Probe::Ready {} => failed("CHECK_NOT_READY", "Its cluster does not call it ready."),
            Probe::Agent {} if target.agent => passed(),
            Probe::Agent {} => failed("CHECK_AGENT_AWAY", "Its guest agent is not connected."),
            Probe::Tcp(TcpProbe { port, through }) => {
                self.connected(target, (*port, *through), |_, _| async { passed() }).await
            }
            Probe::Http(probe) => {
                let at = (probe.port, probe.through);
                self.connected(target, at, |stream, host| http::ask(stream, host, probe)).await
            }
            Probe::Https(probe) => {
                let at = (probe.port, probe.through);
                self.connected(target, at, |stream, host| self.over_tls(target, stream, host, probe)).await
            }
        }
    }

    /// Connects, and asks over the connection. Whatever takes too long from there on has failed.
    async fn connected<F: Future<Output = CheckAnswer>>(
        &self,
        target: &Target,
        at: (u16, Through),
        ask: impl FnOnce(Box<dyn Duplex>, String) -> F,
    ) -> CheckAnswer {
        let _seat = self.seats.one().await;
        let way = match Way::find(&self.links, &self.seats, self.networks, target, at).await {
            Ok(way) => way,
            Err(answer) => return answer,
        };
        let host = way.host(target);
        let seconds = self.checks.timeout_seconds;
        let limit = Duration::from_secs(seconds.unsigned_abs());
        let asking = async {
            match way.go().await {
                Ok(stream) => ask(stream, host).await,
                Err(answer) => answer,
            }
        };
        tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| {
            let said = Reason::new("CHECK_TIMED_OUT", format!("It did not answer within {seconds} seconds."));
            CheckAnswer::failed(said.with("seconds", seconds))
        })
    }

    async fn over_tls(
        &self,
        target: &Target,
        stream: Box<dyn Duplex>,
        host: String,
        probe: &HttpProbe,
    ) -> CheckAnswer {
        let Some(connector) = &self.tls else {
            return CheckAnswer::unasked(Reason::new("CHECK_TLS", "This server has no TLS to ask with."));
        };
        match connector.connect(tls::name_of(target), stream).await {
            Ok(stream) => http::ask(stream, host, probe).await,
            Err(error) => {
                let said = Reason::new("CHECK_TLS", "TLS with it did not come about.");
                CheckAnswer::failed(said.with("detail", error.to_string()))
            }
        }
    }
}

fn passed() -> CheckAnswer {
    CheckAnswer::passed("CHECK_PASSED", "It answered as it should.")
}

fn failed(code: &'static str, text: &'static str) -> CheckAnswer {
    CheckAnswer::failed(Reason::new(code, text))
}

#[cfg(test)]
mod tests {
    use rustls::ServerConfig;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use shepherd_domain::ids::VmId;
    use shepherd_domain::pool::{Memory, Outcome};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// What listens on a loopback port does with whoever comes.
    #[derive(Clone, Copy)]
    enum Does {
        Answer,
        Hang,
    }

    async fn listening(does: Does) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                match does {
                    Does::Answer => drop(tokio::spawn(async move {
                        let _ = stream.read(&mut [0; 4096]).await;
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                    })),
                    Does::Hang => held.push(stream),
                }
            }
        });
        port
    }

    async fn over_tls() -> u16 {
        let made = rcgen::generate_simple_self_signed(vec!["elsewhere".into()]).expect("it is made");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the defaults are safe")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("key and certificate belong together");
        let (acceptor, listener) = (
            TlsAcceptor::from(Arc::new(config)),
            TcpListener::bind("127.0.0.1:0").await.expect("a port is free"),
        );
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                }
            }
        });
        port
    }

    async fn said(
        networks: &CheckNetworks,
        address: Option<&str>,
        probe: serde_json::Value,
    ) -> (Outcome, String) {
        let any = vec![serde_json::from_value(probe).expect("it is a probe")];
        let checks = Checks {
            timeout_seconds: 1,
            all: vec![shepherd_domain::pool::AnyOf { any }],
            ..Checks::default()
        };
        let asker = Asker {
            checks: &checks,
            networks,
            links: HashMap::new(),
            seats: Arc::new(Seats::new()),
            tls: tls::connector(),
        };
        let target = Target {
            vm: VmId::new(),
            name: "web-01".into(),
            namespace: "apps".into(),
            cluster: ClusterId::new(),
            uid: "uid".into(),
            instance_uid: "run".into(),
            address: address.map(Into::into),
            ready: true,
            agent: false,
            memory: Memory::default(),
            code: None,
        };
        let answer = asker.ask(&target).await.expect("something is asked");
        (answer.outcome, answer.said.code.into_owned())
    }

    #[tokio::test]
    async fn a_member_is_asked_at_its_address_and_silence_is_a_failure() {
        let loopback = CheckNetworks { refused: vec![], allowed: vec!["127.0.0.1/32".parse().unwrap()] };
        let (answers, hangs, secure) =
            (listening(Does::Answer).await, listening(Does::Hang).await, over_tls().await);
        // Bound and let go: nothing listens there.
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let ask = async |kind: &str, port: u16| {
            let probe = serde_json::json!({ "kind": kind, "port": port, "through": "address" });
            said(&loopback, Some("127.0.0.1"), probe).await
        };
        let passed = (Outcome::Passed, "CHECK_PASSED".to_owned());
        let failed = |code: &str| (Outcome::Failed, code.to_owned());
        assert_eq!(ask("http", answers).await, passed);
        assert_eq!(ask("tcp", hangs).await, passed);
        assert_eq!(ask("http", hangs).await, failed("CHECK_TIMED_OUT"));
        assert_eq!(ask("https", hangs).await, failed("CHECK_TIMED_OUT"));
        assert_eq!(ask("http", closed).await, failed("CHECK_REFUSED"));
        assert_eq!(ask("https", secure).await, passed);
        assert_eq!(ask("https", answers).await, failed("CHECK_TLS"));
        assert_eq!(ask("http", secure).await.0, Outcome::Failed);
    }

    #[tokio::test]
    async fn what_says_nothing_about_a_member_is_not_held_against_it() {
        let port = listening(Does::Answer).await;
        let probe = serde_json::json!({ "kind": "http", "port": port, "through": "address" });
        let nowhere = CheckNetworks::default();
        let forbidden = (Outcome::Unasked, "CHECK_ADDRESS_FORBIDDEN".to_owned());
        for address in ["127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "localhost", "10.0.0.1/24"] {
            assert_eq!(said(&nowhere, Some(address), probe.clone()).await, forbidden, "{address}");
        }
        let none = (Outcome::Failed, "CHECK_NO_ADDRESS".to_owned());
        assert_eq!(said(&nowhere, None, probe).await, none);
        let through = serde_json::json!({ "kind": "tcp", "port": 80 });
        let away = (Outcome::Unasked, "CHECK_CLUSTER_AWAY".to_owned());
        assert_eq!(said(&nowhere, Some("10.0.0.1"), through).await, away);
        assert_eq!(said(&nowhere, None, serde_json::json!({ "kind": "ready" })).await.0, Outcome::Passed);
        assert_eq!(said(&nowhere, None, serde_json::json!({ "kind": "agent" })).await.1, "CHECK_AGENT_AWAY");
    }
}
