//! A private server on real programs: started once however many ask, found again, stopped, port replaced.
//!
//! Uses whatever PostgreSQL the machine has; there is nothing to fake.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use shepherd_local_postgres::{Durability, Role, Server, private_home};

fn extra() -> Vec<PathBuf> {
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.dev/postgres")]
}

fn start(home: &Path) -> Server {
    Server::ensure_running(home, &extra(), Durability::Throwaway).expect("the private server starts")
}

fn query(server: &Server, role: Role, sql: &str) -> String {
    let output = Command::new(server.installation().program("psql"))
        .args([&server.url(role, "postgres"), "-XAtqc", sql])
        .output()
        .expect("psql runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_private_server_is_started_once_kept_private_and_found_again() {
    let root = tempfile::tempdir().unwrap();
    let home = private_home(root.path(), "pg").unwrap();
    assert!(Server::running(&home, &extra()).unwrap().is_none());

    // Several programs ask at the same time, as test binaries do.
    let urls: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> =
            (0..4).map(|_| scope.spawn(|| start(&home).url(Role::Superuser, "postgres"))).collect();
        asking.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert!(urls.windows(2).all(|pair| pair[0] == pair[1]), "different servers: {urls:?}");

    let server = Server::running(&home, &extra()).unwrap().expect("it runs");
    assert_eq!(query(&server, Role::Superuser, "SHOW listen_addresses"), "127.0.0.1");
    assert_eq!(query(&server, Role::Owner, "SELECT current_user"), "shepherd_owner");
    assert_eq!(query(&server, Role::App, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "f");

    // Without the password nobody gets in.
    let url = server.url(Role::Superuser, "postgres");
    let (_, address) = url.split_once('@').unwrap();
    let refused = Command::new(server.installation().program("psql"))
        .args([&format!("postgres://postgres:wrong@{address}"), "-XAtqc", "SELECT 1"])
        .output()
        .unwrap();
    assert!(!refused.status.success());

    // Somebody takes the port while it is down: it comes back on another one, with its data.
    query(&server, Role::Superuser, "CREATE TABLE kept ()");
    server.stop().unwrap();
    assert!(Server::running(&home, &extra()).unwrap().is_none());
    let port: u16 = address.split(['/', ':']).nth(1).unwrap().parse().unwrap();
    let _squatter = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let again = start(&home);
    assert_ne!(again.url(Role::Superuser, "postgres"), url);
    assert_eq!(query(&again, Role::Superuser, "SELECT count(*) FROM kept"), "0");
    again.stop().unwrap();
    std::fs::remove_dir_all(&home).unwrap();
}
