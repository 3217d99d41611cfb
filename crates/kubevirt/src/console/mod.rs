//! Serial, VNC and port-forward streams of a running instance.
//!
//! KubeVirt speaks its own WebSocket subprotocol, `plain.kubevirt.io`: raw bytes in binary messages both
//! ways, no channel byte, no resize. Serial and VNC have one viewer: a new connection ends the old one,
//! unless VNC is asked to preserve it. When the guest stops, the TCP connection ends without a close frame.

mod handshake;
mod screenshot;
mod stream;

use crate::transport::within;
use crate::{Cluster, Error, VmRef, path};

pub use stream::ConsoleStream;

/// What to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Serial console: raw terminal bytes.
    Serial,
    /// Screen: RFB (RFC 6143), the server speaks first. `preserve` refuses to end another viewer's session;
    /// KubeVirt before 1.7 does not know of it and ends that session.
    Vnc { preserve: bool },
    /// A TCP port of the guest, reached by its address on the pod network.
    PortForward { port: u16 },
}

impl Channel {
    fn path(self, vm: &VmRef) -> Result<String, Error> {
        let what = match self {
            Channel::Serial => "console".to_owned(),
            Channel::Vnc { preserve } => format!("vnc?preserveSession={preserve}"),
            Channel::PortForward { port } => format!("portforward/{port}/tcp"),
        };
        path::vmi_subresource(&vm.namespace, &vm.name, &what)
    }
}

impl Cluster {
    /// Opens a stream to the VM with this UID.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when no instance runs; [`Error::Conflict`] when another viewer holds the screen
    /// and is to be preserved; [`Error::Invalid`] when the VM has no such device.
    pub async fn open(&self, vm: &VmRef, channel: Channel) -> Result<ConsoleStream, Error> {
        self.stands(vm).await?;
        self.stream(vm, channel).await
    }

    /// Whether the cluster answers and has the VM with this UID. [`Cluster::open`] in two steps, with
    /// [`Cluster::forward`], tells a cluster that is silent from a guest that is.
    ///
    /// # Errors
    /// As reading a VM has.
    pub async fn stands(&self, vm: &VmRef) -> Result<(), Error> {
        self.get_exactly(vm).await.map(drop)
    }

    /// Connects to a TCP port of the VM that [`Cluster::stands`].
    ///
    /// # Errors
    /// [`Error::NotRunning`] when no instance runs; [`Error::Conflict`] when nothing listens there.
    pub async fn forward(&self, vm: &VmRef, port: u16) -> Result<ConsoleStream, Error> {
        self.stream(vm, Channel::PortForward { port }).await
    }

    async fn stream(&self, vm: &VmRef, channel: Channel) -> Result<ConsoleStream, Error> {
        let path = channel.path(vm)?;
        match within(self.deadlines.call, handshake::upgrade(self, path)).await {
            Ok(socket) => Ok(ConsoleStream::new(socket)),
            Err(failure) => Err(handshake::explain(failure)),
        }
    }
}
