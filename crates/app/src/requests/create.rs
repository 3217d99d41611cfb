//! Asking for a VM: what would happen, and asking.

use chrono::{DateTime, Utc};
use shepherd_contract::types::{Preflight, Request, RequestVm};
use shepherd_domain::authz::{self, ServiceInEnvironment};
use shepherd_domain::fields::Values;
use shepherd_domain::ids::RequestId;
use shepherd_domain::names::{self, NamespaceName, ServiceName, SystemName};
use shepherd_domain::policy::Input;
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::CreateSpec;
use shepherd_domain::states::RequestOperation;
use shepherd_domain::target::{Target, VmPlace};
use shepherd_domain::template::Variable;
use shepherd_store::request_facts::KeyRow;
use shepherd_store::{Conn, clock, request_facts, requests as store};

use super::approvers::Bench;
use super::asker::Asker;
use super::facts::{Draft, key_lines, over, resolve, subject, template_fault, template_of};
use super::judge::{self, Judged};
use super::places;
use super::submit::{Place, Submission};
use super::view::{effect, object, placement, reason};
use crate::{App, Cx, Error, Result};

impl App {
    /// Judges a VM that is not asked for yet: name, policy, place, quota, problems. Changes nothing.
    pub async fn preflight_vm(&self, cx: &Cx, body: RequestVm) -> Result<Preflight> {
        let (draft, judged) = self.draft(cx, &Asker::caller(cx), &body, None).await?;
        let mut conn = self.db.acquire().await?;
        let bench = Bench {
            system: Some(draft.facts.system_id),
            environment: Some(draft.facts.environment_id),
            except: &[cx.actor.person],
        };
        let stages = judge::preview(&mut conn, judged.stages(), bench).await?;
        let mut problems = draft.problems;
        problems.extend(judged.denied().iter().cloned());
        let mut orphans = stages.iter().flat_map(|stage| &stage.requirements);
        if let Some(orphan) = orphans.find(|one| one.candidates.is_empty()) {
            problems.push(nobody(&orphan.requirement.text));
        }
        let mut warnings = draft.warnings;
        let hash = draft.canonical.hash;
        let twin = store::open_twin(&mut conn, cx.actor.id, body.service_id, hash.as_bytes()).await?;
        warnings.extend(twin.map(|(id, number)| duplicate(id, number)));
        Ok(Preflight {
            name: forecast(&mut conn, &draft.facts).await?,
            outcome: effect(judged.judgement.outcome.effect()),
            verdict: judge::verdict(&judged.judgement),
            stages,
            placement: placement(&draft.candidates),
            quota: draft.quota,
            fields: draft.answers.asked,
            problems: problems.into_iter().map(reason).collect(),
            warnings: warnings.into_iter().map(reason).collect(),
            spec_hash: hash.to_string(),
            spec: object(draft.canonical.json),
        })
    }

    /// Asks for a VM.
    pub async fn request_vm(&self, cx: &Cx, body: RequestVm) -> Result<Request> {
        let asker = Asker::caller(cx);
        let (draft, judged) = self.draft(cx, &asker, &body, None).await?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        self.put_vm(cx, Place::New, &asker, &body, &draft, &judged).await
    }

    /// Writes a wish for a VM that was judged, unless something stands in its way.
    pub(super) async fn put_vm(
        &self,
        cx: &Cx,
        place: Place<'_>,
        asker: &Asker,
        body: &RequestVm,
        draft: &Draft,
        judged: &Judged,
    ) -> Result<Request> {
        draft.answers.complete()?;
        if let Some(problem) = draft.problems.first().or(judged.denied().first()) {
            return Err(Error::Invalid { reason: problem.clone(), fields: vec![] });
        }
        let chosen = draft.candidates.iter().find(|c| c.eligible).map(|c| c.cluster_id);
        self.dry_run_draft(draft, chosen).await?;
        let submission = Submission {
            operation: RequestOperation::Create,
            requester: asker.id,
            target: Target::Vm(VmPlace {
                system: draft.facts.system_id,
                service: draft.facts.service_id,
                environment: draft.facts.environment_id,
                namespace: draft.facts.namespace_id,
            }),
            vm: None,
            vm_version: None,
            canonical: &draft.canonical,
            another: body.another.unwrap_or(false),
            reason: body.reason.as_deref().unwrap_or_default(),
            judged,
            candidates: &draft.candidates,
            cluster: chosen,
            quota: Some((subject(&draft.facts, asker), &draft.amounts, &draft.quota)),
            sample: body.sample.unwrap_or(false),
        };
        self.put(cx, place, submission).await
    }

    /// Resolves a wish of `asker`, who must be allowed to ask for it, in place of the request `except` if there is one.
    pub(super) async fn built(
        &self,
        cx: &Cx,
        asker: &Asker,
        body: &RequestVm,
        except: Option<RequestId>,
    ) -> Result<Draft> {
        let facts = resolve(&mut *self.db.acquire().await?, body).await?;
        let place = ServiceInEnvironment {
            service: facts.service_id,
            system: facts.system_id,
            environment: facts.environment_id,
        };
        self.authorize::<authz::CreateVm, _>(cx, place).await?;
        let mut conn = self.db.acquire().await?;
        let draft = Draft::build(&mut conn, asker, body, facts, except).await?;
        self.check_secrets(&mut conn, cx, &draft.facts, &draft.create, &draft.keys, except).await?;
        Ok(draft)
    }

    /// Resolves and judges a wish of `asker`, in place of the request `except` if there is one.
    pub(crate) async fn draft(
        &self,
        cx: &Cx,
        asker: &Asker,
        body: &RequestVm,
        except: Option<RequestId>,
    ) -> Result<(Draft, Judged)> {
        let draft = self.built(cx, asker, body, except).await?;
        let mut conn = self.db.acquire().await?;
        places::known(&mut conn, asker, body.place.as_ref()).await?;
        let mut input =
            input(&draft.facts, &draft.create, asker, body.reason.as_deref(), clock::now(&mut conn).await?);
        input.fields = draft.answers.values.clone();
        input.quota_exceeded = over(&draft.quota);
        let judged = judge::judge(&mut conn, input).await?;
        Ok((draft, judged))
    }
}

impl App {
    /// Whether the secret values of a wish are what the template takes, each in its place.
    pub(super) async fn check_secrets(
        &self,
        conn: &mut Conn,
        cx: &Cx,
        facts: &request_facts::CreateFacts,
        create: &CreateSpec,
        keys: &[KeyRow],
        except: Option<RequestId>,
    ) -> Result<()> {
        let named = &create.secrets;
        if named.is_empty() {
            return Ok(());
        }
        let declared: Vec<Variable> = serde_json::from_value(facts.variables.clone())?;
        let mut values = self.judged_secrets(conn, cx, &declared, named, except).await?;
        values.extend(create.variables.clone());
        let rendered = template_of(facts, &declared)?.render(&values, &key_lines(keys), "host");
        rendered.map(drop).map_err(template_fault)
    }
}

/// What policies read of one new VM.
pub(super) fn input(
    facts: &request_facts::CreateFacts,
    create: &CreateSpec,
    asker: &Asker,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Input {
    Input {
        operation: RequestOperation::Create,
        environment: facts.environment_name.clone(),
        protected: facts.protected,
        system_id: Some(facts.system_id),
        service_id: Some(facts.service_id),
        requester_id: asker.id,
        requester_roles: asker.roles_in(Some(facts.environment_id)),
        milli_vcpu: create.milli_vcpu,
        memory_bytes: create.memory_bytes,
        disk_bytes: create.disk_bytes,
        requester_name: asker.name.clone(),
        requester_groups: asker.grants.group_names(),
        system_name: facts.system_name.clone(),
        service_name: facts.service_name.clone(),
        template: facts.template_name.clone(),
        size: facts.size_name.clone(),
        size_milli_vcpu: facts.milli_vcpu,
        size_memory_bytes: facts.memory_bytes,
        copies: 1,
        has_reason: reason.is_some_and(|reason| !reason.trim().is_empty()),
        force: false,
        role: String::new(),
        owners: 0,
        fields: Values::new(),
        quota_exceeded: false,
        cost_hourly: 0,
        now,
    }
}

/// The prefix a VM's name and number hang on.
pub(super) fn prefix(facts: &request_facts::CreateFacts) -> Result<String> {
    let stored = |_| Error::Internal("a stored name is not a name".into());
    let namespace: NamespaceName = facts.namespace_name.parse().map_err(stored)?;
    let system: SystemName = facts.system_name.parse().map_err(stored)?;
    let service: ServiceName = facts.service_name.parse().map_err(stored)?;
    Ok(names::vm_prefix(&namespace, &system, &service))
}

/// How many names of other people's VMs are passed over for a new one. Whoever has more of them in the way is told so
/// by the cluster.
pub(super) const PASSED_OVER: i32 = 100;

/// The name the VM would get if it were approved now.
pub(super) async fn forecast(conn: &mut Conn, facts: &request_facts::CreateFacts) -> Result<String> {
    let prefix = prefix(facts)?;
    let first = request_facts::next_number(conn, &prefix).await?;
    let mut name = numbered(&prefix, first)?;
    for number in first + 1..first + PASSED_OVER {
        if !request_facts::name_is_seen(conn, &facts.namespace_name, &name).await? {
            break;
        }
        name = numbered(&prefix, number)?;
    }
    Ok(name)
}

/// The name with this number.
pub(super) fn numbered(prefix: &str, number: i32) -> Result<String> {
    names::vm_name(prefix, number.unsigned_abs()).map_err(|error| Error::Internal(Box::new(error)))
}

pub(super) fn duplicate(id: RequestId, number: i64) -> Reason {
    let text = format!(
        "Your request R-{number} asks for exactly this already; say that you want another one, or cancel that."
    );
    Reason::new("DUPLICATE_REQUEST", text).with("number", number).with("request_id", id.to_string())
}

/// Policy asks for people who are not there.
pub(super) fn nobody(requirement: &str) -> Reason {
    Reason::new(
        "NOBODY_CAN_APPROVE",
        format!("Nobody can decide this now. {requirement} Ask an administrator."),
    )
}
