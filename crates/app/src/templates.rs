//! Templates: what a guest starts from.
//!
//! A version is checked as a whole before it is published: its user data renders with its defaults, and every
//! variable it uses is declared. After that it is never changed; a new version takes its place, and an old one is
//! deprecated or withdrawn.

use serde_json::json;
use shepherd_contract::types::{
    CreateTemplate, SetCatalogueState, Template, TemplateContent, TemplatePage, TemplateVersion,
    TemplateVersionRef, UpdateTemplate,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::ids::{EnvironmentId, TemplateId, TemplateVersionId};
use shepherd_store::Conn;
use shepherd_store::catalogue::ItemEdit;
use shepherd_store::events::Event;
use shepherd_store::templates::{self as store, TemplateFilter, TemplateRow, TemplateVersionRow};

use crate::catalogue::{environment_of, new_state, scope, state};
use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::template_content::{Checked, shown_source, shown_variable};
use crate::{App, Cx, Error, Result};

/// Versions of each template on a list, and of one that is looked at.
const LISTED: i64 = 10;
const SHOWN: i64 = 200;

/// Which templates.
pub struct ListTemplates<'a> {
    pub environment: Option<EnvironmentId>,
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The templates, by name.
    pub async fn list_templates(&self, _cx: &Cx, ask: ListTemplates<'_>) -> Result<TemplatePage> {
        let page: Ask<String> = Ask::new("templates", ask.cursor, ask.limit)?;
        let filter = TemplateFilter {
            search: ask.search,
            environment: ask.environment,
            after: page.after.as_deref(),
            limit: page.fetch(),
            versions: LISTED,
            ..TemplateFilter::default()
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("templates", rows, |row| row.name.clone())?;
        Ok(TemplatePage { items: rows.into_iter().map(template).collect::<Result<_>>()?, next_cursor })
    }

    /// One template with its versions.
    pub async fn get_template(&self, _cx: &Cx, id: TemplateId) -> Result<Template> {
        load(&mut *self.db.acquire().await?, id).await
    }

    /// Adds a template with its first version.
    pub async fn create_template(&self, cx: &Cx, body: CreateTemplate) -> Result<Template> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let content = Checked::new(&body.content, "/content")?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let environments = scope(change.tx(), body.environment_ids.as_deref()).await?;
        let item = ItemEdit {
            title: Some(&body.title),
            description: body.description.as_deref(),
            environments: environments.as_deref(),
        };
        let id = store::create(change.tx(), &auth, &body.name, &item).await.map_err(|error| {
            Error::from(error).taken("template_name_key", || {
                Error::field(
                    "/name",
                    "NAME_TAKEN",
                    format!("There is a template named {} already.", body.name),
                )
            })
        })?;
        content.check_fields(change.tx(), "/content").await?;
        let version = content.publish(change.tx(), &auth, id).await?;
        let made = load(change.tx(), id).await?;
        let made = content.published(change.tx(), made).await?;
        change.event(Event::new("template", id, version));
        change.commit(Audit::of("template", id, &made.name).after(&made), made).await
    }

    /// Publishes a new version.
    pub async fn add_template_version(
        &self,
        cx: &Cx,
        id: TemplateId,
        body: TemplateContent,
    ) -> Result<Template> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let content = Checked::new(&body, "")?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        content.check_fields(change.tx(), "").await?;
        let version = content.publish(change.tx(), &auth, id).await?;
        let made = load(change.tx(), id).await?;
        let made = content.published(change.tx(), made).await?;
        change.event(Event::new("template", id, version));
        let entry = Audit::of("template", id, &made.name).after(made.versions.first());
        change.commit(entry, made).await
    }

    /// Changes what is said of it and where it may be used.
    pub async fn update_template(
        &self,
        cx: &Cx,
        id: TemplateId,
        version: i64,
        body: UpdateTemplate,
    ) -> Result<Template> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let before = self.get_template(cx, id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(before) };
        let environments = scope(change.tx(), body.environment_ids.as_deref()).await?;
        let edit = ItemEdit {
            title: body.title.as_deref(),
            description: body.description.as_deref(),
            environments: environments.as_deref(),
        };
        let new = store::update(change.tx(), &auth, id, version, &edit).await?.ok_or(Error::Stale)?;
        let after = load(change.tx(), id).await?;
        change.event(Event::new("template", id, new));
        change.commit(Audit::of("template", id, &after.name).before(&before).after(&after), after).await
    }

    /// Deprecates, withdraws or brings back a version.
    pub async fn set_template_version_state(
        &self,
        cx: &Cx,
        id: TemplateVersionId,
        body: SetCatalogueState,
    ) -> Result<Template> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let replacement = match body.replacement_id {
            Some(id) => store::version_state(change.tx(), TemplateVersionId(id)).await?,
            None => None,
        };
        let new = new_state(&body, id.0, replacement.as_deref())?;
        let done = store::set_state(change.tx(), &auth, id, &new).await?;
        let after = load(change.tx(), done.of).await?;
        change.event(Event::new("template", done.of, done.version));
        let entry = Audit::of("template", done.of, &after.name)
            .before(json!({ "version": done.number, "state": done.before }))
            .after(json!({ "version": done.number, "state": body.state, "message": body.message,
                "replacement_id": body.replacement_id }));
        change.commit(entry, after).await
    }
}

async fn load(conn: &mut Conn, id: TemplateId) -> Result<Template> {
    let filter = TemplateFilter { id: Some(id), limit: 1, versions: SHOWN, ..TemplateFilter::default() };
    store::list(conn, &filter).await?.pop().map(template).ok_or(Error::NotFound)?
}

fn template(row: TemplateRow) -> Result<Template> {
    Ok(Template {
        id: row.id,
        name: row.name,
        title: row.title,
        description: row.description,
        environments: row.environments.0.into_iter().map(environment_of).collect(),
        versions: row.versions.0.into_iter().map(version).collect::<Result<_>>()?,
        warnings: Vec::new(),
        created_at: row.created_at,
        version: row.version,
    })
}

fn version(row: TemplateVersionRow) -> Result<TemplateVersion> {
    let unknown = |_| Error::Internal("a stored word of the catalogue is unknown".into());
    Ok(TemplateVersion {
        id: row.id,
        version: row.version,
        state: state(&row.state),
        message: row.message,
        replacement: row.replacement.map(|other| TemplateVersionRef {
            id: TemplateVersionId(other.id),
            template_id: TemplateId(other.of),
            name: other.name,
            version: other.version,
        }),
        family: row.family.parse().map_err(unknown)?,
        root: row.root.parse().map_err(unknown)?,
        source: shown_source(row.source),
        user_data: row.user_data,
        variables: row.variables.into_iter().map(shown_variable).collect(),
        min_disk_bytes: row.min_disk_bytes,
        advanced: row.advanced,
        content_hash: row.content_hash,
        created_at: row.created_at,
    })
}
