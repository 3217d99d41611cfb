//! `request request-changes` and `request edit`.

use clap::Args;
use serde_json::{Map, Value};
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    ConsoleKind, DeleteVm, DraftVm, EditConsole, EditCreate, EditDelete, EditJoin, EditPause, EditPurge,
    EditRequest, EditRestart, EditRestore, EditStart, EditStop, EditUnpause, JoinSystem, MemberRole,
    OpenConsole, PlaceWish, PowerVm, Request, RequestChanges, RequestOperation, StopVm,
};
use shepherd_domain::spec::{self, CreateSpec, Spec};

use crate::requests::FIELDS;
use crate::wish::{self, Wish};
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Args)]
pub struct EditArgs {
    /// Its number, such as R-1042
    request: String,
    #[command(flatten)]
    wish: Wish,
    /// For a stop: without waiting for the guest, or not
    #[arg(long)]
    force: Option<bool>,
    /// For a deletion: the VM's full name
    #[arg(long)]
    confirm: Option<String>,
    /// For a place in a System: owner, member or viewer
    #[arg(long)]
    role: Option<MemberRole>,
}

/// Sends a request back to whoever asked.
pub(crate) async fn request_changes(
    request: &str,
    comment: String,
    client: &Client,
    out: &Output,
) -> Result<(), Failure> {
    let id = resolve::request(client, request).await?;
    let spec_hash = client.requests().get_request(id).await?.spec_hash;
    let body = RequestChanges { spec_hash, comment };
    out.one(&client.edits().request_changes(id, &connect::key(), &body).await?, &FIELDS)
}

/// Changes what was given and keeps the rest.
pub(crate) async fn edit(args: EditArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::request(client, &args.request).await?;
    let request = client.requests().get_request(id).await?;
    let version = request.version;
    let body = new_body(args, request, client).await?;
    out.one(&client.edits().edit_request(id, version, &body).await?, &FIELDS)
}

async fn new_body(args: EditArgs, request: Request, client: &Client) -> Result<EditRequest, Failure> {
    use RequestOperation as Op;
    if request.operation == Op::VmCreate {
        let body = wish::whole(args.wish.onto(client, wish_of(&request)?).await?)?;
        return Ok(EditRequest::VmCreate(EditCreate { body }));
    }
    let text = |name: &str| request.spec.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (force, grace) = (request.spec.get("force"), request.spec.get("grace_seconds"));
    let force = args.force.or(force.and_then(Value::as_bool));
    let grace = grace.and_then(Value::as_i64).and_then(|seconds| i32::try_from(seconds).ok());
    let (reason, answers) = args.wish.only_words()?;
    let reason = Some(reason.unwrap_or_else(|| request.reason.clone()));
    let mut fields = answers_of(&request);
    if let Some(answers) = answers.values(client).await? {
        fields.get_or_insert_default().extend(answers);
    }
    let body = PowerVm { reason: reason.clone(), fields: fields.clone() };
    Ok(match request.operation {
        Op::VmStart => EditRequest::VmStart(EditStart { body }),
        Op::VmRestart => EditRequest::VmRestart(EditRestart { body }),
        Op::VmPause => EditRequest::VmPause(EditPause { body }),
        Op::VmUnpause => EditRequest::VmUnpause(EditUnpause { body }),
        Op::VmStop => {
            let grace_seconds = grace.filter(|_| force != Some(true));
            EditRequest::VmStop(EditStop { body: StopVm { reason, force, grace_seconds, fields } })
        }
        Op::VmDelete => {
            let confirm_name = args.confirm.ok_or_else(|| {
                Failure::Usage("a deletion wants the VM's full name typed; give --confirm NAME".into())
            })?;
            EditRequest::VmDelete(EditDelete { body: DeleteVm { reason, confirm_name, fields } })
        }
        Op::VmRestore => EditRequest::VmRestore(EditRestore { body }),
        Op::VmPurge => {
            let confirm_name = args.confirm.ok_or_else(|| {
                Failure::Usage("a deletion wants the VM's full name typed; give --confirm NAME".into())
            })?;
            EditRequest::VmPurge(EditPurge { body: DeleteVm { reason, confirm_name, fields } })
        }
        Op::VmConsole => {
            let kind: ConsoleKind = text("kind").parse().unwrap_or(ConsoleKind::Serial);
            EditRequest::VmConsole(EditConsole { body: OpenConsole { kind, reason, fields } })
        }
        Op::SystemJoin => {
            let role = args.role.or_else(|| text("role").parse().ok()).unwrap_or(MemberRole::Viewer);
            let body = JoinSystem { system: text("system"), role, reason, fields };
            EditRequest::SystemJoin(EditJoin { body })
        }
        other => return Err(Failure::Usage(format!("this program cannot change a request for {other}"))),
    })
}

/// The wish for a VM that a request is of.
fn wish_of(request: &Request) -> Result<DraftVm, Failure> {
    let spec = spec::from_json(Value::Object(request.spec.clone()));
    let Ok(Spec::Create(create)) = spec else {
        return Err(Failure::Usage("this program is too old to read the request".into()));
    };
    let place = Some(place_of(&create)).filter(|place| *place != NOWHERE);
    let networks: Vec<_> = create.networks.iter().map(|network| network.network_id).collect();
    Ok(DraftVm {
        service_id: create.service_id,
        namespace_id: Some(create.namespace_id),
        template_version_id: Some(create.template_version_id),
        size_version_id: Some(create.size_version_id),
        disk_bytes: Some(create.disk_bytes),
        variables: Some(create.variables),
        secret_ids: Some(create.secrets).filter(|ids| !ids.is_empty()),
        network_ids: Some(networks).filter(|ids| !ids.is_empty()),
        place,
        ssh_key_ids: Some(create.ssh_keys.into_iter().map(|key| key.id).collect()),
        reason: Some(request.reason.clone()),
        another: None,
        fields: answers_of(request),
    })
}

const NOWHERE: PlaceWish = PlaceWish { zone: None, apart_from: None, storage_class: None, volume_mode: None };

/// What is asked of where it runs.
fn place_of(create: &CreateSpec) -> PlaceWish {
    PlaceWish {
        zone: create.zone.clone(),
        apart_from: Some(create.apart_from.clone()).filter(|ids| !ids.is_empty()),
        storage_class: create.storage_class.clone(),
        volume_mode: create.volume_mode.and_then(|mode| mode.as_str().parse().ok()),
    }
}

/// What was answered beside it.
fn answers_of(request: &Request) -> Option<Map<String, Value>> {
    request.spec.get("fields").and_then(Value::as_object).cloned()
}
