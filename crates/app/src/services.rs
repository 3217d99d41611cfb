//! Services: the applications of a System.

use shepherd_contract::types::{CreateService, Service, ServicePage, SystemRef, UpdateService};
use shepherd_domain::authz::{self, Permission, SystemScope};
use shepherd_domain::ids::{ServiceId, SystemId};
use shepherd_store::events::Event;
use shepherd_store::services::{self as store, ServiceRow};

use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Which Services.
pub struct ListServices<'a> {
    pub system: Option<SystemId>,
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The Services the caller may see, by System and name.
    pub async fn list_services(&self, cx: &Cx, ask: ListServices<'_>) -> Result<ServicePage> {
        let page: Ask<(String, String)> = Ask::new("services", ask.cursor, ask.limit)?;
        let visible = cx.grants.visible(Permission::ServiceRead);
        let after = page.after.as_ref().map(|(system, name)| (system.as_str(), name.as_str()));
        let mut conn = self.db.acquire().await?;
        let rows = store::list(&mut conn, &visible, ask.system, ask.search, after, page.fetch()).await?;
        let (rows, next_cursor) =
            page.cut("services", rows, |row| (row.system_name.clone(), row.name.clone()))?;
        Ok(ServicePage { items: rows.into_iter().map(service).collect(), next_cursor })
    }

    /// One Service.
    pub async fn get_service(&self, cx: &Cx, id: ServiceId) -> Result<Service> {
        let scope = store::scope(&mut *self.db.acquire().await?, id).await?;
        let auth = self.authorize::<authz::ReadService, _>(cx, scope).await?;
        Ok(service(store::get(&mut *self.db.acquire().await?, &auth).await?))
    }

    /// Makes a Service in a System.
    pub async fn create_service(&self, cx: &Cx, body: CreateService) -> Result<Service> {
        let auth = self.authorize::<authz::CreateService, _>(cx, SystemScope(body.system_id)).await?;
        let system = self.get_system(cx, body.system_id).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let description = body.description.unwrap_or_default();
        let sample = body.sample.unwrap_or(false);
        let id =
            store::create(change.tx(), &auth, &body.name, &description, sample).await.map_err(|error| {
                Error::from(error).taken("service_name", || {
                    let text = format!("{} has a Service named {} already.", system.name, body.name);
                    Error::field("/name", "NAME_TAKEN", text)
                })
            })?;
        let made = Service {
            id,
            system: SystemRef { id: system.id, name: system.name },
            name: body.name,
            description,
            vm_count: 0,
            sample,
            created_at: change.now().await?,
            version: 1,
        };
        change.event(Event::new("service", id, 1).system(made.system.id).service(id));
        change.commit(Audit::of("service", id, &made.name).system(made.system.id).after(&made), made).await
    }

    /// Changes the description.
    pub async fn update_service(
        &self,
        cx: &Cx,
        id: ServiceId,
        version: i64,
        body: UpdateService,
    ) -> Result<Service> {
        let before = self.get_service(cx, id).await?;
        let scope = authz::ServiceScope { service: id, system: before.system.id };
        let auth = self.authorize::<authz::UpdateService, _>(cx, scope).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(before) };
        let new = store::update(change.tx(), &auth, version, &body.description).await?.ok_or(Error::Stale)?;
        change.event(Event::new("service", id, new).system(scope.system).service(id));
        let after = Service { description: body.description, version: new, ..before.clone() };
        let entry = Audit::of("service", id, &after.name).system(scope.system).before(&before).after(&after);
        change.commit(entry, after).await
    }

    /// Deletes a Service without VMs.
    pub async fn delete_service(&self, cx: &Cx, id: ServiceId) -> Result<()> {
        let before = self.get_service(cx, id).await?;
        let scope = authz::ServiceScope { service: id, system: before.system.id };
        let auth = self.authorize::<authz::DeleteService, _>(cx, scope).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        if !store::delete(change.tx(), &auth).await? {
            let text = "This Service still has VMs or open requests; delete or close them first.";
            return Err(Error::conflict("SERVICE_NOT_EMPTY", text));
        }
        change.event(Event::new("service", id, before.version + 1).system(scope.system).service(id));
        change.commit(Audit::of("service", id, &before.name).system(scope.system).before(&before), ()).await
    }
}

fn service(row: ServiceRow) -> Service {
    Service {
        id: row.id,
        system: SystemRef { id: row.system_id, name: row.system_name },
        name: row.name,
        description: row.description,
        vm_count: row.vm_count,
        sample: row.sample,
        created_at: row.created_at,
        version: row.version,
    }
}
