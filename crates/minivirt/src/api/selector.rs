//! Label and field selectors.

use serde_json::Value;

use super::resources::Resource;
use super::status::ApiError;
use crate::object;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Exists(String),
    Absent(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

/// `labelSelector`: all rules must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Rule>);

impl LabelSelector {
    /// Parses the full grammar: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let bad = |part: &str| ApiError::bad_request(format!("unable to parse requirement: {part:?}"));
        split(text)
            .into_iter()
            .map(|part| rule(part).ok_or_else(|| bad(part)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Judges labels given by lookup.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|rule| match rule {
            Rule::Exists(key) => label(key).is_some(),
            Rule::Absent(key) => label(key).is_none(),
            Rule::In(key, values) => label(key).is_some_and(|v| values.iter().any(|w| w == v)),
            Rule::NotIn(key, values) => label(key).is_none_or(|v| values.iter().all(|w| w != v)),
        })
    }

    /// Judges an object.
    pub fn selects(&self, object: &Value) -> bool {
        self.is_empty() || self.matches(|key| object["metadata"]["labels"][key].as_str())
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    if text.trim().is_empty() { Vec::new() } else { parts }
}

fn rule(part: &str) -> Option<Rule> {
    if let Some(key) = part.strip_prefix('!') {
        return label_key(key).map(Rule::Absent);
    }
    for (operator, negative) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((key, value)) = part.split_once(operator) {
            let (key, values) = (label_key(key)?, vec![value.trim().to_owned()]);
            return Some(if negative { Rule::NotIn(key, values) } else { Rule::In(key, values) });
        }
    }
    if let Some((head, list)) = part.split_once('(') {
        let values = list.strip_suffix(')')?.split(',').map(|v| v.trim().to_owned()).collect();
        let (key, operator) = head.trim().rsplit_once(' ')?;
        return match operator {
            "in" => label_key(key).map(|k| Rule::In(k, values)),
            "notin" => label_key(key).map(|k| Rule::NotIn(k, values)),
            _ => None,
        };
    }
    label_key(part).map(Rule::Exists)
}

fn label_key(text: &str) -> Option<String> {
    let key = text.trim();
    let valid = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    valid.then(|| key.to_owned())
}

/// `fieldSelector`: equalities only, on fields that the kind supports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<(String, String, bool)>);

impl FieldSelector {
    /// Parses; a field the kind does not support is 400, as in Kubernetes.
    pub fn parse(text: &str, resource: &Resource) -> Result<Self, ApiError> {
        let mut rules = Vec::new();
        for part in text.split(',').filter(|p| !p.is_empty()) {
            let (key, value, equal) = if let Some((k, v)) = part.split_once("!=") {
                (k, v, false)
            } else if let Some((k, v)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (k, v, true)
            } else {
                return Err(ApiError::bad_request(format!(
                    "invalid selector: {text:?}; can't understand {part:?}"
                )));
            };
            if !supported(key, resource) {
                return Err(ApiError::bad_request(format!("field label not supported: {key}")));
            }
            rules.push((key.to_owned(), value.to_owned(), equal));
        }
        Ok(Self(rules))
    }

    /// The one name it selects, if it does, so that a list becomes a lookup.
    pub fn name(&self) -> Option<&str> {
        self.0.iter().find(|(k, _, equal)| *equal && k == "metadata.name").map(|(_, v, _)| v.as_str())
    }

    /// Judges an object.
    pub fn selects(&self, object: &Value) -> bool {
        self.0.iter().all(|(key, want, equal)| {
            let pointer = format!("/{}", key.replace('.', "/"));
            (object::text(object, &pointer) == want) == *equal
        })
    }
}

fn supported(key: &str, resource: &Resource) -> bool {
    match key {
        "metadata.name" => true,
        "metadata.namespace" => resource.namespaced,
        "type" | "reason" | "source" => resource.plural == "events",
        "status.phase" => resource.plural == "namespaces",
        _ => resource.plural == "events" && key.starts_with("involvedObject."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn selects(selector: &str) -> bool {
        let object = json!({"metadata": {"labels": {"app": "shop", "tier": "web"}}});
        LabelSelector::parse(selector).unwrap().selects(&object)
    }

    #[test]
    fn the_whole_label_grammar() {
        for yes in [
            "",
            "app",
            "app=shop",
            "app==shop,tier!=db",
            "app in (shop, x)",
            "tier notin (db)",
            "!gone",
            "gone!=x",
        ] {
            assert!(selects(yes), "{yes}");
        }
        for no in ["gone", "app!=shop", "!app", "tier in (db)", "app notin (shop)"] {
            assert!(!selects(no), "{no}");
        }
        for bad in ["a in b", "=x", "a ~ b", ","] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
    }
}
