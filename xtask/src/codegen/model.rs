//! The contract as the emitters see it: types and operations, with every doubtful construct already refused.

use std::collections::BTreeMap;

use serde_json::Value;

/// Everything the emitters need.
pub struct Api {
    /// Tags with a fragment, in order; each has a trait, a router and a client.
    pub tags: Vec<String>,
    /// Types by module (`common` or a tag), in the order of the contract.
    pub types: Vec<(String, Vec<Type>)>,
    /// Operations in the order of the contract.
    pub operations: Vec<Op>,
}

/// A named type.
pub struct Type {
    pub name: String,
    pub doc: String,
    pub kind: Kind,
}

/// What a named type is.
pub enum Kind {
    Struct(Vec<Field>),
    Enum(Vec<String>),
    /// Tag property, and per variant its value and its schema.
    Union(String, Vec<(String, String)>),
    Alias(Ty),
    /// Written by hand in `runtime`.
    Runtime,
}

/// A member of a struct.
pub struct Field {
    pub name: String,
    pub doc: String,
    pub ty: Ty,
    pub required: bool,
    pub nullable: bool,
    /// Member of an `x-patch` schema: absent and null are told apart.
    pub patch: bool,
    pub default: Option<Value>,
}

/// The type of a value.
#[derive(Clone, PartialEq)]
pub enum Ty {
    Named(String),
    /// `shepherd_domain::ids::{0}`
    Id(String),
    Uuid,
    String,
    Secret,
    DateTime,
    I32,
    I64,
    Bool,
    /// Any JSON object.
    Free,
    /// Any JSON value.
    Any,
    List(Box<Ty>),
    Map(Box<Ty>),
    Nullable(Box<Ty>),
}

/// One operation.
pub struct Op {
    pub id: String,
    pub tag: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub description: String,
    pub permission: String,
    pub scope: String,
    pub audit: Option<String>,
    pub idempotent: bool,
    /// `None`: not taken; else whether it is required.
    pub if_match: Option<bool>,
    pub last_event_id: bool,
    /// Path parameters in the order of the path.
    pub path_params: Vec<(String, Ty)>,
    pub query: Vec<Field>,
    pub body: Body,
    pub max_body: u64,
    pub success: u16,
    pub media_type: Option<String>,
    pub response: Option<String>,
    pub stream: Option<String>,
    pub raw: bool,
    pub failures: Vec<u16>,
}

/// What an operation takes.
pub enum Body {
    None,
    Json { schema: String, required: bool },
    Text(String),
}

impl Api {
    /// All types by name.
    pub fn by_name(&self) -> BTreeMap<&str, &Type> {
        self.types.iter().flat_map(|(_, types)| types).map(|t| (t.name.as_str(), t)).collect()
    }
}

impl Op {
    /// Name of the query struct.
    pub fn query_name(&self) -> String {
        format!("{}Query", pascal(&self.id))
    }
}

/// `listVms`, `list_vms`, `list-vms`, `vm.start` to `ListVms` and so on.
pub fn pascal(text: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            upper = true;
        } else if upper {
            out.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'V');
    }
    out
}

/// `listVms` to `list_vms`.
pub fn snake(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    out
}

/// The Rust name of an enum's value; `-name` (sort order) is `NameDesc`.
pub fn variant(value: &str) -> String {
    format!("{}{}", pascal(value), if value.starts_with('-') { "Desc" } else { "" })
}
