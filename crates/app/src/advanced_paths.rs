//! Which fields of KubeVirt templates may set: a list that admins keep, and what each cluster makes of it.

use std::collections::BTreeMap;

use serde_json::Value;
use shepherd_contract::types::{AdvancedPaths, SetAdvancedPaths};
use shepherd_domain::advanced;
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::{ClusterId, EnvironmentId};
use shepherd_domain::placement::ClusterFacts;
use shepherd_domain::reason::Coded;
use shepherd_store::Conn;
use shepherd_store::advanced_paths::{self as store, PathsRow};
use shepherd_store::events::Event;

use crate::change::{Audit, Begun};
use crate::error::FieldFault;
use crate::{App, Cx, Error, Result};

impl App {
    /// The list.
    pub async fn get_advanced_paths(&self, _cx: &Cx) -> Result<AdvancedPaths> {
        Ok(shown(store::get(&mut *self.db.acquire().await?).await?))
    }

    /// Replaces the list. Templates that set what is not on it any more are refused when they are asked for.
    pub async fn set_advanced_paths(
        &self,
        cx: &Cx,
        version: i64,
        body: SetAdvancedPaths,
    ) -> Result<AdvancedPaths> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        for (index, path) in body.paths.iter().enumerate() {
            advanced::check_path(path).map_err(|error| {
                let pointer = format!("/paths/{index}");
                let fields = vec![FieldFault { pointer, code: error.code(), text: error.to_string() }];
                Error::Invalid { reason: error.reason(), fields }
            })?;
        }
        let mut paths = body.paths;
        paths.sort();
        paths.dedup();
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let before = store::get(change.tx()).await?;
        let new = store::set(change.tx(), &auth, version, &paths).await?.ok_or(Error::Stale)?;
        let after = AdvancedPaths { paths, version: new };
        change.event(Event::new("template", uuid::Uuid::nil(), new));
        change.commit(Audit::about("template").before(before.paths).after(&after.paths), after).await
    }

    /// Asks a cluster which fields it knows, if its KubeVirt is another than the one that was asked.
    pub(crate) async fn learn_schema(&self, id: ClusterId, version: &str) -> Result<()> {
        if store::schema_version(&mut *self.db.acquire().await?, id).await?.as_deref() == Some(version) {
            return Ok(());
        }
        let link = self.link(id).await?;
        match link.call(link.cluster.instance_schema()).await {
            Ok(schema) => {
                let mut change = self.system_change().await?;
                store::learn(change.tx(), id, version, &schema).await?;
                change.commit_progress().await
            }
            // Tried again with the next probe; until then nothing that sets fields goes there.
            Err(fault) => {
                tracing::info!(cluster = %id, reason = %fault.reason.text, "its schema could not be read");
                Ok(())
            }
        }
    }
}

fn shown(row: PathsRow) -> AdvancedPaths {
    AdvancedPaths { paths: row.paths, version: row.version }
}

/// Gives clusters their schemas, where there are fields to be judged.
pub(crate) async fn with_schemas(
    conn: &mut Conn,
    fields: &BTreeMap<String, Value>,
    environments: &[EnvironmentId],
    mut clusters: Vec<ClusterFacts>,
) -> Result<Vec<ClusterFacts>> {
    if !fields.is_empty() {
        let mut schemas: BTreeMap<ClusterId, Value> = store::schemas(conn, environments)
            .await?
            .into_iter()
            .map(|row| (row.cluster_id, row.schema))
            .collect();
        for cluster in &mut clusters {
            cluster.schema = schemas.remove(&cluster.id);
        }
    }
    Ok(clusters)
}
