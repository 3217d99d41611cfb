//! Services: the applications of a System.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shepherd_domain::authz::{
    Authorized, CreateService, DeleteService, ReadService, ServiceScope, SystemScope, UpdateService, Visible,
};
use shepherd_domain::ids::{ServiceId, SystemId};
use sqlx::PgConnection;

use crate::{Result, StoreError, Tx};

/// A Service as pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceRow {
    pub id: ServiceId,
    pub system_id: SystemId,
    pub system_name: String,
    pub name: String,
    pub description: String,
    pub vm_count: i64,
    pub sample: bool,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// Where a Service belongs, for a check before anything of it is read. Missing and deleted are the same.
pub async fn scope(conn: &mut PgConnection, id: ServiceId) -> Result<ServiceScope> {
    let system = sqlx::query_scalar!(
        r#"select system_id as "system_id: SystemId" from service where id = $1 and deleted_at is null"#,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(ServiceScope { service: id, system })
}

/// By System and name; `after` is the last pair of the page before.
pub async fn list(
    conn: &mut PgConnection,
    visible: &Visible,
    system: Option<SystemId>,
    search: Option<&str>,
    after: Option<(&str, &str)>,
    limit: i64,
) -> Result<Vec<ServiceRow>> {
    let systems: Vec<_> = visible.systems.iter().map(|id| id.0).collect();
    let services: Vec<_> = visible.services.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        ServiceRow,
        r#"select v.id as "id: ServiceId", v.system_id as "system_id: SystemId", s.name as system_name, v.name,
                  v.description,
                  (select count(*) from vm where vm.service_id = v.id and vm.deleted_at is null) as "vm_count!",
                  v.sample, v.created_at, v.version
             from service v join system s on s.id = v.system_id
            where v.deleted_at is null
              and ($1 or ($2 and (v.system_id = any($3) or v.id = any($9))))
              and ($4::uuid is null or v.system_id = $4)
              and ($5::text is null or strpos(v.name, lower($5)) > 0)
              and ($6::text is null or (s.name, v.name) > ($6, $7))
            order by s.name, v.name
            limit $8"#,
        visible.any_environment(),
        visible.as_member(),
        &systems,
        system.map(|id| id.0),
        search,
        after.map(|a| a.0),
        after.map(|a| a.1),
        limit,
        &services,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// One Service.
pub async fn get(
    conn: &mut PgConnection,
    auth: &Authorized<ReadService, ServiceScope>,
) -> Result<ServiceRow> {
    let row = sqlx::query_as!(
        ServiceRow,
        r#"select v.id as "id: ServiceId", v.system_id as "system_id: SystemId", s.name as system_name, v.name,
                  v.description,
                  (select count(*) from vm where vm.service_id = v.id and vm.deleted_at is null) as "vm_count!",
                  v.sample, v.created_at, v.version
             from service v join system s on s.id = v.system_id
            where v.id = $1 and v.deleted_at is null"#,
        auth.resource().service.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// Makes a Service. A taken name violates `service_name`.
pub async fn create(
    tx: &mut Tx,
    auth: &Authorized<CreateService, SystemScope>,
    name: &str,
    description: &str,
    sample: bool,
) -> Result<ServiceId> {
    let system = auth.resource().0;
    // Against a deletion of the System at the same moment.
    sqlx::query!("select id from system where id = $1 and deleted_at is null for share", system.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(StoreError::NotFound)?;
    let id = ServiceId::new();
    sqlx::query!(
        "insert into service (id, system_id, name, description, sample) values ($1, $2, $3, $4, $5)",
        id.0,
        system.0,
        name,
        description,
        sample,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Changes the description if the version is still `version`; `None` says it is not.
pub async fn update(
    tx: &mut Tx,
    auth: &Authorized<UpdateService, ServiceScope>,
    version: i64,
    description: &str,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update service set description = $3, version = version + 1
          where id = $1 and version = $2 and deleted_at is null returning version",
        auth.resource().service.0,
        version,
        description,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}

/// Marks a Service without VMs deleted; `false` says that it still has some, or an open request for one.
pub async fn delete(tx: &mut Tx, auth: &Authorized<DeleteService, ServiceScope>) -> Result<bool> {
    let id = auth.resource().service;
    sqlx::query!("select id from service where id = $1 for update", id.0).fetch_one(&mut **tx).await?;
    let done = sqlx::query!(
        "update service set deleted_at = app_now(), version = version + 1
          where id = $1 and deleted_at is null
            and not exists (select from vm where service_id = $1 and deleted_at is null)
            and not exists (select from pool where service_id = $1 and deleted_at is null)
            and not exists (select from request where service_id = $1
                and state in ('pending', 'changes_requested', 'approved', 'executing'))",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
