//! The catalogue as files: one item a document, told apart by `kind`.
//!
//! What a file says is what there shall be. Nothing is removed for being absent, and a field that is left out is one the
//! file does not speak of, unless the item is made new. Amounts are written as people write them.

use serde::Deserialize;

use crate::Failure;
use crate::quantity::parse_bytes;

/// One document.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "PascalCase")]
pub(super) enum Document {
    Environment(Environment),
    Namespace(Namespace),
    Network(Network),
    Size(Size),
    Template(Template),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Environment {
    pub name: String,
    pub title: Option<String>,
    #[serde(default)]
    pub protected: bool,
    pub colour: Option<String>,
    pub position: Option<i32>,
    /// How long a deleted VM is kept.
    pub trash_days: Option<i32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Namespace {
    pub name: String,
    pub environment: String,
    /// Empty means every System may use it.
    #[serde(default)]
    pub systems: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub environment: String,
    pub definition: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Size {
    pub name: String,
    pub description: Option<String>,
    /// Empty means everywhere.
    pub environments: Option<Vec<String>>,
    /// Thousandths of a virtual CPU.
    pub milli_vcpu: i64,
    pub memory: Bytes,
    #[serde(default)]
    pub disk: Bytes,
    #[serde(default)]
    pub dedicated_cpu: bool,
    pub request_milli_cpu: Option<i64>,
    pub request_memory: Option<Bytes>,
    pub hugepages: Option<String>,
    #[serde(default)]
    pub gpus: Vec<Gpu>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gpu {
    pub device: String,
    pub count: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Empty means everywhere.
    pub environments: Option<Vec<String>>,
    #[serde(default = "linux")]
    pub family: String,
    #[serde(default = "ephemeral")]
    pub root: String,
    pub source: Source,
    #[serde(default)]
    pub user_data: String,
    #[serde(default)]
    pub variables: Vec<Variable>,
    #[serde(default)]
    pub min_disk: Bytes,
    /// Fields of KubeVirt, by path.
    #[serde(default)]
    pub advanced: serde_json::Map<String, serde_json::Value>,
}

fn linux() -> String {
    "linux".to_owned()
}

fn ephemeral() -> String {
    "ephemeral".to_owned()
}

/// Exactly one of three; which one is the key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    Image(String),
    Http(Http),
    Pvc(Pvc),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Http {
    pub url: String,
    pub checksum: Option<String>,
    pub cert_config_map: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pvc {
    pub namespace: String,
    pub name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub name: String,
    pub title: Option<String>,
    #[serde(rename = "type", default = "text")]
    pub kind: String,
    pub default: Option<String>,
    pub pattern: Option<String>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    #[serde(default)]
    pub choices: Vec<String>,
}

fn text() -> String {
    "text".to_owned()
}

/// `20GiB`, or a number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Bytes(pub i64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(i64),
    Text(String),
}

impl TryFrom<Written> for Bytes {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Number(bytes) => Ok(Self(bytes)),
            Written::Text(text) => parse_bytes(&text).map(Self),
        }
    }
}

impl Document {
    /// What it is, for a table.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Environment(_) => "Environment",
            Self::Namespace(_) => "Namespace",
            Self::Network(_) => "Network",
            Self::Size(_) => "Size",
            Self::Template(_) => "Template",
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Environment(e) => &e.name,
            Self::Namespace(n) => &n.name,
            Self::Network(n) => &n.name,
            Self::Size(s) => &s.name,
            Self::Template(t) => &t.name,
        }
    }
}

/// The documents of a file, environments first: others name them.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Document>, Failure> {
    let mut documents: Vec<Document> = serde_saphyr::from_multiple(text).map_err(|error| {
        Failure::Usage(format!("{path}: {}", error.to_string().trim_start_matches("error: ")))
    })?;
    documents.sort_by_key(|document| !matches!(document, Document::Environment(_)));
    let mut seen = std::collections::BTreeSet::new();
    for document in &documents {
        if !seen.insert((document.kind(), document.name())) {
            let (kind, name) = (document.kind(), document.name());
            return Err(Failure::Usage(format!("{path}: the {kind} {name} stands there twice")));
        }
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_several_kinds_and_environments_come_first() {
        let text = "kind: Size\nname: small\nmilli_vcpu: 500\nmemory: 1GiB\n---\nkind: Environment\nname: test\n---\n\
            kind: Template\nname: debian\nsource:\n  image: r/debian:13\nvariables:\n  - name: port\n    type: integer\n";
        let documents = read("f", text).unwrap();
        let shown: Vec<_> = documents.iter().map(|d| (d.kind(), d.name())).collect();
        assert_eq!(shown, [("Environment", "test"), ("Size", "small"), ("Template", "debian")]);
        let Document::Size(size) = &documents[1] else { panic!("{documents:?}") };
        assert_eq!((size.memory, size.disk), (Bytes(1 << 30), Bytes(0)));
        let Document::Template(template) = &documents[2] else { panic!("{documents:?}") };
        assert!(matches!(&template.source, Source::Image(image) if image == "r/debian:13"));
        assert_eq!(template.variables[0].kind, "integer");
    }

    #[test]
    fn what_is_not_understood_is_refused_as_a_whole() {
        for text in [
            "kind: Cluster\nname: a\n",
            "name: a\n",
            "kind: Environment\nname: a\nprotectd: true\n",
            "kind: Size\nname: a\nmilli_vcpu: 1\nmemory: 1 parsec\n",
            "kind: Template\nname: a\nsource:\n  image: a\n  http: { url: b }\n",
            "kind: Environment\nname: a\n---\nkind: Environment\nname: a\n",
            "kind: [",
        ] {
            assert_eq!(read("f", text).unwrap_err().code(), 2, "{text}");
        }
    }
}
