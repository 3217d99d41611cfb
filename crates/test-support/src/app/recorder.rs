//! A front before a cluster that writes down every request that comes through it, and passes it on.
//!
//! It has an authority of its own, so its kubeconfig is another one: whoever uses it cannot go round it. It passes
//! bodies on piece by piece, watches included; it does not pass WebSockets on.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use futures::TryStreamExt;
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::TestCluster;

type Body = BoxBody<Bytes, std::io::Error>;

/// Ends with the test that holds it.
pub struct Recorder {
    /// A kubeconfig, in JSON, that leads through it with the administrator's token.
    pub kubeconfig: String,
    /// Its address and authority, for who signs in by token.
    pub api_url: String,
    pub ca_pem: String,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
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
        let seen = Arc::new(Mutex::new(Vec::new()));
        let front =
            Front { seen: Arc::clone(&seen), base: cluster.url.clone(), http: trusting(&cluster.ca_pem) };
        let task = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), front));
        let mut file: Value = serde_json::from_str(&cluster.kubeconfig()).expect("it is JSON");
        file["clusters"][0]["cluster"]["server"] = api_url.clone().into();
        file["clusters"][0]["cluster"]["certificate-authority-data"] = base64(ca_pem.as_bytes()).into();
        Self { kubeconfig: file.to_string(), api_url, ca_pem, seen, task }
    }

    /// Every request so far, as `METHOD /path?query`.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Clone)]
struct Front {
    seen: Arc<Mutex<Vec<String>>>,
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
                async move { Ok::<_, Infallible>(front.pass(request).await) }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Front {
    async fn pass(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map(|target| target.as_str()).unwrap_or_default();
        let line = format!("{} {target}", parts.method);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        let body = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
        let mut onward = self.http.request(parts.method, format!("{}{target}", self.base)).body(body);
        for name in [header::AUTHORIZATION, header::ACCEPT, header::CONTENT_TYPE] {
            if let Some(value) = parts.headers.get(&name) {
                onward = onward.header(name, value);
            }
        }
        match onward.send().await {
            Ok(answer) => {
                let mut response = Response::builder().status(answer.status());
                if let Some(kind) = answer.headers().get(header::CONTENT_TYPE) {
                    response = response.header(header::CONTENT_TYPE, kind);
                }
                let pieces = answer.bytes_stream().map_ok(Frame::data).map_err(std::io::Error::other);
                response.body(BodyExt::boxed(StreamBody::new(pieces))).expect("it was an answer already")
            }
            Err(error) => {
                let text = Full::new(Bytes::from(error.to_string())).map_err(|never| match never {});
                let mut response = Response::new(text.boxed());
                *response.status_mut() = hyper::StatusCode::BAD_GATEWAY;
                response
            }
        }
    }
}
