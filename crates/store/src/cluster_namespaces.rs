//! Namespaces of clusters, as a probe found them.

use shepherd_domain::ids::ClusterId;
use shepherd_domain::owner::Hint;
use sqlx::types::Json;

use crate::{Result, Tx};

/// One namespace.
#[derive(Clone, Debug)]
pub struct NamespaceRow {
    pub name: String,
    pub hints: Vec<Hint>,
    /// It carries our label.
    pub governed: bool,
}

/// Keeps these and forgets the others. Unchanged rows are not written.
pub async fn replace(tx: &mut Tx, cluster: ClusterId, rows: &[NamespaceRow]) -> Result<()> {
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let hints: Vec<Json<&[Hint]>> = rows.iter().map(|row| Json(row.hints.as_slice())).collect();
    let governed: Vec<bool> = rows.iter().map(|row| row.governed).collect();
    sqlx::query!(
        "delete from cluster_namespace where cluster_id = $1 and name <> all($2)",
        cluster.0,
        &names
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into cluster_namespace as n (cluster_id, name, hints, governed)
         select $1, t.name, t.hints, t.governed
           from unnest($2::text[], $3::jsonb[], $4::boolean[]) as t (name, hints, governed)
         on conflict (cluster_id, name) do update set hints = excluded.hints, governed = excluded.governed
          where (n.hints, n.governed) is distinct from (excluded.hints, excluded.governed)",
        cluster.0,
        &names,
        &hints as &[Json<&[Hint]>],
        &governed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
