//! A client as plain as can be: one connection, one call at a time. What it costs is the same for whatever it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderName, HeaderValue, ORIGIN, SET_COOKIE};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Who calls.
#[derive(Clone)]
pub enum Credential {
    Nobody,
    Token(String),
    /// A browser's.
    Cookie(String),
}

/// A connection that stays open.
pub struct Connection {
    address: SocketAddr,
    credential: Credential,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    pub async fn open(address: SocketAddr, credential: Credential) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { address, credential, sender })
    }

    /// Sends one call and returns its answer as soon as it begins.
    pub async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>> {
        let host = self.address.to_string();
        let mut request = Request::builder().method(&method).uri(path).header(HOST, &host);
        request = match &self.credential {
            Credential::Nobody => request,
            Credential::Token(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            Credential::Cookie(cookie) => request.header(COOKIE, cookie),
        };
        let mut bytes = Bytes::new();
        if method != Method::GET {
            request = request.header(ORIGIN, format!("http://{host}"));
            let key = HeaderName::from_static("idempotency-key");
            request = request.header(key, uuid::Uuid::now_v7().to_string());
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            bytes = serde_json::to_vec(body)?.into();
        }
        self.sender.ready().await?;
        Ok(self.sender.send_request(request.body(Full::new(bytes))?).await?)
    }

    /// A `GET` whose answer is read and thrown away; anything but success is an error.
    pub async fn fetch(&mut self, path: &str) -> Result<Bytes> {
        let answer = self.call(Method::GET, path, None).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("GET {path}: {status} {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }

    pub async fn get(&mut self, path: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&self.fetch(path).await?)?)
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.send(Method::POST, path, body).await?.0)
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.send(Method::PUT, path, body).await?.0)
    }

    /// The answer, and the cookie it sets.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<(Value, Option<String>)> {
        let answer = self.call(method.clone(), path, Some(body)).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        }
        let cookie = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|text| text.split(';').next()).map(str::to_owned);
        let value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok((value, cookie))
    }
}

/// The text at a JSON pointer.
pub fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found.with_context(|| format!("no text at {pointer} in {value}"))?.to_owned())
}
