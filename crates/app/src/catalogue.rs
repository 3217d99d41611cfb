//! What templates, sizes and networks have in common: where an item may be used, and the state of a version.

use std::collections::BTreeSet;

use shepherd_contract::types::{CatalogueState, EnvironmentRef, SetCatalogueState};
use shepherd_domain::ids::EnvironmentId;
use shepherd_domain::reason::Reason;
use shepherd_domain::states;
use shepherd_store::environments::{self, EnvironmentNameRow};
use shepherd_store::{Conn, catalogue as store};

use crate::requests::environment_ref;
use crate::{Error, Result};

/// A state that only a newer version knows is one in which nothing may be asked for.
pub(crate) fn state(text: &str) -> CatalogueState {
    text.parse().unwrap_or(CatalogueState::Withdrawn)
}

pub(crate) fn environment_of(row: EnvironmentNameRow) -> EnvironmentRef {
    environment_ref(row.id, &row.name, &row.title, row.protected, &row.colour)
}

/// Environments named by a body, each once; a fault at the one that is not there.
pub(crate) async fn scope(
    conn: &mut Conn,
    ids: Option<&[EnvironmentId]>,
) -> Result<Option<Vec<EnvironmentId>>> {
    let Some(ids) = ids else { return Ok(None) };
    let unique: BTreeSet<EnvironmentId> = ids.iter().copied().collect();
    let known = environments::known(conn, ids).await?;
    if let Some(index) = ids.iter().position(|id| !known.contains(id)) {
        let text = "There is no such environment.";
        return Err(Error::field(format!("/environment_ids/{index}"), "UNKNOWN_REFERENCE", text));
    }
    Ok(Some(unique.into_iter().collect()))
}

/// The state a version is to have. `replacement` is the state of the version named, `None` if there is none.
pub(crate) fn new_state<'a>(
    body: &'a SetCatalogueState,
    version: uuid::Uuid,
    replacement: Option<&str>,
) -> Result<store::NewState<'a>> {
    let refuse = |code, text: &str| Err(Error::field("/replacement_id", code, text));
    if let Some(id) = body.replacement_id {
        if body.state == CatalogueState::Active {
            return refuse(
                "REPLACEMENT_OF_ACTIVE",
                "A version that is in use needs no replacement; leave it out.",
            );
        }
        if id == version {
            return refuse("REPLACEMENT_IS_ITSELF", "A version does not replace itself; name another.");
        }
        match replacement {
            None => return refuse("UNKNOWN_REFERENCE", "There is no such version."),
            Some(state) if state != "active" => {
                return refuse(
                    "REPLACEMENT_NOT_ACTIVE",
                    "The replacement is out of use itself; name an active version.",
                );
            }
            Some(_) => {}
        }
    }
    let message = body.message.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Ok(store::NewState { state: body.state.as_str(), message, replacement: body.replacement_id })
}

/// One item of the catalogue that a request names.
pub(crate) struct Item<'a> {
    /// `template`, `size` or `network`.
    pub what: &'static str,
    pub name: &'a str,
    pub state: &'a str,
    pub message: Option<&'a str>,
    /// `name@version` of what to take instead.
    pub replacement: Option<&'a str>,
    /// Whether it may be used where the request is for.
    pub in_scope: bool,
}

impl Item<'_> {
    /// What speaks against it: problems refuse, warnings do not.
    pub(crate) fn judge(&self, environment: &str, problems: &mut Vec<Reason>, warnings: &mut Vec<Reason>) {
        let Self { what, name, .. } = self;
        let say = |code: &'static str, text: String| {
            let reason = Reason::new(code, text).with("what", *what).with("name", *name);
            let reason = reason.with("message", self.message.unwrap_or_default());
            reason.with("replacement", self.replacement.unwrap_or_default())
        };
        if !self.in_scope {
            let text = format!("The {what} {name} is not for {environment}; choose another.");
            let reason = Reason::new("NOT_FOR_ENVIRONMENT", text).with("what", *what).with("name", *name);
            problems.push(reason.with("environment", environment));
        }
        let instead = match (self.replacement, self.message) {
            (Some(other), Some(message)) => format!("take {other} instead: {message}"),
            (Some(other), None) => format!("take {other} instead."),
            (None, Some(message)) => format!("choose another: {message}"),
            (None, None) => "choose another.".to_owned(),
        };
        match self.state.parse() {
            Ok(states::CatalogueState::Active) => {}
            Ok(states::CatalogueState::Deprecated) => {
                warnings.push(say("DEPRECATED", format!("The {what} {name} is deprecated; {instead}")));
            }
            Ok(states::CatalogueState::Withdrawn) | Err(_) => {
                problems.push(say("WITHDRAWN", format!("The {what} {name} is withdrawn; {instead}")));
            }
        }
    }
}
