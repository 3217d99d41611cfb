//! What a request answers to the fields that are asked for where it is made.

use serde_json::{Map, Value};
use shepherd_contract::types::{RequestField, RequestFieldValue};
use shepherd_domain::fields::{self, Field, FieldKind, Values};
use shepherd_domain::ids::EnvironmentId;
use shepherd_domain::reason::Reason;
use shepherd_domain::spec;
use shepherd_domain::states::RequestOperation;
use shepherd_store::Conn;
use shepherd_store::request_fields::{self as store, FieldFilter};

use crate::error::FieldFault;
use crate::request_fields::shown;
use crate::{Error, Result};

/// What somebody says beside what they ask for.
#[derive(Default)]
pub(super) struct Words {
    pub reason: Option<String>,
    pub fields: Option<Map<String, Value>>,
}

impl Words {
    pub fn new(reason: Option<String>, fields: Option<Map<String, Value>>) -> Self {
        Self { reason, fields }
    }
}

/// The fields of a place, with what was answered.
pub(crate) struct Answers {
    /// What is asked for there.
    pub asked: Vec<RequestField>,
    /// What was answered; empty while something is wrong.
    pub values: Values,
    faults: Vec<fields::FieldFault>,
}

/// The fields that are asked for in one place.
pub(super) struct Questions {
    fields: Vec<Field>,
    shown: Vec<RequestField>,
}

impl Questions {
    /// Reads them; of what lies in no environment, those asked for everywhere.
    pub async fn of(
        conn: &mut Conn,
        environment: Option<EnvironmentId>,
        operation: RequestOperation,
    ) -> Result<Self> {
        let filter = FieldFilter {
            environment,
            everywhere: environment.is_none(),
            operation: Some(operation.as_str()),
            ..FieldFilter::default()
        };
        let rows = store::list(conn, &filter).await?;
        let unknown = |_| Error::Internal("a stored kind of field is unknown".into());
        let field = |row: &store::FieldRow| {
            Ok(Field {
                name: row.name.clone(),
                kind: row.kind.parse().map_err(unknown)?,
                required: row.required,
                pattern: row.pattern.clone(),
                choices: row.choices.clone(),
            })
        };
        let fields = rows.iter().map(field).collect::<Result<_>>()?;
        Ok(Self { fields, shown: rows.into_iter().map(shown).collect::<Result<_>>()? })
    }

    /// A value from the cell of a table, in the type its field takes; what does not read as that is judged as text.
    pub fn typed(&self, name: &str, text: &str) -> Value {
        let kind = self.fields.iter().find(|field| field.name == name).map(|field| field.kind);
        match kind {
            Some(FieldKind::Number) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            Some(FieldKind::Boolean) => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
            _ => text.into(),
        }
    }
}

impl Answers {
    /// Judges what was answered by what is asked for now.
    pub async fn judge(
        conn: &mut Conn,
        environment: Option<EnvironmentId>,
        operation: RequestOperation,
        given: Option<&Map<String, Value>>,
    ) -> Result<Self> {
        Ok(Self::to(&Questions::of(conn, environment, operation).await?, given))
    }

    /// Judges what was answered to these.
    pub(super) fn to(questions: &Questions, given: Option<&Map<String, Value>>) -> Self {
        let (values, faults) = match fields::check(&questions.fields, given.unwrap_or(&Map::new())) {
            Ok(values) => (values, Vec::new()),
            Err(faults) => (Values::new(), faults),
        };
        Self { asked: questions.shown.clone(), values, faults }
    }

    /// What stands in the way, in one statement.
    pub fn problem(&self) -> Option<Reason> {
        let names: Vec<&str> = self.faults.iter().map(|fault| fault.name.as_str()).collect();
        (!names.is_empty()).then(|| {
            let text = format!("What is asked for beside the VM is missing or wrong: {}.", names.join(", "));
            Reason::new("FIELDS_INVALID", text).with("fields", names.join(", "))
        })
    }

    /// Refuses, with every fault at its place.
    pub fn complete(&self) -> Result<()> {
        let Some(reason) = self.problem() else { return Ok(()) };
        let faults = self.faults.iter().map(|fault| FieldFault {
            pointer: format!("/fields/{}", fault.name.replace('~', "~0").replace('/', "~1")),
            code: fault.code,
            text: fault.text.clone(),
        });
        Err(Error::Invalid { reason, fields: faults.collect() })
    }
}

/// The answers in a stored spec, with the labels of their questions, retired ones too.
pub(super) async fn answered(conn: &mut Conn, spec: &Value) -> Result<Vec<RequestFieldValue>> {
    let values = spec::fields_of(spec);
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = values.keys().cloned().collect();
    let filter = FieldFilter { names: Some(&names), retired: true, ..FieldFilter::default() };
    let rows = store::list(conn, &filter).await?;
    let labelled = values.into_iter().map(|(name, value)| {
        // A name may have been asked for under several labels; the newest says best what it means.
        let named = rows.iter().filter(|row| row.name == name);
        let row = named.max_by_key(|row| (row.retired_at.is_none(), row.created_at));
        RequestFieldValue { labels: row.map(|row| row.labels.0.clone()).unwrap_or_default(), name, value }
    });
    Ok(labelled.collect())
}
