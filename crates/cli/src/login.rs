//! `login`, `logout`, `whoami`.
//!
//! A password is used once, to make a personal token; only the token is kept. A password on the command line would be in
//! the process list and the shell's history, so there is no flag for one.

use std::io::{BufRead, IsTerminal};

use clap::Args;
use shepherd_contract::client::Client;
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{ChangePassword, CreateToken, Me};
use url::Url;

use crate::config::{Kept, Store};
use crate::{Failure, Globals, Output, connect, signin};

/// Arguments of `login`.
#[derive(Debug, Clone, Args)]
pub struct Login {
    /// Name of the account; asked for if left out
    #[arg(long, env = "SHEPHERD_USER")]
    user: Option<String>,
    /// Keep this personal token instead of signing in with a password; a file, or - for standard input
    #[arg(long, conflicts_with = "user")]
    with_token: Option<std::path::PathBuf>,
    /// Sign in as a sample person, on the machine that runs `shepherd up`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["user", "with_token"])]
    sample: Option<String>,
    /// How many days the token is good for
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i32).range(1..=365))]
    days: i32,
}

pub(crate) async fn login(args: Login, globals: &Globals, out: &Output) -> Result<(), Failure> {
    let store = Store::of(globals)?;
    let server = server(globals, &store)?;
    let connection = connect::connection(connect::http(&server, globals.ca_file.as_deref())?, &server)?;
    if let Some(path) = &args.with_token {
        let token = if path.as_os_str() == "-" { Secret::from(line()?) } else { connect::read_token(path)? };
        let client = Client::new(connection.with_token(&token)?);
        let me = client.me().get_me().await?;
        return keep(&store, out, Kept { server, name: me.name, token, token_id: None });
    }
    let (client, session) = match &args.sample {
        Some(name) => signin::as_sample(connection, name).await?,
        None => {
            let name = args.user.map_or_else(|| ask("Name: "), Ok)?;
            let password = ask_secret(&format!("Password of {name}: "))?;
            let (client, session) = signin::with_password(connection, &name, password.clone()).await?;
            if session.must_change_password {
                change_password(&client, password, out).await?;
            }
            (client, session)
        }
    };
    let new =
        client.me().create_token(&CreateToken { name: "shepherd login".into(), days: args.days }).await?;
    keep(
        &store,
        out,
        Kept { server, name: session.person.name, token: new.secret, token_id: Some(new.token.id) },
    )?;
    // The token is what is used from here on. If this fails the session ends by itself.
    let _ = client.session().sign_out().await;
    Ok(())
}

pub(crate) async fn logout(globals: &Globals) -> Result<(), Failure> {
    let store = Store::of(globals)?;
    let Some(kept) = store.read()? else { return Ok(()) };
    let revoked = match kept.token_id {
        Some(id) => connect::client(globals)?.me().revoke_token(id).await.map_err(Failure::from),
        None => Ok(()),
    };
    // Forgotten in any case; but say it if the server could not be told.
    store.remove()?;
    match revoked {
        Err(Failure::NotSignedIn(_) | Failure::NotFound(_)) => Ok(()),
        other => other,
    }
}

pub(crate) async fn whoami(client: &Client, out: &Output) -> Result<(), Failure> {
    let session = client.session().get_session().await?;
    out.one(
        &session,
        &[
            ("Name", |s| s.person.name.clone()),
            ("Display name", |s| s.person.display_name.clone()),
            ("Roles", |s| s.roles.join(", ")),
            ("Signed in until", |s| crate::output::time(&s.expires_at)),
        ],
    )?;
    out.remark(&format!("Server: {}", client.connection().base()));
    Ok(())
}

fn server(globals: &Globals, store: &Store) -> Result<Url, Failure> {
    match &globals.server {
        Some(server) => Ok(server.clone()),
        None => match store.read()? {
            Some(kept) => Ok(kept.server),
            None => Err(Failure::Usage("which server? Name it with --server URL".into())),
        },
    }
}

fn keep(store: &Store, out: &Output, kept: Kept) -> Result<(), Failure> {
    store.write(&kept)?;
    out.remark(&format!(
        "Signed in to {} as {}. The token is in {}.",
        kept.server,
        kept.name,
        store.path().display()
    ));
    Ok(())
}

async fn change_password(client: &Client, current: Secret, out: &Output) -> Result<Me, Failure> {
    out.remark("This is an initial password; choose your own now.");
    let new = ask_secret("New password: ")?;
    if new != ask_secret("The same again: ")? {
        return Err(Failure::Usage("the two are not the same; nothing was changed".into()));
    }
    client.me().change_password(&ChangePassword { current, new }).await?;
    Ok(client.me().get_me().await?)
}

fn ask(prompt: &str) -> Result<String, Failure> {
    eprint!("{prompt}");
    line()
}

fn line() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text).map_err(|error| Failure::local("standard input", error))?;
    match text.trim() {
        "" => Err(Failure::Usage("nothing was entered".into())),
        text => Ok(text.to_owned()),
    }
}

/// Without a terminal, for example from a script, a line of standard input.
fn ask_secret(prompt: &str) -> Result<Secret, Failure> {
    if !std::io::stdin().is_terminal() {
        return line().map(Secret::from);
    }
    let text = rpassword::prompt_password(prompt).map_err(|error| Failure::local("the terminal", error))?;
    if text.is_empty() { Err(Failure::Usage("nothing was entered".into())) } else { Ok(Secret::from(text)) }
}
