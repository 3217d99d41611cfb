//! A front before a cluster that writes down every request that comes through it, and passes it on.
//!
//! It has an authority of its own, so its kubeconfig is another one: whoever uses it cannot go round it. It passes
//! bodies on piece by piece, watches included; it does not pass WebSockets on. On request it spoils one of the calls that
//! carry out work on a VM ([`Recorder::spoil`]); what only looks around, tries or watches is left alone.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{StreamExt, TryStreamExt};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::TestCluster;

type Body = BoxBody<Bytes, io::Error>;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// The cluster does it, and its answer never arrives: whoever asked has to ask again.
    Lost,
    /// The cluster says that it cannot now, and does nothing.
    Busy,
    /// The cluster says that this is not allowed. Only what would write is denied.
    Denied,
    /// From just before this call on nobody answers, and nothing that was open is heard of any more.
    Away,
    /// The same from just after a call that writes: it is still answered.
    Mute,
}

/// Ends with the test that holds it.
pub struct Recorder {
    /// A kubeconfig, in JSON, that leads through it with the administrator's token.
    pub kubeconfig: String,
    /// Its address and authority, for who signs in by token.
    pub api_url: String,
    pub ca_pem: String,
    state: Arc<Mutex<State>>,
    away: watch::Sender<bool>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    seen: Vec<String>,
    /// The calls that are let through before one is spoiled.
    spoil: Option<(usize, Spoil)>,
    spoiled: Option<String>,
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Recorder {
    /// Before this cluster.
    pub async fn before(cluster: &TestCluster) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let names = vec!["127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names)
            .and_then(|params| params.self_signed(&key))
            .expect("a certificate can be made");
        let ca_pem = certificate.pem();
        let tls = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .expect("the certificate fits its key");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let api_url = format!("https://{}", listener.local_addr().expect("it listens"));
        let (state, away) = (Arc::<Mutex<State>>::default(), watch::Sender::new(false));
        let front = Front {
            state: Arc::clone(&state),
            away: away.clone(),
            base: cluster.url.clone(),
            http: trusting(&cluster.ca_pem),
        };
        let task = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), front));
        let mut file: Value = serde_json::from_str(&cluster.kubeconfig()).expect("it is JSON");
        file["clusters"][0]["cluster"]["server"] = api_url.clone().into();
        file["clusters"][0]["cluster"]["certificate-authority-data"] = base64(ca_pem.as_bytes()).into();
        Self { kubeconfig: file.to_string(), api_url, ca_pem, state, away, task }
    }

    /// Every request so far, as `METHOD /path?query`.
    pub fn seen(&self) -> Vec<String> {
        locked(&self.state).seen.clone()
    }

    /// The `nth` call from now on that carries out work, counted from 1, goes wrong like that; those after it do not.
    pub fn spoil(&self, nth: usize, how: Spoil) {
        let mut state = locked(&self.state);
        (state.spoil, state.spoiled) = (Some((nth - 1, how)), None);
    }

    /// All goes well again. The call that went wrong, if its turn had come.
    pub fn mend(&self) -> Option<String> {
        self.away.send_replace(false);
        let mut state = locked(&self.state);
        state.spoil = None;
        state.spoiled.take()
    }

    /// Whether nobody answers.
    pub fn is_away(&self) -> bool {
        *self.away.borrow()
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Front {
    state: Arc<Mutex<State>>,
    away: watch::Sender<bool>,
    base: String,
    http: reqwest::Client,
}

fn trusting(ca_pem: &str) -> reqwest::Client {
    let ca = reqwest::Certificate::from_pem(ca_pem.as_bytes()).expect("it is a certificate");
    reqwest::Client::builder().tls_certs_only([ca]).build().expect("a client can be built")
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, front: Front) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, front) = (tls.clone(), front.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| {
                let front = front.clone();
                async move { front.pass(request).await }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Whether a call carries out work on one VM, or reads it for that.
fn works(method: &Method, uri: &Uri) -> bool {
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let one = |kind: &str| path.split_once(kind).is_some_and(|(_, name)| !name.is_empty());
    match *method {
        Method::GET => one("/virtualmachines/") || one("/virtualmachineinstances/"),
        _ => !query.contains("dryRun") && !path.contains("/authorization.k8s.io/"),
    }
}

impl Front {
    /// How this call goes wrong, if it does.
    fn spoiled(&self, method: &Method, uri: &Uri) -> Option<Spoil> {
        let mut state = locked(&self.state);
        state.seen.push(format!("{method} {uri}"));
        let how = state.spoil?.1;
        let only_writes = matches!(how, Spoil::Denied | Spoil::Mute);
        if !works(method, uri) || (only_writes && method == Method::GET) {
            return None;
        }
        match &mut state.spoil {
            Some((0, _)) => {
                state.spoil = None;
                state.spoiled = Some(format!("{method} {uri}"));
                Some(how)
            }
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        }
    }

    /// The error ends the connection without an answer.
    async fn pass(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map(|target| target.as_str()).unwrap_or_default();
        let was_away = *self.away.borrow();
        let spoiled = self.spoiled(&parts.method, &parts.uri);
        match spoiled {
            _ if was_away => return Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Spoil::Busy) => return Ok(refusal(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable")),
            Some(Spoil::Denied) => return Ok(refusal(StatusCode::FORBIDDEN, "Forbidden")),
            Some(Spoil::Away) => {
                self.away.send_replace(true);
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            // What is open ends before the cluster does anything that could be heard there.
            Some(Spoil::Mute) => drop(self.away.send_replace(true)),
            Some(Spoil::Lost) | None => {}
        }
        let body = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
        let mut onward = self.http.request(parts.method, format!("{}{target}", self.base)).body(body);
        for name in [header::AUTHORIZATION, header::ACCEPT, header::CONTENT_TYPE] {
            if let Some(value) = parts.headers.get(&name) {
                onward = onward.header(name, value);
            }
        }
        let answer = onward.send().await;
        if spoiled == Some(Spoil::Lost) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(match answer {
            Ok(answer) => {
                let mut response = Response::builder().status(answer.status());
                if let Some(kind) = answer.headers().get(header::CONTENT_TYPE) {
                    response = response.header(header::CONTENT_TYPE, kind);
                }
                let mut away = self.away.subscribe();
                let over = async move {
                    // The sender lives as long as this front.
                    if spoiled.is_some() || away.wait_for(|away| *away).await.is_err() {
                        std::future::pending().await
                    }
                };
                let pieces = answer.bytes_stream().map_ok(Frame::data).map_err(io::Error::other);
                let pieces = pieces.take_until(Box::pin(over));
                response.body(BodyExt::boxed(StreamBody::new(pieces))).expect("it was an answer already")
            }
            Err(error) => answered(StatusCode::BAD_GATEWAY, error.to_string()),
        })
    }
}

/// A refusal as Kubernetes words it.
fn refusal(status: StatusCode, reason: &str) -> Response<Body> {
    let text = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "not for the test", "reason": reason, "code": status.as_u16() });
    answered(status, text.to_string())
}

fn answered(status: StatusCode, text: String) -> Response<Body> {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed();
    let json = (header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend([json]);
    response
}
