//! Asking to belong to a System, and what follows when its people agree: a place, and no work in any cluster.
//!
//! Whoever asks may not know whether there is a System of the name they typed, so both lead to the same: a request with the
//! same words, which nobody can decide where there is no such System. What they asked for shows them neither the System nor
//! its owners until they belong to it. (ADR 0023)

use shepherd_contract::types::{JoinSystem, MemberRole, Request};
use shepherd_domain::policy::Input;
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{JoinSpec, Spec, with_fields};
use shepherd_domain::states::{self, RequestOperation};
use shepherd_domain::target::Target;
use shepherd_store::systems::{self, NamedSystem};
use shepherd_store::{callers, clock};

use super::asked::Answers;
use super::asker::Asker;
use super::edit::fixed;
use super::judge;
use super::submit::{Place, Submission};
use super::view::Whole;
use crate::change::Change;
use crate::systems::{Seated, seated};
use crate::{App, Cx, Error, Result};

impl App {
    /// Asks to belong to the System of exactly this name.
    pub async fn join_system(&self, cx: &Cx, body: JoinSystem) -> Result<Request> {
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        self.put_join(cx, Place::New, body).await
    }

    /// Judges it and writes it, anew or in place of what was asked before.
    pub(super) async fn put_join(&self, cx: &Cx, place: Place<'_>, body: JoinSystem) -> Result<Request> {
        let asker = match place {
            Place::New | Place::Draft { .. } => Asker::caller(cx),
            Place::Edit { before, .. } => Asker::of(&mut *self.db.acquire().await?, cx, before).await?,
        };
        if let Place::Edit { before, .. } = place
            && before.joins() != Some(body.system.as_str())
        {
            return Err(fixed("/system", "System"));
        }
        let role = level(body.role);
        people_own(&asker, role)?;
        let mut conn = self.db.acquire().await?;
        let found = systems::named(&mut conn, &body.system, asker.id, asker.person).await?;
        if let Some(held) = found.as_ref().and_then(|found| found.role.as_deref()) {
            higher(held, role)?;
        }
        let operation = RequestOperation::Join;
        let answers = Answers::judge(&mut conn, None, operation, body.fields.as_ref()).await?;
        answers.complete()?;
        let spec = Spec::Join(JoinSpec { system: body.system.clone(), role });
        let canonical = with_fields(&spec, &answers.values)
            .map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))?;
        let reason = body.reason.as_deref().unwrap_or_default();
        let input = Input {
            has_reason: !reason.trim().is_empty(),
            fields: answers.values,
            now: clock::now(&mut conn).await?,
            ..input(&asker, found.as_ref(), body.system, role)
        };
        let judged = judge::judge(&mut conn, input).await?;
        drop(conn);
        if let Some(denied) = judged.denied().first() {
            return Err(Error::Invalid { reason: denied.clone(), fields: vec![] });
        }
        // Where a rule lets everybody in, whoever asks learns which Systems there are by being let in.
        if found.is_none() && judged.automatic().is_some() {
            return Err(Error::field("/system", "UNKNOWN_REFERENCE", "There is no System of this name."));
        }
        let submission = Submission {
            operation,
            requester: asker.id,
            target: Target::System(found.map(|found| found.id)),
            vm: None,
            vm_version: None,
            canonical: &canonical,
            another: false,
            reason,
            judged: &judged,
            candidates: &[],
            cluster: None,
            quota: None,
            sample: false,
        };
        self.put(cx, place, submission).await
    }

    /// Gives the place that was asked for, with its approval as the cause.
    pub(super) async fn admit(&self, change: &mut Change<'_>, whole: &Whole, asked: &JoinSpec) -> Result<()> {
        let row = &whole.row;
        let system = row.system_id.ok_or_else(deleted)?;
        if callers::grants_of(change.tx(), row.requester_id).await?.is_none() {
            let text = "Whoever asked for it is disabled now; reject the request.";
            return Err(Error::conflict("REQUESTER_DISABLED", text));
        }
        let role: MemberRole =
            asked.role.as_str().parse().map_err(|_| Error::Internal("a role nobody can be given".into()))?;
        let Seated { before, member, entry } = seated(change, system, row.requester_id, role, systems::seat)
            .await
            .map_err(|error| match error {
                Error::NotFound => deleted(),
                other => other,
            })?;
        if let Some(held) = &before {
            higher(held, asked.role)?;
        }
        let entry = entry.action("member.set").request(row.id).before(before).after(&member);
        change.record(entry).await
    }
}

impl Whole {
    /// The name of the System that somebody asks to belong to.
    pub(super) fn joins(&self) -> Option<&str> {
        joins(&self.row.operation, &self.row.spec_json)
    }
}

/// The same of a stored spec.
pub(super) fn joins<'a>(operation: &str, spec: &'a serde_json::Value) -> Option<&'a str> {
    match operation == RequestOperation::Join.as_str() {
        true => spec.get("system").and_then(serde_json::Value::as_str),
        false => None,
    }
}

fn level(role: MemberRole) -> states::MemberRole {
    match role {
        MemberRole::Owner => states::MemberRole::Owner,
        MemberRole::Member => states::MemberRole::Member,
        MemberRole::Viewer => states::MemberRole::Viewer,
    }
}

fn people_own(asker: &Asker, role: states::MemberRole) -> Result<()> {
    if role == states::MemberRole::Owner && asker.id != asker.person {
        let text = "Only people own Systems; ask for a service account to be a member.";
        return Err(Error::field("/role", "PEOPLE_OWN", text));
    }
    Ok(())
}

/// What is held must be less than what is asked for: an approval never takes anything away.
fn higher(held: &str, asked: states::MemberRole) -> Result<()> {
    match held.parse::<states::MemberRole>() {
        Ok(held) if held < asked => Ok(()),
        _ => {
            let text = format!("Whoever asks has the role {held} in this System already.");
            Err(Error::Conflict(Reason::new("ALREADY_MEMBER", text).with("role", held)))
        }
    }
}

fn deleted() -> Error {
    Error::conflict("SYSTEM_DELETED", "This System was deleted since; the request can only be rejected.")
}

/// What policies read of it. A System that is not there reads like one with an owner, as most have.
fn input(asker: &Asker, found: Option<&NamedSystem>, system: String, role: states::MemberRole) -> Input {
    Input {
        operation: RequestOperation::Join,
        environment: String::new(),
        protected: false,
        system_id: found.map(|found| found.id),
        service_id: None,
        requester_id: asker.id,
        requester_roles: asker.roles_in(None),
        milli_vcpu: 0,
        memory_bytes: 0,
        disk_bytes: 0,
        requester_name: asker.name.clone(),
        requester_groups: asker.grants.group_names(),
        system_name: system,
        service_name: String::new(),
        template: String::new(),
        size: String::new(),
        size_milli_vcpu: 0,
        size_memory_bytes: 0,
        copies: 1,
        has_reason: false,
        force: false,
        role: role.as_str().to_owned(),
        owners: found.map_or(1, |found| found.owners),
        fields: Default::default(),
        quota_exceeded: false,
        cost_hourly: 0,
        now: chrono::DateTime::UNIX_EPOCH,
    }
}
