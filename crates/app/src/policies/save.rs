//! Making a policy, putting a new version of it in force, and taking it out of force.

use serde_json::json;
use shepherd_contract::types::{
    ApproverKind, CreatePolicy, OnTimeout, PolicyPending, PolicyRequirement, PolicyStage, SavedPolicy,
    UpdatePolicy,
};
use shepherd_domain::authz::{self, Permission, Platform};
use shepherd_domain::ids::PolicyId;
use shepherd_domain::policy::{self, Asked, Condition, Pending, PolicyVersion, StageRule, Who};
use shepherd_domain::reason::{Coded, Reason};
use shepherd_domain::states::{Enforcement, PolicyEffect, RequestOperation};
use shepherd_store::events::Event;
use shepherd_store::policies as store;
use shepherd_store::{Conn, groups, roles};

use super::{view, warn};
use crate::change::{Audit, Begun, Change};
use crate::error::FieldFault;
use crate::requests::view::reason;
use crate::{App, Cx, Error, Result};

impl App {
    /// Makes a policy; it is in force at once.
    pub async fn create_policy(&self, cx: &Cx, body: CreatePolicy) -> Result<SavedPolicy> {
        let auth = self.authorize::<authz::ManagePolicies, _>(cx, Platform).await?;
        let CreatePolicy {
            name,
            title,
            effect,
            enforcement,
            operations,
            protected,
            condition,
            stages,
            reason_code,
            override_role,
            pending,
        } = body;
        let content = UpdatePolicy {
            title,
            effect,
            enforcement,
            operations,
            protected,
            condition,
            stages,
            reason_code,
            override_role,
            pending,
        };
        let (checked, warnings) = self.checked(&name, content).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let id = store::create(change.tx(), &auth, &name).await.map_err(|error| {
            Error::from(error).taken("policy_name_key", || {
                let text = format!("There is a policy named {name} already, in force or not; put a new version of it in force.");
                Error::field("/name", "NAME_TAKEN", text)
            })
        })?;
        store::publish(change.tx(), &auth, id, &checked).await?;
        self.saved(change, id, warnings, None).await
    }

    /// Puts a new version in force. One that was retired is in force again.
    pub async fn update_policy(
        &self,
        cx: &Cx,
        id: PolicyId,
        version: i64,
        body: UpdatePolicy,
    ) -> Result<SavedPolicy> {
        let auth = self.authorize::<authz::ManagePolicies, _>(cx, Platform).await?;
        let before = self.get_policy(cx, id).await?;
        let (checked, warnings) = self.checked(&before.name, body).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let (_, newest) = store::lock(change.tx(), &auth, id).await?;
        if i64::from(newest) != version {
            return Err(Error::Stale);
        }
        let checked = PolicyVersion { version: newest + 1, ..checked };
        store::publish(change.tx(), &auth, id, &checked).await?;
        self.saved(change, id, warnings, before.versions.into_iter().next()).await
    }

    /// Takes a policy out of force. What it decided stays decided, and its versions are kept.
    pub async fn retire_policy(&self, cx: &Cx, id: PolicyId, version: i64) -> Result<()> {
        let auth = self.authorize::<authz::ManagePolicies, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let (name, newest) = store::lock(change.tx(), &auth, id).await?;
        if i64::from(newest) != version {
            return Err(Error::Stale);
        }
        if !store::retire(change.tx(), &auth, id).await? {
            return Err(Error::conflict("POLICY_RETIRED", "This policy is not in force already."));
        }
        change.event(Event::new("policy", id, newest.into()));
        let entry = Audit::of("policy", id, name)
            .before(json!({ "version": newest, "in_force": true }))
            .after(json!({ "version": newest, "in_force": false }));
        change.commit(entry, ()).await
    }

    async fn saved(
        &self,
        mut change: Change<'_>,
        id: PolicyId,
        warnings: Vec<Reason>,
        before: Option<shepherd_contract::types::Policy>,
    ) -> Result<SavedPolicy> {
        let row = store::versions(change.tx(), id).await?.into_iter().next().ok_or(Error::NotFound)?;
        let policy = view::policy(row)?;
        let version = i64::from(policy.version);
        change.event(Event::new("policy", id, version));
        let entry = Audit::of("policy", id, &policy.name).after(&policy);
        let entry = match before {
            Some(before) => entry.before(before),
            None => entry,
        };
        let warnings = warnings.into_iter().map(reason).collect();
        change.commit(entry, SavedPolicy { policy, warnings, version }).await
    }

    /// A version as it would be evaluated, or every fault in it; and what may not be as it was meant.
    async fn checked(&self, name: &str, body: UpdatePolicy) -> Result<(PolicyVersion, Vec<Reason>)> {
        let mut conn = self.db.acquire().await?;
        let mut faults = Faults::default();
        let effect: PolicyEffect = words(body.effect.as_str())?;
        let enforcement: Enforcement = match body.enforcement {
            Some(word) => words(word.as_str())?,
            None => Enforcement::Hard,
        };
        let mut warnings = match &body.condition {
            Some(text) => policy::check(text).unwrap_or_else(|error| {
                faults.tell("/condition", &error);
                Vec::new()
            }),
            None => Vec::new(),
        };
        if enforcement == Enforcement::Soft && body.override_role.is_none() {
            let text = "A soft policy names the role whose holders may set it aside.";
            faults.add("/override_role", "OVERRIDE_ROLE_NEEDED", text);
        }
        if let Some(role) = &body.override_role {
            if enforcement != Enforcement::Soft {
                let text = "Only a soft policy can be set aside; leave the role out or make it soft.";
                faults.add("/override_role", "OVERRIDE_ROLE_UNUSED", text);
            }
            known_role(&mut conn, role, "/override_role", &mut faults).await?;
        }
        let stages = body.stages.unwrap_or_default();
        if effect != PolicyEffect::Require && !stages.is_empty() {
            faults.add("/stages", "STAGES_UNUSED", "Only a policy that requires approval has stages.");
        }
        let stages = rules(&mut conn, stages, &mut faults).await?;
        faults.none()?;
        let operations = body.operations.iter().map(|o| words::<RequestOperation, _>(o.as_str()));
        let version = PolicyVersion {
            policy: name.to_owned(),
            version: 1,
            title: body.title.trim_end_matches('.').to_owned(),
            effect,
            enforcement,
            operations: operations.collect::<Result<_>>()?,
            condition: Condition::of(body.protected, body.condition),
            stages,
            reason_code: body.reason_code.unwrap_or_else(|| code_of(name)),
            override_role: body.override_role,
            pending: body.pending.map(pending),
        };
        warnings.extend(warn::nobody(&mut conn, &version).await?);
        Ok((version, warnings))
    }
}

/// Faults of a body, told together; the first is the one that is told at the top.
#[derive(Default)]
struct Faults {
    first: Option<Reason>,
    fields: Vec<FieldFault>,
}

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, code: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.first.get_or_insert_with(|| Reason::new(code, text.clone()));
        self.fields.push(FieldFault { pointer: pointer.into(), code, text });
    }

    /// With its parameters, so that clients can say it in their own language.
    fn tell(&mut self, pointer: impl Into<String>, fault: &impl Coded) {
        self.first.get_or_insert_with(|| fault.reason());
        self.add(pointer, fault.code(), fault.to_string());
    }

    fn none(self) -> Result<()> {
        match self.first {
            None => Ok(()),
            Some(reason) => Err(Error::Invalid { reason, fields: self.fields }),
        }
    }
}

async fn rules(conn: &mut Conn, stages: Vec<PolicyStage>, faults: &mut Faults) -> Result<Vec<StageRule>> {
    let mut rules = Vec::with_capacity(stages.len());
    for (at, stage) in stages.into_iter().enumerate() {
        let mut requirements = Vec::with_capacity(stage.requirements.len());
        for (index, one) in stage.requirements.into_iter().enumerate() {
            let pointer = format!("/stages/{at}/requirements/{index}/name");
            let needed = one.needed.unsigned_abs();
            if let Some(who) = who(conn, one, &pointer, faults).await? {
                requirements.push(Asked { who, needed });
            }
        }
        rules.push(StageRule {
            position: stage.position,
            requirements,
            ask_again: stage.ask_again.unwrap_or(false),
        });
    }
    Ok(rules)
}

/// Whose word a requirement asks for, if there are such people.
async fn who(
    conn: &mut Conn,
    one: PolicyRequirement,
    pointer: &str,
    faults: &mut Faults,
) -> Result<Option<Who>> {
    let Some(name) = one.name else {
        if one.kind == ApproverKind::Owners {
            return Ok(Some(Who::Owners));
        }
        faults.add(pointer, "NAME_NEEDED", format!("Name the {}.", one.kind));
        return Ok(None);
    };
    match one.kind {
        ApproverKind::Permission if name.parse::<Permission>().is_ok() => Ok(Some(Who::Permission { name })),
        ApproverKind::Permission => {
            faults.add(pointer, "UNKNOWN_PERMISSION", format!("There is no permission {name}."));
            Ok(None)
        }
        ApproverKind::Role => {
            known_role(conn, &name, pointer, faults).await?;
            Ok(Some(Who::Role { name }))
        }
        ApproverKind::Group => {
            let id = groups::by_name(conn, &name).await?;
            if id.is_none() {
                faults.add(pointer, "UNKNOWN_REFERENCE", format!("There is no group {name}."));
            }
            Ok(id.map(|id| Who::Group { id, name }))
        }
        ApproverKind::Owners => {
            faults.add(
                pointer,
                "NAME_UNUSED",
                "The owners are those of the request's System; leave the name out.",
            );
            Ok(None)
        }
    }
}

async fn known_role(conn: &mut Conn, name: &str, pointer: &str, faults: &mut Faults) -> Result<()> {
    if !roles::exists(conn, name).await? {
        faults.add(pointer, "UNKNOWN_REFERENCE", format!("There is no role {name}."));
    }
    Ok(())
}

fn pending(pending: PolicyPending) -> Pending {
    let then = match pending.then {
        OnTimeout::Expire => policy::OnTimeout::Expire,
        OnTimeout::Reject => policy::OnTimeout::Reject,
    };
    Pending { hours: pending.hours.unsigned_abs(), then }
}

/// `big-vms-need-two` says `BIG_VMS_NEED_TWO`.
fn code_of(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// A word of the contract in the domain's type; both have the same words.
fn words<T: std::str::FromStr<Err = E>, E: std::fmt::Display>(text: &str) -> Result<T> {
    text.parse().map_err(|error: E| Error::Internal(error.to_string().into()))
}
