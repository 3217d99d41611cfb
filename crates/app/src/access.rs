//! "What may this person do here, and why" and "who may do this here".
//!
//! Everybody may ask about themselves; about others it needs the right to read people. The place asked about must be one
//! the asker may read, so that no answer tells of a thing that is hidden from them.

use std::collections::BTreeMap;

use shepherd_contract::types::{
    AccessExplanation, AccessHolder, AccessMembership, AccessMissing, AccessPage, AccessPlace,
    AccessPlaceKind, AccessVerdict, Binding, EnvironmentRef, GroupRef, MemberRole, PersonRef, PrincipalKind,
    ServiceRef, SystemRef, VmRef,
};
use shepherd_domain::authz::{self, Belongs, Missing, Permission, Platform, Reach, RoleBinding, Within};
use shepherd_domain::ids::{EnvironmentId, GroupId, PrincipalId, ServiceId, SystemId, VmId};
use shepherd_store::access::{self as store, HolderRow};
use shepherd_store::{Conn, bindings, services, vms};

use crate::bindings::{environment, group_ref};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Where is asked about: at most one of the three, which may be narrowed to an environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    pub system: Option<SystemId>,
    pub service: Option<ServiceId>,
    pub vm: Option<VmId>,
    pub environment: Option<EnvironmentId>,
}

impl App {
    /// What somebody may do at a place, and why.
    pub async fn explain_access(
        &self,
        cx: &Cx,
        who: Option<PrincipalId>,
        permission: Option<&str>,
        place: Place,
    ) -> Result<AccessExplanation> {
        let who = who.unwrap_or(cx.actor.id);
        if who != cx.actor.id {
            self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        }
        let asked = match permission {
            Some(name) => vec![known(name)?],
            None => Permission::ALL.to_vec(),
        };
        let mut conn = self.db.acquire().await?;
        let at = readable(&mut conn, cx, place).await?;
        let holder = store::holder(&mut conn, who).await?;
        let names = Names::read(&mut conn, std::slice::from_ref(&holder)).await?;
        Ok(AccessExplanation {
            verdicts: asked.into_iter().map(|p| names.verdict(&holder, p, &at)).collect(),
            place: names.place(&mut conn, &at).await?,
            kind: kind(&holder),
            principal: person(&holder),
        })
    }

    /// Who may do a thing at a place, by name, and why each of them may.
    pub async fn who_has_access(
        &self,
        cx: &Cx,
        permission: &str,
        place: Place,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<AccessPage> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let permission = known(permission)?;
        let page: Ask<String> = Ask::new("access", cursor, limit)?;
        let mut conn = self.db.acquire().await?;
        let at = readable(&mut conn, cx, place).await?;
        let after = page.after.as_deref();
        let rows = store::who(&mut conn, &auth, permission, &at, after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("access", rows, |row| row.name.clone())?;
        let names = Names::read(&mut conn, &rows).await?;
        let items = rows.iter().map(|row| AccessHolder {
            principal: person(row),
            kind: kind(row),
            verdict: names.verdict(row, permission, &at),
        });
        let items = items.collect();
        Ok(AccessPage { place: names.place(&mut conn, &at).await?, items, next_cursor })
    }
}

fn known(name: &str) -> Result<Permission> {
    name.parse().map_err(|_| {
        let text = "There is no permission of this name; GET /permissions lists them all.";
        Error::field("?permission", "PERMISSION_UNKNOWN", text)
    })
}

/// The place with all it lies in, if the asker may read it.
async fn readable(conn: &mut Conn, cx: &Cx, place: Place) -> Result<Belongs> {
    let (at, needs) = match (place.system, place.service, place.vm) {
        (None, None, None) => return Ok(Belongs { environment: place.environment, ..Belongs::default() }),
        (Some(id), None, None) => {
            (Belongs { system: Some(id), ..Belongs::default() }, Permission::SystemRead)
        }
        (None, Some(id), None) => {
            let scope = services::scope(conn, id).await?;
            let at = Belongs { system: Some(scope.system), service: Some(id), ..Belongs::default() };
            (at, Permission::ServiceRead)
        }
        (None, None, Some(id)) => {
            let scope = vms::scope(conn, id).await?;
            let at = Belongs {
                system: Some(scope.system),
                service: Some(scope.service),
                vm: Some(id),
                environment: Some(scope.environment),
            };
            (at, Permission::VmRead)
        }
        _ => {
            let text = "Name at most one of system_id, service_id and vm_id.";
            return Err(Error::field("?system_id", "ONE_PLACE", text));
        }
    };
    cx.grants.check(needs, &at).map_err(|_| Error::NotFound)?;
    Ok(Belongs { environment: at.environment.or(place.environment), ..at })
}

/// What the answer's ids are called.
struct Names {
    environments: BTreeMap<EnvironmentId, EnvironmentRef>,
    groups: BTreeMap<GroupId, GroupRef>,
}

impl Names {
    async fn read(conn: &mut Conn, holders: &[HolderRow]) -> Result<Self> {
        let groups = holders.iter().flat_map(|h| {
            let through = h.grants.bindings().iter().filter_map(|b| b.group);
            through.chain(h.grants.memberships().iter().filter_map(|m| m.group))
        });
        let groups: Vec<_> = groups.collect();
        let groups = store::group_names(conn, &groups).await?;
        let environments = bindings::environments(conn, None).await?;
        Ok(Self {
            environments: environments.into_iter().map(|row| (row.id, environment(row))).collect(),
            groups: groups.into_iter().map(|row| (row.id, group_ref(row))).collect(),
        })
    }

    async fn place(&self, conn: &mut Conn, at: &Belongs) -> Result<AccessPlace> {
        let names = store::names(conn, at).await?;
        Ok(AccessPlace {
            system: at.system.zip(names.system).map(|(id, name)| SystemRef { id, name }),
            service: at.service.zip(names.service).map(|(id, name)| ServiceRef { id, name }),
            vm: at.vm.zip(names.vm).map(|(id, name)| VmRef { id, name }),
            environment: at.environment.and_then(|id| self.environments.get(&id).cloned()),
        })
    }

    fn group(&self, id: Option<GroupId>) -> Option<GroupRef> {
        id.and_then(|id| self.groups.get(&id).cloned())
    }

    fn binding(&self, held: &RoleBinding) -> Binding {
        let environments = match &held.reach {
            Reach::All => Vec::new(),
            Reach::Only(ids) => ids.iter().filter_map(|id| self.environments.get(id).cloned()).collect(),
        };
        Binding {
            id: held.id,
            role: held.role.clone(),
            all_environments: held.reach == Reach::All,
            environments,
            group: self.group(held.group),
        }
    }

    fn verdict(&self, holder: &HolderRow, permission: Permission, at: &Belongs) -> AccessVerdict {
        let why = holder.grants.explain(permission, at);
        let mut missing: Vec<_> = why.missing.iter().copied().map(stands_in_the_way).collect();
        if permission.people_only() && holder.kind != "person" {
            missing = vec![AccessMissing::PeopleOnly];
        }
        if holder.disabled {
            missing.insert(0, AccessMissing::Disabled);
        }
        let place = |m: &&authz::Membership| AccessMembership {
            within: match m.within {
                Within::System(_) => AccessPlaceKind::System,
                Within::Service(_) => AccessPlaceKind::Service,
                Within::Vm(_) => AccessPlaceKind::Vm,
            },
            role: m.role.as_str().parse().unwrap_or(MemberRole::Viewer),
            group: self.group(m.group),
        };
        AccessVerdict {
            permission: permission.as_str().to_owned(),
            allowed: missing.is_empty(),
            roles: why.roles.into_iter().map(|b| self.binding(b)).collect(),
            memberships: why.places.iter().map(place).collect(),
            without_place: why.without_place,
            missing,
        }
    }
}

fn stands_in_the_way(missing: Missing) -> AccessMissing {
    match missing {
        Missing::Role => AccessMissing::NoRole,
        Missing::OtherEnvironment => AccessMissing::OtherEnvironment,
        Missing::Place => AccessMissing::NoPlace,
        Missing::PlaceTooLow => AccessMissing::PlaceTooLow,
    }
}

fn person(row: &HolderRow) -> PersonRef {
    PersonRef { id: row.id, name: row.name.clone(), display_name: row.display_name.clone() }
}

fn kind(row: &HolderRow) -> PrincipalKind {
    row.kind.parse().unwrap_or(PrincipalKind::ServiceAccount)
}
