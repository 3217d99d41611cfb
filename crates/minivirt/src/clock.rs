//! The engine's clock: the host's, because it is a cluster of its own with no database to ask.

use chrono::{DateTime, SecondsFormat, Utc};

/// Now, as stamped on objects.
#[expect(
    clippy::disallowed_methods,
    reason = "minivirt stands alone; object timestamps are the host's, as in Kubernetes"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// `metav1.Time`: RFC 3339 in whole seconds.
pub fn timestamp() -> String {
    format(now())
}

/// See [`timestamp`].
pub fn format(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads a `metav1.Time`.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|t| t.with_timezone(&Utc))
}
