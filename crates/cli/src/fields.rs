//! `request field ...`: what requests are asked for beside what is built; and the values given for it.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreateRequestField, FieldKind, ListRequestFieldsQuery, RequestField, RequestOperation,
};

use crate::output::Column;
use crate::vms::parse_pair;
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the fields that are asked for
    List {
        /// Only those of this environment
        #[arg(long)]
        environment: Option<String>,
        /// Only those of this operation, such as vm.create
        #[arg(long)]
        operation: Option<RequestOperation>,
        /// Those that are asked for no more as well
        #[arg(long)]
        retired: bool,
    },
    /// Ask for a field from now on
    Create(CreateArgs),
    /// Ask for a field no more; the requests that have it keep it
    Retire { name: String },
}

#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    /// The key of its value, such as change_number
    name: String,
    #[arg(long, default_value = "text")]
    kind: FieldKind,
    /// What people read, by language, such as en="Change number"; English is needed
    #[arg(long = "label", value_name = "LANGUAGE=TEXT", value_parser = parse_pair, required = true)]
    labels: Vec<(String, String)>,
    /// What to give, by language
    #[arg(long = "help-text", value_name = "LANGUAGE=TEXT", value_parser = parse_pair)]
    help_text: Vec<(String, String)>,
    #[arg(long)]
    required: bool,
    /// What the whole of a text must match
    #[arg(long)]
    pattern: Option<String>,
    /// One of a choice; can be repeated
    #[arg(long = "choice")]
    choices: Vec<String>,
    /// Where it is asked for; everywhere if left out; can be repeated
    #[arg(long = "environment")]
    environments: Vec<String>,
    /// With what it is asked for, such as vm.create; can be repeated
    #[arg(long = "operation", required = true)]
    operations: Vec<RequestOperation>,
}

/// `--field`, wherever something is asked for.
#[derive(Debug, Clone, Default, Args)]
pub struct Answers {
    /// What is asked for beside it (see `request field list`); can be repeated
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = parse_pair)]
    fields: Vec<(String, String)>,
}

impl Answers {
    /// Whether any was given.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The values in the types their fields have. What is not asked for is sent as it is, for the server to refuse.
    pub async fn values(self, client: &Client) -> Result<Option<Map<String, Value>>, Failure> {
        if self.is_empty() {
            return Ok(None);
        }
        let known = client.fields().list_request_fields(&ListRequestFieldsQuery::default()).await?.items;
        let typed = self.fields.into_iter().map(|(name, text)| {
            let kind = known.iter().find(|field| field.name == name).map(|field| field.kind);
            (name, typed(kind, text))
        });
        Ok(Some(typed.collect()))
    }
}

fn typed(kind: Option<FieldKind>, text: String) -> Value {
    match kind {
        Some(FieldKind::Number) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Some(FieldKind::Boolean) => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}

const COLUMNS: [Column<RequestField>; 6] = [
    ("NAME", |f| f.name.clone()),
    ("KIND", |f| f.kind.to_string()),
    ("REQUIRED", |f| f.required.to_string()),
    ("LABEL", |f| f.labels.get("en").cloned().unwrap_or_default()),
    ("FORM", |f| f.pattern.clone().unwrap_or_else(|| f.choices.join(", "))),
    ("OPERATIONS", |f| f.operations.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { environment, operation, retired } => {
            let environment_id = match &environment {
                Some(name) => Some(resolve::environment(client, name).await?),
                None => None,
            };
            let query =
                ListRequestFieldsQuery { environment_id, operation, retired: retired.then_some(true) };
            out.list(&client.fields().list_request_fields(&query).await?.items, &COLUMNS)
        }
        Command::Create(args) => create(args, client, out).await,
        Command::Retire { name } => {
            let known = client.fields().list_request_fields(&ListRequestFieldsQuery::default()).await?.items;
            let field = known.into_iter().find(|field| field.name == name);
            let field = field.ok_or_else(|| Failure::NotFound(format!("no field {name} is asked for")))?;
            out.list(&[client.fields().retire_request_field(field.id, &connect::key()).await?], &COLUMNS)
        }
    }
}

async fn create(args: CreateArgs, client: &Client, out: &Output) -> Result<(), Failure> {
    let mut environments = Vec::new();
    for name in &args.environments {
        environments.push(resolve::environment(client, name).await?);
    }
    let map = |pairs: Vec<(String, String)>| pairs.into_iter().collect::<BTreeMap<_, _>>();
    let body = CreateRequestField {
        name: args.name,
        kind: args.kind,
        labels: map(args.labels),
        help: Some(map(args.help_text)),
        required: args.required,
        pattern: args.pattern,
        choices: Some(args.choices),
        environment_ids: Some(environments),
        operations: args.operations,
        position: None,
    };
    out.list(&[client.fields().create_request_field(&connect::key(), &body).await?], &COLUMNS)
}
