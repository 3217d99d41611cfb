//! Templates: what a guest starts from.
//!
//! A version is checked as a whole before it is published: its user data renders with its defaults, and every
//! variable it uses is declared. After that it is never changed; a new version takes its place, and an old one is
//! deprecated or withdrawn.

use serde_json::json;
use shepherd_contract::types::{
    CreateTemplate, HttpSource, ImageSource, PvcSource, SetCatalogueState, Template, TemplateContent,
    TemplatePage, TemplateSource, TemplateVariable, TemplateVersion, TemplateVersionRef, UpdateTemplate,
};
use shepherd_domain::authz::{self, Authorized, ManageCatalogue, Platform};
use shepherd_domain::hash::ContentHash;
use shepherd_domain::ids::{EnvironmentId, TemplateId, TemplateVersionId};
use shepherd_domain::reason::Coded;
use shepherd_domain::source::{self, DiskSource};
use shepherd_domain::states;
use shepherd_domain::template::{self as rules, TemplateError, Variable};
use shepherd_store::catalogue::ItemEdit;
use shepherd_store::events::Event;
use shepherd_store::templates::{
    self as store, TemplateContentRow, TemplateFilter, TemplateRow, TemplateVersionRow,
};
use shepherd_store::{Conn, Tx};

use crate::catalogue::{environment_of, new_state, scope, state};
use crate::change::{Audit, Begun};
use crate::error::FieldFault;
use crate::page::Ask;
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
        let version = content.publish(change.tx(), &auth, id).await?;
        let made = load(change.tx(), id).await?;
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
        let version = content.publish(change.tx(), &auth, id).await?;
        let made = load(change.tx(), id).await?;
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

/// Content that may be published.
struct Checked<'a> {
    content: &'a TemplateContent,
    source: DiskSource,
    variables: Vec<Variable>,
    hash: ContentHash,
}

impl<'a> Checked<'a> {
    /// Judges the content; faults are at their fields below `at`.
    fn new(content: &'a TemplateContent, at: &str) -> Result<Self> {
        let declare = |v: &TemplateVariable| Variable {
            name: v.name.clone(),
            title: v.title.clone(),
            default: v.default.clone(),
            pattern: v.pattern.clone(),
        };
        let variables: Vec<Variable> = content.variables.iter().map(declare).collect();
        let family: states::GuestFamily = content
            .family
            .as_str()
            .parse()
            .map_err(|_| Error::Internal("a family only the contract knows".into()))?;
        let root: states::RootDisk = content
            .root
            .as_str()
            .parse()
            .map_err(|_| Error::Internal("a root only the contract knows".into()))?;
        let source = source_of(&content.source);
        source.check(root).map_err(|error| {
            let pointer = match error.field() {
                "" => format!("{at}/root"),
                field => format!("{at}/source/{field}"),
            };
            let fields = vec![FieldFault { pointer, code: error.code(), text: error.to_string() }];
            Error::Invalid { reason: error.reason(), fields }
        })?;
        let template = rules::Template { user_data: &content.user_data, variables: &variables };
        template.check(family).map_err(|error| fault(error, &variables, at))?;
        let hash = rules::content_hash(&json!({
            "family": content.family,
            "root": content.root,
            "source": content.source,
            "user_data": content.user_data,
            "variables": variables,
            "min_disk_bytes": content.min_disk_bytes.unwrap_or_default(),
        }))?;
        Ok(Self { content, source, variables, hash })
    }

    async fn publish(
        &self,
        tx: &mut Tx,
        auth: &Authorized<ManageCatalogue, Platform>,
        id: TemplateId,
    ) -> Result<i64> {
        let row = TemplateContentRow {
            family: self.content.family.as_str(),
            root: self.content.root.as_str(),
            source: &self.source,
            user_data: &self.content.user_data,
            variables: &self.variables,
            min_disk_bytes: self.content.min_disk_bytes.unwrap_or_default(),
            content_hash: self.hash.as_bytes(),
        };
        Ok(store::publish(tx, auth, id, &row).await?)
    }
}

/// The fault at the field that has to change.
fn fault(error: TemplateError, variables: &[Variable], at: &str) -> Error {
    let pointer = match &error {
        TemplateError::Family { .. } => format!("{at}/family"),
        TemplateError::Declaration { name, .. } => {
            // The last of that name: of two, the second is the one too many.
            let index = variables.iter().rposition(|v| v.name == *name);
            index.map_or(format!("{at}/variables"), |index| format!("{at}/variables/{index}"))
        }
        TemplateError::Variables(_) => format!("{at}/variables"),
        _ => format!("{at}/user_data"),
    };
    let fields = vec![FieldFault { pointer, code: error.code(), text: error.to_string() }];
    Error::Invalid { reason: error.reason(), fields }
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
    let variable = |v: Variable| TemplateVariable {
        name: v.name,
        title: v.title,
        default: v.default,
        pattern: v.pattern,
    };
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
        variables: row.variables.into_iter().map(variable).collect(),
        min_disk_bytes: row.min_disk_bytes,
        content_hash: row.content_hash,
        created_at: row.created_at,
    })
}

fn source_of(body: &TemplateSource) -> DiskSource {
    match body.clone() {
        TemplateSource::Image(image) => DiskSource::Image(image.image),
        TemplateSource::Http(http) => DiskSource::Http(source::HttpSource {
            url: http.url,
            checksum: http.checksum,
            cert_config_map: http.cert_config_map,
        }),
        TemplateSource::Pvc(pvc) => {
            DiskSource::Pvc(source::PvcSource { namespace: pvc.namespace, name: pvc.name })
        }
    }
}

fn shown_source(source: DiskSource) -> TemplateSource {
    match source {
        DiskSource::Image(image) => TemplateSource::Image(ImageSource { image }),
        DiskSource::Http(http) => TemplateSource::Http(HttpSource {
            url: http.url,
            checksum: http.checksum,
            cert_config_map: http.cert_config_map,
        }),
        DiskSource::Pvc(pvc) => TemplateSource::Pvc(PvcSource { namespace: pvc.namespace, name: pvc.name }),
    }
}
