//! `inbox`: what the person is told.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{InboxCount, InboxItem, ListInboxQuery, MarkInbox};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::{Failure, Output, connect};

const COLUMNS: [Column<InboxItem>; 5] = [
    ("NO", |i| i.number.to_string()),
    ("AT", |i| time(&i.at)),
    ("NEW", |i| if i.read || i.over { String::new() } else { "*".into() }),
    ("WHAT", |i| i.what.text.clone()),
    ("ENVIRONMENT", |i| i.environment.as_ref().map(|e| e.name.clone()).unwrap_or_default()),
];

const COUNT: [Column<InboxCount>; 1] = [("UNREAD", |c| c.unread.to_string())];

/// What can be done with an inbox.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show what is new, newest first
    List {
        /// Also what is read or settled
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Mark rows as read
    Read {
        /// Their numbers, as `list` shows them
        #[arg(required_unless_present_any = ["all", "up_to"])]
        numbers: Vec<i64>,
        /// Everything
        #[arg(long, conflicts_with_all = ["numbers", "up_to"])]
        all: bool,
        /// This row and everything older
        #[arg(long, conflicts_with = "numbers")]
        up_to: Option<i64>,
        /// Mark as unread instead
        #[arg(long, conflicts_with_all = ["all", "up_to"])]
        unread: bool,
    },
}

/// Runs it.
pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Command::List { all, limit } => {
            let rows = collect(limit.limit, |cursor, limit| async move {
                let unread = (!all).then_some(true);
                let query =
                    ListInboxQuery { cursor, limit: Some(limit), unread, ..ListInboxQuery::default() };
                client.inbox().list_inbox(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Read { numbers, up_to, unread, .. } => {
            let numbers = (!numbers.is_empty()).then_some(numbers);
            let body = MarkInbox { read: !unread, numbers, up_to };
            out.list(&[client.inbox().mark_inbox(&connect::key(), &body).await?], &COUNT)
        }
    }
}
