//! The names that rows use, as the ids a wish is made of; each kind is looked up in one query.

use std::collections::BTreeSet;

use shepherd_contract::types::RequestVm;
use shepherd_domain::batch::{Row, RowFault};
use shepherd_domain::ids::{EnvironmentId, NamespaceId};
use shepherd_store::Conn;
use shepherd_store::batch_names::{self as store, VersionRow};

use crate::Result;

/// What the rows' names lead to.
pub(super) struct Names {
    sizes: Vec<VersionRow>,
    templates: Vec<VersionRow>,
    namespaces: Vec<(String, NamespaceId)>,
}

impl Names {
    /// Looks up all names of these rows.
    pub async fn of(conn: &mut Conn, rows: &[Row], environment: EnvironmentId) -> Result<Self> {
        let all = |pick: fn(&Row) -> Option<&String>| -> Vec<String> {
            let names: BTreeSet<&str> = rows.iter().filter_map(pick).map(|name| split(name).0).collect();
            names.into_iter().map(str::to_owned).collect()
        };
        Ok(Self {
            sizes: store::sizes(conn, &all(|row| row.size.as_ref())).await?,
            templates: store::templates(conn, &all(|row| row.template.as_ref())).await?,
            namespaces: store::namespaces(conn, &all(|row| row.namespace.as_ref()), environment).await?,
        })
    }

    /// The wish of one row: what it says, and the rest as in the whole.
    pub fn wish(&self, base: &RequestVm, row: &Row, faults: &mut Vec<RowFault>) -> RequestVm {
        let mut wish = base.clone();
        if let Some(name) = &row.size {
            match version(&self.sizes, name) {
                Some(found) => wish.size_version_id.0 = found,
                None => faults.push(unknown(row.number, "size")),
            }
        }
        if let Some(name) = &row.template {
            match version(&self.templates, name) {
                Some(found) => wish.template_version_id.0 = found,
                None => faults.push(unknown(row.number, "template")),
            }
        }
        if let Some(name) = &row.namespace {
            match self.namespaces.iter().find(|(known, _)| known == name) {
                Some((_, id)) => wish.namespace_id = *id,
                None => {
                    let text = "The environment of this batch has no such namespace; VMs of another environment are another batch.";
                    faults.push(RowFault::new(row.number, "namespace", "UNKNOWN_REFERENCE", text));
                }
            }
        }
        wish.disk_bytes = row.disk_bytes.or(wish.disk_bytes);
        if !row.variables.is_empty() {
            wish.variables.get_or_insert_default().extend(row.variables.clone());
        }
        wish
    }
}

/// `name` or `name@version`.
fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)))
}

/// The version named, or the newest that is in use. Versions come newest first.
fn version(rows: &[VersionRow], text: &str) -> Option<uuid::Uuid> {
    let (name, version) = split(text);
    let fits = |row: &&VersionRow| {
        row.name == name
            && version.map_or(row.state == "active", |version| version.parse() == Ok(row.version))
    };
    rows.iter().find(fits).map(|row| row.id)
}

fn unknown(row: u32, column: &str) -> RowFault {
    let text =
        format!("There is no {column} of this name in use; name one of the catalogue, or a version of it.");
    RowFault::new(row, column, "UNKNOWN_REFERENCE", text)
}
