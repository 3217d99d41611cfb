//! `account ...`: service accounts, and `transfer ...`: Systems that need a new owner.

use clap::Subcommand;
use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreateServiceAccount, CreateToken, ListServiceAccountsQuery, ListTransfersQuery, ResolveTransfer,
    ServiceAccount, Token, Transfer, UpdateServiceAccount,
};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::{Failure, Output, connect, resolve};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List the service accounts I answer for
    Mine,
    /// List all service accounts
    List {
        /// Part of the name
        search: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Make a service account; it holds nothing and has no token
    Create {
        name: String,
        /// The person who answers for it
        #[arg(long)]
        owner: String,
        #[arg(long)]
        display_name: Option<String>,
    },
    /// Disable a service account
    Disable { account: String },
    /// Enable it again
    Enable { account: String },
    /// Name another owner; ends all its tokens
    Own { account: String, owner: String },
    /// List its tokens
    Tokens { account: String },
    /// Make a token; its secret is printed once. Only its owner may
    Token {
        account: String,
        name: String,
        /// It ends after so many days
        #[arg(long, default_value_t = 90)]
        days: i32,
    },
    /// Revoke a token by its name or id
    Revoke { account: String, token: String },
}

#[derive(Debug, Clone, Subcommand)]
pub enum Transfers {
    /// List Systems that wait for a new owner
    List {
        /// Also those that have one again
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Name a new owner of a System that waits for one
    Resolve { system: String, owner: String },
}

const COLUMNS: [Column<ServiceAccount>; 4] = [
    ("NAME", |row| row.name.clone()),
    ("DISPLAY NAME", |row| row.display_name.clone()),
    ("OWNER", |row| row.owner.name.clone()),
    ("DISABLED", |row| match (row.disabled, row.owner_disabled) {
        (true, _) => "yes".into(),
        (false, true) => "with its owner".into(),
        (false, false) => String::new(),
    }),
];

const TOKENS: [Column<Token>; 4] = [
    ("NAME", |row| row.name.clone()),
    ("BEGINS", |row| row.prefix.clone()),
    ("EXPIRES", |row| time(&row.expires_at)),
    ("LAST USED", |row| row.last_used_at.as_ref().map(time).unwrap_or_default()),
];

const TRANSFERS: [Column<Transfer>; 5] = [
    ("SYSTEM", |row| row.system.name.clone()),
    ("FORMER OWNER", |row| row.former_owner.name.clone()),
    ("CAUSE", |row| row.cause.to_string()),
    ("SINCE", |row| time(&row.opened_at)),
    ("NEW OWNER", |row| row.new_owner.as_ref().map(|p| p.name.clone()).unwrap_or_default()),
];

pub(crate) async fn run(command: Command, client: &Client, out: &Output) -> Result<(), Failure> {
    let accounts = client.accounts();
    match command {
        Command::Mine => out.list(&accounts.list_my_service_accounts().await?.items, &COLUMNS),
        Command::List { search, limit } => {
            let search = &search;
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListServiceAccountsQuery { cursor, limit: Some(limit), q: search.clone() };
                client
                    .accounts()
                    .list_service_accounts(&query)
                    .await
                    .map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &COLUMNS)
        }
        Command::Create { name, owner, display_name } => {
            let owner_id = resolve::person(client, &owner).await?;
            let display_name = display_name.unwrap_or_else(|| name.clone());
            let body = CreateServiceAccount { name, display_name, owner_id };
            out.one(&accounts.create_service_account(&connect::key(), &body).await?, &COLUMNS)
        }
        Command::Disable { account } => {
            let body = UpdateServiceAccount { disabled: Some(true), ..Default::default() };
            out.one(&update(client, &account, &body).await?, &COLUMNS)
        }
        Command::Enable { account } => {
            let body = UpdateServiceAccount { disabled: Some(false), ..Default::default() };
            out.one(&update(client, &account, &body).await?, &COLUMNS)
        }
        Command::Own { account, owner } => {
            let owner_id = Some(resolve::person(client, &owner).await?);
            let body = UpdateServiceAccount { owner_id, ..Default::default() };
            out.one(&update(client, &account, &body).await?, &COLUMNS)
        }
        Command::Tokens { account } => {
            let id = resolve::account(client, &account).await?;
            out.list(&accounts.list_service_account_tokens(id).await?.items, &TOKENS)
        }
        Command::Token { account, name, days } => {
            let id = resolve::account(client, &account).await?;
            let made = accounts.create_service_account_token(id, &CreateToken { name, days }).await?;
            out.remark("Keep this token now; it is not shown again:");
            println!("{}", made.secret.expose());
            Ok(())
        }
        Command::Revoke { account, token } => {
            let id = resolve::account(client, &account).await?;
            let list = accounts.list_service_account_tokens(id).await?.items;
            let mut found = list.iter().filter(|row| row.name == token || row.id.to_string() == token);
            match (found.next(), found.next()) {
                (Some(one), None) => Ok(accounts.revoke_service_account_token(id, one.id).await?),
                (None, _) => Err(Failure::NotFound(format!("it has no token named {token}"))),
                _ => Err(Failure::Usage(format!("it has several tokens named {token}; use the id"))),
            }
        }
    }
}

async fn update(client: &Client, name: &str, body: &UpdateServiceAccount) -> Result<ServiceAccount, Failure> {
    let id = resolve::account(client, name).await?;
    let row = client.accounts().get_service_account(id).await?;
    Ok(client.accounts().update_service_account(id, row.version, body).await?)
}

pub(crate) async fn transfers(command: Transfers, client: &Client, out: &Output) -> Result<(), Failure> {
    match command {
        Transfers::List { all, limit } => {
            let open = if all { None } else { Some(true) };
            let rows = collect(limit.limit, |cursor, limit| async move {
                let query = ListTransfersQuery { open, cursor, limit: Some(limit) };
                client.transfers().list_transfers(&query).await.map(|page| (page.items, page.next_cursor))
            });
            out.list(&rows.await?, &TRANSFERS)
        }
        Transfers::Resolve { system, owner } => {
            let rows = collect(usize::MAX, |cursor, limit| async move {
                let query = ListTransfersQuery { open: Some(true), cursor, limit: Some(limit) };
                client.transfers().list_transfers(&query).await.map(|page| (page.items, page.next_cursor))
            });
            let rows = rows.await?;
            let found = rows.iter().find(|row| row.system.name == system);
            let found = found.ok_or_else(|| Failure::NotFound(format!("{system} waits for no owner")))?;
            let body = ResolveTransfer { owner_id: resolve::person(client, &owner).await? };
            out.one(&client.transfers().resolve_transfer(found.id, &connect::key(), &body).await?, &TRANSFERS)
        }
    }
}
