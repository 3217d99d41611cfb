//! Lenient decoding: null is absent, text is cleaned and cut.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

/// Text of at most `MAX` characters, cleaned; null is empty.
pub(crate) fn text<'de, const MAX: usize, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let raw = Option::<std::borrow::Cow<'de, str>>::deserialize(from)?.unwrap_or_default();
    Ok(crate::detail::clean(&raw, MAX))
}

/// As [`text`]; null and empty are `None`.
pub(crate) fn option<'de, const MAX: usize, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    text::<MAX, D>(from).map(|text| (!text.is_empty()).then_some(text))
}

/// RFC 3339; anything else is `None`, because no decision hangs on a time told by a cluster.
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let raw = Option::<std::borrow::Cow<'de, str>>::deserialize(from)?;
    Ok(raw.and_then(|text| DateTime::parse_from_rfc3339(&text).ok()).map(|time| time.with_timezone(&Utc)))
}

/// Null is the default.
pub(crate) fn nullable<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}
