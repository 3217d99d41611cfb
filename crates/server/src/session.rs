//! Signing in and out over HTTP: the only place that sets a cookie.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use shepherd_app::sessions::SignedIn;
use shepherd_app::{Cx, Error};
use shepherd_contract::runtime::server;
use shepherd_contract::server::session::SessionApi;
use shepherd_contract::types::{SampleSignIn, Session, SessionOptions, SignIn};

use crate::Server;
use crate::problems::Fault;

impl SessionApi for Server {
    async fn get_session_options(&self, cx: Cx) -> Result<SessionOptions, Fault> {
        Ok(self.app.session_options(&cx).await?)
    }

    async fn sign_in(&self, cx: Cx, body: SignIn) -> Result<Response, Fault> {
        self.signed_in(self.app.sign_in(&cx, body).await?)
    }

    async fn get_session(&self, cx: Cx) -> Result<Session, Fault> {
        Ok(self.app.get_session(&cx).await?)
    }

    async fn sign_out(&self, cx: Cx) -> Result<Response, Fault> {
        self.app.sign_out(&cx).await?;
        let gone = cx.via.transport.map(|transport| transport.clear());
        with_cookie(server::empty(StatusCode::NO_CONTENT), gone)
    }

    async fn sign_in_as_sample(&self, cx: Cx, body: SampleSignIn) -> Result<Response, Fault> {
        self.signed_in(self.app.sign_in_as_sample(&cx, body).await?)
    }
}

impl Server {
    fn signed_in(&self, done: SignedIn) -> Result<Response, Fault> {
        let answer = server::json(StatusCode::OK, &done.session, None)
            .map_err(|problem| internal(problem.to_string()))?;
        let cookie = done.transport.set(&done.cookie, self.app.settings.sessions.absolute);
        with_cookie(answer, Some(cookie))
    }
}

fn with_cookie(mut answer: Response, cookie: Option<String>) -> Result<Response, Fault> {
    if let Some(cookie) = cookie {
        let mut value =
            HeaderValue::from_str(&cookie).map_err(|_| internal("a cookie that no header holds".into()))?;
        value.set_sensitive(true);
        answer.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(answer)
}

fn internal(cause: String) -> Fault {
    Fault(Error::Internal(cause.into()))
}
