//! Instance sizes. A version's numbers are never changed: a new version takes its place.

use serde_json::json;
use shepherd_contract::types::{CreateSize, SetCatalogueState, Size, SizeContent, SizePage, SizeVersion};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::{SizeId, SizeVersionId};
use shepherd_store::Conn;
use shepherd_store::events::Event;
use shepherd_store::sizes::{self as store, SizeFilter, SizeNumbers, SizeRow, SizeVersionRow};

use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::templates::state;
use crate::{App, Cx, Error, Result};

/// Which sizes.
pub struct ListSizes<'a> {
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The sizes, by name.
    pub async fn list_sizes(&self, _cx: &Cx, ask: ListSizes<'_>) -> Result<SizePage> {
        let page: Ask<String> = Ask::new("sizes", ask.cursor, ask.limit)?;
        let after = page.after.as_deref();
        let filter = SizeFilter { search: ask.search, after, limit: page.fetch(), ..SizeFilter::default() };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("sizes", rows, |row| row.name.clone())?;
        Ok(SizePage { items: rows.into_iter().map(size).collect(), next_cursor })
    }

    /// Adds a size with its first version.
    pub async fn create_size(&self, cx: &Cx, body: CreateSize) -> Result<Size> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let id = store::create(change.tx(), &auth, &body.name).await.map_err(|error| {
            Error::from(error).taken("size_name_key", || {
                Error::field("/name", "NAME_TAKEN", format!("There is a size named {} already.", body.name))
            })
        })?;
        let version = store::publish(change.tx(), &auth, id, numbers(&body.content)).await?;
        let made = load(change.tx(), id).await?;
        change.event(Event::new("size", id, version));
        change.commit(Audit::of("size", id, &made.name).after(&made), made).await
    }

    /// Publishes new numbers.
    pub async fn add_size_version(&self, cx: &Cx, id: SizeId, body: SizeContent) -> Result<Size> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let version = store::publish(change.tx(), &auth, id, numbers(&body)).await?;
        let made = load(change.tx(), id).await?;
        change.event(Event::new("size", id, version));
        let entry =
            Audit::of("size", id, &made.name).before(made.versions.get(1)).after(made.versions.first());
        change.commit(entry, made).await
    }

    /// Deprecates, withdraws or brings back a version.
    pub async fn set_size_version_state(
        &self,
        cx: &Cx,
        id: SizeVersionId,
        body: SetCatalogueState,
    ) -> Result<Size> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let done = store::set_state(change.tx(), &auth, id, body.state.as_str()).await?;
        let after = load(change.tx(), done.of).await?;
        change.event(Event::new("size", done.of, done.version));
        let entry = Audit::of("size", done.of, &after.name)
            .before(json!({ "version": done.number, "state": done.before }))
            .after(json!({ "version": done.number, "state": body.state }));
        change.commit(entry, after).await
    }
}

fn numbers(content: &SizeContent) -> SizeNumbers {
    SizeNumbers {
        milli_vcpu: content.milli_vcpu,
        memory_bytes: content.memory_bytes,
        disk_bytes: content.disk_bytes,
    }
}

async fn load(conn: &mut Conn, id: SizeId) -> Result<Size> {
    let filter = SizeFilter { id: Some(id), limit: 1, ..SizeFilter::default() };
    store::list(conn, &filter).await?.pop().map(size).ok_or(Error::NotFound)
}

fn size(row: SizeRow) -> Size {
    let version = |row: SizeVersionRow| SizeVersion {
        id: row.id,
        version: row.version,
        state: state(&row.state),
        milli_vcpu: row.milli_vcpu,
        memory_bytes: row.memory_bytes,
        disk_bytes: row.disk_bytes,
        created_at: row.created_at,
    };
    Size {
        id: row.id,
        name: row.name,
        versions: row.versions.0.into_iter().map(version).collect(),
        created_at: row.created_at,
    }
}
