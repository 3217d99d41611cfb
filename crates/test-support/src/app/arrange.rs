//! What a test sets up or looks at behind the program's back, as the owner of the schema.

use shepherd_domain::ids::EnvironmentId;

use super::TestApp;
use crate::TestDb;

/// A line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditLine {
    pub actor: String,
    pub action: String,
    pub outcome: String,
    pub code: Option<String>,
    pub resource: String,
}

/// Two environments, the second protected.
pub(super) async fn environments(db: &TestDb) -> (EnvironmentId, EnvironmentId) {
    let (test, prod) = (EnvironmentId::new(), EnvironmentId::new());
    let done = sqlx::query(
        "insert into environment (id, name, title, protected, colour, position) values
             ($1, 'test', 'Test', false, '#52c41a', 1), ($2, 'prod', 'Production', true, '#cf1322', 2)",
    )
    .bind(test.0)
    .bind(prod.0)
    .execute(&mut db.owner().await)
    .await;
    done.expect("environments can be made");
    (test, prod)
}

impl TestApp {
    /// The audit trail, oldest first; only of one action, if it is given.
    pub async fn audited(&self, action: Option<&str>) -> Vec<AuditLine> {
        sqlx::query_as(
            "select actor_name as actor, action, outcome, code, resource_name as resource from audit_event
              where $1::text is null or action = $1 order by id",
        )
        .bind(action)
        .fetch_all(&mut self.db.owner().await)
        .await
        .expect("the trail can be read")
    }

    /// The tables that hold a text readable anywhere in a row.
    pub async fn rows_holding(&self, text: &str) -> Vec<String> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace",
        )
        .fetch_all(&mut self.db.owner().await)
        .await
        .expect("the catalogue can be read");
        let mut found = Vec::new();
        for table in tables {
            let look = format!("select exists (select from \"{table}\" t where strpos(t::text, $1) > 0)");
            let holds: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(look))
                .bind(text)
                .fetch_one(&mut self.db.owner().await)
                .await
                .expect("a table can be searched");
            if holds {
                found.push(table);
            }
        }
        found
    }

    /// Narrows the roles of somebody to one environment, which the ways to make people in tests cannot.
    pub async fn only_in(&self, name: &str, environment: EnvironmentId) {
        let done = sqlx::query(
            "update binding set all_environments = false, environment_ids = array[$2]
              where principal_id = (select id from principal where name = $1)",
        )
        .bind(name)
        .bind(environment.0)
        .execute(&mut self.db.owner().await)
        .await;
        assert_ne!(done.expect("bindings can be changed").rows_affected(), 0, "{name} holds no role");
    }
}
