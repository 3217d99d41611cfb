//! Which fields requests are asked for: defined and retired by whoever keeps the catalogue.

use shepherd_contract::types::{
    CreateRequestField, FieldKind, ListRequestFieldsQuery, RequestField, RequestFieldList,
};
use shepherd_domain::authz::{self, Platform};
use shepherd_domain::fields::{Field, check_definition};
use shepherd_domain::ids::RequestFieldId;
use shepherd_domain::reason::Reason;
use shepherd_store::request_fields::{self as store, FieldFilter, FieldRow, NewField};

use crate::change::{Audit, Begun};
use crate::requests::operation;
use crate::{App, Cx, Error, Result};

/// A form with more fields than this nobody fills in.
const MOST: i64 = 100;

impl App {
    /// The fields that are asked for; those of one place, if it is named.
    pub async fn list_request_fields(&self, ask: ListRequestFieldsQuery) -> Result<RequestFieldList> {
        let filter = FieldFilter {
            environment: ask.environment_id,
            operation: ask.operation.as_ref().map(|operation| operation.as_str()),
            retired: ask.retired.unwrap_or(false),
            ..FieldFilter::default()
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        Ok(RequestFieldList { items: rows.into_iter().map(shown).collect::<Result<_>>()? })
    }

    /// Asks for a field from now on. Requests that are open already keep what they were asked.
    pub async fn create_request_field(&self, cx: &Cx, body: CreateRequestField) -> Result<RequestField> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        checked(&body)?;
        let environments = body.environment_ids.unwrap_or_default();
        let known = store::known_environments(change.tx(), &environments).await?;
        if usize::try_from(known).unwrap_or_default() != environments.len() {
            let text = "One of these environments does not exist.";
            return Err(Error::field("/environment_ids", "UNKNOWN_REFERENCE", text));
        }
        let operations: Vec<String> = body.operations.iter().map(|o| o.as_str().to_owned()).collect();
        let new = NewField {
            name: &body.name,
            kind: body.kind.as_str(),
            labels: &body.labels,
            help: &body.help.unwrap_or_default(),
            required: body.required,
            pattern: body.pattern.as_deref(),
            choices: &body.choices.unwrap_or_default(),
            environments: &environments,
            operations: &operations,
            position: body.position.unwrap_or_default(),
        };
        let id = store::create(change.tx(), &auth, &new, MOST).await.map_err(|error| {
            Error::from(error).taken("request_field_name", || {
                let text = format!("A field named {} is asked for already; retire it first.", body.name);
                Error::field("/name", "NAME_TAKEN", text)
            })
        })?;
        let id = id.ok_or_else(|| {
            let text = format!("{MOST} fields are asked for already; retire some.");
            Error::Conflict(Reason::new("TOO_MANY_FIELDS", text).with("most", MOST))
        })?;
        let filter = FieldFilter { id: Some(id), ..FieldFilter::default() };
        let row = store::list(change.tx(), &filter).await?.pop().ok_or(Error::NotFound)?;
        let made = shown(row)?;
        change.commit(Audit::of("request_field", id, &made.name).after(&made), made).await
    }

    /// Asks for a field no more. The requests that have it keep it.
    pub async fn retire_request_field(&self, cx: &Cx, id: RequestFieldId) -> Result<RequestField> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let filter = FieldFilter { id: Some(id), retired: true, ..FieldFilter::default() };
        let before = store::list(change.tx(), &filter).await?.pop().ok_or(Error::NotFound)?;
        if !store::retire(change.tx(), &auth, id).await? {
            return Err(Error::conflict("RETIRED", "This field is not asked for any more."));
        }
        let row = store::list(change.tx(), &filter).await?.pop().ok_or(Error::NotFound)?;
        let (before, after) = (shown(before)?, shown(row)?);
        let entry = Audit::of("request_field", id, &after.name).before(&before).after(&after);
        change.commit(entry, after).await
    }
}

/// Whether a value could be given at all.
fn checked(body: &CreateRequestField) -> Result<()> {
    let kind = body.kind.as_str().parse().map_err(|_| Error::Internal("a kind of the contract".into()))?;
    let field = Field {
        name: body.name.clone(),
        kind,
        required: body.required,
        pattern: body.pattern.clone(),
        choices: body.choices.clone().unwrap_or_default(),
    };
    if body.labels.get("en").is_none_or(|label| label.trim().is_empty()) {
        let text = "A field needs an English label; the other languages fall back to it.";
        return Err(Error::field("/labels/en", "REQUIRED", text));
    }
    check_definition(&field).map_err(|error| {
        let (pointer, code) = error.place();
        Error::field(pointer, code, error.to_string())
    })
}

/// A field as the contract shows it.
pub(crate) fn shown(row: FieldRow) -> Result<RequestField> {
    let kind: FieldKind =
        row.kind.parse().map_err(|_| Error::Internal("a stored kind of field is unknown".into()))?;
    Ok(RequestField {
        id: row.id,
        name: row.name,
        kind,
        labels: row.labels.0,
        help: row.help.0,
        required: row.required,
        pattern: row.pattern,
        choices: row.choices,
        environment_ids: row.environment_ids,
        // What a newer version can ask of, this one cannot show.
        operations: row.operations.iter().filter_map(|text| operation(text).ok()).collect(),
        position: row.position,
        created_at: row.created_at,
        retired_at: row.retired_at,
    })
}
