//! The two embedded clusters: `local` boots real guests, `sim` runs the same engine without processes.

use std::ffi::OsString;
use std::path::PathBuf;

use super::child::{Child, Spec};
use super::{Directory, Plan};
use crate::failure::Failure;

/// Real guests under QEMU.
pub const LOCAL: &str = "local";
/// Simulated guests, for scale.
const SIM: &str = "sim";

/// An embedded cluster.
pub struct Cluster {
    pub name: &'static str,
    pub child: Child,
    kubeconfig: PathBuf,
    port: u16,
}

impl Cluster {
    /// Waits until it answers.
    pub async fn ready(&self) -> Result<(), Failure> {
        let address = ("127.0.0.1", self.port);
        // It binds its socket before it is ready and writes the kubeconfig after its certificates.
        self.child
            .ready(async || self.kubeconfig.exists() && tokio::net::TcpStream::connect(address).await.is_ok())
            .await
    }

    /// The kubeconfig of its administrator, once it is ready.
    pub fn kubeconfig(&self) -> Result<String, Failure> {
        std::fs::read_to_string(&self.kubeconfig)
            .map_err(|error| Failure::io(self.kubeconfig.display(), error))
    }

    /// The certificate of its authority.
    pub fn ca_pem(&self) -> Result<String, Failure> {
        let path = self.kubeconfig.with_file_name("ca.crt");
        std::fs::read_to_string(&path).map_err(|error| Failure::io(path.display(), error))
    }

    /// Where that is.
    pub fn kubeconfig_path(&self) -> &std::path::Path {
        &self.kubeconfig
    }
}

pub(super) fn start(directory: &Directory, plan: &Plan) -> Result<[Cluster; 2], Failure> {
    let mut local: Vec<OsString> = ["--runtime", "qemu", "--images"].map(Into::into).into();
    local.push(plan.guest_image.clone().into());
    local.push("--stop-guests".into());
    if plan.no_kvm {
        local.push("--no-kvm".into());
    }
    // Its guests need no machine, so it has as many nodes as it takes to try zones and staying apart.
    let sim = ["--runtime", "simulated", "--boot-ms", "4000", "--shutdown-ms", "2000", "--seed", "7"];
    let nodes = ["--zone", "zone-a", "--further-node", "sim-2=zone-b", "--further-node", "sim-3=zone-b"];
    let sim = sim.into_iter().chain(nodes).map(Into::into).collect();
    Ok([one(directory, plan, LOCAL, local)?, one(directory, plan, SIM, sim)?])
}

fn one(
    directory: &Directory,
    plan: &Plan,
    name: &'static str,
    more: Vec<OsString>,
) -> Result<Cluster, Failure> {
    let data = directory.join(name);
    let kubeconfig = data.join("kubeconfig");
    // The file of the last run has that run's port.
    let _ = std::fs::remove_file(&kubeconfig);
    let port = directory.port(name)?;
    let mut arguments: Vec<OsString> =
        ["minivirt", "serve", "--until-stdin-closes", "--log-format", "json", "--node-name", name, "--data"]
            .map(Into::into)
            .into();
    arguments.push(data.into());
    arguments.extend(["--listen".into(), format!("127.0.0.1:{port}").into()]);
    if plan.throwaway {
        arguments.push("--no-sync".into());
    }
    arguments.extend(more);
    let log = directory.logs().join(format!("{name}.log"));
    let child =
        Child::start(Spec { name, arguments, environment: Vec::new(), log, announce: plan.announce })?;
    Ok(Cluster { name, child, kubeconfig, port })
}
