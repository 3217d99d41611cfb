//! Who a session cookie or a token belongs to, with everything they hold, in one query per call.
//!
//! Nothing of the answer is kept for the next call: a revoked session, a disabled person and a lost role take effect
//! with the next request on every replica.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use shepherd_domain::authz::{Grants, Membership, Permission, Reach, RoleBinding, Within};
use shepherd_domain::ids::{
    BindingId, EnvironmentId, GroupId, PrincipalId, ServiceId, SessionId, SystemId, TokenId, VmId,
};
use shepherd_domain::states::MemberRole;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Db, Result};

/// A principal as a call begins.
#[derive(Clone, Debug)]
pub struct CallerRow {
    pub id: PrincipalId,
    pub name: String,
    pub display_name: String,
    /// The principal, or the person who answers for it.
    pub person: PrincipalId,
    pub epoch: i64,
    pub credential: Credential,
    pub grants: Grants,
}

/// What the caller showed.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A session cookie.
    Session(CallerSession),
    /// A personal token.
    Token(CallerToken),
}

/// The session of a browser.
#[derive(Clone, Debug)]
pub struct CallerSession {
    pub id: SessionId,
    pub auth_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub must_change_password: bool,
}

/// The token of a script.
#[derive(Clone, Debug)]
pub struct CallerToken {
    pub id: TokenId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A row of the view `holding` (migration 0022), which knows groups.
#[derive(Debug, Deserialize)]
pub(crate) struct HeldRole {
    id: BindingId,
    group: Option<GroupId>,
    role: String,
    permissions: Vec<String>,
    all: bool,
    environments: Vec<EnvironmentId>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct HeldPlace {
    system: SystemId,
    service: Option<ServiceId>,
    vm: Option<VmId>,
    group: Option<GroupId>,
    role: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct HeldGroup {
    id: GroupId,
    name: String,
}

/// The caller of a session, by the SHA-256 of its token. A session in use lives on: its idle deadline moves, at most
/// once a minute so that reads stay reads.
pub async fn by_session(db: &Db, token_sha256: &[u8], idle_seconds: f64) -> Result<Option<CallerRow>> {
    let row = sqlx::query!(
        r#"with live as (
             select s.id, s.principal_id, s.auth_at, s.expires_at, s.last_seen_at from session s
              where s.token_sha256 = $1 and s.revoked_at is null
                and s.expires_at > app_now() and s.idle_expires_at > app_now()
           ), touched as (
             update session set last_seen_at = app_now(), idle_expires_at = app_now() + make_interval(secs => $2)
              where id = (select id from live where last_seen_at < app_now() - interval '1 minute')
           )
           select p.id as "id: PrincipalId", p.name, p.display_name,
                  coalesce(p.owner_id, p.id) as "person!: PrincipalId", p.epoch,
                  live.id as "session: SessionId", live.auth_at, live.expires_at,
                  coalesce((select w.must_change from password w where w.principal_id = p.id), false) as "must_change!",
                  p.kind, h.roles as "roles!: Json<Vec<HeldRole>>", h.places as "places!: Json<Vec<HeldPlace>>",
                  h.groups as "groups!: Json<Vec<HeldGroup>>"
             from live join principal p on p.id = live.principal_id join holding h on h.principal_id = p.id
            where p.disabled_at is null"#,
        token_sha256,
        idle_seconds,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| CallerRow {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        person: row.person,
        epoch: row.epoch,
        credential: Credential::Session(CallerSession {
            id: row.session,
            auth_at: row.auth_at,
            expires_at: row.expires_at,
            must_change_password: row.must_change,
        }),
        grants: grants(row.id, &row.kind, row.roles.0, row.places.0, row.groups.0),
    }))
}

/// The caller of a personal token.
pub async fn by_token(db: &Db, token_sha256: &[u8]) -> Result<Option<CallerRow>> {
    let row = sqlx::query!(
        r#"with live as (
             select t.id, t.principal_id, t.last_used_at, t.created_at, t.expires_at from api_token t
              where t.token_sha256 = $1 and t.revoked_at is null and t.expires_at > app_now()
           ), touched as (
             update api_token set last_used_at = app_now()
              where id = (select id from live where last_used_at is null or last_used_at < app_now() - interval '1 minute')
           )
           select p.id as "id: PrincipalId", p.name, p.display_name,
                  coalesce(p.owner_id, p.id) as "person!: PrincipalId", p.epoch,
                  live.id as "token: TokenId", live.created_at, live.expires_at,
                  p.kind, h.roles as "roles!: Json<Vec<HeldRole>>", h.places as "places!: Json<Vec<HeldPlace>>",
                  h.groups as "groups!: Json<Vec<HeldGroup>>"
             from live join principal p on p.id = live.principal_id join holding h on h.principal_id = p.id
            where p.disabled_at is null
              and not exists (select from principal o where o.id = p.owner_id and o.disabled_at is not null)
              and not exists (select from password w where w.principal_id = p.id and w.must_change)"#,
        token_sha256,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| CallerRow {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        person: row.person,
        epoch: row.epoch,
        credential: Credential::Token(CallerToken {
            id: row.token,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }),
        grants: grants(row.id, &row.kind, row.roles.0, row.places.0, row.groups.0),
    }))
}

/// Whether what was shown when a stream was opened still counts, and the epoch of its principal, which grows with every
/// change of what they hold. `None`: signed out, expired, revoked or disabled.
pub async fn alive(
    conn: &mut PgConnection,
    principal: PrincipalId,
    session: Option<SessionId>,
    token: Option<TokenId>,
) -> Result<Option<i64>> {
    let epoch = sqlx::query_scalar!(
        "select epoch from principal p where p.id = $1 and p.disabled_at is null
            and not exists (select from principal o where o.id = p.owner_id and o.disabled_at is not null)
            and ($2::uuid is null or exists (select from session s where s.id = $2 and s.revoked_at is null
                 and s.expires_at > app_now() and s.idle_expires_at > app_now()))
            and ($3::uuid is null or exists (select from api_token t where t.id = $3 and t.revoked_at is null
                 and t.expires_at > app_now()))",
        principal.0,
        session.map(|id| id.0),
        token.map(|id| id.0),
    )
    .fetch_optional(conn)
    .await?;
    Ok(epoch)
}

/// What a principal holds now, for re-judging long after the call: before execution, on an open stream.
/// `None` when disabled, or when who answers for them is.
pub async fn grants_of(conn: &mut PgConnection, id: PrincipalId) -> Result<Option<Grants>> {
    let row = sqlx::query!(
        r#"select p.kind, h.roles as "roles!: Json<Vec<HeldRole>>", h.places as "places!: Json<Vec<HeldPlace>>",
                  h.groups as "groups!: Json<Vec<HeldGroup>>"
             from principal p join holding h on h.principal_id = p.id
            where p.id = $1 and p.disabled_at is null
              and not exists (select from principal o where o.id = p.owner_id and o.disabled_at is not null)"#,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| grants(id, &row.kind, row.roles.0, row.places.0, row.groups.0)))
}

pub(crate) fn grants(
    id: PrincipalId,
    kind: &str,
    roles: Vec<HeldRole>,
    places: Vec<HeldPlace>,
    groups: Vec<HeldGroup>,
) -> Grants {
    let person = kind == "person";
    let bindings = roles.into_iter().map(|held| RoleBinding {
        id: held.id,
        role: held.role,
        // A name of a newer version allows nothing here.
        permissions: held
            .permissions
            .iter()
            .filter_map(|name| name.parse().ok())
            .filter(|permission: &Permission| person || !permission.people_only())
            .collect(),
        reach: match held.all {
            true => Reach::All,
            false => Reach::Only(held.environments.into_iter().collect()),
        },
        group: held.group,
    });
    let memberships = places.into_iter().map(|held| Membership {
        within: match (held.vm, held.service) {
            (Some(vm), _) => Within::Vm(vm),
            (None, Some(service)) => Within::Service(service),
            (None, None) => Within::System(held.system),
        },
        role: held.role.parse().unwrap_or(MemberRole::Viewer),
        group: held.group,
    });
    let grants = Grants::new(id, bindings.collect(), memberships.collect())
        .in_groups(groups.into_iter().map(|held| (held.id, held.name)));
    if person { grants } else { grants.without_word() }
}
