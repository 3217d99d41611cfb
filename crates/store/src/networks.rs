//! Networks of the catalogue. The pod network is one of them from the first migration on.

use chrono::{DateTime, Utc};
use shepherd_domain::authz::{Authorized, InEnvironment, ManageCatalogue, Platform};
use shepherd_domain::ids::{EnvironmentId, NetworkId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::environments::EnvironmentNameRow;
use crate::{Result, Tx};

/// The cluster's own network (migration 0015).
pub const POD: NetworkId = NetworkId(uuid::Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0f00));

/// A network as pages show it.
#[derive(Clone, Debug)]
pub struct NetworkRow {
    pub id: NetworkId,
    pub name: String,
    pub title: String,
    pub description: String,
    pub kind: String,
    pub definition: Option<String>,
    /// None for the pod network, which is everywhere.
    pub environment: Option<Json<EnvironmentNameRow>>,
    pub state: String,
    pub message: Option<String>,
    pub created_at: DateTime<Utc>,
    pub version: i64,
}

/// Which networks.
#[derive(Default)]
pub struct NetworkFilter<'a> {
    /// These, and the pod network only if it is one of them.
    pub ids: Option<&'a [NetworkId]>,
    pub search: Option<&'a str>,
    /// Only those that may be used there.
    pub environment: Option<EnvironmentId>,
    /// The last name of the page before.
    pub after: Option<&'a str>,
    pub limit: i64,
}

/// By name.
pub async fn list(conn: &mut PgConnection, f: &NetworkFilter<'_>) -> Result<Vec<NetworkRow>> {
    let ids = f.ids.map(|ids| ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows = sqlx::query_as!(
        NetworkRow,
        r#"select n.id as "id: NetworkId", n.name, n.title, n.description, n.kind, n.definition,
                  case when e.id is not null then jsonb_build_object('id', e.id, 'name', e.name, 'title', e.title,
                       'protected', e.protected, 'colour', e.colour) end as "environment?: Json<EnvironmentNameRow>",
                  n.state, n.state_message as message, n.created_at, n.version
             from network n left join environment e on e.id = n.environment_id
            where ($1::uuid[] is null or n.id = any($1))
              and ($2::text is null or strpos(n.name, lower($2)) > 0)
              and ($3::uuid is null or n.environment_id is null or n.environment_id = $3)
              and ($4::text is null or n.name > $4)
            order by n.name
            limit $5"#,
        ids as Option<Vec<uuid::Uuid>>,
        f.search,
        f.environment.map(|id| id.0),
        f.after,
        f.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A network to write.
pub struct NewNetwork<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    pub definition: &'a str,
}

/// Adds one. A taken name violates `network_name_key`, a definition that is there already `network_definition`.
pub async fn create(
    tx: &mut Tx,
    auth: &Authorized<ManageCatalogue, InEnvironment>,
    new: &NewNetwork<'_>,
) -> Result<NetworkId> {
    let id = NetworkId::new();
    sqlx::query!(
        "insert into network (id, name, title, description, kind, definition, environment_id)
         values ($1, $2, $3, $4, 'multus', $5, $6)",
        id.0,
        new.name,
        new.title,
        new.description,
        new.definition,
        auth.resource().0.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// What is to change of a network; `None` leaves it.
pub struct NetworkEdit<'a> {
    pub title: Option<&'a str>,
    pub description: Option<&'a str>,
    pub state: Option<&'a str>,
    /// Empty takes it away.
    pub message: Option<&'a str>,
}

/// Changes it if the version is still `version`; `None` says it is not.
pub async fn update(
    tx: &mut Tx,
    _auth: &Authorized<ManageCatalogue, Platform>,
    id: NetworkId,
    version: i64,
    edit: &NetworkEdit<'_>,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update network set title = coalesce($3, title), description = coalesce($4, description),
                state = coalesce($5, state), state_message = nullif(coalesce($6, state_message), ''),
                version = version + 1
          where id = $1 and version = $2 returning version",
        id.0,
        version,
        edit.title,
        edit.description,
        edit.state,
        edit.message,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}
