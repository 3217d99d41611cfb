//! `policy list`, `get`, `apply`, `explain`, `retire`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreatePolicy, ExplainPolicy, ExplainedRule, Explanation, ListPoliciesQuery, Policy, PolicyHistory,
    PolicyStage, RequestVm, SavedPolicy, UpdatePolicy,
};

use crate::output::{Column, time};
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the policies in force
    List {
        /// Those that are in force no more instead
        #[arg(long)]
        retired: bool,
    },
    /// Show one policy with its versions
    Get {
        /// Its name
        policy: String,
    },
    /// Put policies in force from a YAML file: new ones, or new versions where something changed
    Apply {
        /// The file, with one policy or a list of them; - for standard input
        #[arg(short, long)]
        file: PathBuf,
    },
    /// Show what each policy says of a request, what it read, and who can approve now
    Explain {
        /// The request's number, such as R-1042
        #[arg(required_unless_present = "file")]
        request: Option<String>,
        /// A YAML or JSON file with the body of a request for a VM that is not submitted; - for standard input
        #[arg(short, long, conflicts_with = "request")]
        file: Option<PathBuf>,
    },
    /// Take a policy out of force; its versions are kept
    Retire {
        /// Its name
        policy: String,
    },
}

const COLUMNS: [Column<Policy>; 7] = [
    ("NAME", |row| row.name.clone()),
    ("VERSION", |row| row.version.to_string()),
    ("EFFECT", |row| row.effect.to_string()),
    ("ENFORCEMENT", |row| row.enforcement.to_string()),
    ("OPERATIONS", |row| row.operations.iter().map(|o| o.as_str()).collect::<Vec<_>>().join(",")),
    ("WHERE", |row| match row.protected {
        None => "everywhere".to_owned(),
        Some(true) => "protected".to_owned(),
        Some(false) => "not protected".to_owned(),
    }),
    ("CONDITION", |row| row.condition.clone().unwrap_or_default()),
];

const VERSIONS: [Column<Policy>; 6] = [
    ("VERSION", |row| row.version.to_string()),
    ("SINCE", |row| time(&row.created_at)),
    ("BY", |row| row.created_by.name.clone()),
    ("TITLE", |row| row.title.clone()),
    ("CONDITION", |row| row.condition.clone().unwrap_or_default()),
    ("STAGES", |row| row.stages.iter().map(words).collect::<Vec<_>>().join("; ")),
];

fn words(stage: &PolicyStage) -> String {
    let one = |one: &shepherd_contract::types::PolicyRequirement| {
        format!("{} of {} {}", one.needed, one.kind, one.name.as_deref().unwrap_or_default())
            .trim_end()
            .to_owned()
    };
    let all: Vec<String> = stage.requirements.iter().map(one).collect();
    format!("{}: {}", stage.position, all.join(" and "))
}

const SAVED: [Column<SavedPolicy>; 3] = [
    ("NAME", |row| row.policy.name.clone()),
    ("VERSION", |row| row.version.to_string()),
    ("WARNINGS", |row| row.warnings.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")),
];

const RULES: [Column<ExplainedRule>; 5] = [
    ("POLICY", |row| format!("{}@{}", row.result.policy, row.result.version)),
    ("EFFECT", |row| row.result.effect.to_string()),
    ("SAYS", |row| match (row.result.failed, row.result.matched, row.result.enforced) {
        (true, ..) => "no answer".to_owned(),
        (_, true, true) => "applies".to_owned(),
        (_, true, false) => "advice".to_owned(),
        _ => "no".to_owned(),
    }),
    ("BECAUSE", |row| row.result.reason.text.clone()),
    ("READ", |row| row.read.iter().map(|r| format!("{}={}", r.name, r.value)).collect::<Vec<_>>().join(" ")),
];

/// The outcome, what stands in the way, who can approve, and what would pass.
fn summary(explanation: &Explanation) -> String {
    let mut lines = vec![format!("Outcome: {}", explanation.outcome)];
    lines.extend(explanation.problems.iter().map(|problem| format!("Problem: {}", problem.text)));
    for one in explanation.stages.iter().flat_map(|stage| &stage.requirements) {
        let names: Vec<&str> = one.candidates.iter().map(|person| person.name.as_str()).collect();
        // Once it is decided nobody is asked any more.
        let now = if names.is_empty() { String::new() } else { format!(" Now: {}", names.join(", ")) };
        lines.push(format!("Needed: {}{now}", one.requirement.text));
    }
    if let Some(passing) = &explanation.passing {
        lines.push(format!("This would pass: {} {} ({})", passing.kind, passing.name, passing.outcome));
    }
    if explanation.replayed == Some(false) {
        lines.push("The stored inputs do not lead to the stored judgement any more.".to_owned());
    }
    lines.join("\n")
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { retired } => {
            let query = ListPoliciesQuery { retired: retired.then_some(true) };
            out.list(&client.policies().list_policies(&query).await?.items, &COLUMNS)
        }
        Command::Get { policy } => {
            let found = named(client, &policy).await?.ok_or_else(|| missing(&policy))?;
            let history: PolicyHistory = client.policies().get_policy(found.id).await?;
            out.list(&history.versions, &VERSIONS)
        }
        Command::Apply { file } => {
            let mut saved = Vec::new();
            for wish in read(&file)? {
                saved.extend(apply(client, wish).await?);
            }
            if saved.is_empty() {
                out.remark("Everything is in force as it is written.");
            }
            out.list(&saved, &SAVED)
        }
        Command::Explain { request, file } => {
            let body = match (&request, &file) {
                (Some(number), _) => {
                    ExplainPolicy { vm: None, request_id: Some(resolve::request(client, number).await?) }
                }
                (None, Some(file)) => ExplainPolicy { vm: Some(wish(file)?), request_id: None },
                (None, None) => return Err(Failure::Usage("name a request, or a file with a wish".into())),
            };
            let explanation = client.policies().explain_policy(&body).await?;
            if out.is_table() {
                out.remark(&summary(&explanation));
                return out.list(&explanation.rules, &RULES);
            }
            out.one(&explanation, &[])
        }
        Command::Retire { policy } => {
            let found = named(client, &policy).await?.ok_or_else(|| missing(&policy))?;
            client.policies().retire_policy(found.id, found.version.into()).await?;
            out.remark(&format!("{policy} is out of force."));
            Ok(())
        }
    }
}

fn missing(name: &str) -> Failure {
    Failure::NotFound(format!("there is no policy {name}"))
}

/// The newest version of a policy, in force or not.
async fn named(client: &Client, name: &str) -> Result<Option<Policy>, Failure> {
    for retired in [None, Some(true)] {
        let items = client.policies().list_policies(&ListPoliciesQuery { retired }).await?.items;
        if let Some(found) = items.into_iter().find(|policy| policy.name == name) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Puts it in force unless the version in force says the same.
async fn apply(client: &Client, wish: CreatePolicy) -> Result<Option<SavedPolicy>, Failure> {
    let Some(before) = named(client, &wish.name).await? else {
        return Ok(Some(client.policies().create_policy(&connect::key(), &wish).await?));
    };
    if before.retired_at.is_none() && same(&before, &wish) {
        return Ok(None);
    }
    let body = UpdatePolicy {
        title: wish.title,
        effect: wish.effect,
        enforcement: wish.enforcement,
        operations: wish.operations,
        protected: wish.protected,
        condition: wish.condition,
        stages: wish.stages,
        reason_code: wish.reason_code,
        override_role: wish.override_role,
        pending: wish.pending,
    };
    Ok(Some(client.policies().update_policy(before.id, before.version.into(), &body).await?))
}

fn same(before: &Policy, wish: &CreatePolicy) -> bool {
    let plain = |stages: &[PolicyStage]| -> Vec<(i32, String, bool)> {
        stages.iter().map(|stage| (stage.position, words(stage), stage.ask_again.unwrap_or(false))).collect()
    };
    before.title == wish.title.trim_end_matches('.')
        && before.effect == wish.effect
        && before.enforcement == wish.enforcement.unwrap_or(shepherd_contract::types::Enforcement::Hard)
        && before.operations == wish.operations
        && before.protected == wish.protected
        && before.condition == wish.condition
        && plain(&before.stages) == plain(wish.stages.as_deref().unwrap_or_default())
        && wish.reason_code.as_ref().is_none_or(|code| *code == before.reason_code)
        && before.override_role == wish.override_role
        && before.pending == wish.pending
}

/// A wish for a VM that is not submitted.
fn wish(file: &Path) -> Result<RequestVm, Failure> {
    serde_saphyr::from_str(&contents(file)?)
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

/// The policies of a file: one, or a list.
fn read(file: &Path) -> Result<Vec<CreatePolicy>, Failure> {
    parse(&contents(file)?).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

fn contents(file: &Path) -> Result<String, Failure> {
    let text = match file.as_os_str() == "-" {
        true => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
        }
        false => std::fs::read_to_string(file),
    };
    text.map_err(|error| Failure::local(file.display(), error))
}

fn parse(text: &str) -> Result<Vec<CreatePolicy>, String> {
    let value: serde_json::Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let items = match value {
        serde_json::Value::Array(items) => items,
        one => vec![one],
    };
    let policy = |(index, item): (usize, serde_json::Value)| {
        let name = item
            .get("name")
            .and_then(|name| name.as_str())
            .map_or(format!("policy {}", index + 1), str::to_owned);
        serde_json::from_value(item).map_err(|error| format!("{name}: {error}"))
    };
    items.into_iter().enumerate().map(policy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
- name: large-vms
  title: Large VMs need the owners and two approvers
  effect: require
  operations: [vm.create]
  condition: request.milli_vcpu > 8000
  stages:
    - position: 1
      requirements:
        - { kind: owners, needed: 1 }
        - { kind: permission, name: 'request:approve', needed: 2 }
- name: freeze
  title: Nothing new this week
  effect: deny
  enforcement: soft
  override_role: platform-admin
  operations: [vm.create]
";

    #[test]
    fn a_file_holds_one_policy_or_several() {
        let policies = parse(FILE).unwrap();
        assert_eq!(policies.len(), 2);
        let stage = &policies[0].stages.as_ref().unwrap()[0];
        assert_eq!(words(stage), "1: 1 of owners and 2 of permission request:approve");
        assert_eq!(parse("{name: a, title: b, effect: deny, operations: []}").unwrap().len(), 1);
    }

    #[test]
    fn a_wrong_file_says_which_policy_and_what() {
        let error = parse("- {name: large-vms, title: b, effect: forbid, operations: []}").unwrap_err();
        assert!(error.starts_with("large-vms: "), "{error}");
        assert!(parse("a: [").is_err());
    }
}
