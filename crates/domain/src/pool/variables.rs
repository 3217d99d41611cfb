//! What each member's user data may be told about its own place.
//!
//! A template that wants it declares variables of these names, and a member fills them; in a VM of its own the same
//! template takes its defaults. Nothing is added to what a template can do: see [`crate::template`].

use std::collections::BTreeMap;

use crate::template::Variable;

/// Begins every name a pool fills.
const PREFIX: &str = "pool_";

/// What there is to tell.
#[derive(Clone, Copy, Debug)]
pub struct MemberNames<'a> {
    /// The pool's name.
    pub pool: &'a str,
    /// The member's place, from 0.
    pub ordinal: i64,
    /// The member's own name.
    pub member: &'a str,
    /// The zone it was placed in; empty where the cluster has none.
    pub zone: &'a str,
    /// The labels of its spec.
    pub labels: &'a BTreeMap<String, String>,
}

/// The values of a member: those of the spec, and for declared variables named `pool_name`, `pool_ordinal`,
/// `pool_member`, `pool_zone` and `pool_label_KEY` the member's own. In a key, what no variable's name can hold is `_`.
pub fn member_values(
    declared: &[Variable],
    values: &BTreeMap<String, String>,
    names: &MemberNames<'_>,
) -> BTreeMap<String, String> {
    let mut values = values.clone();
    for variable in declared.iter().filter(|variable| variable.name.starts_with(PREFIX)) {
        if let Some(own) = own(&variable.name[PREFIX.len()..], names) {
            values.insert(variable.name.clone(), own);
        }
    }
    values
}

fn own(name: &str, names: &MemberNames<'_>) -> Option<String> {
    Some(match name {
        "name" => names.pool.to_owned(),
        "ordinal" => names.ordinal.to_string(),
        "member" => names.member.to_owned(),
        "zone" => names.zone.to_owned(),
        other => {
            let key = other.strip_prefix("label_")?;
            let label = names.labels.iter().find(|(label, _)| plain(label) == key);
            label.map(|(_, value)| value.clone()).unwrap_or_default()
        }
    })
}

fn plain(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}
