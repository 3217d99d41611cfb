//! Asking for many VMs at once, from a count or from a table.
//!
//! What rows have in common is read once: networks, keys, fields, clusters, and the catalogue once for each combination of
//! namespace, template and size. The rest is arithmetic on each row. All rows are judged before anything is said.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shepherd_contract::types::{Batch, RequestVm, RequestVms};
use shepherd_domain::authz::{self, ServiceInEnvironment};
use shepherd_domain::batch::{Row, RowFault};
use shepherd_domain::ids::{ClusterId, NamespaceId, SizeVersionId, TemplateVersionId};
use shepherd_domain::network::Attachment;
use shepherd_domain::placement::{ClusterFacts, Neighbour, place};
use shepherd_domain::quota::{Amount, amounts};
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::{CreateSpec, Spec, with_fields};
use shepherd_domain::states::RequestOperation;
use shepherd_domain::target::VmPlace;
use shepherd_store::networks::NetworkRow;
use shepherd_store::request_facts::{self, CreateFacts, KeyRow};
use shepherd_store::{Conn, clock, placement, quota};

use super::super::asked::{Answers, Questions};
use super::super::asker::Asker;
use super::super::dry_run::DRY_RUNS;
use super::super::{choices, create, facts, places};
use super::names::Names;
use super::rows::{self, Refused, in_row};
use super::submit::{Child, Parent};
use crate::advanced_paths::with_schemas;
use crate::{App, Cx, Error, Result};

/// What rows with the same namespace, template and size share.
struct Kind {
    facts: CreateFacts,
    clusters: Vec<ClusterFacts>,
    problems: Vec<Reason>,
}

type Combination = (NamespaceId, TemplateVersionId, SizeVersionId);

/// What all rows share.
struct Ground {
    networks: Vec<NetworkRow>,
    attachments: Vec<Attachment>,
    keys: Vec<KeyRow>,
    questions: Questions,
    clusters: Vec<ClusterFacts>,
    neighbours: Vec<Neighbour>,
    kinds: BTreeMap<Combination, Kind>,
}

/// A batch that is put together and not written.
pub(super) struct Many {
    ground: Ground,
    creates: Vec<CreateSpec>,
    pub children: Vec<Child>,
    pub parent: Parent,
    /// A hard limit that it would go over.
    pub exceeded: Option<Reason>,
}

impl App {
    /// Asks for as many VMs as a count or a table says, in one request.
    pub async fn request_vms(&self, cx: &Cx, body: RequestVms) -> Result<Batch> {
        let asker = Asker::caller(cx);
        let first = self.first_of(cx, &body).await?;
        if let Some(answer) = self.replay(cx).await? {
            return Ok(answer);
        }
        let many = self.many(cx, &asker, &body, &first).await?;
        if let Some(reason) = many.exceeded {
            return Err(Error::Invalid { reason, fields: vec![] });
        }
        let kinds = distinct(&many.creates).into_iter();
        for (kind, create) in kinds.take(usize::try_from(DRY_RUNS).unwrap_or_default()) {
            let kind = &many.ground.kinds[&kind];
            if let Ok(cluster) = many.ground.place_of(create, kind) {
                self.dry_run_wish(&kind.facts, create, &many.ground.keys, cluster).await?;
            }
        }
        self.put_batch(cx, &asker, many.parent, many.children).await
    }

    /// The facts of what the form says, which the caller may ask for.
    pub(super) async fn first_of(&self, cx: &Cx, body: &RequestVms) -> Result<CreateFacts> {
        let first = facts::resolve(&mut *self.db.acquire().await?, &base(body)).await?;
        let place = ServiceInEnvironment {
            service: first.service_id,
            system: first.system_id,
            environment: first.environment_id,
        };
        self.authorize::<authz::CreateVm, _>(cx, place).await?;
        Ok(first)
    }

    /// Judges all rows, and puts the whole together.
    pub(super) async fn many(
        &self,
        cx: &Cx,
        asker: &Asker,
        body: &RequestVms,
        first: &CreateFacts,
    ) -> std::result::Result<Many, Refused> {
        let (base, rows) = (base(body), rows::read(body)?);
        let mut conn = self.db.acquire().await.map_err(Error::from)?;
        let told = |refused| rows::uncounted(refused, body.csv.is_some());
        let (ground, wishes) = Ground::of(&mut conn, asker, &base, first, &rows).await.map_err(told)?;
        let now = clock::now(&mut conn).await.map_err(Error::from)?;
        let (children, creates) = made(&ground, asker, &rows, &wishes, now).map_err(told)?;
        for (kind, create) in distinct(&creates) {
            self.check_secrets(&mut conn, cx, &ground.kinds[&kind].facts, create, &ground.keys, None).await?;
        }
        let sums = sums(&children);
        let subject = facts::subject(first, asker);
        let limits = quota::limits(&mut conn, &subject, None).await.map_err(Error::from)?;
        let used = quota::used_by_system(&mut conn, first.system_id, first.environment_id, None).await;
        let used = used.map_err(Error::from)?;
        let parent = Parent {
            of: RequestOperation::Create,
            place: VmPlace {
                system: first.system_id,
                service: first.service_id,
                environment: first.environment_id,
                namespace: first.namespace_id,
            },
            another: base.another.unwrap_or(false),
            reason: base.reason.unwrap_or_default(),
            sample: base.sample.unwrap_or(false),
            quota: Some((subject, facts::lines(&sums, &limits, &used))),
        };
        let exceeded = facts::exceeded(&sums, &limits).into_iter().next();
        Ok(Many { ground, creates, children, parent, exceeded })
    }
}

/// What every row is where it says nothing else.
fn base(body: &RequestVms) -> RequestVm {
    RequestVm {
        service_id: body.service_id,
        namespace_id: body.namespace_id,
        template_version_id: body.template_version_id,
        size_version_id: body.size_version_id,
        disk_bytes: body.disk_bytes,
        variables: body.variables.clone(),
        secret_ids: body.secret_ids.clone(),
        network_ids: body.network_ids.clone(),
        ssh_key_ids: body.ssh_key_ids.clone(),
        place: body.place.clone(),
        reason: body.reason.clone(),
        fields: body.fields.clone(),
        another: body.another,
        sample: body.sample,
    }
}

impl Ground {
    /// Reads what the rows need, and makes the wish of each.
    async fn of(
        conn: &mut Conn,
        asker: &Asker,
        base: &RequestVm,
        first: &CreateFacts,
        rows: &[Row],
    ) -> std::result::Result<(Self, Vec<RequestVm>), Refused> {
        let networks = choices::networks(conn, base.network_ids.as_deref().unwrap_or_default()).await?;
        let ids = base.ssh_key_ids.clone().unwrap_or_default();
        let keys = request_facts::ssh_keys(conn, &ids).await.map_err(Error::from)?;
        if let Some(index) = ids.iter().position(|id| !keys.iter().any(|key| key.id == *id)) {
            return Err(facts::unknown_key(index).into());
        }
        let questions = Questions::of(conn, Some(first.environment_id), RequestOperation::Create).await?;
        let mut clusters: Vec<ClusterFacts> = request_facts::clusters(conn)
            .await
            .map_err(Error::from)?
            .into_iter()
            .map(facts::cluster)
            .collect();
        let asked = base.place.as_ref();
        places::known(conn, asker, asked).await?;
        let zone = asked.and_then(|place| place.zone.as_deref());
        places::taken(conn, first.environment_id, zone, &mut clusters).await?;
        let others = asked.and_then(|place| place.apart_from.as_deref()).unwrap_or_default();
        let neighbours = placement::neighbours(conn, others).await.map_err(Error::from)?;
        let attachments = choices::attachments(&networks)?;
        let kinds = BTreeMap::new();
        let mut ground = Self { networks, attachments, keys, questions, clusters, neighbours, kinds };
        let names = Names::of(conn, rows, first.environment_id).await?;
        let mut faults = Vec::new();
        let mut wishes = Vec::with_capacity(rows.len());
        for row in rows {
            let mut wish = names.wish(base, row, &mut faults);
            if !row.fields.is_empty() {
                let said =
                    row.fields.iter().map(|(name, text)| (name.clone(), ground.questions.typed(name, text)));
                wish.fields.get_or_insert_default().extend(said);
            }
            wishes.push(wish);
        }
        if !faults.is_empty() {
            return Err(Refused::Rows(faults));
        }
        for wish in &wishes {
            // One for each combination: the catalogue's size bounds them, not the table's.
            if !ground.kinds.contains_key(&combination(wish)) {
                let kind = ground.kind(conn, wish).await?;
                ground.kinds.insert(combination(wish), kind);
            }
        }
        Ok((ground, wishes))
    }

    async fn kind(&self, conn: &mut Conn, wish: &RequestVm) -> Result<Kind> {
        let facts = facts::resolve(conn, wish).await?;
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        facts::check_namespace(&facts, &mut problems);
        choices::check(&facts, &self.networks, &mut problems, &mut warnings);
        let (.., advanced) = choices::content(&facts)?;
        choices::check_fields(conn, &advanced, &mut problems).await?;
        let clusters = with_schemas(conn, &advanced, &[facts.environment_id], self.clusters.clone()).await?;
        Ok(Kind { facts, clusters, problems })
    }

    /// What one row asks for, as a child; or what is wrong with it.
    fn child(
        &self,
        asker: &Asker,
        row: &Row,
        wish: &RequestVm,
        now: DateTime<Utc>,
    ) -> Result<(Child, CreateSpec)> {
        let kind = &self.kinds[&combination(wish)];
        let invalid = |reason: &Reason| Error::Invalid { reason: reason.clone(), fields: vec![] };
        if let Some(problem) = kind.problems.first() {
            return Err(invalid(problem));
        }
        let create = facts::spec(&kind.facts, wish, &self.keys, self.attachments.clone())?;
        let answers = Answers::to(&self.questions, wish.fields.as_ref());
        answers.complete()?;
        let canonical = with_fields(&Spec::Create(Box::new(create.clone())), &answers.values)
            .map_err(|error| Error::field("", "SPEC_INVALID", error.to_string()))?;
        self.place_of(&create, kind).map_err(|reason| invalid(&reason))?;
        let mut input = create::input(&kind.facts, &create, asker, wish.reason.as_deref(), now);
        input.fields = answers.values;
        let child = Child {
            label: row.name.clone(),
            namespace: kind.facts.namespace_id,
            vm: None,
            canonical,
            input,
            amounts: amounts(&create),
        };
        Ok((child, create))
    }

    /// The best cluster for it, or why none takes it.
    fn place_of(&self, create: &CreateSpec, kind: &Kind) -> Result<ClusterId, Reason> {
        let candidates = place(&places::demand(create, self.neighbours.clone()), &kind.clusters);
        candidates.iter().find(|c| c.eligible).map(|c| c.cluster_id).ok_or_else(|| {
            let text =
                "No cluster of this environment can take this VM now; a preflight of it says why for each.";
            let reason = Reason::new("NO_PLACEMENT", text);
            match facts::against(&candidates) {
                Ok(reasons) => reason.with("reasons", reasons),
                Err(_) => reason,
            }
        })
    }
}

fn combination(wish: &RequestVm) -> Combination {
    (wish.namespace_id, wish.template_version_id, wish.size_version_id)
}

fn of_spec(create: &CreateSpec) -> Combination {
    (create.namespace_id, create.template_version_id, create.size_version_id)
}

type Made = (Vec<Child>, Vec<CreateSpec>);

/// All children, or everything that is wrong with any.
fn made(
    ground: &Ground,
    asker: &Asker,
    rows: &[Row],
    wishes: &[RequestVm],
    now: DateTime<Utc>,
) -> std::result::Result<Made, Refused> {
    let mut faults: Vec<RowFault> = Vec::new();
    let (mut children, mut creates) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for (row, wish) in rows.iter().zip(wishes) {
        match ground.child(asker, row, wish, now) {
            Ok((child, create)) => {
                children.push(child);
                creates.push(create);
            }
            Err(error) => faults.extend(in_row(row.number, error)?),
        }
    }
    match faults.is_empty() {
        true => Ok((children, creates)),
        false => Err(Refused::Rows(faults)),
    }
}

/// The first of each combination.
fn distinct(creates: &[CreateSpec]) -> BTreeMap<Combination, &CreateSpec> {
    creates.iter().rev().map(|create| (of_spec(create), create)).collect()
}

fn sums(children: &[Child]) -> Vec<Amount> {
    let mut sums: Vec<Amount> = Vec::new();
    for amount in children.iter().flat_map(|child| &child.amounts) {
        match sums.iter_mut().find(|sum| sum.dimension == amount.dimension) {
            Some(sum) => sum.amount = sum.amount.saturating_add(amount.amount),
            None => sums.push(*amount),
        }
    }
    sums
}
