//! What could be asked for instead of something that does not pass.

use shepherd_domain::ids::{EnvironmentId, NamespaceId, SizeVersionId, SystemId};
use sqlx::PgConnection;

use crate::Result;

/// The newest active version of each size that is no larger in anything and smaller in something, the largest first.
pub async fn smaller_sizes(
    conn: &mut PgConnection,
    milli_vcpu: i64,
    memory_bytes: i64,
) -> Result<Vec<(SizeVersionId, String)>> {
    let rows = sqlx::query!(
        r#"select v.id as "id: SizeVersionId", z.name from size z
             join lateral (select * from size_version w where w.size_id = z.id and w.state = 'active'
                            order by w.version desc limit 1) v on true
            where v.milli_vcpu <= $1 and v.memory_bytes <= $2 and (v.milli_vcpu < $1 or v.memory_bytes < $2)
            order by v.milli_vcpu desc, v.memory_bytes desc, z.name
            limit 20"#,
        milli_vcpu,
        memory_bytes,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// A namespace a System could use.
#[derive(Clone, Debug)]
pub struct NamespaceRow {
    pub id: NamespaceId,
    pub name: String,
    pub environment: EnvironmentId,
}

/// The namespaces that are open to a System, but for one: those of the same environment first.
pub async fn namespaces(
    conn: &mut PgConnection,
    system: SystemId,
    except: NamespaceId,
) -> Result<Vec<NamespaceRow>> {
    let rows = sqlx::query_as!(
        NamespaceRow,
        r#"select n.id as "id: NamespaceId", n.name, n.environment_id as "environment: EnvironmentId"
             from namespace n
            where n.deleted_at is null and n.id <> $2 and (cardinality(n.system_ids) = 0 or $1 = any(n.system_ids))
            order by n.environment_id <> (select environment_id from namespace where id = $2), n.name
            limit 100"#,
        system.0,
        except.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
