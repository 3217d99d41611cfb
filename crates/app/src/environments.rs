//! Environments.

use shepherd_contract::types::{CreateEnvironment, Environment, EnvironmentList};
use shepherd_domain::authz::{self, Permission, Platform};
use shepherd_store::environments::{self as store, EnvironmentRow, NewEnvironment};
use shepherd_store::events::Event;
use shepherd_store::namespaces::Sight;

use crate::change::{Audit, Begun};
use crate::{App, Cx, Error, Result};

impl App {
    /// All environments, with what the caller sees in each counted.
    pub async fn list_environments(&self, cx: &Cx) -> Result<EnvironmentList> {
        let vms = cx.grants.visible(Permission::VmRead);
        let rows = store::list(&mut *self.db.acquire().await?, &sight(cx), &vms).await?;
        Ok(EnvironmentList { items: rows.into_iter().map(environment).collect() })
    }

    /// Adds an environment.
    pub async fn create_environment(&self, cx: &Cx, body: CreateEnvironment) -> Result<Environment> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let position = body.position.unwrap_or_default();
        let new = NewEnvironment {
            name: &body.name,
            title: &body.title,
            protected: body.protected,
            colour: &body.colour,
            position,
            trash_days: body.trash_days,
        };
        let id = store::create(change.tx(), &auth, &new).await.map_err(|error| {
            Error::from(error).taken("environment_name_key", || {
                Error::field(
                    "/name",
                    "NAME_TAKEN",
                    format!("There is an environment named {} already.", body.name),
                )
            })
        })?;
        let made = Environment {
            id,
            name: body.name,
            title: body.title,
            protected: body.protected,
            colour: body.colour,
            position,
            trash_days: body.trash_days.unwrap_or(if body.protected { 30 } else { 7 }),
            cluster_count: 0,
            namespace_count: 0,
            vm_count: 0,
        };
        change.event(Event::new("environment", id, 1).environment(id));
        change.commit(Audit::of("environment", id, &made.name).environment(id).after(&made), made).await
    }
}

/// Which namespaces this caller may know of.
pub(crate) fn sight(cx: &Cx) -> Sight {
    Sight::new(&cx.grants.visible(Permission::CatalogueManage), &cx.grants.visible(Permission::SystemRead))
}

fn environment(row: EnvironmentRow) -> Environment {
    Environment {
        id: row.id,
        name: row.name,
        title: row.title,
        protected: row.protected,
        colour: row.colour,
        position: row.position,
        trash_days: row.trash_days,
        cluster_count: row.cluster_count,
        namespace_count: row.namespace_count,
        vm_count: row.vm_count,
    }
}
