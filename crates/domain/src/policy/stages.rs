//! Approval stages from the rules that ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::PolicyVersion;
use crate::ids::GroupId;

/// What an approver holds where no rule says otherwise.
pub const DEFAULT_PERMISSION: &str = "request:approve";

/// Whose word counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Who {
    /// Who holds a permission in the request's environment.
    Permission {
        /// The permission.
        name: String,
    },
    /// Who holds a role there.
    Role {
        /// The role.
        name: String,
    },
    /// Who belongs to a group.
    Group {
        /// The group.
        id: GroupId,
        /// Its name when the policy was saved.
        name: String,
    },
    /// Who owns the request's System.
    Owners,
}

impl Who {
    /// How those are found whose word this is: `permission:NAME`, `role:NAME`, `group:ID`, `owners`.
    pub fn token(&self) -> String {
        match self {
            Self::Permission { name } => format!("permission:{name}"),
            Self::Role { name } => format!("role:{name}"),
            Self::Group { id, .. } => format!("group:{id}"),
            Self::Owners => "owners".to_owned(),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission { name } => f.write_str(name),
            Self::Role { name } => write!(f, "role {name}"),
            Self::Group { name, .. } => write!(f, "group {name}"),
            Self::Owners => f.write_str("owners"),
        }
    }
}

/// One requirement as a policy asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Whose word counts.
    pub who: Who,
    /// How many distinct people.
    pub needed: u32,
}

/// One approval stage as a policy asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StageRuleForm")]
pub struct StageRule {
    /// Where it stands among the stages; equal positions are merged by AND.
    pub position: i32,
    /// All of these.
    pub requirements: Vec<Asked>,
    /// Whether it is asked again after a later stage has narrowed what is asked for.
    pub ask_again: bool,
}

/// Stored stages of either layout: until stages had several requirements, a stage was one.
#[derive(Deserialize)]
#[serde(untagged)]
enum StageRuleForm {
    Several {
        position: i32,
        requirements: Vec<Asked>,
        #[serde(default)]
        ask_again: bool,
    },
    One {
        position: i32,
        permission: String,
        needed: u32,
    },
}

impl From<StageRuleForm> for StageRule {
    fn from(form: StageRuleForm) -> Self {
        match form {
            StageRuleForm::Several { position, requirements, ask_again } => {
                Self { position, requirements, ask_again }
            }
            StageRuleForm::One { position, permission, needed } => Self {
                position,
                requirements: vec![Asked { who: Who::Permission { name: permission }, needed }],
                ask_again: false,
            },
        }
    }
}

/// One of the requirements of a stage, for all rules that ask for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Whose word counts.
    pub who: Who,
    /// How many distinct people; at least 1.
    pub needed: u32,
    /// The rules that ask for it; empty where it is the default.
    #[serde(default)]
    pub rules: Vec<String>,
    /// The roles that together may set it aside, which is recorded; empty where it is hard.
    #[serde(default)]
    pub set_aside_by: Vec<String>,
}

/// One approval stage of a request. Stages are decided one after the other, the requirements of one in any order; a
/// person counts for one requirement only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StageForm")]
pub struct Stage {
    /// 1 for the first, without gaps.
    pub position: i32,
    /// All of these; never empty.
    pub requirements: Vec<Requirement>,
    /// Whether it is asked again after a later stage has narrowed what is asked for.
    pub ask_again: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StageForm {
    Several {
        position: i32,
        requirements: Vec<Requirement>,
        #[serde(default)]
        ask_again: bool,
    },
    One {
        position: i32,
        permission: String,
        needed: u32,
        rules: Vec<String>,
    },
}

impl From<StageForm> for Stage {
    fn from(form: StageForm) -> Self {
        match form {
            StageForm::Several { position, requirements, ask_again } => {
                Self { position, requirements, ask_again }
            }
            StageForm::One { position, permission, needed, rules } => {
                let who = Who::Permission { name: permission };
                let one = Requirement { who, needed, rules, set_aside_by: Vec::new() };
                Self { position, requirements: vec![one], ask_again: false }
            }
        }
    }
}

/// Why people are asked.
#[derive(Clone, Copy, Debug)]
pub enum Demand<'a> {
    /// A rule asks for its stages.
    Stages(&'a PolicyVersion),
    /// A soft denial: a holder of its role may set it aside.
    SetAside(&'a PolicyVersion),
    /// A rule gave no answer.
    NoAnswer(&'a PolicyVersion),
}

fn anyone(rules: Vec<String>) -> Requirement {
    let who = Who::Permission { name: DEFAULT_PERMISSION.to_owned() };
    Requirement { who, needed: 1, rules, set_aside_by: Vec::new() }
}

/// The one stage that stands where no rule names another.
pub(super) fn default_stage(rules: Vec<String>) -> Stage {
    Stage { position: 1, requirements: vec![anyone(rules)], ask_again: false }
}

/// What one rule asks for: a rule that asks for stages and lists none, or asks for nobody, means the default.
fn asked<'a>(demand: &Demand<'a>) -> (&'a PolicyVersion, Vec<StageRule>) {
    let one = |position, who| {
        let requirements = vec![Asked { who, needed: 1 }];
        vec![StageRule { position, requirements, ask_again: false }]
    };
    let default = || one(1, Who::Permission { name: DEFAULT_PERMISSION.to_owned() });
    match *demand {
        Demand::Stages(policy) => {
            let mut stages = policy.stages.clone();
            stages.iter_mut().for_each(|stage| stage.requirements.retain(|asked| asked.needed > 0));
            stages.retain(|stage| !stage.requirements.is_empty());
            (policy, if stages.is_empty() { default() } else { stages })
        }
        Demand::NoAnswer(policy) => (policy, default()),
        Demand::SetAside(policy) => {
            let name = policy.override_role.clone().unwrap_or_default();
            (policy, one(i32::MIN, Who::Role { name }))
        }
    }
}

/// The stages of all these demands together. At one position requirements are joined by AND; for the same people it is
/// one requirement with the largest number needed, hard if one of its rules is. Empty for no demands.
pub(super) fn merge(demands: &[Demand<'_>]) -> Vec<Stage> {
    #[derive(Default)]
    struct Merged {
        needed: u32,
        rules: Vec<String>,
        roles: BTreeSet<String>,
        hard: bool,
    }
    let mut merged: BTreeMap<i32, (bool, BTreeMap<Who, Merged>)> = BTreeMap::new();
    for demand in demands {
        let (policy, stages) = asked(demand);
        let rule = rule_name(policy);
        for stage in stages {
            let at = merged.entry(stage.position).or_default();
            at.0 |= stage.ask_again;
            for one in stage.requirements {
                let entry = at.1.entry(one.who).or_default();
                entry.needed = entry.needed.max(one.needed);
                match policy.set_aside_by().filter(|_| matches!(demand, Demand::Stages(_))) {
                    Some(role) => {
                        entry.roles.insert(role.to_owned());
                    }
                    None => entry.hard = true,
                }
                if !entry.rules.contains(&rule) {
                    entry.rules.push(rule.clone());
                }
            }
        }
    }
    let mut stages = Vec::with_capacity(merged.len());
    for ((_, (ask_again, requirements)), position) in merged.into_iter().zip(1..) {
        let one = |(who, one): (Who, Merged)| Requirement {
            who,
            needed: one.needed,
            rules: one.rules,
            set_aside_by: if one.hard { Vec::new() } else { one.roles.into_iter().collect() },
        };
        stages.push(Stage { position, ask_again, requirements: requirements.into_iter().map(one).collect() });
    }
    stages
}

/// How a rule is named in a record.
pub(super) fn rule_name(policy: &PolicyVersion) -> String {
    format!("{}@{}", policy.policy, policy.version)
}
