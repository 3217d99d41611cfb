//! `vm request`: asking for a VM, or seeing what would happen.

use std::collections::BTreeMap;

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{CreateSecret, Preflight, RequestVm};

use super::place::{PlaceArgs, excluded};
use crate::connect::key;
use crate::fields::Answers;
use crate::output::Column;
use crate::quantity::parse_bytes;
use crate::requests::FIELDS;
use crate::wait::Wait;
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Args)]
pub struct RequestArgs {
    /// SYSTEM/SERVICE it belongs to
    #[arg(long)]
    service: String,
    #[arg(long)]
    namespace: String,
    /// NAME, or NAME@VERSION for another than the newest
    #[arg(long)]
    template: String,
    /// NAME, or NAME@VERSION for another than the newest
    #[arg(long)]
    size: String,
    /// Root disk, such as 20GiB; the size's own if left out
    #[arg(long, value_parser = parse_bytes)]
    disk: Option<i64>,
    /// A variable of the template; can be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_pair)]
    variables: Vec<(String, String)>,
    /// A secret variable of the template and the file with its value; can be repeated
    #[arg(long = "secret-file", value_name = "NAME=FILE", value_parser = parse_pair)]
    secrets: Vec<(String, String)>,
    /// What it is connected to, in this order; the pod network if left out; can be repeated
    #[arg(long)]
    network: Vec<String>,
    /// One of my SSH keys, by name; can be repeated
    #[arg(long)]
    ssh_key: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
    /// What it is for; approvers read it
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    answers: Answers,
    /// Yes, another one like an open request of mine
    #[arg(long)]
    another: bool,
    /// Only say what would happen
    #[arg(long)]
    preflight: bool,
    #[command(flatten)]
    wait: Wait,
}

const PREFLIGHT: [Column<Preflight>; 8] = [
    ("Name", |p| p.name.clone()),
    ("Outcome", |p| p.outcome.to_string()),
    ("Needs", |p| p.stages.iter().map(|s| s.requirement.text.as_str()).collect::<Vec<_>>().join("; ")),
    ("Goes to", |p| {
        p.placement.iter().find(|c| c.eligible).map(|c| c.cluster.name.clone()).unwrap_or_default()
    }),
    ("Not to", |p| excluded(&p.placement)),
    ("Problems", |p| p.problems.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("\n")),
    ("Warnings", |p| p.warnings.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("\n")),
    ("Hash", |p| p.spec_hash.clone()),
];

pub(super) async fn run(args: RequestArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let mut keys = Vec::new();
    for name in &args.ssh_key {
        keys.push(resolve::ssh_key(client, name).await?);
    }
    let mut networks = Vec::new();
    for name in &args.network {
        networks.push(resolve::network(client, name).await?);
    }
    let mut secrets = BTreeMap::new();
    for (name, path) in &args.secrets {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::local(path, error))?;
        // Editors end a file with a line break that is not part of the value.
        let value = Secret::from(text.strip_suffix('\n').unwrap_or(&text));
        let kept = client.secrets().create_secret(&CreateSecret { value }).await?;
        secrets.insert(name.clone(), kept.id);
    }
    let body = RequestVm {
        service_id: resolve::service(client, &args.service).await?,
        namespace_id: resolve::namespace(client, &args.namespace).await?,
        template_version_id: resolve::template(client, &args.template).await?,
        size_version_id: resolve::size(client, &args.size).await?,
        disk_bytes: args.disk,
        variables: Some(args.variables.into_iter().collect::<BTreeMap<_, _>>()),
        secret_ids: (!secrets.is_empty()).then_some(secrets),
        network_ids: (!networks.is_empty()).then_some(networks),
        ssh_key_ids: Some(keys),
        place: args.place.onto(client, None).await?,
        reason: Some(args.reason),
        another: args.another.then_some(true),
        sample: None,
        fields: args.answers.values(client).await?,
    };
    if args.preflight {
        let preflight = client.requests().preflight_vm(&body).await?;
        out.one(&preflight, &PREFLIGHT)?;
        return match preflight.problems.first() {
            Some(problem) => Err(Failure::Ended(format!("it would be refused: {}", problem.code))),
            None => Ok(()),
        };
    }
    let request = client.requests().request_vm(&key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
