//! The PostgreSQL server under all test databases, and the template they are copied from.
//!
//! The server is the one `DATABASE_URL` names, or a private one in `.dev/pg` that the first test program starts
//! and all share. The template is named by the hash of the migrations, ours and the queue's, so a changed one makes a new template.
//! An advisory lock lets one program build it while the others wait.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::OnceLock;

use shepherd_local_postgres::{Durability, Role, Server, private_home, role_url, roles_sql};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::settings;

/// Test databases are named `PREFIX_BOOT_PID_NUMBER`, so that what a killed program left can be told.
pub(crate) const PREFIX: &str = "shepherd_test";

/// Any number will do as long as nobody else uses it.
const TEMPLATE_LOCK: i64 = 0x5e9_4e5d;

/// The superuser's URL of the server. Starts it if need be; panics with what to do when there is none.
pub(crate) async fn base_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    if URL.get().is_none() {
        let url = tokio::task::spawn_blocking(find).await.expect("finding the server does not panic");
        let url = url.unwrap_or_else(|error| panic!("tests need PostgreSQL: {error}"));
        let _ = URL.set(url);
    }
    URL.get().expect("it was set above")
}

fn find() -> Result<String, shepherd_local_postgres::Error> {
    if let Some(url) = settings::database_url() {
        return Ok(url);
    }
    let root = settings::workspace();
    let home = private_home(&root, "pg")?;
    let server = Server::ensure_running(&home, &[root.join(".dev/postgres")], Durability::Throwaway)?;
    Ok(server.url(Role::Superuser, "postgres"))
}

/// A superuser's connection to the server's own database.
pub(crate) async fn admin() -> PgConnection {
    connect(Role::Superuser, "postgres").await
}

pub(crate) async fn connect(role: Role, database: &str) -> PgConnection {
    let url = role_url(base_url().await, role, database).expect("DATABASE_URL is valid");
    PgConnection::connect(&url)
        .await
        .unwrap_or_else(|error| panic!("connecting to {database} as {}: {error}", role.name()))
}

pub(crate) async fn run(conn: &mut PgConnection, sql: &str) {
    if let Err(error) = conn.execute(AssertSqlSafe(sql.to_owned())).await {
        panic!("{error}, in: {sql}");
    }
}

/// The name of the migrated template database; it is built if it is not there.
pub(crate) async fn template() -> &'static str {
    static NAME: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    NAME.get_or_init(build_template).await
}

async fn build_template() -> String {
    let migrations = settings::workspace().join("db/migrations");
    let name = format!("shepherd_template_{:016x}", digest(&migrations));
    let mut admin = admin().await;
    run(&mut admin, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    run(&mut admin, &roles_sql(base_url().await).expect("DATABASE_URL is valid")).await;
    remove_stale(&mut admin, &name).await;
    if !exists(&mut admin, &name).await {
        // Built under another name: an interrupted build is never taken for a template.
        let draft = format!("{name}_draft");
        run(&mut admin, &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await;
        run(&mut admin, &format!("CREATE DATABASE {draft} OWNER {}", Role::Owner.name())).await;
        let migrator = Migrator::new(migrations).await.expect("db/migrations can be read");
        let mut owner = connect(Role::Owner, &draft).await;
        let done = migrator.run_direct(None, &mut owner, false).await;
        done.unwrap_or_else(|error| panic!("db/migrations cannot be applied: {error}"));
        owner.close().await.expect("the connection closes");
        let url = role_url(base_url().await, Role::Owner, &draft).expect("DATABASE_URL is valid");
        let queue = shepherd_jobs::migrate(&url.into()).await;
        queue.unwrap_or_else(|error| panic!("the queue's tables cannot be made: {error}"));
        run(&mut admin, &format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
    }
    run(&mut admin, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    name
}

async fn exists(admin: &mut PgConnection, database: &str) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(database)
        .fetch_one(admin)
        .await
        .expect("pg_database can be read")
}

/// Drops the databases of test programs of this machine that are gone, and templates that are a day old.
async fn remove_stale(admin: &mut PgConnection, template: &str) {
    let ours = format!("{PREFIX}_{}_", boot());
    let tests: Vec<String> =
        sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)")
            .bind(&ours)
            .fetch_all(&mut *admin)
            .await
            .expect("pg_database can be read");
    let orphans = tests.into_iter().filter(|name| {
        let pid = name.trim_start_matches(&ours).split('_').next().unwrap_or_default();
        !Path::new("/proc").join(pid).exists()
    });
    let old: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database, pg_stat_file('base/' || oid || '/PG_VERSION') \
         WHERE starts_with(datname, 'shepherd_template_') AND datname <> $1 \
         AND modification < clock_timestamp() - interval '1 day'",
    )
    .bind(template)
    .fetch_all(&mut *admin)
    .await
    .expect("pg_database can be read");
    for name in orphans.chain(old) {
        // Two programs may both see it; the second finds nothing to drop.
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let _ = admin.execute(AssertSqlSafe(drop)).await;
    }
}

/// Tells this run of this machine from others that may share the server.
pub(crate) fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.chars().filter(char::is_ascii_hexdigit).take(8).collect()
}

fn digest(dir: &Path) -> u64 {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    shepherd_jobs::schema_version().hash(&mut hasher);
    for path in files {
        path.file_name().hash(&mut hasher);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).hash(&mut hasher);
    }
    hasher.finish()
}
