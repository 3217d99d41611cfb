//! What is true of a policy now and may not be as it was meant: a requirement that nobody could fulfil.
//!
//! Warned of and not refused: people come and go, and a stage that nobody can pass keeps a door shut, not open. What
//! depends on the request (its owners) is not known here.

use shepherd_domain::policy::{PolicyVersion, Who};
use shepherd_domain::reason::Reason;
use shepherd_domain::states::PolicyEffect;
use shepherd_store::{Conn, approvers};

use crate::Result;

/// One warning for each requirement that fewer people could fulfil than it asks for.
pub(super) async fn nobody(conn: &mut Conn, policy: &PolicyVersion) -> Result<Vec<Reason>> {
    let mut warnings = Vec::new();
    let asked = policy.stages.iter().flat_map(|stage| &stage.requirements);
    let aside = policy.set_aside_by().map(|name| (Who::Role { name: name.to_owned() }, 1));
    let aside = aside.filter(|_| policy.effect != PolicyEffect::Allow);
    for (who, needed) in asked.map(|one| (one.who.clone(), one.needed)).chain(aside) {
        let found = match &who {
            Who::Permission { name } => approvers::holders(conn, name).await?,
            Who::Role { name } => approvers::of_role(conn, name).await?,
            Who::Group { id, .. } => approvers::in_group(conn, *id).await?,
            Who::Owners => continue,
        };
        if found < i64::from(needed) {
            let text = format!(
                "{needed} of {who} must agree, and there are {found} anywhere; nobody could pass this stage now."
            );
            let warning = Reason::new("POLICY_STAGE_NOT_SATISFIABLE", text)
                .with("who", who.to_string())
                .with("needed", needed)
                .with("found", found);
            warnings.push(warning);
        }
    }
    Ok(warnings)
}
