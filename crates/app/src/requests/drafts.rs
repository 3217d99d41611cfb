//! Wishes that are not handed in yet: kept for their author alone, as incomplete as they are.
//!
//! A draft binds nothing and reserves nothing, so it is a row of its own and no request: it has no number and no hash,
//! and no list of requests can show it by mistake. Handing it in does all that asking for a VM does, and the draft is
//! gone with it in one transaction. What is in a draft is not told in the audit trail, which others read.

use serde_json::{Map, Value, json};
use shepherd_contract::types::{Draft, DraftPage, DraftVm, Request, RequestVm, ServiceRef, SystemRef};
use shepherd_domain::authz::{self, ServiceScope};
use shepherd_domain::ids::{DraftId, RequestId, ServiceId};
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{self, Spec};
use shepherd_store::drafts::{self as store, DraftRow};
use shepherd_store::{request_facts, services};

use super::asker::Asker;
use super::submit::Place;
use crate::change::{Audit, Begun};
use crate::error::FieldFault;
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// More than these nobody looks through.
const MOST: i64 = 100;

impl App {
    /// The caller's drafts, newest first.
    pub async fn list_drafts(&self, cx: &Cx, cursor: Option<&str>, limit: Option<i32>) -> Result<DraftPage> {
        let page: Ask<i64> = Ask::new("drafts", cursor, limit)?;
        let mut conn = self.db.acquire().await?;
        let rows = store::list(&mut conn, cx.actor.id, None, page.after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("drafts", rows, |row| row.number)?;
        Ok(DraftPage { items: rows.into_iter().map(draft).collect::<Result<_>>()?, next_cursor })
    }

    /// One of the caller's drafts.
    pub async fn get_draft(&self, cx: &Cx, id: DraftId) -> Result<Draft> {
        let mut conn = self.db.acquire().await?;
        let row = store::list(&mut conn, cx.actor.id, Some(id), None, 1).await?.pop();
        draft(row.ok_or(Error::NotFound)?)
    }

    /// Keeps a wish for later.
    pub async fn create_draft(&self, cx: &Cx, body: DraftVm) -> Result<Draft> {
        self.may_ask(cx, body.service_id).await?;
        self.keep(cx, body, None).await
    }

    /// A draft of another VM like that of an earlier request, with what can still be had of it.
    pub async fn draft_from_request(&self, cx: &Cx, id: RequestId) -> Result<Draft> {
        let whole = self.readable(cx, id).await?;
        let spec = spec::from_bytes(&whole.row.spec).map_err(|error| Error::Internal(Box::new(error)))?;
        let Spec::Create(create) = spec else {
            let text = "Only a new VM can be asked for again like this; for the rest, ask at the VM.";
            return Err(Error::conflict("NOT_A_CREATE", text));
        };
        self.may_ask(cx, create.service_id).await?;
        let mut conn = self.db.acquire().await?;
        let (template, size) =
            store::usable_versions(&mut conn, create.template_version_id, create.size_version_id).await?;
        let keys = request_facts::ssh_keys(&mut conn, &super::facts::key_ids(&create)).await?;
        drop(conn);
        let fields: Map<String, Value> = spec::fields_of(&whole.row.spec_json).into_iter().collect();
        let mine = whole.row.requester_id == cx.actor.id && !create.secrets.is_empty();
        let networks: Vec<_> = create.networks.iter().map(|network| network.network_id).collect();
        let place = super::places::wish(&create);
        let body = DraftVm {
            service_id: create.service_id,
            namespace_id: Some(create.namespace_id),
            template_version_id: Some(template),
            size_version_id: Some(size),
            disk_bytes: Some(create.disk_bytes),
            variables: Some(create.variables),
            // Somebody else's values are not the caller's to use again.
            secret_ids: mine.then_some(create.secrets),
            network_ids: Some(networks).filter(|ids| !ids.is_empty()),
            ssh_key_ids: Some(keys.into_iter().map(|key| key.id).collect()),
            place,
            reason: Some(whole.row.reason),
            fields: Some(fields).filter(|fields| !fields.is_empty()),
            another: None,
        };
        self.keep(cx, body, Some(id)).await
    }

    async fn keep(&self, cx: &Cx, body: DraftVm, from: Option<RequestId>) -> Result<Draft> {
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let (id, content) = (DraftId::new(), serde_json::to_value(&body)?);
        if !store::insert(change.tx(), id, cx.actor.id, body.service_id, &content, from, MOST).await? {
            let text = format!("You have {MOST} drafts; hand some in or discard them.");
            return Err(Error::Conflict(Reason::new("TOO_MANY_DRAFTS", text).with("most", MOST)));
        }
        let row = store::list(change.tx(), cx.actor.id, Some(id), None, 1).await?.pop();
        let made = draft(row.ok_or(Error::NotFound)?)?;
        change.commit(entry(&made), made).await
    }

    /// Changes one of the caller's drafts.
    pub async fn update_draft(&self, cx: &Cx, id: DraftId, version: i64, body: DraftVm) -> Result<Draft> {
        self.get_draft(cx, id).await?;
        self.may_ask(cx, body.service_id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let content = serde_json::to_value(&body)?;
        if !store::update(change.tx(), id, cx.actor.id, version, body.service_id, &content).await? {
            return Err(Error::Stale);
        }
        let row = store::list(change.tx(), cx.actor.id, Some(id), None, 1).await?.pop();
        let changed = draft(row.ok_or(Error::NotFound)?)?;
        change.commit(entry(&changed), changed).await
    }

    /// Throws one of the caller's drafts away.
    pub async fn discard_draft(&self, cx: &Cx, id: DraftId) -> Result<()> {
        let gone = self.get_draft(cx, id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        if !store::remove(change.tx(), id, cx.actor.id, None).await? {
            return Err(Error::NotFound);
        }
        change.commit(entry(&gone), ()).await
    }

    /// Asks for what a draft says; the draft is gone then.
    pub async fn submit_draft(&self, cx: &Cx, id: DraftId) -> Result<Request> {
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        let draft = self.get_draft(cx, id).await?;
        let body = complete(draft.body)?;
        let asker = Asker::caller(cx);
        let (wish, judged) = self.draft(cx, &asker, &body, None).await.map_err(|error| match error {
            // The draft is there; what it names may not be any more.
            Error::NotFound => Error::field(
                "/service_id",
                "UNKNOWN_REFERENCE",
                "There is no such Service any more, or you may not ask for VMs in it.",
            ),
            other => other,
        })?;
        let place = Place::Draft { id, version: draft.version };
        self.put_vm(cx, place, &asker, &body, &wish, &judged).await
    }

    async fn may_ask(&self, cx: &Cx, service: ServiceId) -> Result<()> {
        let scope: ServiceScope = services::scope(&mut *self.db.acquire().await?, service).await?;
        self.authorize::<authz::CreateVm, _>(cx, scope).await.map(drop)
    }
}

/// A whole wish, or every place where something is missing.
fn complete(body: DraftVm) -> Result<RequestVm> {
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
            fields: body.fields,
            another: body.another,
            sample: None,
        }),
        (namespace, template, size) => {
            let places = [
                ("/namespace_id", namespace.is_none()),
                ("/template_version_id", template.is_none()),
                ("/size_version_id", size.is_none()),
            ];
            let missing = places.into_iter().filter(|(_, missing)| *missing);
            let text = "is required";
            let fields = missing.map(|(pointer, _)| FieldFault {
                pointer: pointer.to_owned(),
                code: "REQUIRED",
                text: text.to_owned(),
            });
            let reason =
                Reason::new("DRAFT_INCOMPLETE", "This draft is not complete yet; fill in what is missing.");
            Err(Error::Invalid { reason, fields: fields.collect() })
        }
    }
}

/// That there is a draft, and for which Service. What it says is its author's alone.
fn entry(draft: &Draft) -> Audit {
    let name = format!("{}/{}", draft.system.name, draft.service.name);
    Audit::of("draft", draft.id, name)
        .system(draft.system.id)
        .after(json!({ "service_id": draft.service.id, "from_request_id": draft.from_request_id }))
}

fn draft(row: DraftRow) -> Result<Draft> {
    Ok(Draft {
        id: row.id,
        system: SystemRef { id: row.system_id, name: row.system_name },
        service: ServiceRef { id: row.service_id, name: row.service_name },
        body: serde_json::from_value(row.body)?,
        from_request_id: row.from_request_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}
