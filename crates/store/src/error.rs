//! What can go wrong with the database, sorted by what the caller can do about it.
//!
//! Each error has a stable public [`code`](StoreError::code) and a message that tells an operator what to do.
//! The private cause (`source`) is for the log only: it may hold SQL and must never reach a client.

use sqlx::error::ErrorKind;

use crate::secrets::SecretError;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database cannot be reached; check that PostgreSQL runs and that the database URL is right")]
    Unavailable(#[source] sqlx::Error),
    #[error("PostgreSQL {found} is not supported; use a version from 15 to 18")]
    Unsupported { found: String },
    #[error("the database schema is at version {found}, this program needs {needed}; run `shepherd migrate`")]
    SchemaTooOld { found: i64, needed: i64 },
    #[error("a migration failed; the database is as the last whole migration left it")]
    Migration(#[source] sqlx::migrate::MigrateError),
    #[error("the database is out of disk space; free some, nothing was changed")]
    Full(#[source] sqlx::Error),
    /// A lock, statement or pool deadline passed, or a deadlock was broken: the same call may succeed later.
    #[error("the database is busy; try again")]
    Busy(#[source] sqlx::Error),
    #[error("the row does not exist")]
    NotFound,
    #[error("the change conflicts with the constraint {name}")]
    Constraint { name: String, kind: ConstraintKind, source: sqlx::Error },
    /// A guarded write came from a process that no longer holds the lease.
    #[error("the lease {name} is held by another process")]
    LeaseLost { name: String },
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the database refused a statement")]
    Database(#[source] sqlx::Error),
}

/// The kind of constraint that refused a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    Unique,
    ForeignKey,
    NotNull,
    Check,
    Exclusion,
}

impl StoreError {
    /// The stable code a client may act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "DATABASE_UNAVAILABLE",
            Self::Unsupported { .. } => "DATABASE_UNSUPPORTED",
            Self::SchemaTooOld { .. } => "SCHEMA_TOO_OLD",
            Self::Migration(_) => "MIGRATION_FAILED",
            Self::Full(_) => "DATABASE_FULL",
            Self::Busy(_) => "DATABASE_BUSY",
            Self::NotFound => "NOT_FOUND",
            Self::Constraint { .. } => "CONFLICT",
            Self::LeaseLost { .. } => "LEASE_LOST",
            Self::Secret(error) => error.code(),
            Self::Database(_) => "INTERNAL",
        }
    }

    /// The name of the violated unique constraint or index, so that a use case can say what is taken.
    pub fn unique_violation(&self) -> Option<&str> {
        match self {
            Self::Constraint { name, kind: ConstraintKind::Unique, .. } => Some(name),
            _ => None,
        }
    }

    /// The name of the violated foreign key: what is referred to is gone, or what is deleted is still in use.
    pub fn foreign_key_violation(&self) -> Option<&str> {
        match self {
            Self::Constraint { name, kind: ConstraintKind::ForeignKey, .. } => Some(name),
            _ => None,
        }
    }

    /// True when the same call may succeed without anything being repaired first.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::RowNotFound => Self::NotFound,
            E::PoolTimedOut => Self::Busy(error),
            E::Io(_) | E::Tls(_) | E::PoolClosed | E::WorkerCrashed => Self::Unavailable(error),
            E::Database(ref cause) => {
                let sqlstate = cause.code().unwrap_or_default();
                let name = cause.constraint().unwrap_or_default().to_owned();
                match (cause.kind(), sqlstate.as_ref()) {
                    (ErrorKind::UniqueViolation, _) => constraint(name, ConstraintKind::Unique, error),
                    (ErrorKind::ForeignKeyViolation, _) => {
                        constraint(name, ConstraintKind::ForeignKey, error)
                    }
                    (ErrorKind::NotNullViolation, _) => constraint(name, ConstraintKind::NotNull, error),
                    (ErrorKind::CheckViolation, _) => constraint(name, ConstraintKind::Check, error),
                    (ErrorKind::ExclusionViolation, _) => constraint(name, ConstraintKind::Exclusion, error),
                    // PostgreSQL, appendix A: disk_full.
                    (_, "53100") => Self::Full(error),
                    // serialization_failure, deadlock_detected, lock_not_available, query_canceled (a deadline).
                    (_, "40001" | "40P01" | "55P03" | "57014") => Self::Busy(error),
                    // Classes 08 (connection), 28 (credentials), 57P (server stopping), too_many_connections,
                    // invalid_catalog_name (no such database).
                    (_, state)
                        if state.starts_with("08")
                            || state.starts_with("28")
                            || state.starts_with("57P")
                            || matches!(state, "53300" | "3D000") =>
                    {
                        Self::Unavailable(error)
                    }
                    _ => Self::Database(error),
                }
            }
            _ => Self::Database(error),
        }
    }
}

fn constraint(name: String, kind: ConstraintKind, source: sqlx::Error) -> StoreError {
    StoreError::Constraint { name, kind, source }
}
