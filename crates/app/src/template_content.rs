//! What a template version holds: judged before it is published, tried with values before that.
//!
//! A version is checked as a whole: its user data renders with its defaults, every variable it uses is declared, its
//! source can be fetched. A fault says its line and stands at the field that has to change.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shepherd_contract::types::{
    self as shown, HttpSource, ImageSource, PreviewTemplate, PvcSource, TemplateContent, TemplatePreview,
    TemplateSource, TemplateVariable, VariableKind,
};
use shepherd_domain::advanced;
use shepherd_domain::authz::{self, Authorized, ManageCatalogue, Platform};
use shepherd_domain::hash::ContentHash;
use shepherd_domain::ids::{EnvironmentId, TemplateId};
use shepherd_domain::placement::refused_fields;
use shepherd_domain::reason::{Coded, Reason};
use shepherd_domain::source::{self, DiskSource};
use shepherd_domain::states;
use shepherd_domain::template::{self as rules, Template, TemplateError, Variable};
use shepherd_store::Tx;
use shepherd_store::templates::{self as store, TemplateContentRow};

use crate::advanced_paths::with_schemas;
use crate::error::FieldFault;
use crate::requests::{cluster_facts, shown_reason};
use crate::{App, Cx, Error, Result};

/// What stands where a secret would in a trial.
const HIDDEN: &str = "<secret>";

impl App {
    /// What a guest would get, with these values. Secret values are tried in their places and not shown.
    pub async fn preview_template(&self, cx: &Cx, body: PreviewTemplate) -> Result<TemplatePreview> {
        self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let content = Checked::new(&body.content, "/content")?;
        let given = body.variables.unwrap_or_default();
        // Values of secrets are given as they are here: nothing of a trial is kept.
        let open: Vec<Variable> = content.variables.iter().map(opened).collect();
        let resolved = rules::resolve(&open, &given, &BTreeMap::new()).map_err(value_fault)?;
        let keys = body.ssh_keys.unwrap_or_default();
        let host = body.hostname.as_deref().unwrap_or("example-host-01");
        let (family, user_data) = (content.family, body.content.user_data.as_str());
        let template = Template { family, user_data, variables: &content.variables };
        template.render(&resolved.values, &keys, host).map_err(value_fault)?;
        let mut shown = resolved.values;
        for variable in content.variables.iter().filter(|v| v.kind == rules::VariableKind::Secret) {
            shown.insert(variable.name.clone(), HIDDEN.to_owned());
        }
        let user_data = template.render(&shown, &keys, host).map_err(value_fault)?;
        Ok(TemplatePreview { user_data })
    }
}

/// The same variable, whose value may be given as it is.
fn opened(variable: &Variable) -> Variable {
    let kind = match variable.kind {
        rules::VariableKind::Secret => rules::VariableKind::Text,
        other => other,
    };
    Variable { kind, ..variable.clone() }
}

/// Faults of values stand at their variables, those of the template at its text.
fn value_fault(error: TemplateError) -> Error {
    let reason = error.reason();
    let fields = match error {
        TemplateError::Variables(errors) => errors
            .into_iter()
            .map(|e| FieldFault { pointer: format!("/variables/{}", e.name), code: e.code, text: e.detail })
            .collect(),
        other => {
            let (code, text) = (other.code(), other.to_string());
            vec![FieldFault { pointer: "/content/user_data".to_owned(), code, text }]
        }
    };
    Error::Invalid { reason, fields }
}

/// Content that may be published.
pub(crate) struct Checked<'a> {
    content: &'a TemplateContent,
    family: states::GuestFamily,
    source: DiskSource,
    variables: Vec<Variable>,
    hash: ContentHash,
}

impl<'a> Checked<'a> {
    /// Judges the content; faults are at their fields below `at`.
    pub(crate) fn new(content: &'a TemplateContent, at: &str) -> Result<Self> {
        let variables: Vec<Variable> = content.variables.iter().map(declared).collect();
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
        let template = Template { family, user_data: &content.user_data, variables: &variables };
        template.check().map_err(|error| fault(error, &variables, at))?;
        let hash = rules::content_hash(&json!({
            "family": content.family,
            "root": content.root,
            "source": content.source,
            "user_data": content.user_data,
            "variables": variables,
            "min_disk_bytes": content.min_disk_bytes.unwrap_or_default(),
            "advanced": content.advanced.clone().unwrap_or_default(),
        }))?;
        Ok(Self { content, family, source, variables, hash })
    }

    /// Publishes it as the next version.
    pub(crate) async fn publish(
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
            advanced: &self.content.advanced.clone().unwrap_or_default(),
            content_hash: self.hash.as_bytes(),
        };
        Ok(store::publish(tx, auth, id, &row).await?)
    }

    /// Whether the fields it sets are on the list.
    pub(crate) async fn check_fields(&self, tx: &mut Tx, at: &str) -> Result<()> {
        let fields = self.fields();
        if fields.is_empty() {
            return Ok(());
        }
        let allowed = shepherd_store::advanced_paths::get(tx).await?.paths;
        advanced::check(&fields, &allowed).map_err(|error| {
            // A JSON pointer; names of fields hold neither / nor ~.
            let pointer = match error.path() {
                Some(path) => format!("{at}/advanced/{path}"),
                None => format!("{at}/advanced"),
            };
            let fields = vec![FieldFault { pointer, code: error.code(), text: error.to_string() }];
            Error::Invalid { reason: error.reason(), fields }
        })
    }

    /// The template as it was just published, with the clusters that would not take the fields it sets.
    pub(crate) async fn published(&self, tx: &mut Tx, mut made: shown::Template) -> Result<shown::Template> {
        let fields = self.fields();
        if fields.is_empty() {
            return Ok(made);
        }
        let scope: Vec<EnvironmentId> = made.environments.iter().map(|e| e.id).collect();
        let clusters = shepherd_store::request_facts::clusters(tx).await?.into_iter().map(cluster_facts);
        let clusters = clusters.filter(|c| scope.is_empty() || scope.contains(&c.environment_id)).collect();
        let clusters = with_schemas(tx, &fields, &scope, clusters).await?;
        let mut reasons: Vec<_> = clusters.iter().flat_map(|c| refused_fields(&fields, c)).collect();
        if !reasons.is_empty() {
            reasons.truncate(20);
            let text = "Not every cluster takes the fields this template sets; its VMs go to the others.";
            let warning = Reason::new("FIELDS_REFUSED", text).with("reasons", serde_json::to_value(reasons)?);
            made.warnings.push(shown_reason(warning));
        }
        Ok(made)
    }

    fn fields(&self) -> BTreeMap<String, Value> {
        self.content.advanced.clone().unwrap_or_default().into_iter().collect()
    }
}

/// The fault at the field that has to change.
fn fault(error: TemplateError, variables: &[Variable], at: &str) -> Error {
    let pointer = match &error {
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

/// A declaration as the rules know it.
fn declared(body: &TemplateVariable) -> Variable {
    let kind = match body.kind {
        None | Some(VariableKind::Text) => rules::VariableKind::Text,
        Some(VariableKind::Integer) => rules::VariableKind::Integer,
        Some(VariableKind::Choice) => rules::VariableKind::Choice,
        Some(VariableKind::Boolean) => rules::VariableKind::Boolean,
        Some(VariableKind::Secret) => rules::VariableKind::Secret,
    };
    Variable {
        name: body.name.clone(),
        title: body.title.clone(),
        default: body.default.clone(),
        pattern: body.pattern.clone(),
        kind,
        min: body.min,
        max: body.max,
        choices: body.choices.clone().unwrap_or_default(),
    }
}

pub(crate) fn shown_variable(variable: Variable) -> TemplateVariable {
    let kind = match variable.kind {
        rules::VariableKind::Text => VariableKind::Text,
        rules::VariableKind::Integer => VariableKind::Integer,
        rules::VariableKind::Choice => VariableKind::Choice,
        rules::VariableKind::Boolean => VariableKind::Boolean,
        rules::VariableKind::Secret => VariableKind::Secret,
    };
    TemplateVariable {
        name: variable.name,
        title: variable.title,
        default: variable.default,
        pattern: variable.pattern,
        kind: Some(kind),
        min: variable.min,
        max: variable.max,
        choices: Some(variable.choices),
    }
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

pub(crate) fn shown_source(source: DiskSource) -> TemplateSource {
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
