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

/// As [`timestamp`], by a clock that is so many seconds ahead.
pub fn skewed(seconds: i64) -> String {
    format(now() + chrono::Duration::try_seconds(seconds).unwrap_or_default())
}

/// As [`timestamp`], so long ago.
pub fn before(age: std::time::Duration) -> String {
    format(now() - age)
}

/// The `Date` header of that clock (RFC 9110).
pub fn http_date(seconds: i64) -> String {
    let time = now() + chrono::Duration::try_seconds(seconds).unwrap_or_default();
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// See [`timestamp`].
pub fn format(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads a `metav1.Time`.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|t| t.with_timezone(&Utc))
}
