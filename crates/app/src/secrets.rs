//! Values of secret variables: kept sealed before a request names them, opened to render what its guest gets.
//!
//! Nobody reads a value again, whoever they are. Only who kept it may name it in a wish; a change of a request may name
//! what the request names already.

use std::collections::BTreeMap;

use shepherd_contract::types::{CreateSecret, SecretRef};
use shepherd_domain::ids::{RequestId, SecretId};
use shepherd_domain::reason::Coded;
use shepherd_domain::template::{TemplateError, Variable, judge};
use shepherd_store::Conn;
use shepherd_store::request_secrets::{self as store, SecretRow, slot};

use crate::change::{Audit, Begun};
use crate::error::FieldFault;
use crate::{App, Cx, Error, Result};

/// How many values one person may keep; far more than forms that were given up leave behind.
const MOST: i64 = 1000;

impl App {
    /// Keeps a value.
    pub async fn create_secret(&self, cx: &Cx, body: CreateSecret) -> Result<SecretRef> {
        let id = SecretId::new();
        let sealed = self.links.seal_value(slot(id), body.value.expose().as_bytes())?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        if store::count(change.tx(), cx.actor.id).await? >= MOST {
            let text = "You keep 1000 secret values already; ask an administrator.";
            return Err(Error::conflict("TOO_MANY_SECRETS", text));
        }
        store::insert(change.tx(), id, cx.actor.id, &sealed).await?;
        change.commit(Audit::of("secret", id, ""), SecretRef { id }).await
    }

    /// The values of what was approved.
    pub(crate) async fn opened(
        &self,
        conn: &mut Conn,
        named: &BTreeMap<String, SecretId>,
    ) -> Result<BTreeMap<String, String>> {
        let ids: Vec<SecretId> = named.values().copied().collect();
        let rows = if ids.is_empty() { Vec::new() } else { store::named(conn, &ids).await? };
        let opened = self.open_all(named, &rows)?;
        opened.into_iter().map(|(name, value)| Ok((name, value.ok_or_else(gone)?))).collect()
    }

    /// The values a wish names, each judged by its declaration.
    pub(crate) async fn judged_secrets(
        &self,
        conn: &mut Conn,
        cx: &Cx,
        declared: &[Variable],
        named: &BTreeMap<String, SecretId>,
        instead_of: Option<RequestId>,
    ) -> Result<BTreeMap<String, String>> {
        if named.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<SecretId> = named.values().copied().collect();
        let rows = store::usable(conn, &ids, cx.actor.id, instead_of).await?;
        let at = |name: &str| format!("/secret_ids/{name}");
        let mut values = BTreeMap::new();
        for (name, value) in self.open_all(named, &rows)? {
            let Some(value) = value else {
                let text = "There is no such secret of yours; keep its value again.";
                return Err(Error::field(at(&name), "UNKNOWN_REFERENCE", text));
            };
            let fault = match declared.iter().find(|variable| variable.name == name) {
                Some(variable) => {
                    judge(variable, &value).map_err(|error| Error::Internal(Box::new(error)))?
                }
                None => None,
            };
            if let Some(fault) = fault {
                let field = FieldFault { pointer: at(&name), code: fault.code, text: fault.detail.clone() };
                let reason = TemplateError::Variables(vec![fault]).reason();
                return Err(Error::Invalid { reason, fields: vec![field] });
            }
            values.insert(name, value);
        }
        Ok(values)
    }

    fn open_all(
        &self,
        named: &BTreeMap<String, SecretId>,
        rows: &[SecretRow],
    ) -> Result<Vec<(String, Option<String>)>> {
        let open = |(name, id): (&String, &SecretId)| {
            let row = rows.iter().find(|row| row.id == *id);
            let value = row.map(|row| self.links.open_value(slot(*id), &row.value)).transpose()?;
            Ok((name.clone(), value))
        };
        named.iter().map(open).collect()
    }
}

fn gone() -> Error {
    Error::Internal("a secret that was approved is gone".into())
}
