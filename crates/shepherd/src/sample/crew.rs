//! The sample people who act, each signed in.

use shepherd_cli::{connect, signin};
use shepherd_contract::client::Client;
use shepherd_contract::types::{Approve, Request, RequestVm};
use url::Url;

use crate::failure::Failure;

/// Signed-in people.
pub struct Crew {
    pub engineer: Client,
    pub approver: Client,
    pub admin: Client,
}

impl Crew {
    /// Signs them in.
    pub async fn sign_in(server: &Url) -> Result<Self, Failure> {
        Ok(Self {
            engineer: client(server, "engineer").await?,
            approver: client(server, "approver").await?,
            admin: client(server, "admin").await?,
        })
    }

    /// The engineer asks and the approver says yes to exactly that.
    pub async fn ask_and_approve(&self, name: &str, body: &RequestVm) -> Result<Request, Failure> {
        let request = self.engineer.requests().request_vm(&format!("sample-ask-{name}"), body).await?;
        self.approve(name, &request).await
    }

    /// The approver approves.
    pub async fn approve(&self, name: &str, request: &Request) -> Result<Request, Failure> {
        let body = approval(request, "Sample: fine.");
        Ok(self.approver.requests().approve_request(request.id, &format!("sample-yes-{name}"), &body).await?)
    }
}

/// An approval of what the request says.
pub fn approval(request: &Request, comment: &str) -> Approve {
    Approve {
        spec_hash: request.spec_hash.clone(),
        comment: Some(comment.to_owned()),
        cluster_id: None,
        // Wanted in protected environments, welcome elsewhere.
        confirm_name: request.vm.as_ref().map(|vm| vm.name.clone()),
        overrides: None,
        set_aside: None,
    }
}

/// One sample person, signed in from this machine.
pub async fn client(server: &Url, name: &str) -> Result<Client, Failure> {
    let connection = connect::connection(connect::http(server, None)?, server)?;
    Ok(signin::as_sample(connection, name).await?.0)
}
