//! Query parameters of the Kubernetes API.

use std::collections::HashMap;

use axum::extract::Query as Form;
use http::Uri;

use super::resources::Resource;
use super::selector::{FieldSelector, LabelSelector};
use super::status::{ApiError, Cause};

/// What to do with fields the schema does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// Drop them.
    Ignore,
    /// Drop them and say so in a `Warning` header.
    #[default]
    Warn,
    /// Refuse the request.
    Strict,
}

/// Parsed parameters; unknown ones are ignored as in Kubernetes.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// `labelSelector`
    pub labels: LabelSelector,
    /// `fieldSelector`
    pub fields: FieldSelector,
    /// `limit`; 0 is unlimited.
    pub limit: usize,
    /// `continue`
    pub continue_token: String,
    /// `watch`
    pub watch: bool,
    /// `resourceVersion`
    pub resource_version: String,
    /// `resourceVersionMatch`
    pub version_match: String,
    /// `allowWatchBookmarks`
    pub bookmarks: bool,
    /// `sendInitialEvents`
    pub initial_events: Option<bool>,
    /// `timeoutSeconds`
    pub timeout_seconds: Option<u64>,
    /// `dryRun=All`
    pub dry_run: bool,
    /// `fieldManager`
    pub field_manager: String,
    /// `force`
    pub force: bool,
    /// `fieldValidation`
    pub field_validation: FieldValidation,
    /// `includeObject` of the Table form.
    pub include_object: String,
    /// `propagationPolicy`
    pub propagation: String,
}

impl Query {
    /// Parses and checks the parameters for one kind.
    pub fn parse(uri: &Uri, resource: &Resource) -> Result<Self, ApiError> {
        let Form(form) = Form::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|e| ApiError::bad_request(format!("query: {e}")))?;
        let form: HashMap<String, String> = form.into_iter().collect();
        let text = |name: &str| form.get(name).cloned().unwrap_or_default();
        let flag = |name: &str| form.get(name).is_some_and(|v| v == "true" || v == "1" || v.is_empty());
        let number = |name: &str| match form.get(name).map(String::as_str) {
            None | Some("") => Ok(None),
            Some(v) => v.parse::<u64>().map(Some).map_err(|_| {
                ApiError::bad_request(format!("{name}: invalid value {v:?}: must be a whole number"))
            }),
        };
        Ok(Self {
            labels: LabelSelector::parse(&text("labelSelector"))?,
            fields: FieldSelector::parse(&text("fieldSelector"), resource)?,
            limit: usize::try_from(number("limit")?.unwrap_or(0)).unwrap_or(usize::MAX),
            continue_token: text("continue"),
            watch: flag("watch"),
            resource_version: text("resourceVersion"),
            version_match: text("resourceVersionMatch"),
            bookmarks: flag("allowWatchBookmarks"),
            initial_events: form.contains_key("sendInitialEvents").then(|| flag("sendInitialEvents")),
            timeout_seconds: number("timeoutSeconds")?,
            dry_run: dry_run(&text("dryRun"))?,
            field_manager: text("fieldManager"),
            force: flag("force"),
            field_validation: field_validation(&text("fieldValidation"))?,
            include_object: text("includeObject"),
            propagation: text("propagationPolicy"),
        })
    }
}

fn dry_run(value: &str) -> Result<bool, ApiError> {
    match value {
        "" => Ok(false),
        "All" => Ok(true),
        other => Err(bad_option("dryRun", other, "supported values: \"All\"")),
    }
}

fn field_validation(value: &str) -> Result<FieldValidation, ApiError> {
    match value {
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Ignore" => Ok(FieldValidation::Ignore),
        "Strict" => Ok(FieldValidation::Strict),
        other => {
            Err(bad_option("fieldValidation", other, "supported values: \"Ignore\", \"Strict\", \"Warn\""))
        }
    }
}

fn bad_option(field: &str, value: &str, hint: &str) -> ApiError {
    let cause = Cause::invalid(field, format!("Unsupported value: {value:?}: {hint}"));
    ApiError::new(
        http::StatusCode::UNPROCESSABLE_ENTITY,
        "Invalid",
        format!("options is invalid: {}: {}", cause.field, cause.message),
    )
}
