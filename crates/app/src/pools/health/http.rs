//! One request over a connection that stands, and what its answer is worth.
//!
//! No redirect is followed, no proxy used, nothing kept for the next request; of the body no more is read than may be
//! looked at. What the member sends is hostile and goes no further than here.

use bytes::Bytes;
use http::header::{CONNECTION, HOST, USER_AGENT};
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use shepherd_domain::pool::{CheckAnswer, HttpProbe};
use shepherd_domain::reason::Reason;
use tokio::io::{AsyncRead, AsyncWrite};

/// As much of a body as is looked at, and as much of a head as is taken.
const LOOKED_AT: usize = 64 << 10;

/// Asks.
pub(super) async fn ask(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    host: String,
    probe: &HttpProbe,
) -> CheckAnswer {
    let request = match request(&host, probe) {
        Ok(request) => request,
        Err(error) => return broken(&error),
    };
    let begun = http1::Builder::new().max_buf_size(LOOKED_AT).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = match begun {
        Ok(both) => both,
        Err(error) => return broken(&error),
    };
    let asking = async {
        match sender.send_request(request).await {
            Ok(answer) => worth(answer, probe).await,
            Err(error) => broken(&error),
        }
    };
    tokio::pin!(asking, connection);
    tokio::select! {
        answer = &mut asking => answer,
        // Its end is told to whoever asks, if it came too early.
        _ = &mut connection => asking.await,
    }
}

fn request(host: &str, probe: &HttpProbe) -> Result<Request<Empty<Bytes>>, http::Error> {
    let mut request = Request::builder()
        .method(probe.method.as_str())
        .uri(probe.path.as_str())
        .header(HOST, host)
        .header(USER_AGENT, concat!("shepherd/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .body(Empty::new())?;
    for (name, value) in &probe.headers {
        request.headers_mut().insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    Ok(request)
}

async fn worth(answer: Response<Incoming>, probe: &HttpProbe) -> CheckAnswer {
    let status = answer.status().as_u16();
    if !probe.accepts(status) {
        let said = Reason::new("CHECK_STATUS", format!("It answered with status {status}."));
        return CheckAnswer::failed(said.with("status", status));
    }
    let Some(text) = &probe.body_contains else {
        return CheckAnswer::passed("CHECK_PASSED", "It answered as it should.");
    };
    let (mut body, mut read) = (answer.into_body(), Vec::new());
    while read.len() < LOOKED_AT {
        match body.frame().await {
            None => break,
            Some(Ok(frame)) => {
                let data =
                    frame.data_ref().map_or(&[][..], |data| &data[..data.len().min(LOOKED_AT - read.len())]);
                read.extend_from_slice(data);
            }
            Some(Err(error)) => return broken(&error),
        }
    }
    match read.windows(text.len()).any(|part| part == text.as_bytes()) {
        true => CheckAnswer::passed("CHECK_PASSED", "It answered as it should."),
        false => {
            let text = "Its answer does not have the text that is looked for.";
            CheckAnswer::failed(Reason::new("CHECK_BODY", text))
        }
    }
}

fn broken(error: &dyn std::error::Error) -> CheckAnswer {
    let said = Reason::new("CHECK_BROKEN", "What it answered is no whole answer.");
    CheckAnswer::failed(said.with("detail", error.to_string()))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    async fn answered(answer: &'static str, probe: &str) -> (String, String) {
        let probe: HttpProbe = serde_json::from_str(probe).unwrap();
        let (near, mut far) = duplex(1 << 20);
        let server = tokio::spawn(async move {
            let (mut asked, mut buffer) = (Vec::new(), [0; 1024]);
            while !asked.ends_with(b"\r\n\r\n") {
                let n = far.read(&mut buffer).await.unwrap();
                asked.extend_from_slice(&buffer[..n]);
            }
            far.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        let answer = ask(near, "10.0.0.1:80".into(), &probe).await;
        (answer.said.code.into_owned(), server.await.unwrap())
    }

    #[tokio::test]
    async fn an_answer_is_worth_its_status_and_its_text() {
        const FINE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        const MOVED: &str =
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n";
        let cases = [
            (FINE, r#"{"port":80}"#, "CHECK_PASSED"),
            (FINE, r#"{"port":80,"body_contains":"ell"}"#, "CHECK_PASSED"),
            (FINE, r#"{"port":80,"body_contains":"bye"}"#, "CHECK_BODY"),
            (FINE, r#"{"port":80,"status":[503]}"#, "CHECK_STATUS"),
            (MOVED, r#"{"port":80}"#, "CHECK_STATUS"),
            (MOVED, r#"{"port":80,"status":[302]}"#, "CHECK_PASSED"),
            ("HTTP/1.1 500 No\r\n\r\n", r#"{"port":80}"#, "CHECK_STATUS"),
            ("SSH-2.0-OpenSSH_9.9\r\n", r#"{"port":80}"#, "CHECK_BROKEN"),
            ("", r#"{"port":80}"#, "CHECK_BROKEN"),
            // It says more than it sends.
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                r#"{"port":80,"body_contains":"x"}"#,
                "CHECK_BROKEN",
            ),
        ];
        for (answer, probe, code) in cases {
            assert_eq!(answered(answer, probe).await.0, code, "{answer} {probe}");
        }
        let said = r#"{"port":80,"method":"HEAD","path":"/up?a=1","headers":{"Host":"web","X-One":"1"}}"#;
        let (_, asked) = answered("HTTP/1.1 200 OK\r\n\r\n", said).await;
        assert!(asked.starts_with("HEAD /up?a=1 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("host: web\r\n") && asked.contains("x-one: 1\r\n"), "{asked}");
    }
}
