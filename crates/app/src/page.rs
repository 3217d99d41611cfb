//! Reading lists by cursor: ask for one row more than is shown, and if it comes there is a next page.

use serde::Serialize;
use serde::de::DeserializeOwned;
use shepherd_domain::cursor;

use crate::{Error, Result};

/// Rows on a page when the caller does not say.
const DEFAULT: i32 = 50;

/// The position and length asked for.
pub struct Ask<K> {
    pub after: Option<K>,
    limit: usize,
}

impl<K: Serialize + DeserializeOwned> Ask<K> {
    /// `kind` names the list, so that a cursor of another one is refused.
    pub fn new(kind: &str, cursor: Option<&str>, limit: Option<i32>) -> Result<Self> {
        let after = cursor.map(|text| cursor::decode(kind, text)).transpose();
        let after = after.map_err(|_| {
            Error::field(
                "?cursor",
                "CURSOR_INVALID",
                "This cursor is not from this list; start from the first page.",
            )
        })?;
        Ok(Self { after, limit: limit.unwrap_or(DEFAULT).clamp(1, 200).unsigned_abs() as usize })
    }

    /// What to fetch: one more than is shown.
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(200) + 1
    }

    /// Cuts the row too many off and makes the cursor of the last one shown.
    pub fn cut<R>(
        &self,
        kind: &str,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> K,
    ) -> Result<(Vec<R>, Option<String>)> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|row| cursor::encode(kind, &key(row))).transpose();
        Ok((rows, next.map_err(|error| Error::Internal(Box::new(error)))?))
    }
}
