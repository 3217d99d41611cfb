//! The PostgreSQL server that the tasks use: the one `DATABASE_URL` names, or a private one in `.dev/pg`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use shepherd_local_postgres::{Durability, Installation, Role, Server, private_home, role_url, roles_sql};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Where the server is; flattened into the arguments of each task that needs one.
#[derive(clap::Args)]
pub struct PgArgs {
    /// A superuser's URL. Without it a private server is started.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// A server that answers.
pub struct Pg {
    base: String,
    /// The private server's programs.
    installation: Option<Installation>,
}

impl PgArgs {
    /// Finds or starts the server and makes sure of its roles.
    pub fn connect(&self, root: &Path) -> Result<Pg> {
        let Some(url) = self.database_url.as_deref().filter(|url| !url.is_empty()) else {
            return Pg::private(root);
        };
        let pg = Pg { base: url.to_owned(), installation: None };
        crate::block_on(pg.execute("postgres", &roles_sql(url)?))?;
        Ok(pg)
    }

    /// The private server if it runs. A server of `DATABASE_URL` is not ours to stop.
    pub fn private(&self, root: &Path) -> Result<Option<Server>> {
        if self.database_url.is_some() {
            bail!("DATABASE_URL is set: that server is not started or stopped from here");
        }
        Ok(Server::running(&private_home(root, "pg")?, &extra(root))?)
    }
}

impl Pg {
    /// The private server, started if need be.
    pub fn private(root: &Path) -> Result<Self> {
        let server = Server::ensure_running(&private_home(root, "pg")?, &extra(root), Durability::Throwaway)?;
        let base = server.url(Role::Superuser, "postgres");
        Ok(Self { base, installation: Some(server.installation().clone()) })
    }

    pub fn url(&self, role: Role, database: &str) -> Result<String> {
        Ok(role_url(&self.base, role, database)?)
    }

    /// Runs statements of ours as the superuser.
    pub async fn execute(&self, database: &str, sql: &str) -> Result<()> {
        let mut conn =
            PgConnection::connect(&self.url(Role::Superuser, database)?).await.context("PostgreSQL")?;
        conn.execute(AssertSqlSafe(sql.to_owned())).await?;
        conn.close().await?;
        Ok(())
    }

    /// Makes the database anew if `fresh`, else only if it is missing.
    pub async fn create(&self, database: &str, fresh: bool) -> Result<()> {
        if fresh {
            self.execute("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await?;
        }
        let mut conn =
            PgConnection::connect(&self.url(Role::Superuser, "postgres")?).await.context("PostgreSQL")?;
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(database)
            .fetch_one(&mut conn)
            .await?;
        if !there {
            let sql = format!("CREATE DATABASE {database} OWNER {}", Role::Owner.name());
            conn.execute(AssertSqlSafe(sql)).await?;
        }
        conn.close().await?;
        Ok(())
    }

    /// Applies the migrations that are missing, as the owner.
    pub async fn migrate(&self, root: &Path, database: &str) -> Result<()> {
        let migrator = sqlx::migrate::Migrator::new(root.join("db/migrations")).await?;
        let mut conn = PgConnection::connect(&self.url(Role::Owner, database)?).await?;
        migrator.run_direct(None, &mut conn, false).await?;
        conn.close().await?;
        Ok(())
    }

    /// The `pg_dump` that belongs to the private server.
    pub fn pg_dump(&self) -> Result<PathBuf> {
        Ok(self.installation.as_ref().context("only the private server can be dumped")?.program("pg_dump"))
    }
}

fn extra(root: &Path) -> Vec<PathBuf> {
    vec![root.join(".dev/postgres")]
}
