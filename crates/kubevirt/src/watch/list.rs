//! One page of a list. Items are decoded one by one, so that an odd one costs only itself.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Kind, Unreadable, WatchEvent};
use crate::transport::{Call, undecodable};
use crate::views::Meta;
use crate::{Cluster, Detail, Error};

/// A decoded page.
pub(super) struct Page {
    pub(super) events: Vec<WatchEvent>,
    pub(super) next: Option<String>,
    pub(super) resource_version: String,
}

#[derive(Deserialize)]
struct RawPage<'a> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ListMeta {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

impl Cluster {
    pub(super) async fn page(&self, kind: Kind, limit: u32, next: Option<&str>) -> Result<Page, Error> {
        let limit = limit.to_string();
        let mut query = vec![("limit", limit.as_str())];
        query.extend(next.map(|token| ("continue", token)));
        let reply = self.send(Call::get(kind.path()).query(&query).deadline(self.deadlines.page)).await?;
        decode(kind, &reply.body)
    }
}

pub(super) fn decode(kind: Kind, body: &[u8]) -> Result<Page, Error> {
    let page: RawPage<'_> = crate::transport::decode(body)?;
    let ListMeta { resource_version, next } = page.metadata;
    let next = Some(next).filter(|token| !token.is_empty());
    if next.is_none() && resource_version.is_empty() {
        return Err(Error::protocol("a list without a resource version"));
    }
    let items = page.items.unwrap_or_default();
    let events = items.into_iter().map(|item| match kind.decode(item.get()) {
        Ok(object) => WatchEvent::InitApply(object),
        Err(error) => WatchEvent::Unreadable(unreadable(kind, item.get(), false, &error)),
    });
    Ok(Page { events: events.collect(), next, resource_version })
}

/// Saves what can be saved of an object that does not decode.
pub(super) fn unreadable(kind: Kind, json: &str, gone: bool, error: &serde_json::Error) -> Unreadable {
    #[derive(Deserialize)]
    struct OnlyMeta {
        metadata: Meta,
    }
    let meta = serde_json::from_str::<OnlyMeta>(json).ok().map(|only| only.metadata);
    let meta = meta.filter(|meta| !meta.uid.is_empty()).map(Box::new);
    let detail = undecodable(error).detail().cloned().unwrap_or_else(|| Detail::new("undecodable"));
    Unreadable { kind, gone, meta, detail }
}
