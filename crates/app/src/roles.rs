//! Roles: named sets of permissions.

use shepherd_contract::types::{Role, RoleList};
use shepherd_store::roles as store;

use crate::{App, Cx, Result};

impl App {
    /// The roles and what they allow.
    pub async fn list_roles(&self, _cx: &Cx) -> Result<RoleList> {
        let rows = store::list(&mut *self.db.acquire().await?).await?;
        let items = rows.into_iter().map(|row| Role {
            id: row.id,
            name: row.name,
            title: row.title,
            builtin: row.builtin,
            permissions: row.permissions,
        });
        Ok(RoleList { items: items.collect() })
    }
}
