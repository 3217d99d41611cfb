//! For whom something is asked: the caller, or when a request is changed, whoever asked for it first.

use shepherd_domain::authz::Grants;
use shepherd_domain::ids::{EnvironmentId, PrincipalId};
use shepherd_store::{Conn, callers};

use super::view::Whole;
use crate::{Cx, Error, Result};

/// Whose wish it is, with what they hold now.
pub(crate) struct Asker {
    pub id: PrincipalId,
    pub name: String,
    /// The person answerable.
    pub person: PrincipalId,
    pub grants: Grants,
}

impl Asker {
    /// The caller asks.
    pub fn caller(cx: &Cx) -> Self {
        Self {
            id: cx.actor.id,
            name: cx.actor.name.clone(),
            person: cx.actor.person,
            grants: cx.grants.clone(),
        }
    }

    /// The request stays its requester's, whoever changes it.
    pub async fn of(conn: &mut Conn, cx: &Cx, whole: &Whole) -> Result<Self> {
        let row = &whole.row;
        if row.requester_id == cx.actor.id {
            return Ok(Self::caller(cx));
        }
        let grants = callers::grants_of(conn, row.requester_id).await?.ok_or_else(|| {
            let text = "Whoever asked for it is disabled now; ask for it yourself.";
            Error::conflict("REQUESTER_DISABLED", text)
        })?;
        let name = row.requester_name.clone();
        Ok(Self { id: row.requester_id, name, person: row.requester_person, grants })
    }

    /// The names of the roles a policy may read: those held where it is asked for, or everywhere.
    pub fn roles_in(&self, environment: Option<EnvironmentId>) -> Vec<String> {
        self.grants.roles_in(environment).into_iter().map(str::to_owned).collect()
    }
}
