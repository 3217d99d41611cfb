//! Approval stages from the rules that ask for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PolicyVersion;

/// What an approver holds where no rule says otherwise.
pub const DEFAULT_PERMISSION: &str = "request:approve";

/// One approval stage of a request. Stages are decided one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// 1 for the first, without gaps.
    pub position: i32,
    /// What a person must hold in the request's environment to count.
    pub permission: String,
    /// How many distinct people; at least 1.
    pub needed: u32,
    /// The rules that ask for it; empty where it is the default.
    pub rules: Vec<String>,
}

/// The one stage that stands where no rule names another.
pub(super) fn default_stage(rules: Vec<String>) -> Stage {
    Stage { position: 1, permission: DEFAULT_PERMISSION.to_owned(), needed: 1, rules }
}

/// The stages of all these rules together: the same permission at the same position is one stage with the
/// largest number needed. Different permissions at one position become stages one after the other, which asks
/// for the same people, because a request's stages have one permission each.
///
/// Never empty: a rule that asks for stages and lists none, or asks for nobody, means the default stage.
pub(super) fn merge(policies: &[&PolicyVersion]) -> Vec<Stage> {
    let mut merged: BTreeMap<(i32, &str), (u32, Vec<String>)> = BTreeMap::new();
    for policy in policies {
        let rule = rule_name(policy);
        for stage in policy.stages.iter().filter(|stage| stage.needed > 0) {
            let entry = merged.entry((stage.position, stage.permission.as_str())).or_default();
            entry.0 = entry.0.max(stage.needed);
            if !entry.1.contains(&rule) {
                entry.1.push(rule.clone());
            }
        }
    }
    let stages: Vec<Stage> = merged
        .into_iter()
        .zip(1..)
        .map(|(((_, permission), (needed, rules)), position)| Stage {
            position,
            permission: permission.to_owned(),
            needed,
            rules,
        })
        .collect();
    if stages.is_empty() {
        return vec![default_stage(policies.iter().map(|policy| rule_name(policy)).collect())];
    }
    stages
}

/// How a rule is named in a record.
pub(super) fn rule_name(policy: &PolicyVersion) -> String {
    format!("{}@{}", policy.policy, policy.version)
}
