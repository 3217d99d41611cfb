//! The database roles, and connection URLs for them.
//!
//! A server given by `DATABASE_URL` is treated as a private one: the URL names a superuser, and the other
//! roles are made with its password where they are missing. A production database is set up by its operator, who
//! gives each role a password of its own.

use url::Url;

use crate::error::Error;

/// The roles that every development and test server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The server's superuser.
    Superuser,
    /// Owns the schema; runs migrations.
    Owner,
    /// What `serve` connects as; may only do what migrations granted.
    App,
    /// What lets audit events expire; may do nothing else.
    Retention,
}

impl Role {
    /// The role's name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Superuser => "postgres",
            Self::Owner => "shepherd_owner",
            Self::App => "shepherd_app",
            Self::Retention => "shepherd_retention",
        }
    }
}

/// The URL of `database` on the server of `base`, as `role`. The superuser keeps the name that `base` has.
pub fn role_url(base: &str, role: Role, database: &str) -> Result<String, Error> {
    let mut url = Url::parse(base).map_err(|error| Error::Url { message: error.to_string() })?;
    if role != Role::Superuser && url.set_username(role.name()).is_err() {
        return Err(Error::Url { message: "it has no host".into() });
    }
    url.set_path(database);
    Ok(url.into())
}

/// SQL for the superuser of `base`: makes the owner and the roles it grants to, and lets them sign in with the
/// superuser's password. It can be repeated, and by several at once; a role that can sign in is left alone.
pub fn roles_sql(base: &str) -> Result<String, Error> {
    let url = Url::parse(base).map_err(|error| Error::Url { message: error.to_string() })?;
    let password = match url.password() {
        Some(text) => format!("PASSWORD {}", quote(&percent_decode(text))),
        None => String::new(),
    };
    Ok([Role::Owner, Role::App, Role::Retention].map(|role| role_sql(role.name(), &password)).concat())
}

fn role_sql(name: &str, password: &str) -> String {
    format!(
        "DO $roles$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
        CREATE ROLE {name} LOGIN {password};
    ELSIF NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = '{name}') THEN
        ALTER ROLE {name} LOGIN {password};
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- somebody else was faster
END $roles$;\n"
    )
}

fn quote(text: &str) -> String {
    // E'' so that a backslash means the same whatever standard_conforming_strings says.
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''").replace('$', "\\x24"))
}

fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_keep_server_password_and_settings() {
        let base = "postgres://admin:s%40e@db:5433/postgres?sslmode=require";
        let url = |role| role_url(base, role, "t1").unwrap();
        assert_eq!(url(Role::App), "postgres://shepherd_app:s%40e@db:5433/t1?sslmode=require");
        assert_eq!(url(Role::Superuser), "postgres://admin:s%40e@db:5433/t1?sslmode=require");
        assert!(role_url("not a url", Role::App, "x").is_err());
    }

    #[test]
    fn a_password_cannot_leave_its_literal() {
        let sql = roles_sql("postgres://a:x'%24roles%24\\@h/d").unwrap();
        assert!(sql.contains(r"PASSWORD E'x''\x24roles\x24\\'"), "{sql}");
        assert!(!roles_sql("postgres://postgres@h/d").unwrap().contains("PASSWORD"));
    }
}
