//! Whose word a request needs: in words, as people who could say it now, and as the contract shows it.

use shepherd_contract::types::{PersonRef, StageRequirement};
use shepherd_domain::ids::{EnvironmentId, PrincipalId, SystemId};
use shepherd_domain::policy::{DEFAULT_PERMISSION, Requirement, Who};
use shepherd_domain::reason::Reason;
use shepherd_store::{Conn, request_facts};

use super::view::reason;
use crate::Result;
use crate::systems::person_ref;

/// Where a request is decided, and who cannot decide it.
#[derive(Clone, Copy)]
pub(crate) struct Bench<'a> {
    /// None where nothing has the name that was asked for.
    pub system: Option<SystemId>,
    /// None for what lies in no environment.
    pub environment: Option<EnvironmentId>,
    pub except: &'a [PrincipalId],
}

/// Who could say it now: at most ten, by name.
pub(crate) async fn candidates(conn: &mut Conn, who: &Who, bench: Bench<'_>) -> Result<Vec<PersonRef>> {
    let Bench { system, environment, except } = bench;
    let people = request_facts::candidates(conn, &who.token(), system, environment, except).await?;
    Ok(people.into_iter().map(person_ref).collect())
}

/// The requirements of a stage as the contract shows them; candidates only where somebody is still missing.
pub(crate) async fn requirements(
    conn: &mut Conn,
    requirements: &[Requirement],
    missing: &[u32],
    bench: Bench<'_>,
) -> Result<Vec<StageRequirement>> {
    let mut shown = Vec::with_capacity(requirements.len());
    // A stage has a handful of requirements, so one query for each is a handful of queries.
    for (one, missing) in requirements.iter().zip(missing) {
        let people = if *missing > 0 { candidates(conn, &one.who, bench).await? } else { Vec::new() };
        shown.push(StageRequirement {
            requirement: reason(requirement(&one.who, one.needed)),
            needed: count(one.needed),
            missing: count(*missing),
            rules: one.rules.clone(),
            set_aside_by: one.set_aside_by.clone(),
            candidates: people,
        });
    }
    Ok(shown)
}

/// Everyone who could decide one of these, by name.
pub(crate) fn all_of(requirements: &[StageRequirement]) -> Vec<PersonRef> {
    let mut people: Vec<PersonRef> = requirements.iter().flat_map(|one| one.candidates.clone()).collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    people.dedup_by(|a, b| a.id == b.id);
    people.truncate(10);
    people
}

/// What a stage asks for, in one line.
pub(crate) fn line(requirements: &[Requirement]) -> Reason {
    match requirements {
        [one] => requirement(&one.who, one.needed),
        several => {
            let words: Vec<String> =
                several.iter().map(|one| requirement(&one.who, one.needed).text).collect();
            let needed: u32 = several.iter().map(|one| one.needed).sum();
            Reason::new("ALL_OF_THESE_NEEDED", words.join(" "))
                .with("needed", needed)
                .with("parts", several.len())
        }
    }
}

/// What a requirement asks for, in words. The usual permission is called by what its holders are called.
pub(crate) fn requirement(who: &Who, needed: u32) -> Reason {
    let n = match needed {
        1 => "One".to_owned(),
        n => format!("{n} different"),
    };
    let (code, text, param) = match (who, needed) {
        (Who::Permission { name }, 1) if name == DEFAULT_PERMISSION => {
            ("APPROVERS_NEEDED", "One approver must agree.".to_owned(), Some(("permission", name.as_str())))
        }
        (Who::Permission { name }, _) if name == DEFAULT_PERMISSION => {
            ("APPROVERS_NEEDED", format!("{n} approvers must agree."), Some(("permission", name.as_str())))
        }
        (Who::Permission { name }, 1) => (
            "APPROVALS_NEEDED",
            format!("One person holding {name} must approve."),
            Some(("permission", name.as_str())),
        ),
        (Who::Permission { name }, _) => (
            "APPROVALS_NEEDED",
            format!("{n} people holding {name} must approve."),
            Some(("permission", name.as_str())),
        ),
        (Who::Role { name }, _) => (
            "ROLE_HOLDERS_NEEDED",
            format!("{n} holding the role {name} must agree."),
            Some(("role", name.as_str())),
        ),
        (Who::Group { name, .. }, _) => (
            "GROUP_MEMBERS_NEEDED",
            format!("{n} of the group {name} must agree."),
            Some(("group", name.as_str())),
        ),
        (Who::Owners, _) => ("OWNERS_NEEDED", format!("{n} of the System's owners must agree."), None),
    };
    let reason = Reason::new(code, text).with("needed", needed);
    match param {
        Some((name, value)) => reason.with(name, value),
        None => reason,
    }
}

/// A small number in the contract's type.
pub(crate) fn count(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
