//! The instance's database: on the server that `DATABASE_URL` names, or on a private one.
//!
//! Both are prepared alike: the two roles, a database that the owner role owns, the newest schema. So the server of `up`
//! runs with the rights it has in production, and no more.

use secrecy::{ExposeSecret, SecretString};
use shepherd_local_postgres::{Durability, Role, Server, role_url, roles_sql};
use shepherd_store::{StoreError, provision};
use url::Url;

use super::{Directory, Plan};
use crate::failure::Failure;
use crate::migrate::migrate;

/// Used where the address names none of our own.
const NAME: &str = "shepherd";

pub(super) struct Database {
    app_url: SecretString,
    private: Option<Server>,
}

impl Database {
    /// As the application role.
    pub(super) fn app_url(&self) -> SecretString {
        self.app_url.clone()
    }

    /// Stops the server if it is a private one.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        let Some(server) = self.private else { return Ok(()) };
        let stopped = tokio::task::spawn_blocking(move || server.stop()).await;
        Ok(stopped.map_err(|error| Failure::io("PostgreSQL", error))??)
    }
}

/// Stops the private server if it runs.
pub(super) async fn stop_left_over(directory: &std::path::Path, plan: &Plan) -> Result<(), Failure> {
    let (home, extra) = (directory.join("postgres"), vec![plan.postgres_dir.clone()]);
    let stopped = tokio::task::spawn_blocking(move || match Server::running(&home, &extra)? {
        Some(server) => server.stop(),
        None => Ok(()),
    });
    Ok(stopped.await.map_err(|error| Failure::io("PostgreSQL", error))??)
}

pub(super) async fn start(directory: &Directory, plan: &Plan) -> Result<Database, Failure> {
    let (base, private) = match &plan.database_url {
        Some(url) => (url.expose_secret().to_owned(), None),
        None => {
            let (home, extra) = (directory.join("postgres"), vec![plan.postgres_dir.clone()]);
            let durability = if plan.throwaway { Durability::Throwaway } else { Durability::Durable };
            let started =
                tokio::task::spawn_blocking(move || Server::ensure_running(&home, &extra, durability)).await;
            let server = started.map_err(|error| Failure::io("PostgreSQL", error))??;
            (server.url(Role::Superuser, "postgres"), Some(server))
        }
    };
    let name = database_name(&base)?;
    let superuser = role_url(&base, Role::Superuser, "postgres")?.into();
    let prepared = provision::database(&superuser, &roles_sql(&base)?, &name, Role::Owner.name()).await;
    prepared.map_err(|error| refused(error, plan.database_url.is_some()))?;
    migrate(&role_url(&base, Role::Owner, &name)?.into()).await?;
    Ok(Database { app_url: role_url(&base, Role::App, &name)?.into(), private })
}

/// The database that the address names; every server's own `postgres` is not for us.
fn database_name(base: &str) -> Result<String, Failure> {
    let url = Url::parse(base)
        .map_err(|error| Failure::new("DATABASE_UNAVAILABLE", format!("DATABASE_URL: {error}")))?;
    let named = url.path().trim_start_matches('/');
    Ok(if matches!(named, "" | "postgres") { NAME.to_owned() } else { named.to_owned() })
}

fn refused(error: StoreError, given: bool) -> Failure {
    match error {
        StoreError::Database(cause) if given => {
            let text = format!(
                "the roles and the database cannot be made: {cause}. `up` wants a DATABASE_URL of a superuser; for a database \
                 that is ready, use `shepherd migrate` and `shepherd serve`"
            );
            Failure::new("DATABASE_UNAVAILABLE", text)
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_database_is_left_alone() {
        for base in ["postgres://u@h", "postgres://u@h/", "postgres://u@h/postgres"] {
            assert_eq!(database_name(base).unwrap(), "shepherd");
        }
        assert_eq!(database_name("postgres://u@h:5432/mine?sslmode=require").unwrap(), "mine");
    }
}
