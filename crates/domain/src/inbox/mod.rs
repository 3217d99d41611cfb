//! What people are told, in words.
//!
//! A row of an inbox names what happened and to what; its words are made when it is read, from what its reader may see
//! at that moment. Clients translate them by code.
//!
//! Not here: whom a row is for and who may see it. Both are questions to the database.

use crate::reason::Reason;

text_enum! {
    /// Why somebody is told something.
    loose Notice {
        /// A request waits for the reader's decision.
        Waiting = "request.waiting",
        /// The reader's request was approved.
        Approved = "request.approved",
        /// An approver made less of the reader's request.
        Narrowed = "request.narrowed",
        /// It was refused.
        Rejected = "request.rejected",
        /// It came back with wishes.
        ChangesRequested = "request.changes_requested",
        /// Somebody else changed it.
        Edited = "request.edited",
        /// What was approved does not hold any more, and its approvers decide again.
        SentBack = "request.sent_back",
        /// Somebody else withdrew it.
        Cancelled = "request.cancelled",
        /// Nobody decided in time, or it could not be carried out in time.
        Expired = "request.expired",
        /// What people approved is done.
        Succeeded = "request.succeeded",
        /// It could not be done.
        Failed = "request.failed",
        /// Somebody said something about a request the reader takes part in.
        Commented = "request.commented",
        /// The reader holds a role, or a place in a System, that they did not hold.
        RoleGiven = "role.given",
        /// And this they do not hold any more.
        RoleLost = "role.lost",
        /// A VM the reader asked for ended in failure.
        VmFailed = "vm.failed",
    }
}

/// What the words of a row are made of, as far as it has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// The short number of the request.
    pub request: Option<i64>,
    /// `vm.create` and the like.
    pub operation: Option<&'a str>,
    /// The VM, or the Service where there is no VM yet.
    pub target: Option<&'a str>,
    /// Whoever asked.
    pub requester: Option<&'a str>,
    /// Whoever did it; nobody where a rule, a deadline or a cluster did.
    pub actor: Option<&'a str>,
    pub role: Option<&'a str>,
    pub system: Option<&'a str>,
    /// Where the role reaches; none stands for everywhere.
    pub environments: &'a [String],
}

/// The line of a row.
pub fn line(notice: Notice, told: &Told<'_>) -> Reason {
    match notice {
        Notice::RoleGiven | Notice::RoleLost => role(notice, told),
        Notice::VmFailed => {
            let vm = told.target.unwrap_or("A VM");
            Reason::new("INBOX_VM_FAILED", format!("{vm} ended in failure.")).with("target", vm)
        }
        Notice::Unknown => {
            Reason::new("INBOX_UNKNOWN", "Something happened that this version has no words for.")
        }
        _ => request(notice, told),
    }
}

fn request(notice: Notice, told: &Told<'_>) -> Reason {
    let number = format!("R-{}", told.request.unwrap_or_default());
    let target = told.target.unwrap_or_default();
    let actor = told.actor.unwrap_or_default();
    let (code, text) = match notice {
        Notice::Waiting => {
            let requester = told.requester.unwrap_or_default();
            ("INBOX_WAITING", format!("{number} of {requester} ({target}) waits for your decision."))
        }
        Notice::Approved => ("INBOX_APPROVED", format!("{number} ({target}) was approved.")),
        Notice::Narrowed => {
            ("INBOX_NARROWED", format!("{actor} approved less than {number} ({target}) asked for."))
        }
        // What silence refuses, nobody did.
        Notice::Rejected if told.actor.is_none() => (
            "INBOX_REJECTED_BY_RULE",
            format!("{number} ({target}) was rejected, because nobody decided in time."),
        ),
        Notice::Rejected => ("INBOX_REJECTED", format!("{actor} rejected {number} ({target}).")),
        Notice::ChangesRequested => {
            ("INBOX_CHANGES_REQUESTED", format!("{actor} wants changes to {number} ({target})."))
        }
        Notice::Edited => ("INBOX_EDITED", format!("{actor} changed what {number} ({target}) asks for.")),
        Notice::SentBack => (
            "INBOX_SENT_BACK",
            format!(
                "{number} ({target}) went back to its approvers: what they approved does not hold any more."
            ),
        ),
        Notice::Cancelled => ("INBOX_CANCELLED", format!("{actor} withdrew {number} ({target}).")),
        Notice::Expired => ("INBOX_EXPIRED", format!("{number} ({target}) expired.")),
        Notice::Succeeded => ("INBOX_SUCCEEDED", format!("{number} ({target}) is done.")),
        Notice::Failed => ("INBOX_FAILED", format!("{number} ({target}) failed.")),
        _ => ("INBOX_COMMENTED", format!("{actor} commented on {number} ({target}).")),
    };
    let said = Reason::new(code, text)
        .with("request", number)
        .with("target", target)
        .with("operation", told.operation.unwrap_or_default());
    let said = match told.actor {
        Some(actor) => said.with("actor", actor),
        None => said,
    };
    match told.requester {
        Some(requester) => said.with("requester", requester),
        None => said,
    }
}

fn role(notice: Notice, told: &Told<'_>) -> Reason {
    let role = told.role.unwrap_or_default();
    let given = notice == Notice::RoleGiven;
    if let (Some(system), Some(target)) = (told.system, told.target) {
        let (code, text) = match given {
            true => ("INBOX_SHARE_GIVEN", format!("You are {role} at {target} in the System {system} now.")),
            false => (
                "INBOX_SHARE_LOST",
                format!("You are not {role} at {target} in the System {system} any more."),
            ),
        };
        return Reason::new(code, text).with("role", role).with("target", target).with("system", system);
    }
    if let Some(system) = told.system {
        let (code, text) = match given {
            true => ("INBOX_PLACE_GIVEN", format!("You are {role} in the System {system} now.")),
            false => ("INBOX_PLACE_LOST", format!("You are not {role} in the System {system} any more.")),
        };
        return Reason::new(code, text).with("role", role).with("system", system);
    }
    if told.environments.is_empty() {
        let (code, text) = match given {
            true => {
                ("INBOX_ROLE_GIVEN_EVERYWHERE", format!("You hold the role {role} in every environment now."))
            }
            false => (
                "INBOX_ROLE_LOST_EVERYWHERE",
                format!("You do not hold the role {role} in every environment any more."),
            ),
        };
        return Reason::new(code, text).with("role", role);
    }
    let environments = told.environments.join(", ");
    let (code, text) = match given {
        true => ("INBOX_ROLE_GIVEN", format!("You hold the role {role} in {environments} now.")),
        false => ("INBOX_ROLE_LOST", format!("You do not hold the role {role} in {environments} any more.")),
    };
    Reason::new(code, text).with("role", role).with("environments", environments)
}

#[cfg(test)]
mod tests;
