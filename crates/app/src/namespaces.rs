//! Governed namespaces.
//!
//! A caller sees those that are open to every System or to one of theirs; who manages the catalogue, or reads every
//! System, sees all. The Systems of a namespace are named only as far as the caller may know of them.

use std::collections::BTreeSet;

use shepherd_contract::types::{CreateNamespace, Namespace, NamespacePage, SystemRef};
use shepherd_domain::authz::{self, InEnvironment, Platform};
use shepherd_domain::ids::{EnvironmentId, NamespaceId, SystemId};
use shepherd_store::events::Event;
use shepherd_store::namespaces::{self as store, NamespaceFilter, NamespaceRow};

use crate::change::{Audit, Begun, Change};
use crate::environments::sight;
use crate::page::Ask;
use crate::requests::environment_ref;
use crate::{App, Cx, Error, Result};

/// Which namespaces.
pub struct ListNamespaces<'a> {
    pub environment: Option<EnvironmentId>,
    pub system: Option<SystemId>,
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The namespaces the caller may use, by name.
    pub async fn list_namespaces(&self, cx: &Cx, ask: ListNamespaces<'_>) -> Result<NamespacePage> {
        let page: Ask<String> = Ask::new("namespaces", ask.cursor, ask.limit)?;
        let filter = NamespaceFilter {
            sight: &sight(cx),
            id: None,
            environment: ask.environment,
            system: ask.system,
            search: ask.search,
            after: page.after.as_deref(),
            limit: page.fetch(),
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("namespaces", rows, |row| row.name.clone())?;
        Ok(NamespacePage { items: rows.into_iter().map(namespace).collect(), next_cursor })
    }

    /// Adds a namespace to an environment.
    pub async fn create_namespace(&self, cx: &Cx, body: CreateNamespace) -> Result<Namespace> {
        let auth =
            self.authorize::<authz::ManageCatalogue, _>(cx, InEnvironment(body.environment_id)).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        self.known_environment(change.tx(), body.environment_id).await?;
        let ids: BTreeSet<SystemId> = body.system_ids.iter().flatten().copied().collect();
        let ids: Vec<SystemId> = ids.into_iter().collect();
        let known = store::systems(change.tx(), &ids).await?;
        let missing = |id: &SystemId| !known.iter().any(|system| system.id == *id);
        if let Some(index) = body.system_ids.iter().flatten().position(missing) {
            let text = "There is no such System; it may have been deleted.";
            return Err(Error::field(format!("/system_ids/{index}"), "UNKNOWN_REFERENCE", text));
        }
        let id = store::create(change.tx(), &auth, &body.name, &ids).await.map_err(|error| {
            Error::from(error).taken("namespace_name", || {
                Error::field(
                    "/name",
                    "NAME_TAKEN",
                    format!("There is a namespace named {} already.", body.name),
                )
            })
        })?;
        let made = self.shown(cx, &mut change, id).await?;
        announce(&mut change, &ids, id, body.environment_id, 1);
        let entry = Audit::of("namespace", id, &made.name).environment(body.environment_id).after(&made);
        change.commit(entry, made).await
    }

    /// Removes a namespace in which nothing is left.
    pub async fn delete_namespace(&self, cx: &Cx, id: NamespaceId) -> Result<()> {
        // Who manages no catalogue does not learn which namespaces there are.
        self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let (environment, systems) = store::scope(&mut *self.db.acquire().await?, id).await?;
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, InEnvironment(environment)).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let before = self.shown(cx, &mut change, id).await?;
        let Some(version) = store::delete(change.tx(), &auth, id).await? else {
            let text = "This namespace still has VMs or open requests; delete or close them first.";
            return Err(Error::conflict("NAMESPACE_IN_USE", text));
        };
        announce(&mut change, &systems, id, environment, version);
        let entry = Audit::of("namespace", id, &before.name).environment(environment).before(&before);
        change.commit(entry, ()).await
    }

    /// The namespace as this caller sees it, inside the change.
    async fn shown(&self, cx: &Cx, change: &mut Change<'_>, id: NamespaceId) -> Result<Namespace> {
        let filter = NamespaceFilter {
            sight: &sight(cx),
            id: Some(id),
            environment: None,
            system: None,
            search: None,
            after: None,
            limit: 1,
        };
        store::list(change.tx(), &filter).await?.pop().map(namespace).ok_or(Error::NotFound)
    }

    /// An environment that a body names, or the fault at its field.
    pub(crate) async fn known_environment(
        &self,
        conn: &mut shepherd_store::Conn,
        id: EnvironmentId,
    ) -> Result<shepherd_store::environments::EnvironmentNameRow> {
        use shepherd_store::{StoreError, environments};
        environments::reference(conn, id).await.map_err(|error| match error {
            StoreError::NotFound => {
                Error::field("/environment_id", "UNKNOWN_REFERENCE", "There is no such environment.")
            }
            other => other.into(),
        })
    }
}

/// One event for each System that may use it, so that it reaches their members and nobody else's; one for all where
/// it is open to all.
fn announce(
    change: &mut Change<'_>,
    systems: &[SystemId],
    id: NamespaceId,
    environment: EnvironmentId,
    version: i64,
) {
    let event = Event::new("namespace", id, version).environment(environment);
    if systems.is_empty() {
        change.event(event);
        return;
    }
    for system in systems {
        change.event(event.clone().system(*system));
    }
}

fn namespace(row: NamespaceRow) -> Namespace {
    let environment = environment_ref(
        row.environment_id,
        &row.environment_name,
        &row.environment_title,
        row.protected,
        &row.colour,
    );
    Namespace {
        id: row.id,
        name: row.name,
        environment,
        systems: row.systems.0.into_iter().map(|s| SystemRef { id: s.id, name: s.name }).collect(),
        vm_count: row.vm_count,
        created_at: row.created_at,
    }
}
