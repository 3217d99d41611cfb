//! Who may hear of which change, for open streams.
//!
//! An event says only that a thing changed, but also that is told to nobody who may not see the thing: the rules are
//! those of the lists. What this version does not know goes to nobody.

use shepherd_domain::authz::{Belongs, Grants, Permission, Visible};
use shepherd_domain::ids::{PrincipalId, VmId};
use shepherd_store::callers;
use shepherd_store::events::Recorded;

use crate::{App, Cx, Result};

/// What one caller may hear of, from what they hold.
#[derive(Clone, Debug)]
pub struct Sight {
    me: PrincipalId,
    grants: Grants,
    vms: Visible,
    requests: Visible,
    approvals: Visible,
    systems: Visible,
    services: Visible,
    clusters: Visible,
    catalogue: Visible,
    people: Visible,
    policies: Visible,
}

impl Sight {
    /// Of someone who holds this.
    pub fn new(grants: &Grants) -> Self {
        Self {
            me: grants.principal,
            grants: grants.clone(),
            vms: grants.visible(Permission::VmRead),
            requests: grants.visible(Permission::RequestRead),
            approvals: grants.visible(Permission::RequestApprove),
            systems: grants.visible(Permission::SystemRead),
            services: grants.visible(Permission::ServiceRead),
            clusters: grants.visible(Permission::ClusterRead),
            catalogue: grants.visible(Permission::CatalogueManage),
            people: grants.visible(Permission::UserRead),
            policies: grants.visible(Permission::PolicyRead),
        }
    }

    /// Whether they may hear of it.
    pub fn covers(&self, event: &Recorded) -> bool {
        if let Some(one) = event.principal_id {
            return one == self.me && (event.kind != "inbox" || self.stands_in(event));
        }
        let within = |visible: &Visible| {
            // What a thing of a System or an environment is told without its place, only those hear who see all.
            match event.system_id.is_none() && event.environment_id.is_none() {
                true => visible.everything,
                false => visible.covers(&place(event)),
            }
        };
        match event.kind.split('.').next().unwrap_or_default() {
            "vm" | "operation" | "console" | "pool" => within(&self.vms),
            "request" | "decision" | "stage" => {
                // What lies in no environment is decided by those who approve in every one.
                let decides = event.environment_id.is_some() || self.approvals.everything;
                within(&self.requests) || decides && within(&self.approvals)
            }
            "system" | "member" => within(&self.systems),
            "service" => within(&self.services),
            "cluster" => within(&self.clusters),
            "namespace" => self.namespace(event) || within(&self.catalogue),
            // Everybody who is signed in may list these.
            "environment" | "template" | "size" | "network" => true,
            "person" | "principal" | "group" | "role" | "binding" | "transfer" => {
                self.people.any_environment()
            }
            "policy" => self.policies.any_environment(),
            _ => false,
        }
    }

    /// Whether they hold anything where a row of their inbox comes from. What they may see of it is for the list to say;
    /// who has left hears not even that there is something.
    fn stands_in(&self, event: &Recorded) -> bool {
        let theirs = event.environment_id.is_none() && event.system_id.is_none();
        let role = event.environment_id.is_some_and(|id| !self.grants.roles_in(Some(id)).is_empty());
        let place = self.requests.covers(&place(event)) || self.vms.covers(&place(event));
        let owner = event.system_id.is_some_and(|id| self.grants.member_role(id).is_some());
        // A policy may ask for the word of a group that holds nothing anywhere.
        let grouped = !self.grants.group_names().is_empty();
        theirs || role || place || owner || grouped
    }

    /// Open to every System, or to one of theirs, wherever it is.
    fn namespace(&self, event: &Recorded) -> bool {
        match event.system_id {
            None => true,
            Some(_) => {
                let system = Belongs { system: event.system_id, ..Belongs::default() };
                let environment = Belongs { environment: event.environment_id, ..Belongs::default() };
                self.systems.covers(&system) || self.systems.covers(&environment)
            }
        }
    }
}

fn place(event: &Recorded) -> Belongs {
    let is_vm = event.kind.split('.').next() == Some("vm");
    Belongs {
        system: event.system_id,
        service: event.service_id,
        vm: if is_vm { Some(VmId(event.resource_id)) } else { event.vm_id },
        environment: event.environment_id,
    }
}

/// Whether a caller is still who they were.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Signed out, expired, revoked or disabled.
    Gone,
    /// Nothing has changed since this epoch.
    Same,
    /// What they hold has changed.
    Changed { epoch: i64, sight: Box<Sight> },
}

impl App {
    /// Looks at the caller of a stream, again if an epoch is `known`.
    pub async fn standing(&self, cx: &Cx, known: Option<i64>) -> Result<Standing> {
        let session = cx.session.as_ref().map(|session| session.id);
        let token = cx.token.as_ref().map(|token| token.id);
        let mut conn = self.db.acquire().await?;
        // The epoch first: what changes after it was read is found out by the next look.
        let Some(epoch) = callers::alive(&mut conn, cx.actor.id, session, token).await? else {
            return Ok(Standing::Gone);
        };
        if known == Some(epoch) {
            return Ok(Standing::Same);
        }
        Ok(match callers::grants_of(&mut conn, cx.actor.id).await? {
            Some(grants) => Standing::Changed { epoch, sight: Box::new(Sight::new(&grants)) },
            None => Standing::Gone,
        })
    }
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
