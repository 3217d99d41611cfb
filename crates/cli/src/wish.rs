//! What a VM shall be, given by flags one may leave out: for drafts, and for changing what was asked for.

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::types::{DraftVm, RequestVm};
use shepherd_domain::ids::ServiceId;

use crate::fields::Answers;
use crate::quantity::parse_bytes;
use crate::vms::{PlaceArgs, parse_pair};
use crate::{Failure, resolve};

/// What is given replaces what was there; what is left out stays.
#[derive(Debug, Clone, Default, Args)]
pub struct Wish {
    #[arg(long)]
    namespace: Option<String>,
    /// NAME, or NAME@VERSION for another than the newest
    #[arg(long)]
    template: Option<String>,
    /// NAME, or NAME@VERSION for another than the newest
    #[arg(long)]
    size: Option<String>,
    /// Root disk, such as 20GiB
    #[arg(long, value_parser = parse_bytes)]
    disk: Option<i64>,
    /// A variable of the template; can be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_pair)]
    variables: Vec<(String, String)>,
    /// One of my SSH keys, by name; can be repeated, and replaces those that were there
    #[arg(long)]
    ssh_key: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
    /// What it is for; approvers read it
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    answers: Answers,
}

impl Wish {
    /// The reason and the answers alone, for what is asked of a VM that exists.
    pub fn only_words(self) -> Result<(Option<String>, Answers), Failure> {
        let nothing_else = self.namespace.is_none()
            && self.template.is_none()
            && self.size.is_none()
            && self.disk.is_none()
            && self.variables.is_empty()
            && self.place.is_empty()
            && self.ssh_key.is_empty();
        match nothing_else {
            true => Ok((self.reason, self.answers)),
            false => {
                Err(Failure::Usage("only a request for a new VM has those; give --reason or --field".into()))
            }
        }
    }

    /// What was given and nothing else, for a VM of this Service.
    pub async fn fresh(self, client: &Client, service_id: ServiceId) -> Result<DraftVm, Failure> {
        let nothing = DraftVm {
            service_id,
            namespace_id: None,
            template_version_id: None,
            size_version_id: None,
            disk_bytes: None,
            variables: None,
            secret_ids: None,
            network_ids: None,
            ssh_key_ids: None,
            place: None,
            reason: None,
            another: None,
            fields: None,
        };
        self.onto(client, nothing).await
    }

    /// `body` with what was given.
    pub async fn onto(self, client: &Client, mut body: DraftVm) -> Result<DraftVm, Failure> {
        if let Some(name) = &self.namespace {
            body.namespace_id = Some(resolve::namespace(client, name).await?);
        }
        if let Some(name) = &self.template {
            body.template_version_id = Some(resolve::template(client, name).await?);
        }
        if let Some(name) = &self.size {
            body.size_version_id = Some(resolve::size(client, name).await?);
        }
        body.disk_bytes = self.disk.or(body.disk_bytes);
        body.place = self.place.onto(client, body.place).await?;
        body.reason = self.reason.or(body.reason);
        if let Some(answers) = self.answers.values(client).await? {
            body.fields.get_or_insert_default().extend(answers);
        }
        if !self.variables.is_empty() {
            body.variables.get_or_insert_default().extend(self.variables);
        }
        if !self.ssh_key.is_empty() {
            let mut keys = Vec::new();
            for name in &self.ssh_key {
                keys.push(resolve::ssh_key(client, name).await?);
            }
            body.ssh_key_ids = Some(keys);
        }
        Ok(body)
    }
}

/// A wish with all that a request must have.
pub fn whole(body: DraftVm) -> Result<RequestVm, Failure> {
    match (body.namespace_id, body.template_version_id, body.size_version_id) {
        (Some(namespace_id), Some(template_version_id), Some(size_version_id)) => Ok(RequestVm {
            service_id: body.service_id,
            namespace_id,
            template_version_id,
            size_version_id,
            disk_bytes: body.disk_bytes,
            variables: body.variables,
            secret_ids: body.secret_ids,
            network_ids: body.network_ids,
            ssh_key_ids: body.ssh_key_ids,
            place: body.place,
            reason: body.reason,
            another: body.another,
            sample: None,
            fields: body.fields,
        }),
        _ => Err(Failure::Usage("give --namespace, --template and --size".into())),
    }
}
