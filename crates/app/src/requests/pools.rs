//! Asking for a pool, for another spec of one, or that one goes: requests like any other.
//!
//! What the greatest count and the surge take together is reserved with the request, so that whatever the pool does
//! later fits. What follows an approval is a row; the members are the pool's own doing.

use serde_json::Value;
use shepherd_contract::types::{
    ChangePool, DeletePool, PoolUpkeep, QuotaLine, Request, RequestPool, RequestVm,
};
use shepherd_domain::authz;
use shepherd_domain::fields::Values;
use shepherd_domain::ids::PoolId;
use shepherd_domain::policy::Input;
use shepherd_domain::pool::{
    PoolChangeSpec, PoolCreateSpec, PoolDeleteSpec, PoolError, PoolSpec, Probe, Upkeep,
};
use shepherd_domain::quota::Amount;
use shepherd_domain::reason::Coded;
use shepherd_domain::spec::{CanonicalSpec, CreateSpec, Spec, with_fields};
use shepherd_domain::states::RequestOperation;
use shepherd_domain::target::{Target, VmPlace};
use shepherd_store::pools::{self as store, PoolRow};
use shepherd_store::quota::Subject;
use shepherd_store::{Conn, clock};

use super::asked::Answers;
use super::asker::Asker;
use super::create::input;
use super::facts::{Draft, exceeded, lines, over, subject};
use super::judge::{self, Judged};
use super::places;
use super::submit::{Place, Submission};
use crate::pools::{not_active, stored_spec};
use crate::{App, Cx, Error, Result};

/// What is asked for, and what it takes.
struct Wish<'a> {
    spec: Spec,
    answers: Answers,
    draft: &'a Draft,
    amounts: Vec<Amount>,
    reason: Option<&'a str>,
    copies: i64,
    sample: bool,
}

impl App {
    /// Asks for a pool.
    pub async fn request_pool(&self, cx: &Cx, body: RequestPool) -> Result<Request> {
        let (asker, operation) = (Asker::caller(cx), RequestOperation::PoolCreate);
        let draft = self.built(cx, &asker, &body.vm, None).await?;
        places::known(&mut *self.db.acquire().await?, &asker, body.vm.place.as_ref()).await?;
        let pool = PoolSpec {
            min: body.min,
            max: body.max,
            member: draft.create.clone(),
            upkeep: upkeep(body.upkeep, &Upkeep::default())?,
        };
        pool.check().and_then(|()| pool.allows(body.desired)).map_err(wrong)?;
        let name = body.name.parse().map_err(|error: shepherd_domain::names::NameError| {
            Error::field("/name", error.code(), error.to_string())
        })?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        let answers = self.answers(&draft, operation, body.vm.fields.as_ref()).await?;
        let wish = Wish {
            amounts: pool.amounts(),
            copies: pool.most(),
            spec: Spec::PoolCreate(Box::new(PoolCreateSpec { name, desired: body.desired, pool })),
            answers,
            draft: &draft,
            reason: body.vm.reason.as_deref(),
            sample: body.vm.sample.unwrap_or(false),
        };
        self.put_pool(cx, &asker, wish).await
    }

    /// Asks for another spec of a pool, or other bounds.
    pub async fn change_pool(&self, cx: &Cx, id: PoolId, body: ChangePool) -> Result<Request> {
        let scope = store::scope(&mut *self.db.acquire().await?, id).await?;
        self.authorize::<authz::CreateVm, _>(cx, scope).await?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        let row = self.pool_in_use(id).await?;
        if row.revision != body.base_revision {
            return Err(Error::Stale);
        }
        let from = stored_spec(&row.spec)?;
        let asker = Asker::caller(cx);
        let mut wish = wanted(&from.member, &body);
        wish.place = places::still(&mut *self.db.acquire().await?, wish.place).await?;
        let draft = self.built(cx, &asker, &wish, None).await?;
        let to = PoolSpec {
            min: body.min.unwrap_or(from.min),
            max: body.max.unwrap_or(from.max),
            member: CreateSpec { labels: from.member.labels.clone(), ..draft.create.clone() },
            upkeep: upkeep(body.upkeep, &from.upkeep)?,
        };
        to.check().map_err(wrong)?;
        if to == from {
            return Err(Error::field(
                "",
                "NOTHING_TO_CHANGE",
                "Nothing would change; say what should be otherwise.",
            ));
        }
        let answers = self.answers(&draft, RequestOperation::PoolChange, body.fields.as_ref()).await?;
        let wish = Wish {
            amounts: from.growth(&to),
            copies: to.most(),
            spec: Spec::PoolChange(Box::new(PoolChangeSpec {
                pool_id: id,
                revision: row.revision,
                from,
                to,
            })),
            answers,
            draft: &draft,
            reason: body.reason.as_deref(),
            sample: row.sample,
        };
        self.put_pool(cx, &asker, wish).await
    }

    /// Asks that a pool goes, with all its members. Its name must be typed.
    pub async fn delete_pool(&self, cx: &Cx, id: PoolId, body: DeletePool) -> Result<Request> {
        let scope = store::scope(&mut *self.db.acquire().await?, id).await?;
        self.authorize::<authz::DeleteVm, _>(cx, scope).await?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        let row = self.pool_in_use(id).await?;
        if body.confirm_name != row.name {
            let text = "Type the pool's name exactly to confirm the deletion.";
            return Err(Error::field("/confirm_name", "CONFIRM_NAME", text));
        }
        let from = stored_spec(&row.spec)?;
        let asker = Asker::caller(cx);
        let mut conn = self.db.acquire().await?;
        let facts = super::approved::facts_of(&mut conn, &from.member).await?;
        let answers = Answers::judge(
            &mut conn,
            Some(row.environment_id),
            RequestOperation::PoolDelete,
            body.fields.as_ref(),
        )
        .await?;
        answers.complete()?;
        let spec = Spec::PoolDelete(PoolDeleteSpec { pool_id: id });
        let canonical = canonical(&spec, &answers.values)?;
        let now = clock::now(&mut conn).await?;
        let input = Input {
            operation: RequestOperation::PoolDelete,
            milli_vcpu: 0,
            memory_bytes: 0,
            disk_bytes: 0,
            fields: answers.values.clone(),
            ..input(&facts, &from.member, &asker, body.reason.as_deref(), now)
        };
        let judged = judge::judge(&mut conn, input).await?;
        drop(conn);
        let place = VmPlace {
            system: row.system_id,
            service: row.service_id,
            environment: row.environment_id,
            namespace: row.namespace_id,
        };
        let submission = submission(
            RequestOperation::PoolDelete,
            &asker,
            place,
            &canonical,
            body.reason.as_deref(),
            &judged,
        );
        self.put_judged(cx, Submission { sample: row.sample, ..submission }).await
    }

    async fn answers(
        &self,
        draft: &Draft,
        operation: RequestOperation,
        given: Option<&serde_json::Map<String, Value>>,
    ) -> Result<Answers> {
        let mut conn = self.db.acquire().await?;
        let answers = Answers::judge(&mut conn, Some(draft.facts.environment_id), operation, given).await?;
        answers.complete()?;
        Ok(answers)
    }

    /// Judges the whole and writes it.
    async fn put_pool(&self, cx: &Cx, asker: &Asker, wish: Wish<'_>) -> Result<Request> {
        let draft = wish.draft;
        // Of one VM alone these say nothing about a pool.
        let beside = |code: &str| matches!(code, "FIELDS_INVALID" | "QUOTA_EXCEEDED");
        if let Some(problem) = draft.problems.iter().find(|reason| !beside(&reason.code)) {
            return Err(Error::Invalid { reason: problem.clone(), fields: vec![] });
        }
        let mut conn = self.db.acquire().await?;
        let on = subject(&draft.facts, asker);
        let quota = quota_lines(&mut conn, &on, &wish).await?;
        let canonical = canonical(&wish.spec, &wish.answers.values)?;
        let now = clock::now(&mut conn).await?;
        let input = Input {
            operation: wish.spec.operation(),
            milli_vcpu: draft.create.milli_vcpu.saturating_mul(wish.copies),
            memory_bytes: draft.create.memory_bytes.saturating_mul(wish.copies),
            disk_bytes: draft.create.disk_bytes.saturating_mul(wish.copies),
            copies: wish.copies,
            fields: wish.answers.values.clone(),
            quota_exceeded: over(&quota),
            ..input(&draft.facts, &draft.create, asker, wish.reason, now)
        };
        let judged = judge::judge(&mut conn, input).await?;
        drop(conn);
        let chosen = draft.candidates.iter().find(|c| c.eligible).map(|c| c.cluster_id);
        self.dry_run_draft(draft, chosen).await?;
        let facts = &draft.facts;
        let place = VmPlace {
            system: facts.system_id,
            service: facts.service_id,
            environment: facts.environment_id,
            namespace: facts.namespace_id,
        };
        let submission = submission(wish.spec.operation(), asker, place, &canonical, wish.reason, &judged);
        let submission = Submission {
            candidates: &draft.candidates,
            quota: Some((on, &wish.amounts, &quota)),
            sample: wish.sample,
            ..submission
        };
        self.put_judged(cx, submission).await
    }

    async fn put_judged(&self, cx: &Cx, submission: Submission<'_>) -> Result<Request> {
        if let Some(denied) = submission.judged.denied().first() {
            return Err(Error::Invalid { reason: denied.clone(), fields: vec![] });
        }
        self.put(cx, Place::New, submission).await
    }

    async fn pool_in_use(&self, id: PoolId) -> Result<PoolRow> {
        let row = store::load(&mut *self.db.acquire().await?, id).await?;
        match row.state.as_str() {
            "active" => Ok(row),
            state => Err(not_active(state)),
        }
    }
}

fn submission<'a>(
    operation: RequestOperation,
    asker: &Asker,
    place: VmPlace,
    canonical: &'a CanonicalSpec,
    reason: Option<&'a str>,
    judged: &'a Judged,
) -> Submission<'a> {
    Submission {
        operation,
        requester: asker.id,
        target: Target::Vm(place),
        vm: None,
        vm_version: None,
        canonical,
        another: false,
        reason: reason.unwrap_or_default(),
        judged,
        candidates: &[],
        cluster: None,
        quota: None,
        sample: false,
    }
}

/// What it takes against what there is; a hard limit it would break is said at once.
async fn quota_lines(conn: &mut Conn, on: &Subject, wish: &Wish<'_>) -> Result<Vec<QuotaLine>> {
    let limits = shepherd_store::quota::limits(conn, on, None).await?;
    if let Some(reason) = exceeded(&wish.amounts, &limits).into_iter().next() {
        return Err(Error::Invalid { reason, fields: vec![] });
    }
    let used = shepherd_store::quota::used_by_system(conn, on.system, on.environment, None).await?;
    Ok(lines(&wish.amounts, &limits, &used))
}

/// A member as it is, with what is to be otherwise, as if it were asked for.
fn wanted(member: &CreateSpec, body: &ChangePool) -> RequestVm {
    let mut variables = member.variables.clone();
    variables.extend(body.variables.clone().unwrap_or_default());
    RequestVm {
        service_id: member.service_id,
        namespace_id: member.namespace_id,
        template_version_id: body.template_version_id.unwrap_or(member.template_version_id),
        size_version_id: body.size_version_id.unwrap_or(member.size_version_id),
        disk_bytes: Some(body.disk_bytes.unwrap_or(member.disk_bytes)),
        variables: Some(variables),
        secret_ids: Some(member.secrets.clone()),
        network_ids: Some(member.networks.iter().map(|network| network.network_id).collect()),
        ssh_key_ids: Some(member.ssh_keys.iter().map(|key| key.id).collect()),
        place: places::wish(member),
        reason: None,
        fields: None,
        another: None,
        sample: None,
    }
}

/// What was said of the upkeep, on top of what holds without.
fn upkeep(said: Option<PoolUpkeep>, otherwise: &Upkeep) -> Result<Upkeep> {
    let mut whole = serde_json::to_value(otherwise)?;
    if let Some(said) = said {
        probes(&said)?;
        merge(&mut whole, serde_json::to_value(said)?);
    }
    Ok(serde_json::from_value(whole)?)
}

/// Each probe has what its kind has and nothing else.
fn probes(said: &PoolUpkeep) -> Result<()> {
    let all = said.health.iter().flat_map(|health| health.all.iter().flatten()).enumerate();
    for (row, check) in all {
        for (column, probe) in check.any.iter().enumerate() {
            if let Err(error) = serde_json::from_value::<Probe>(serde_json::to_value(probe)?) {
                let pointer = format!("/upkeep/health/all/{row}/any/{column}");
                return Err(Error::field(pointer, "POOL_CHECK_INVALID", error.to_string()));
            }
        }
    }
    Ok(())
}

fn merge(onto: &mut Value, said: Value) {
    match (onto, said) {
        (Value::Object(onto), Value::Object(said)) => {
            for (name, value) in said {
                merge(onto.entry(name).or_insert(Value::Null), value);
            }
        }
        (onto, said) => *onto = said,
    }
}

fn wrong(error: PoolError) -> Error {
    Error::field(error.pointer(), error.code(), error.to_string())
}

fn canonical(spec: &Spec, fields: &Values) -> Result<CanonicalSpec> {
    with_fields(spec, fields).map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))
}
