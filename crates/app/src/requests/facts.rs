//! What a create is judged by: resolved names, canonical spec, placement and quota, all before anything is written.

use std::collections::BTreeMap;

use serde_json::Value;
use shepherd_contract::types::{QuotaLine, RequestVm, SizeRef, TemplateVersionRef};
use shepherd_domain::ids::{RequestId, SshKeyId};
use shepherd_domain::network::Attachment;
use shepherd_domain::placement::{Candidate, ClusterFacts, Taken};
use shepherd_domain::quota::{self, Amount};
use shepherd_domain::reason::{Coded, Reason};
use shepherd_domain::spec::{CanonicalSpec, CreateSpec, Spec, SshKey, with_fields};
use shepherd_domain::states::RequestOperation;
use shepherd_domain::states::{ClusterHealth, ClusterMode};
use shepherd_domain::template::{self, Template, TemplateError, Variable};
use shepherd_store::Conn;
use shepherd_store::quota::{LimitRow, Subject};
use shepherd_store::request_facts::{self as store, ClusterFactsRow, CreateFacts, CreateNames, KeyRow};

use super::asked::Answers;
use super::asker::Asker;
use super::{choices, places};
use crate::error::FieldFault;
use crate::{Error, Result};

/// Everything known of a create before it is judged.
pub(crate) struct Draft {
    pub facts: CreateFacts,
    pub create: CreateSpec,
    pub answers: Answers,
    pub canonical: CanonicalSpec,
    pub keys: Vec<KeyRow>,
    pub candidates: Vec<Candidate>,
    pub amounts: Vec<Amount>,
    /// Quota lines as pages show them.
    pub quota: Vec<QuotaLine>,
    /// What stands in the way of submitting.
    pub problems: Vec<Reason>,
    pub warnings: Vec<Reason>,
}

/// The things the body names, or which of them lead nowhere.
pub(super) async fn resolve(conn: &mut Conn, body: &RequestVm) -> Result<CreateFacts> {
    let names = CreateNames {
        service: body.service_id,
        namespace: body.namespace_id,
        template_version: body.template_version_id,
        size_version: body.size_version_id,
    };
    store::create_facts(conn, &names).await?.map_err(|missing| {
        let gone = |pointer: &str, what: &str| {
            Error::field(
                pointer,
                "UNKNOWN_REFERENCE",
                format!("There is no such {what}; it may have been removed."),
            )
        };
        match missing {
            m if m.service => Error::NotFound,
            m if m.namespace => gone("/namespace_id", "namespace"),
            m if m.template_version => gone("/template_version_id", "template version"),
            _ => gone("/size_version_id", "size version"),
        }
    })
}

impl Draft {
    /// Builds the canonical spec and finds place and quota for it. What `except` has reserved does not count: it is
    /// the request this takes the place of.
    pub async fn build(
        conn: &mut Conn,
        asker: &Asker,
        body: &RequestVm,
        facts: CreateFacts,
        except: Option<RequestId>,
    ) -> Result<Self> {
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        check_namespace(&facts, &mut problems);
        let networks = choices::networks(conn, body.network_ids.as_deref().unwrap_or_default()).await?;
        choices::check(&facts, &networks, &mut problems, &mut warnings);
        let ids = body.ssh_key_ids.clone().unwrap_or_default();
        let keys = store::ssh_keys(conn, &ids).await?;
        if let Some(index) = ids.iter().position(|id| !keys.iter().any(|key| key.id == *id)) {
            return Err(unknown_key(index));
        }
        let create = spec(&facts, body, &keys, choices::attachments(&networks)?)?;
        let operation = RequestOperation::Create;
        let given = body.fields.as_ref();
        let answers = Answers::judge(conn, Some(facts.environment_id), operation, given).await?;
        problems.extend(answers.problem());
        let canonical = with_fields(&Spec::Create(Box::new(create.clone())), &answers.values)
            .map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))?;
        choices::check_fields(conn, &create.advanced, &mut problems).await?;
        let candidates = places::judged(conn, &create).await?;
        if !candidates.iter().any(|c| c.eligible) {
            let text =
                "No cluster of this environment can take this VM now; the placement says why for each.";
            problems.push(Reason::new("NO_PLACEMENT", text).with("reasons", against(&candidates)?));
        }
        let amounts = quota::amounts(&create);
        let limits = shepherd_store::quota::limits(conn, &subject(&facts, asker), except).await?;
        let (system, environment) = (facts.system_id, facts.environment_id);
        let used = shepherd_store::quota::used_by_system(conn, system, environment, except).await?;
        let quota = lines(&amounts, &limits, &used);
        problems.extend(exceeded(&amounts, &limits));
        Ok(Self { facts, create, answers, canonical, keys, candidates, amounts, quota, problems, warnings })
    }
}

/// Why none of the clusters of the environment takes it, where it has any.
pub(super) fn against(candidates: &[Candidate]) -> Result<Value> {
    let here = |c: &&Candidate| !c.reasons.iter().any(|reason| reason.code == "WRONG_ENVIRONMENT");
    let reasons: Vec<&Reason> = candidates.iter().filter(here).flat_map(|c| &c.reasons).take(20).collect();
    Ok(serde_json::to_value(reasons)?)
}

/// On whose account a create is counted.
pub(super) fn subject(facts: &CreateFacts, asker: &Asker) -> Subject {
    Subject {
        environment: facts.environment_id,
        system: facts.system_id,
        service: facts.service_id,
        person: asker.person,
    }
}

pub(super) fn unknown_key(index: usize) -> Error {
    Error::field(
        format!("/ssh_key_ids/{index}"),
        "UNKNOWN_REFERENCE",
        "There is no such SSH key; it may have been removed.",
    )
}

pub(super) fn check_namespace(facts: &CreateFacts, problems: &mut Vec<Reason>) {
    if !facts.namespace_systems.is_empty() && !facts.namespace_systems.contains(&facts.system_id.0) {
        let text = format!(
            "The namespace {} is not open to the System {}.",
            facts.namespace_name, facts.system_name
        );
        problems
            .push(Reason::new("NAMESPACE_NOT_SHARED", text).with("namespace", facts.namespace_name.as_str()));
    }
}

/// The spec of a VM of these items, as `body` wants it.
pub(super) fn spec(
    facts: &CreateFacts,
    body: &RequestVm,
    keys: &[KeyRow],
    networks: Vec<Attachment>,
) -> Result<CreateSpec> {
    let declared: Vec<Variable> = serde_json::from_value(facts.variables.clone())?;
    let given = body.variables.clone().unwrap_or_default();
    let secrets = body.secret_ids.clone().unwrap_or_default();
    let resolved = template::resolve(&declared, &given, &secrets).map_err(template_fault)?;
    let template = template_of(facts, &declared)?;
    let user_data_hash = template.user_data_hash(&resolved, &key_lines(keys)).map_err(template_fault)?;
    let disk = body.disk_bytes.unwrap_or(facts.disk_bytes);
    // No disk at all is one thing, a disk on which nothing fits another.
    let least = facts.min_disk_bytes.max(if disk > 0 { 1 << 20 } else { 0 });
    if disk < least {
        let text = format!("This template needs at least {least} bytes of disk.");
        return Err(Error::field("/disk_bytes", "DISK_TOO_SMALL", text));
    }
    let (source, compute, advanced) = choices::content(facts)?;
    let stored = |_| Error::Internal("a stored word of the catalogue is unknown".into());
    let mut create = CreateSpec {
        system_id: facts.system_id,
        service_id: facts.service_id,
        environment_id: facts.environment_id,
        namespace_id: facts.namespace_id,
        template_version_id: facts.template_version_id,
        size_version_id: facts.size_version_id,
        milli_vcpu: facts.milli_vcpu,
        memory_bytes: facts.memory_bytes,
        disk_bytes: disk,
        family: facts.family.parse().map_err(stored)?,
        root: facts.root.parse().map_err(stored)?,
        source,
        compute,
        advanced,
        networks,
        variables: resolved.values,
        secrets: resolved.secrets,
        user_data_hash,
        ssh_keys: keys
            .iter()
            .map(|k| SshKey { id: k.id, principal_id: k.principal_id, fingerprint: k.fingerprint.clone() })
            .collect(),
        labels: BTreeMap::new(),
        zone: None,
        apart_from: Vec::new(),
        storage_class: None,
        volume_mode: None,
    };
    places::ask(&mut create, body.place.as_ref())?;
    Ok(create)
}

/// The template behind a create.
pub(super) fn template_of<'a>(facts: &'a CreateFacts, variables: &'a [Variable]) -> Result<Template<'a>> {
    let family = facts.family.parse().map_err(|_| Error::Internal("a stored family is unknown".into()))?;
    Ok(Template { family, user_data: &facts.user_data, variables })
}

/// Faults of values stand at their variables, those of the template at the template.
pub(crate) fn template_fault(error: TemplateError) -> Error {
    let reason = error.reason();
    let fields = match error {
        TemplateError::Variables(errors) => errors
            .into_iter()
            .map(|e| FieldFault { pointer: format!("/variables/{}", e.name), code: e.code, text: e.detail })
            .collect(),
        other => vec![FieldFault {
            pointer: "/template_version_id".to_owned(),
            code: other.code(),
            text: other.to_string(),
        }],
    };
    Error::Invalid { reason, fields }
}

/// A cluster as placement sees it.
pub(crate) fn cluster(row: ClusterFactsRow) -> ClusterFacts {
    ClusterFacts {
        id: row.id,
        name: row.name,
        environment_id: row.environment_id,
        // A word of a later version is not leave to write.
        mode: row.mode.parse().unwrap_or(ClusterMode::Observe),
        accepts_vms: row.accepts_vms,
        health: ClusterHealth::from(row.health.as_str()),
        kubevirt_version: row.kubevirt_version,
        free_milli_vcpu: row.milli_vcpu.map(|all| all - row.committed_milli_vcpu - row.unmanaged_milli_vcpu),
        free_memory_bytes: row
            .memory_bytes
            .map(|all| all - row.committed_memory_bytes - row.unmanaged_memory_bytes),
        capabilities: row.capabilities.into_iter().collect(),
        ability: row.ability.map(|ability| ability.0).unwrap_or_default(),
        policy: row.policy.0,
        layout: row.layout.map(|layout| layout.0).unwrap_or_default(),
        taken_in_zone: Taken::default(),
        schema: None,
    }
}

/// The hard limits these amounts would break.
pub(super) fn exceeded(amounts: &[Amount], limits: &[LimitRow]) -> Vec<Reason> {
    let wanted: BTreeMap<&str, i64> = amounts.iter().map(|a| (a.dimension.as_str(), a.amount)).collect();
    let over = limits.iter().filter(|l| l.hard).filter_map(|l| {
        let asked = *wanted.get(l.dimension.as_str())?;
        (l.used + asked > l.amount).then(|| quota_exceeded(l, asked))
    });
    over.collect()
}

/// The refusal by a hard limit.
pub(super) fn quota_exceeded(limit: &LimitRow, asked: i64) -> Reason {
    let text = format!(
        "The {} limit of this {} is {}; {} are taken and {asked} more are asked for.",
        limit.dimension, limit.scope_kind, limit.amount, limit.used
    );
    Reason::new("QUOTA_EXCEEDED", text)
        .with("scope", limit.scope_kind.as_str())
        .with("dimension", limit.dimension.as_str())
        .with("limit", limit.amount)
        .with("used", limit.used)
        .with("requested", asked)
}

/// Whether any of these goes over its limit.
pub(super) fn over(lines: &[QuotaLine]) -> bool {
    lines.iter().any(|line| line.limit.is_some_and(|limit| line.used + line.requested > limit))
}

/// What the System has in this environment, then every limit that concerns the request.
pub(super) fn lines(amounts: &[Amount], limits: &[LimitRow], used: &[(String, i64)]) -> Vec<QuotaLine> {
    let own = amounts.iter().map(|a| {
        let dimension = a.dimension.as_str();
        let used = used.iter().find(|(d, _)| d == dimension).map_or(0, |(_, used)| *used);
        QuotaLine {
            scope: "system".into(),
            dimension: dimension.into(),
            used,
            requested: a.amount,
            limit: None,
        }
    });
    let limited = limits.iter().filter_map(|l| {
        let asked = amounts.iter().find(|a| a.dimension.as_str() == l.dimension)?;
        Some(QuotaLine {
            scope: l.scope_kind.clone(),
            dimension: l.dimension.clone(),
            used: l.used,
            requested: asked.amount,
            limit: Some(l.amount),
        })
    });
    let limited: Vec<QuotaLine> = limited.collect();
    let bounded =
        |line: &QuotaLine| limited.iter().any(|l| l.scope == line.scope && l.dimension == line.dimension);
    let own: Vec<QuotaLine> = own.filter(|line| !bounded(line)).collect();
    own.into_iter().chain(limited.iter().cloned()).collect()
}

/// The quota lines kept with a request's inputs.
pub(super) fn stored_quota(inputs: &Value) -> Vec<QuotaLine> {
    inputs.get("quota").and_then(|lines| serde_json::from_value(lines.clone()).ok()).unwrap_or_default()
}

pub(super) fn template_ref(facts: &CreateFacts) -> TemplateVersionRef {
    TemplateVersionRef {
        id: facts.template_version_id,
        template_id: facts.template_id,
        name: facts.template_name.clone(),
        version: facts.template_version,
    }
}

pub(super) fn size_ref(facts: &CreateFacts, disk_bytes: i64) -> SizeRef {
    SizeRef {
        id: facts.size_version_id,
        size_id: facts.size_id,
        name: facts.size_name.clone(),
        version: facts.size_version,
        milli_vcpu: facts.milli_vcpu,
        memory_bytes: facts.memory_bytes,
        disk_bytes,
    }
}

/// The keys as they go into the guest.
pub(super) fn key_lines(keys: &[KeyRow]) -> Vec<String> {
    keys.iter().map(|key| key.public_key.clone()).collect()
}

/// Ids of keys named by a stored spec.
pub(super) fn key_ids(create: &CreateSpec) -> Vec<SshKeyId> {
    create.ssh_keys.iter().map(|key| key.id).collect()
}
