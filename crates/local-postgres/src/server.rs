//! A private PostgreSQL server in a folder of its own.
//!
//! The folder holds `data`, `password` (readable by its owner only), `port`, `log` and `lock`. The server
//! belongs to no process of ours: whoever needs it calls [`Server::ensure_running`], and it stays until
//! [`Server::stop`]. A port that has been taken meanwhile is replaced by a free one.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::Account;
use crate::error::{At, Error};
use crate::installation::Installation;
use crate::role::{Role, roles_sql};

/// Whether the data must survive a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every commit reaches the disk.
    Durable,
    /// For tests and throw-away databases: nothing is flushed, a power cut may lose everything.
    Throwaway,
}

/// A running private server.
pub struct Server {
    installation: Installation,
    account: Account,
    home: PathBuf,
    port: u16,
    password: String,
}

/// Tries for a free port; one can be taken between finding it and using it.
const START_ATTEMPTS: u32 = 5;

impl Server {
    /// Creates the server in `home` if it is not there, starts it if it does not run, and returns once it
    /// answers. `extra` is as for [`Installation::all`]. Blocks for a few seconds the first time.
    pub fn ensure_running(home: &Path, extra: &[PathBuf], durability: Durability) -> Result<Self, Error> {
        let account = Account::choose()?;
        fs::create_dir_all(home).at(home)?;
        account.own(home)?;
        let _lock = lock(home)?;
        let installation = Installation::for_data(&home.join("data"), extra)?;
        let mut server =
            Self { installation, account, home: home.to_path_buf(), port: 0, password: String::new() };
        server.initialise()?;
        server.password = read(&home.join("password"))?;
        if server.is_running() {
            server.port = read_port(home)?;
        } else {
            server.start(durability)?;
        }
        server.create_roles()?;
        Ok(server)
    }

    /// The server in `home` if it runs now.
    pub fn running(home: &Path, extra: &[PathBuf]) -> Result<Option<Self>, Error> {
        if !home.join("data/PG_VERSION").exists() {
            return Ok(None);
        }
        let installation = Installation::for_data(&home.join("data"), extra)?;
        let server = Self {
            installation,
            account: Account::choose()?,
            home: home.to_path_buf(),
            port: read_port(home).unwrap_or_default(),
            password: read(&home.join("password"))?,
        };
        Ok(server.is_running().then_some(server))
    }

    /// Ends all connections and stops; waits until it has.
    pub fn stop(&self) -> Result<(), Error> {
        let _lock = lock(&self.home)?;
        run(self.pg_ctl().args(["stop", "-w", "-m", "fast"]))
    }

    /// A connection URL for this role and database.
    pub fn url(&self, role: Role, database: &str) -> String {
        format!("postgres://{}:{}@127.0.0.1:{}/{database}", role.name(), self.password, self.port)
    }

    /// The programs this server was started from; `pg_dump` of the same version is among them.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn pg_ctl(&self) -> Command {
        let mut command = self.account.command(&self.installation.program("pg_ctl"));
        command.arg("-D").arg(self.data());
        command
    }

    fn is_running(&self) -> bool {
        self.pg_ctl().arg("status").output().is_ok_and(|output| output.status.success())
    }

    fn initialise(&self) -> Result<(), Error> {
        if self.data().join("PG_VERSION").exists() {
            return Ok(());
        }
        // A half-made folder is what an interrupted first start leaves.
        if self.data().exists() {
            fs::remove_dir_all(self.data()).at(self.data())?;
        }
        let password = self.home.join("password");
        write_private(self.account, &password, &random_hex()?)?;
        let mut pwfile = std::ffi::OsString::from("--pwfile=");
        pwfile.push(&password);
        // `password` sends it in clear, over loopback only, and spares each test connection a SCRAM exchange.
        run(self
            .account
            .command(&self.installation.program("initdb"))
            .arg("-D")
            .arg(self.data())
            .arg(pwfile)
            .args([
                "--username=postgres",
                "--auth=password",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-instructions",
            ]))
    }

    fn start(&mut self, durability: Durability) -> Result<(), Error> {
        let log = self.home.join("log");
        let mut last = None;
        for attempt in 0..START_ATTEMPTS {
            self.port = match read_port(&self.home) {
                Ok(port) if attempt == 0 && is_free(port) => port,
                _ => free_port()?,
            };
            let mut options = format!(
                "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= -c max_connections=300 -c jit=off -c timezone=UTC",
                self.port
            );
            if durability == Durability::Throwaway {
                options +=
                    " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=4GB";
            }
            let started =
                run(self.pg_ctl().args(["start", "-w", "-t", "60", "-s", "-o", &options, "-l"]).arg(&log));
            match started {
                Ok(()) => {
                    let path = self.home.join("port");
                    return fs::write(&path, self.port.to_string()).at(path);
                }
                Err(error) => last = Some(error),
            }
        }
        let tail = fs::read_to_string(&log).unwrap_or_default();
        let tail: Vec<_> = tail.lines().rev().take(5).collect();
        let message = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
        Err(last
            .filter(|_| message.is_empty())
            .unwrap_or(Error::Program { program: "postgres".into(), message }))
    }

    fn create_roles(&self) -> Result<(), Error> {
        let script = self.home.join("roles.sql");
        write_private(self.account, &script, &roles_sql(&self.url(Role::Superuser, "postgres"))?)?;
        let result = run(self
            .account
            .command(&self.installation.program("psql"))
            .env("PGPASSWORD", &self.password)
            .args([
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-d",
                "postgres",
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
            ])
            .args(["-p", &self.port.to_string(), "-f"])
            .arg(&script));
        fs::remove_file(&script).at(&script)?;
        result
    }
}

/// Held while the server is created, started or stopped, so that parallel test programs do it once.
fn lock(home: &Path) -> Result<File, Error> {
    let path = home.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).at(&path)?;
    file.lock().at(&path)?;
    Ok(file)
}

/// Writes a file that only the server's account can read, from its first byte on.
fn write_private(account: Account, path: &Path, text: &str) -> Result<(), Error> {
    let _ = fs::remove_file(path);
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(path).at(path)?;
    file.write_all(text.as_bytes()).at(path)?;
    account.own(path)
}

fn read(path: &Path) -> Result<String, Error> {
    Ok(fs::read_to_string(path).at(path)?.trim().to_owned())
}

fn read_port(home: &Path) -> Result<u16, Error> {
    let path = home.join("port");
    let text = read(&path)?;
    text.parse()
        .map_err(|_| Error::Program { program: "port file".into(), message: format!("not a port: {text}") })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).at("127.0.0.1")?;
    Ok(listener.local_addr().at("127.0.0.1")?.port())
}

fn random_hex() -> Result<String, Error> {
    let path = "/dev/urandom";
    let mut bytes = [0u8; 24];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).at(path)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn run(command: &mut Command) -> Result<(), Error> {
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.output().at(command.get_program())?;
    if output.status.success() {
        return Ok(());
    }
    let message =
        [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    Err(Error::Program { program, message: message.join("\n").trim().to_owned() })
}
