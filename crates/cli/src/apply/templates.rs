//! Templates from files: another content becomes a new version.

use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreateTemplate, HttpSource, ImageSource, ListTemplatesQuery, PvcSource, Template, TemplateContent,
    TemplateSource, TemplateVariable, TemplateVersion, UpdateTemplate,
};

use super::sizes::{differs, scope};
use super::{Outcome, document};
use crate::Failure;
use crate::connect::key;

pub(super) async fn apply(
    client: &Client,
    wanted: document::Template,
    dry: bool,
) -> Result<Outcome, Failure> {
    let content = content(&wanted)?;
    let Some(there) = found(client, &wanted.name).await? else {
        if !dry {
            let body = CreateTemplate {
                environment_ids: scope(client, wanted.environments.as_deref()).await?,
                title: wanted.title.unwrap_or_else(|| wanted.name.clone()),
                name: wanted.name,
                description: wanted.description,
                content,
            };
            client.templates().create_template(&key(), &body).await?;
        }
        return Ok(Outcome::Created);
    };
    let mut outcome = Outcome::Unchanged;
    let mut version = there.version;
    if there.versions.first().is_none_or(|newest| held(newest) != content) {
        outcome = Outcome::Changed;
        if !dry {
            version = client.templates().add_template_version(there.id, &key(), &content).await?.version;
        }
    }
    let edit = UpdateTemplate {
        title: wanted.title.filter(|title| *title != there.title),
        description: wanted.description.filter(|text| *text != there.description),
        environment_ids: match differs(&there.environments, wanted.environments.as_deref()) {
            true if !dry => scope(client, wanted.environments.as_deref()).await?,
            true => Some(Vec::new()),
            false => None,
        },
    };
    if edit != UpdateTemplate::default() {
        outcome = Outcome::Changed;
        if !dry {
            client.templates().update_template(there.id, version, &edit).await?;
        }
    }
    Ok(outcome)
}

async fn found(client: &Client, name: &str) -> Result<Option<Template>, Failure> {
    let query = ListTemplatesQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    Ok(client.templates().list_templates(&query).await?.items.into_iter().find(|row| row.name == name))
}

fn content(wanted: &document::Template) -> Result<TemplateContent, Failure> {
    let word = |what: &str, text: &str| Failure::Usage(format!("{}: {text} is no {what}", wanted.name));
    let source = match wanted.source.clone() {
        document::Source::Image(image) => TemplateSource::Image(ImageSource { image }),
        document::Source::Http(http) => TemplateSource::Http(HttpSource {
            url: http.url,
            checksum: http.checksum,
            cert_config_map: http.cert_config_map,
        }),
        document::Source::Pvc(pvc) => {
            TemplateSource::Pvc(PvcSource { namespace: pvc.namespace, name: pvc.name })
        }
    };
    let variable = |v: &document::Variable| {
        Ok(TemplateVariable {
            name: v.name.clone(),
            title: v.title.clone().unwrap_or_else(|| v.name.clone()),
            default: v.default.clone(),
            pattern: v.pattern.clone(),
            kind: Some(v.kind.parse().map_err(|_| word("type of a variable", &v.kind))?),
            min: v.min,
            max: v.max,
            choices: Some(v.choices.clone()),
        })
    };
    Ok(TemplateContent {
        family: wanted.family.parse().map_err(|_| word("family of guests", &wanted.family))?,
        root: wanted.root.parse().map_err(|_| word("kind of root disk", &wanted.root))?,
        source,
        user_data: wanted.user_data.clone(),
        variables: wanted.variables.iter().map(variable).collect::<Result<_, Failure>>()?,
        min_disk_bytes: Some(wanted.min_disk.0),
        advanced: Some(wanted.advanced.clone()),
    })
}

/// The same of a version that is there.
fn held(version: &TemplateVersion) -> TemplateContent {
    TemplateContent {
        family: version.family,
        root: version.root,
        source: version.source.clone(),
        user_data: version.user_data.clone(),
        variables: version.variables.clone(),
        min_disk_bytes: Some(version.min_disk_bytes),
        advanced: Some(version.advanced.clone()),
    }
}
