//! A browser's kind of sign-in, for the moment before there is a token.
//!
//! The cookie lives in the returned client only. As a browser would, it says which page it comes from: the server
//! refuses cookies without that.

use http::{HeaderValue, header};
use serde::Serialize;
use shepherd_contract::client::{Client, ClientError, Connection};
use shepherd_contract::operations::OperationId;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{SampleSignIn, Session, SignIn};

use crate::Failure;

/// Signs in with a password.
///
/// # Errors
/// What the server says.
pub async fn with_password(
    connection: Connection,
    name: &str,
    password: Secret,
) -> Result<(Client, Session), Failure> {
    let client = Client::new(with_origin(connection)?);
    let answer = call(&client, OperationId::SignIn, &SignIn { name: name.to_owned(), password }).await?;
    keep_cookie(client, answer).await
}

/// Signs in as one of the sample people; only on the machine the server runs on.
///
/// # Errors
/// What the server says.
pub async fn as_sample(connection: Connection, name: &str) -> Result<(Client, Session), Failure> {
    let client = Client::new(with_origin(connection)?);
    let answer = call(&client, OperationId::SignInAsSample, &SampleSignIn { name: name.to_owned() }).await?;
    keep_cookie(client, answer).await
}

fn with_origin(connection: Connection) -> Result<Connection, Failure> {
    let origin = connection.base().origin().ascii_serialization();
    let origin =
        HeaderValue::from_str(&origin).map_err(|_| Failure::Usage("the server's address is odd".into()))?;
    Ok(connection.with_header(header::ORIGIN, origin))
}

/// The generated method decodes the body and drops the cookie, which is what matters here.
async fn call(
    client: &Client,
    operation: OperationId,
    body: &impl Serialize,
) -> Result<reqwest::Response, ClientError> {
    client.connection().call(operation.get()).json(body).send_raw().await
}

async fn keep_cookie(client: Client, answer: reqwest::Response) -> Result<(Client, Session), Failure> {
    let cookie = answer.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok());
    let pair =
        cookie.and_then(|text| text.split(';').next()).and_then(|pair| HeaderValue::from_str(pair).ok());
    let Some(mut pair) = pair else {
        return Err(Failure::Unavailable("the server answered without a cookie; is it a Shepherd?".into()));
    };
    pair.set_sensitive(true);
    let session = answer.json().await.map_err(|_| Failure::Unavailable("the answer is no session".into()))?;
    Ok((Client::new(client.connection().clone().with_header(header::COOKIE, pair)), session))
}
