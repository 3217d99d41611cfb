//! People as tests speak of them: signed in, each with a client of their own.

use std::ops::Deref;

use secrecy::SecretString;
use shepherd_app::install::NewAccount;
use shepherd_contract::client::{Client, ClientError, Connection};
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{SampleSignIn, SignIn};
use shepherd_domain::ids::PrincipalId;
use url::Url;

use super::TestApp;

/// A person with a browser: dereferences to the typed client, so that a story reads `engineer.vms().start(..)`.
pub struct Caller {
    pub id: PrincipalId,
    pub name: String,
    client: Client,
    http: reqwest::Client,
}

impl Deref for Caller {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Caller {
    /// The same person at another replica, signed in as here: cookies do not tell ports apart.
    pub fn at(&self, base: &str) -> Self {
        let base: Url = base.parse().expect("it is a URL");
        let client = client(&self.http, &base);
        Self { id: self.id, name: self.name.clone(), client, http: self.http.clone() }
    }

    /// The browser itself, with its cookies, for requests that the typed client would not send.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }
}

impl TestApp {
    /// Asks for VMs, and owns what they create.
    pub async fn engineer(&self) -> Caller {
        self.person("engineer", "engineer").await
    }

    /// Another engineer, who belongs to nothing of the first one's.
    pub async fn neighbour(&self) -> Caller {
        self.person("neighbour", "engineer").await
    }

    /// Decides on requests.
    pub async fn approver(&self) -> Caller {
        self.person("approver", "approver").await
    }

    /// Runs the platform.
    pub async fn admin(&self) -> Caller {
        self.person("admin", "platform-admin").await
    }

    /// Reads everything, changes nothing.
    pub async fn auditor(&self) -> Caller {
        self.person("auditor", "auditor").await
    }

    /// Somebody of a name, with a role everywhere, signed in as sample people do. Made when first mentioned.
    pub async fn person(&self, name: &str, role: &str) -> Caller {
        self.account(name, role, None).await;
        let (client, http) = self.browser();
        let session = client.session().sign_in_as_sample(&SampleSignIn { name: name.into() }).await;
        let session = session.unwrap_or_else(|error| panic!("{name} cannot sign in: {error}"));
        Caller { id: session.person.id, name: name.into(), client, http }
    }

    /// An account with a password, which nobody is asked to change. Made when first mentioned.
    pub async fn account(&self, name: &str, role: &str, password: Option<&str>) -> PrincipalId {
        let mut people = self.people.lock().await;
        if let Some(id) = people.get(name) {
            return *id;
        }
        let new = NewAccount {
            name,
            display_name: name,
            role,
            sample: password.is_none(),
            password: password.map(SecretString::from),
        };
        let made = self.app.install_account(new).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        people.insert(name.into(), made.id);
        made.id
    }

    /// Signs in with a password, in a browser of its own.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Caller, ClientError> {
        let (client, http) = self.browser();
        let body = SignIn { name: name.into(), password: Secret::from(password) };
        let session = client.session().sign_in(&body).await?;
        Ok(Caller { id: session.person.id, name: name.into(), client, http })
    }

    /// Someone with a personal token: no cookies, no origin.
    pub fn with_token(&self, token: &Secret) -> Client {
        let connection = Connection::new(reqwest::Client::new(), self.served.base.clone());
        Client::new(connection.with_token(token).expect("a token is plain text"))
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client {
        self.browser().0
    }

    /// A browser on one of our own pages.
    fn browser(&self) -> (Client, reqwest::Client) {
        let http = reqwest::Client::builder().cookie_store(true).build().expect("a client can be built");
        (client(&http, &self.served.base), http)
    }
}

/// The typed client of a browser on one of our own pages.
fn client(http: &reqwest::Client, base: &Url) -> Client {
    let origin = base.origin().ascii_serialization().parse().expect("an origin is plain text");
    let connection = Connection::new(http.clone(), base.clone());
    Client::new(connection.with_header(reqwest::header::ORIGIN, origin))
}
