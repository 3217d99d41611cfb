//! The client commands of `shepherd`: everything a person does with a server that runs somewhere.
//!
//! Commands are thin: they turn names into ids, call the contract's client and print the answer. They hold no rule of
//! their own; what may be done is the server's to say. Exit codes are in [`failure`] and stable, so that a script can
//! trust them.
//!
//! Not here: commands that run on the server's machine (`serve`, `up`, `migrate`, `admin`).

mod access;
mod accounts;
mod apply;
mod audit;
mod batches;
mod catalogue;
mod clusters;
mod comments;
pub mod config;
pub mod connect;
mod drafts;
mod edits;
mod failure;
mod fields;
mod groups;
mod inbox;
mod limits;
mod login;
mod members;
mod networks;
mod output;
mod paging;
mod policies;
mod pools;
mod quantity;
mod requests;
mod resolve;
mod roles;
mod services;
pub mod signin;
mod sizes;
pub mod stream;
mod systems;
mod templates;
mod terminal;
mod vms;
pub mod wait;
mod wish;

use clap::{Args, Subcommand};
use shepherd_contract::client::Client;

pub use clusters::{enrol, enrol_one};
pub use failure::Failure;
pub use output::{Format, Output};

/// Settings that every client command takes.
#[derive(Debug, Clone, Args)]
pub struct Globals {
    /// The server's address; `login` remembers it.
    #[arg(long, global = true, env = "SHEPHERD_SERVER", help_heading = "Connection")]
    pub server: Option<url::Url>,
    /// A file with a personal token, instead of the one `login` keeps.
    #[arg(long, global = true, env = "SHEPHERD_TOKEN_FILE", help_heading = "Connection")]
    pub token_file: Option<std::path::PathBuf>,
    /// A file with further certificate authorities to trust, in PEM.
    #[arg(long, global = true, env = "SHEPHERD_CA_FILE", help_heading = "Connection")]
    pub ca_file: Option<std::path::PathBuf>,
    /// Where `login` keeps address and token; `~/.config/shepherd` if left out.
    #[arg(long, global = true, env = "SHEPHERD_CONFIG_DIR", help_heading = "Connection")]
    pub config_dir: Option<std::path::PathBuf>,
    /// How answers are printed.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table, env = "SHEPHERD_OUTPUT")]
    pub output: Format,
}

/// The client commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Sign in to a server and keep a personal token
    Login(login::Login),
    /// Revoke the kept token and forget it
    Logout,
    /// Show who is signed in, and where
    Whoami,
    /// Ask for virtual machines and work with them
    #[command(subcommand)]
    Vm(vms::Command),
    /// Follow and decide requests
    #[command(subcommand)]
    Request(requests::Command),
    /// Ask for many at once, and follow them
    #[command(subcommand)]
    Batch(batches::Command),
    /// Groups of virtual machines kept at their count, spec and health
    #[command(subcommand)]
    Pool(pools::Command),
    /// How much may be asked for at a time
    #[command(subcommand)]
    Limits(limits::Command),
    /// What you are told
    #[command(subcommand)]
    Inbox(inbox::Command),
    /// Business lines
    #[command(subcommand)]
    System(systems::Command),
    /// Applications
    #[command(subcommand)]
    Service(services::Command),
    /// KubeVirt clusters
    #[command(subcommand)]
    Cluster(clusters::Command),
    /// What virtual machines are made from
    #[command(subcommand)]
    Template(templates::Command),
    /// Sizes of virtual machines
    #[command(subcommand)]
    Size(sizes::Command),
    /// What virtual machines are connected to
    #[command(subcommand)]
    Network(networks::Command),
    /// Namespaces
    #[command(subcommand)]
    Namespace(catalogue::Namespaces),
    /// Environments
    #[command(subcommand)]
    Environment(catalogue::Environments),
    /// Make the catalogue what files say
    Apply(apply::ApplyArgs),
    /// By which rules requests are decided
    #[command(subcommand)]
    Policy(policies::Command),
    /// What may be done, and by whom
    #[command(subcommand)]
    Role(roles::Command),
    /// People and service accounts that hold roles and places together
    #[command(subcommand)]
    Group(groups::Command),
    /// Places in Systems, Services and VMs
    #[command(subcommand)]
    Member(members::Command),
    /// Who may do what, and why
    #[command(subcommand)]
    Access(access::Command),
    /// Service accounts
    #[command(subcommand)]
    Account(accounts::Command),
    /// Systems that need a new owner
    #[command(subcommand)]
    Transfer(accounts::Transfers),
    /// What happened, and who did it
    #[command(subcommand)]
    Audit(audit::Command),
}

/// Runs a client command.
///
/// # Errors
/// What to print and which code to end with.
pub async fn run(command: Command, globals: &Globals) -> Result<(), Failure> {
    let out = Output::new(globals.output);
    match command {
        Command::Login(login) => return login::login(login, globals, &out).await,
        Command::Logout => return login::logout(globals).await,
        Command::Cluster(clusters::Command::Manifest(ref args)) => return clusters::manifest(args),
        Command::Audit(ref audit) if let Some(done) = audit.offline(&out) => return done,
        _ => {}
    }
    let client: Client = connect::client(globals)?;
    match command {
        Command::Login(_) | Command::Logout => Ok(()),
        Command::Whoami => login::whoami(&client, &out).await,
        Command::Vm(command) => vms::run(command, &client, &out).await,
        Command::Request(command) => requests::run(command, &client, &out).await,
        Command::Batch(command) => batches::run(command, &client, &out).await,
        Command::Pool(command) => pools::run(command, &client, &out).await,
        Command::Limits(command) => limits::run(command, &client, &out).await,
        Command::Inbox(command) => inbox::run(command, &client, &out).await,
        Command::System(command) => systems::run(command, &client, &out).await,
        Command::Service(command) => services::run(command, &client, &out).await,
        Command::Cluster(command) => clusters::run(command, &client, &out).await,
        Command::Template(command) => templates::run(command, &client, &out).await,
        Command::Size(command) => sizes::run(command, &client, &out).await,
        Command::Network(command) => networks::run(command, &client, &out).await,
        Command::Namespace(command) => catalogue::namespaces(command, &client, &out).await,
        Command::Apply(args) => apply::run(args, &client, &out).await,
        Command::Environment(command) => catalogue::environments(command, &client, &out).await,
        Command::Policy(command) => policies::run(command, &client, &out).await,
        Command::Role(command) => roles::run(command, &client, &out).await,
        Command::Group(command) => groups::run(command, &client, &out).await,
        Command::Member(command) => members::run(command, &client, &out).await,
        Command::Access(command) => access::run(command, &client, &out).await,
        Command::Account(command) => accounts::run(command, &client, &out).await,
        Command::Transfer(command) => accounts::transfers(command, &client, &out).await,
        Command::Audit(command) => audit::run(command, &client, &out).await,
    }
}

/// Audit events as `audit list` shows them.
pub fn audit_table(events: &[shepherd_contract::types::AuditEvent]) -> String {
    output::table(events, &audit::COLUMNS)
}

/// Exports the sealed audit log into a file, as `audit export --file` does; answers the bytes that were added.
///
/// # Errors
/// The server's refusal, or the file's.
pub async fn export_audit(client: &Client, file: std::path::PathBuf) -> Result<usize, Failure> {
    audit::export::to_file(client, file).await
}

/// Verifies an export, as `audit verify --key --witness` does; answers what it prints.
///
/// # Errors
/// [`Failure::Tampered`] when the export is not what was sealed.
pub fn verify_audit(
    export: std::path::PathBuf,
    key: std::path::PathBuf,
    witness: Option<std::path::PathBuf>,
) -> Result<String, Failure> {
    audit::verify::told(export, key, witness)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        globals: Globals,
        #[command(subcommand)]
        command: Command,
    }

    fn parse(line: &str) -> Result<Line, clap::Error> {
        Line::try_parse_from(std::iter::once("shepherd").chain(line.split_whitespace()))
    }

    #[test]
    fn commands_are_read() {
        let lines = [
            "login --server http://127.0.0.1:8787 --sample engineer",
            "vm request --service shop/web --namespace test --template linux --size small@2 --var motd=hi --wait",
            "vm request --service a/b --namespace n --template t --size s --network pod --network vlan-7",
            "vm list --power running -o json",
            "template list --environment test",
            "size get small",
            "network list vlan",
            "apply -f catalogue.yaml -f - --dry-run",
            "vm request --service a/b --namespace n --template t --size s --secret-file password=pw.txt",
            "vm stop test-shop-web-01 --force --wait --timeout 60",
            "vm delete test-shop-web-01 --confirm test-shop-web-01",
            "vm console test-shop-web-01",
            "batch create --service a/b --namespace n --template t --size s --count 5 --name-pattern web-{nn} --wait",
            "batch create --service a/b --namespace n --template t --size s --csv rows.csv",
            "batch power stop a-01 a-02 --force",
            "batch delete a-01 a-02 --confirm web",
            "batch show R-12 --state failed",
            "batch retry R-12 --wait",
            "limits set --pending none --in-flight 5",
            "limits exempt 0190a000-0000-7000-8000-000000000001 --reason migration --until 2026-01-31T12:00:00Z",
            "request list --waiting-for-me --open",
            "request approve R-12 --hash aa",
            "request reject 12 --reason no",
            "request request-changes 12 --comment smaller",
            "request edit R-12 --size small --disk 20GiB --reason because",
            "request comment R-12 thanks",
            "request comments R-12",
            "request field list --environment test --operation vm.create",
            "request field create change --label en=Change --required --pattern CHG[0-9]+ --operation vm.create",
            "vm restart test-shop-web-01 --field change=CHG1",
            "request again R-12 --submit --wait",
            "request draft save --service shop/web --size small",
            "request draft submit 0190a000-0000-7000-8000-000000000001",
            "inbox list --all",
            "inbox read 12 13",
            "inbox read --up-to 40",
            "inbox read 12 --unread",
            "policy apply -f policies.yaml",
            "policy list --retired",
            "policy explain R-12",
            "policy explain -f wish.yaml -o json",
            "request approve R-12 --hash aa --size small --disk 10G",
            "request approve R-12 --hash aa --set-aside --comment urgent",
            "audit list shop --outcome denied --since 2026-01-31T12:00:00Z",
            "role grant ada approver -e test -e prod",
            "group add admins ada bo",
            "group revoke admins approver -e test",
            "role create desk --permission user:read --permission audit:read",
            "role edit desk --add policy:read --remove audit:read",
            "member set --vm test-shop-web-01 --group helpers --role member",
            "member remove --system shop --person ada",
            "member join shop --role member --reason on-call --wait",
            "request edit R-12 --role viewer",
            "access explain ada --permission vm:start --vm test-shop-web-01",
            "access who request:approve -e prod",
            "account token bot ci --days 30",
            "transfer resolve shop ada",
            "audit export --file audit.jsonl",
            "audit verify audit.jsonl --key audit.key --witness witness.jsonl",
            "cluster add local --environment test --kubeconfig k.yaml",
            "cluster add local --environment test --observe --cluster-token t --api-url https://h:6443 --cluster-ca ca.pem",
            "cluster add here --environment test --in-cluster",
            "cluster rotate local --kubeconfig k.yaml --proxy http://p:3128",
            "cluster set local --mode govern --accept-vms false",
            "cluster unmanaged local --search ada --power running",
            "cluster unmanaged",
            "cluster show local",
            "cluster probe local",
            "cluster work local",
            "cluster manifest --observe",
            "cluster manifest --namespace apps --namespace data",
        ];
        for line in lines {
            parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        assert_eq!(parse("whoami -o yaml").unwrap().globals.output, Format::Yaml);
    }

    #[test]
    fn wrong_lines_are_refused() {
        let lines = [
            "vm request --service shop/web",
            "batch create --service a/b --namespace n --template t --size s",
            "batch create --service a/b --count 2 --csv rows.csv",
            "batch power stop",
            "batch delete a-01",
            "vm list --power purple",
            "cluster add local --environment test",
            "cluster add local --environment test --in-cluster --kubeconfig k.yaml",
            "cluster rotate local --cluster-token t",
            "vm request --service a/b --namespace n --template t --size s --disk 1.5G",
            "request reject R-1",
            "request request-changes R-1",
            "request draft save --size small",
            "request draft get R-1",
            "request approve R-1 --hash aa --yes",
            "request approve R-12 --hash aa --set-aside",
            "inbox read",
            "inbox read 1 --all",
            "inbox read --all --unread",
            "policy explain",
            "vm start a --timeout 5",
            "login --user a --sample b",
            "group add admins",
            "member set --vm a --service b/c --person ada --role viewer",
            "member set --system a --role viewer",
            "member join shop",
        ];
        for line in lines {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
