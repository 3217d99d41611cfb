//! `vm modify` and `vm set`: what a VM is, and what stands beside it.

use std::collections::BTreeMap;

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::types::{FieldChange, ModifyPreflight, ModifyVm, UpdateVm};

use super::FIELDS as VM_FIELDS;
use super::request::parse_pair;
use crate::connect::key;
use crate::fields::Answers;
use crate::output::Column;
use crate::quantity::parse_bytes;
use crate::requests::FIELDS;
use crate::wait::Wait;
use crate::{Failure, Output, resolve};

#[derive(Debug, Clone, Args)]
pub struct ModifyArgs {
    /// The VM's full name
    vm: String,
    /// NAME, or NAME@VERSION for another than the newest
    #[arg(long)]
    size: Option<String>,
    /// Root disk, such as 20GiB; it can only grow
    #[arg(long, value_parser = parse_bytes)]
    disk: Option<i64>,
    /// NAME@VERSION of the VM's own template
    #[arg(long)]
    template: Option<String>,
    /// A variable of the template; can be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_pair)]
    variables: Vec<(String, String)>,
    /// A label to set; can be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parse_pair)]
    labels: Vec<(String, String)>,
    /// A label to take away; can be repeated
    #[arg(long, value_name = "KEY")]
    remove_label: Vec<String>,
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    answers: Answers,
    /// Only say what would change, and what of it needs a restart
    #[arg(long)]
    preflight: bool,
    #[command(flatten)]
    wait: Wait,
}

#[derive(Debug, Clone, Args)]
pub struct SetArgs {
    /// The VM's full name
    vm: String,
    /// Whether it is protected from deletion
    #[arg(long, value_name = "true|false")]
    protect: Option<bool>,
    /// What it is, for people
    #[arg(long)]
    description: Option<String>,
}

const PREFLIGHT: [Column<ModifyPreflight>; 6] = [
    ("Changes", |p| p.changes.iter().map(line).collect::<Vec<_>>().join("\n")),
    ("Restart", |p| if p.restart_needed { "needed".to_owned() } else { "not needed".to_owned() }),
    ("Outcome", |p| p.outcome.to_string()),
    ("Needs", |p| p.stages.iter().map(|s| s.requirement.text.as_str()).collect::<Vec<_>>().join("; ")),
    ("Problems", |p| p.problems.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("\n")),
    ("Warnings", |p| p.warnings.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("\n")),
];

/// `memory_bytes: 134217728 -> 268435456 (restart)`
pub(crate) fn line(change: &FieldChange) -> String {
    format!("{}: {} -> {} ({})", change.field, change.before, change.after, change.effect)
}

pub(super) async fn modify(args: ModifyArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::vm(client, &args.vm).await?;
    let vm = client.vms().get_vm(id).await?;
    let mut labels = vm.labels.clone();
    labels.extend(args.labels);
    labels.retain(|key, _| !args.remove_label.contains(key));
    let size_version_id = match &args.size {
        Some(size) => Some(resolve::size(client, size).await?),
        None => None,
    };
    let template_version_id = match &args.template {
        Some(template) => Some(resolve::template(client, template).await?),
        None => None,
    };
    let body = ModifyVm {
        base_revision: vm.spec_revision,
        size_version_id,
        disk_bytes: args.disk,
        template_version_id,
        variables: Some(args.variables.into_iter().collect::<BTreeMap<_, _>>()),
        labels: Some(labels),
        reason: args.reason,
        fields: args.answers.values(client).await?,
    };
    if args.preflight {
        let preflight = client.lifecycle().preflight_modify(id, &body).await?;
        out.one(&preflight, &PREFLIGHT)?;
        return match preflight.problems.first() {
            Some(problem) => Err(Failure::Ended(format!("it would be refused: {}", problem.code))),
            None => Ok(()),
        };
    }
    let request = client.lifecycle().modify_vm(id, &key(), &body).await?;
    out.one(&args.wait.finish(client, request, out).await?, &FIELDS)
}

pub(super) async fn set(args: SetArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    if args.protect.is_none() && args.description.is_none() {
        return Err(Failure::Usage("say what to set: --protect or --description".to_owned()));
    }
    let id = resolve::vm(client, &args.vm).await?;
    let vm = client.vms().get_vm(id).await?;
    let body = UpdateVm { delete_protected: args.protect, description: args.description };
    out.one(&client.vms().update_vm(id, vm.version, &body).await?, &VM_FIELDS)
}
