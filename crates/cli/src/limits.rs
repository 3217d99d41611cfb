//! `limits ...`: how much may be asked for at a time, and for whom that does not hold.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use shepherd_contract::client::Client;
use shepherd_contract::types::{ExemptFromLimits, LimitExemption, Limits, UpdateLimits};
use shepherd_domain::ids::PrincipalId;

use crate::output::{Column, time};
use crate::{Failure, Output};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show the limits in force
    #[command(alias = "get")]
    Show,
    /// Set some of them; the others stay
    Set(SetArgs),
    /// List those for whom they do not hold
    Exemptions,
    /// Exempt a person or service account
    Exempt {
        /// Their id
        principal: PrincipalId,
        /// Why; kept in the audit trail
        #[arg(long)]
        reason: String,
        /// When it ends by itself, such as 2026-01-31T12:00:00Z
        #[arg(long)]
        until: Option<DateTime<Utc>>,
    },
    /// Let the limits hold for somebody again
    Unexempt {
        /// Their id
        principal: PrincipalId,
    },
}

/// `none` lifts a limit.
#[derive(Debug, Clone, Args)]
pub struct SetArgs {
    /// Undecided requests and batches of one person, or none
    #[arg(long, value_parser = limit)]
    pending: Option<Limit>,
    /// The same of everybody
    #[arg(long, value_parser = limit)]
    pending_in_all: Option<Limit>,
    /// Requests and batches one person hands in within an hour, or none
    #[arg(long, value_parser = limit)]
    hourly: Option<Limit>,
    /// Children of one person's batches carried out at a time
    #[arg(long)]
    in_flight: Option<i32>,
    /// The same of everybody
    #[arg(long)]
    in_flight_in_all: Option<i32>,
}

/// A number, or none.
#[derive(Debug, Clone, Copy)]
struct Limit(Option<i32>);

fn limit(text: &str) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        number => number.parse().map(|n| Limit(Some(n))).map_err(|_| "a number, or none".to_owned()),
    }
}

const FIELDS: [Column<Limits>; 5] = [
    ("Pending of one person", |l| shown(l.pending_per_person)),
    ("Pending of all", |l| shown(l.pending_in_all)),
    ("Handed in by one within an hour", |l| shown(l.hourly_per_person)),
    ("Carried out for one at a time", |l| l.in_flight_per_person.to_string()),
    ("Carried out for all at a time", |l| l.in_flight_in_all.to_string()),
];

const COLUMNS: [Column<LimitExemption>; 5] = [
    ("NAME", |x| x.principal.name.clone()),
    ("REASON", |x| x.reason.clone()),
    ("UNTIL", |x| x.until.as_ref().map(time).unwrap_or_default()),
    ("BY", |x| x.created_by.name.clone()),
    ("ID", |x| x.principal.id.to_string()),
];

fn shown(limit: Option<i32>) -> String {
    limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string())
}

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    let limits = client.limits();
    match command {
        Command::Show => out.one(&limits.get_limits().await?, &FIELDS),
        Command::Set(args) => {
            let now = limits.get_limits().await?;
            let body = UpdateLimits {
                pending_per_person: args.pending.map_or(now.pending_per_person, |new| new.0),
                pending_in_all: args.pending_in_all.map_or(now.pending_in_all, |new| new.0),
                hourly_per_person: args.hourly.map_or(now.hourly_per_person, |new| new.0),
                in_flight_per_person: args.in_flight.unwrap_or(now.in_flight_per_person),
                in_flight_in_all: args.in_flight_in_all.unwrap_or(now.in_flight_in_all),
            };
            out.one(&limits.update_limits(now.version, &body).await?, &FIELDS)
        }
        Command::Exemptions => out.list(&limits.list_limit_exemptions().await?.items, &COLUMNS),
        Command::Exempt { principal, reason, until } => {
            let body = ExemptFromLimits { reason, until };
            out.list(&[limits.exempt_from_limits(principal, &body).await?], &COLUMNS)
        }
        Command::Unexempt { principal } => Ok(limits.end_limit_exemption(principal).await?),
    }
}
