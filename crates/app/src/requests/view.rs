//! Requests as the contract shows them.

use serde_json::Value;
use shepherd_contract::types::{
    ClusterRef, Decision, EnvironmentRef, NamespaceRef, Narrowed, PersonRef, PlacementCandidate,
    PolicyEffect, Reason, Request, RequestEdit, RequestMay, RequestOperation, RequestState, RequestTarget,
    ServiceRef, SizeRef, Stage, StageState, SystemRef, SystemTarget, TemplateVersionRef, Verdict, VmRef,
    VmTarget,
};
use shepherd_domain::approval::{self, DecisionView, RequestView, RequirementView, StageView};
use shepherd_domain::authz::{Permission, SystemScope};
use shepherd_domain::hash::SpecHash;
use shepherd_domain::ids::{RequestId, SystemId};
use shepherd_domain::placement::Candidate;
use shepherd_domain::policy::{Judgement, Requirement, Who};
use shepherd_domain::reason::{Coded, Reason as Statement};
use shepherd_domain::states::RequestEvent;
use shepherd_domain::target::{Target, VmPlace};
use shepherd_domain::{spec, states};
use shepherd_store::decisions::{self, DecisionRow, StageRow};
use shepherd_store::request_edits::{self, EditRow};
use shepherd_store::requests::{self, RequestRow};
use shepherd_store::{Conn, request_facts};

use super::approvers::{self, Bench};
use super::asked;
use super::edit::may_change;
use super::facts::{size_ref, template_ref};
use super::judge;
use super::modify::field_changes;
use crate::comments::may_comment;
use crate::{App, Cx, Error, Result};

/// A statement in the contract's type.
pub(crate) fn reason(statement: Statement) -> Reason {
    Reason { code: statement.code.into_owned(), params: statement.params, text: statement.text }
}

pub(crate) fn effect(effect: states::PolicyEffect) -> PolicyEffect {
    match effect {
        states::PolicyEffect::Allow => PolicyEffect::Allow,
        states::PolicyEffect::Deny => PolicyEffect::Deny,
        states::PolicyEffect::Require => PolicyEffect::Require,
    }
}

/// Candidates as the contract shows them.
pub(super) fn placement(candidates: &[Candidate]) -> Vec<PlacementCandidate> {
    let show = |c: &Candidate| PlacementCandidate {
        cluster: ClusterRef { id: c.cluster_id, name: c.cluster.clone() },
        eligible: c.eligible,
        reasons: c.reasons.iter().cloned().map(reason).collect(),
    };
    candidates.iter().map(show).collect()
}

pub(crate) fn environment_ref(
    id: shepherd_domain::ids::EnvironmentId,
    name: &str,
    title: &str,
    protected: bool,
    colour: &str,
) -> EnvironmentRef {
    EnvironmentRef { id, name: name.into(), title: title.into(), protected, colour: colour.into() }
}

/// What a request's target is called.
pub(super) struct Names<'a> {
    pub system: Option<&'a str>,
    pub service: Option<&'a str>,
    pub environment: Option<&'a str>,
    pub title: Option<&'a str>,
    pub protected: bool,
    pub colour: Option<&'a str>,
    pub namespace: Option<&'a str>,
    /// The System that somebody asks to belong to, as they named it.
    pub joins: Option<&'a str>,
}

/// What a request is about, as the contract shows it. A System is shown to whoever may know of it; others see the name
/// that was asked for, which says nothing.
pub(super) fn target(cx: &Cx, target: Target, names: Names<'_>) -> RequestTarget {
    let text = |name: Option<&str>| name.unwrap_or_default().to_owned();
    match target {
        Target::Vm(place) => RequestTarget::Vm(VmTarget {
            system: SystemRef { id: place.system, name: text(names.system) },
            service: ServiceRef { id: place.service, name: text(names.service) },
            environment: environment_ref(
                place.environment,
                names.environment.unwrap_or_default(),
                names.title.unwrap_or_default(),
                names.protected,
                names.colour.unwrap_or_default(),
            ),
            namespace: NamespaceRef { id: place.namespace, name: text(names.namespace) },
        }),
        Target::System(system) => RequestTarget::System(SystemTarget {
            name: text(names.joins),
            system: system
                .filter(|id| may_know(cx, *id))
                .map(|id| SystemRef { id, name: text(names.system) }),
        }),
    }
}

/// Whether the caller may know that there is this System.
pub(crate) fn may_know(cx: &Cx, system: SystemId) -> bool {
    cx.grants.check(Permission::SystemRead, &SystemScope(system)).is_ok()
        || cx.grants.member_role(system).is_some()
}

/// One line that says what is asked for; clients word it by its code.
pub(crate) fn size_summary(operation: &str, spec: &Value) -> Statement {
    let number = |name: &str| spec.get(name).and_then(Value::as_i64).unwrap_or_default();
    if spec.get("operation").and_then(Value::as_str) == Some("batch") {
        let count = number("count");
        return Statement::new("SUMMARY_BATCH", format!("{operation}, {count} times"))
            .with("operation", operation)
            .with("count", count)
            .with("milli_vcpu", number("milli_vcpu"))
            .with("memory_bytes", number("memory_bytes"))
            .with("disk_bytes", number("disk_bytes"));
    }
    match operation {
        "vm.create" => {
            let (cpu, memory, disk) = (number("milli_vcpu"), number("memory_bytes"), number("disk_bytes"));
            let text = format!("Create a VM with {} vCPU and {} MiB", (cpu + 999) / 1000, memory >> 20);
            Statement::new("SUMMARY_CREATE", text)
                .with("milli_vcpu", cpu)
                .with("memory_bytes", memory)
                .with("disk_bytes", disk)
        }
        "vm.start" => Statement::new("SUMMARY_START", "Start the VM"),
        "vm.stop" => {
            let force = spec.get("force").and_then(Value::as_bool).unwrap_or_default();
            let said =
                Statement::new("SUMMARY_STOP", if force { "Stop the VM at once" } else { "Stop the VM" })
                    .with("force", force);
            match spec.get("grace_seconds").and_then(Value::as_i64) {
                Some(seconds) => said.with("grace_seconds", seconds),
                None => said,
            }
        }
        "vm.restart" => Statement::new("SUMMARY_RESTART", "Restart the VM"),
        "vm.pause" => Statement::new("SUMMARY_PAUSE", "Pause the VM"),
        "vm.unpause" => Statement::new("SUMMARY_UNPAUSE", "Let the VM go on"),
        "vm.modify" => {
            let differs = |name: &&str| spec["from"].get(name) != spec["to"].get(name);
            let fields = ["milli_vcpu", "memory_bytes", "disk_bytes", "template_version_id", "labels"];
            let fields: Vec<&str> = fields.into_iter().filter(|name| differs(name)).collect();
            Statement::new("SUMMARY_MODIFY", "Change the VM").with("fields", fields)
        }
        "pool.create" => {
            let name = spec.get("name").and_then(Value::as_str).unwrap_or_default();
            Statement::new("SUMMARY_POOL_CREATE", format!("Keep a pool {name} of {} VMs", number("desired")))
                .with("name", name)
                .with("desired", number("desired"))
                .with("min", pool_number(spec, "pool", "min"))
                .with("max", pool_number(spec, "pool", "max"))
        }
        "pool.change" => Statement::new("SUMMARY_POOL_CHANGE", "Change the pool")
            .with("min", pool_number(spec, "to", "min"))
            .with("max", pool_number(spec, "to", "max")),
        "pool.delete" => Statement::new("SUMMARY_POOL_DELETE", "Delete the pool with all its members"),
        "vm.delete" => Statement::new("SUMMARY_DELETE", "Move the VM to the trash"),
        "vm.restore" => Statement::new("SUMMARY_RESTORE", "Take the VM out of the trash"),
        "vm.purge" => Statement::new("SUMMARY_PURGE", "Remove the VM for good"),
        "vm.console" => {
            let kind = spec.get("kind").and_then(Value::as_str).unwrap_or("serial");
            Statement::new("SUMMARY_CONSOLE", format!("Open the {kind} console")).with("kind", kind)
        }
        "system.join" => {
            let text = |name: &str| spec.get(name).and_then(Value::as_str).unwrap_or_default();
            let (system, role) = (text("system"), text("role"));
            Statement::new("SUMMARY_JOIN", format!("Belong to {system} as {role}"))
                .with("system", system)
                .with("role", role)
        }
        other => Statement::new("SUMMARY_OTHER", other).with("operation", other),
    }
}

fn pool_number(spec: &Value, side: &str, name: &str) -> i64 {
    spec.get(side).and_then(|pool| pool.get(name)).and_then(Value::as_i64).unwrap_or_default()
}

/// A request with its stages and decisions, as rules and pages need it.
pub(crate) struct Whole {
    pub row: RequestRow,
    pub stages: Vec<StageRow>,
    pub decisions: Vec<DecisionRow>,
    pub edits: Vec<EditRow>,
}

impl Whole {
    /// Reads it. Under the request's row lock when a decision follows.
    pub async fn load(conn: &mut Conn, id: RequestId) -> Result<Self> {
        let row = requests::load(conn, id).await?;
        let stages = decisions::stages(conn, id).await?;
        let decisions = decisions::decisions(conn, id).await?;
        let edits = match row.revision {
            1 => Vec::new(),
            _ => request_edits::edits(conn, id).await?,
        };
        Ok(Self { row, stages, decisions, edits })
    }

    /// Where its VM is, or is to be made.
    pub fn place(&self) -> Result<VmPlace> {
        self.row.target().vm().ok_or_else(|| Error::Internal("a request that is about no VM".into()))
    }

    /// What it is about, for this caller.
    fn target(&self, cx: &Cx) -> RequestTarget {
        let row = &self.row;
        let names = Names {
            system: row.system_name.as_deref(),
            service: row.service_name.as_deref(),
            environment: row.environment_name.as_deref(),
            title: row.environment_title.as_deref(),
            protected: row.protected,
            colour: row.colour.as_deref(),
            namespace: row.namespace_name.as_deref(),
            joins: self.joins(),
        };
        target(cx, row.target(), names)
    }

    /// What the rules of approval look at.
    pub fn rules(&self) -> Result<RequestView> {
        let parse = |bytes: &[u8]| -> Result<SpecHash> {
            let bytes: [u8; 32] =
                bytes.try_into().map_err(|_| Error::Internal("a stored hash is not 32 bytes".into()))?;
            Ok(SpecHash(bytes))
        };
        let stages = self.stages.iter().map(|s| StageView {
            id: s.id,
            position: s.position,
            requirements: s.requirements.iter().map(requirement).collect(),
            ask_again: s.ask_again,
        });
        let decisions = self.decisions.iter().map(|d| {
            let verdict =
                d.verdict.parse().map_err(|_| Error::Internal("a stored verdict is unknown".into()))?;
            Ok(DecisionView {
                stage_id: d.stage_id,
                person_id: d.person_id,
                verdict,
                spec_hash: parse(&d.spec_hash)?,
                void: d.void,
                fulfils: d.fulfils.iter().filter_map(|index| usize::try_from(*index).ok()).collect(),
                sets_aside: d.sets_aside,
            })
        });
        // A new VM has no name yet that could be typed; for the others the name is what shows that one has looked.
        let typed = self.row.protected && self.row.operation != "vm.console";
        Ok(RequestView {
            state: states::RequestState::from(self.row.state.as_str()),
            spec_hash: parse(self.effective_hash())?,
            wider: self.wider().into_iter().map(parse).collect::<Result<_>>()?,
            requester: self.row.requester_person,
            editors: self.edits.iter().map(|edit| edit.person_id).collect(),
            stages: stages.collect(),
            decisions: decisions.collect::<Result<_>>()?,
            confirm_name: self.row.vm_name.clone().filter(|_| typed),
        })
    }
}

impl App {
    /// The contract's view of a request, for this caller.
    pub(crate) async fn show_request(&self, cx: &Cx, conn: &mut Conn, whole: Whole) -> Result<Request> {
        let rules = whole.rules()?;
        let may = may(cx, &whole, &rules);
        let target = whole.target(cx);
        // Who could let somebody in is told to whoever may know of the System.
        let names_people = !matches!(&target, RequestTarget::System(SystemTarget { system: None, .. }));
        let (effective, narrowed) = (whole.effective_json()?, whole.differences()?);
        let spec_hash = hex::encode(whole.effective_hash());
        let Whole { row, stages, decisions, edits } = whole;
        let progress = approval::progress(&rules);
        let mut shown = Vec::with_capacity(stages.len());
        for stage in stages {
            let mut except = vec![row.requester_person];
            except.extend(&rules.editors);
            except.extend(decisions.iter().filter(|d| !d.void).map(|d| d.principal_id));
            let progress = progress.iter().find(|p| p.stage_id == stage.id);
            let missing = match (stage.state.as_str(), progress) {
                ("active", Some(progress)) => progress.missing.clone(),
                _ => vec![0; stage.requirements.len()],
            };
            let bench = Bench { system: row.system_id, environment: row.environment_id, except: &except };
            let mut requirements =
                approvers::requirements(conn, &stage.requirements, &missing, bench).await?;
            if !names_people {
                requirements.iter_mut().for_each(|one| one.candidates.clear());
            }
            shown.push(Stage {
                id: stage.id,
                position: stage.position,
                state: stage.state.parse().unwrap_or(StageState::Waiting),
                requirement: reason(approvers::line(&stage.requirements)),
                needed: approvers::count(progress.map_or(0, |p| p.needed)),
                given: approvers::count(progress.map_or(0, |p| p.given)),
                candidates: approvers::all_of(&requirements),
                requirements,
            });
        }
        let spec = spec::from_json(effective.clone()).ok();
        let (template, size) = match spec.as_ref().and_then(spec::Spec::outcome) {
            Some(outcome) => named(conn, outcome).await?,
            None => (None, None),
        };
        let place = super::places::shown(conn, spec.as_ref().and_then(spec::Spec::outcome)).await?;
        let fields = asked::answered(conn, &row.spec_json).await?;
        let changes = match &spec {
            Some(spec::Spec::Modify(modify)) => field_changes(conn, modify).await?,
            _ => Vec::new(),
        };
        let verdict: Judgement = serde_json::from_value(row.verdict)?;
        let candidates: Vec<Candidate> = serde_json::from_value(row.placement)?;
        Ok(Request {
            id: row.id,
            number: row.number,
            operation: row
                .operation
                .parse()
                .map_err(|_| Error::Internal("a stored operation is unknown".into()))?,
            state: row.state.parse().unwrap_or(RequestState::Unknown),
            requester: PersonRef {
                id: row.requester_id,
                name: row.requester_name,
                display_name: row.requester_display,
            },
            target,
            vm: row.vm_id.zip(row.vm_name).map(|(id, name)| VmRef { id, name }),
            summary: reason(size_summary(&row.operation, &effective)),
            fields,
            changes,
            spec: object(effective),
            spec_hash,
            requested_hash: hex::encode(&row.spec_hash),
            narrowed: narrowed
                .into_iter()
                .map(|d| Narrowed { field: d.field, from: d.from, to: d.to })
                .collect(),
            reason: row.reason,
            stages: shown,
            decisions: decisions.into_iter().map(decision).collect(),
            verdict: judge::verdict(&verdict),
            placement: placement(&candidates),
            place,
            cluster: row.cluster_id.zip(row.cluster_name).map(|(id, name)| ClusterRef { id, name }),
            template,
            size,
            quota: super::facts::stored_quota(&row.inputs),
            automatic_rule: row.automatic_rule,
            operation_id: row.operation_id,
            failure: row.failure_code.map(|code| Reason {
                code,
                params: object(row.failure_params.unwrap_or_default()),
                text: row.failure_text.unwrap_or_default(),
            }),
            revision: row.revision,
            edits: edits.into_iter().map(edit).collect(),
            submitted_at: row.submitted_at,
            decided_at: row.decided_at,
            expires_at: row.expires_at,
            closed_at: row.closed_at,
            may,
            batch_size: row.batch_size,
            batch_id: row.batch_id,
            sample: row.sample,
            version: row.version,
        })
    }
}

/// The catalogue items a spec names, by their names.
pub(crate) async fn named(
    conn: &mut Conn,
    create: &spec::CreateSpec,
) -> Result<(Option<TemplateVersionRef>, Option<SizeRef>)> {
    let names = request_facts::CreateNames {
        service: create.service_id,
        namespace: create.namespace_id,
        template_version: create.template_version_id,
        size_version: create.size_version_id,
    };
    let facts = request_facts::create_facts(conn, &names).await?.ok();
    Ok((facts.as_ref().map(template_ref), facts.as_ref().map(|f| size_ref(f, create.disk_bytes))))
}

fn may(cx: &Cx, whole: &Whole, rules: &RequestView) -> RequestMay {
    let row = &whole.row;
    let holds = |who: &Who| cx.grants.speaks_for(who, row.system_id, row.environment_id);
    let refusal = approval::may_decide(rules, cx.actor.person, holds).err();
    let mine = whole.row.requester_id == cx.actor.id;
    // A batch is taken or left as it is, and called off as one.
    let alone = row.batch_size.is_none() && row.batch_id.is_none();
    // A pool is, too, but whoever asked may withdraw it.
    let worded = alone && !row.operation.starts_with("pool.");
    RequestMay {
        approve: refusal.is_none(),
        reject: refusal.is_none(),
        request_changes: refusal.is_none() && worded,
        edit: approval::may_edit(rules.state).is_ok() && worded && may_change(cx, whole),
        cancel: mine && alone && rules.state.apply(RequestEvent::Cancel).is_ok(),
        set_aside: approval::may_set_aside(rules, cx.actor.person, holds).is_some(),
        comment: may_comment(cx, whole).is_ok(),
        why_not: refusal.map(|r| reason(r.reason())),
    }
}

fn edit(row: EditRow) -> RequestEdit {
    RequestEdit {
        revision: row.revision,
        editor: PersonRef { id: row.editor_id, name: row.editor_name, display_name: row.editor_display },
        spec: object(row.spec_json),
        spec_hash: hex::encode(row.spec_hash),
        reason: row.reason,
        at: row.at,
    }
}

fn requirement(one: &Requirement) -> RequirementView {
    RequirementView { who: one.who.clone(), needed: one.needed, set_aside_by: one.set_aside_by.clone() }
}

fn decision(row: DecisionRow) -> Decision {
    Decision {
        id: row.id,
        person: PersonRef { id: row.principal_id, name: row.name, display_name: row.display_name },
        verdict: row.verdict.parse().unwrap_or(Verdict::Reject),
        comment: row.comment,
        spec_hash: hex::encode(row.spec_hash),
        effective_hash: row.effective_hash.map(hex::encode),
        set_aside: row.sets_aside,
        void: row.void,
        at: row.at,
    }
}

/// A JSON object; what is none is shown as an empty one.
pub(super) fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

/// Operations and their contract names are the same words.
pub(crate) fn operation(text: &str) -> Result<RequestOperation> {
    text.parse().map_err(|_| Error::Internal("a stored operation is unknown".into()))
}
