//! The way to a member: through its cluster, or straight to the address the cluster reports.
//!
//! What fails before the member itself is reached says nothing about it: a cluster that does not answer, an address that
//! checks may not go to. Only from there on does silence count against the member.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use shepherd_domain::ids::ClusterId;
use shepherd_domain::pool::{CheckAnswer, Through};
use shepherd_domain::reason::Reason;
use shepherd_kubevirt::{Error, VmRef};
use shepherd_store::pool_health::Target;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::seats::Seats;
use super::{CheckNetworks, cluster_away};
use crate::links::Link;

/// How long a cluster may take to say that it is there.
const CLUSTER: Duration = Duration::from_secs(10);

/// A connection to a port of a member.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A way that was found; the member has not been touched yet.
pub(super) enum Way<'a> {
    Cluster(&'a Link, VmRef, u16),
    Address(SocketAddr),
}

impl<'a> Way<'a> {
    /// Looks for it.
    pub async fn find(
        links: &'a HashMap<ClusterId, Link>,
        seats: &Seats,
        networks: &CheckNetworks,
        target: &Target,
        (port, through): (u16, Through),
    ) -> Result<Self, CheckAnswer> {
        match through {
            Through::Cluster => {
                let link = links.get(&target.cluster).ok_or_else(|| cluster_away(""))?;
                let vm = VmRef::new(target.namespace.as_str(), target.name.as_str(), target.uid.as_str());
                let _seat = seats.at(target.cluster).await;
                // One that is there answers at once; what takes long is not about this member.
                match tokio::time::timeout(CLUSTER, link.call(link.cluster.stands(&vm))).await {
                    Ok(Ok(())) => Ok(Self::Cluster(link, vm, port)),
                    Ok(Err(fault)) => Err(cluster_away(fault.reason.text)),
                    Err(_) => Err(cluster_away("")),
                }
            }
            Through::Address => {
                let Some(address) = target.address.as_deref() else {
                    let text = "Its cluster reports no address of it.";
                    return Err(CheckAnswer::failed(Reason::new("CHECK_NO_ADDRESS", text)));
                };
                // Only an address is one: a name would be resolved by whoever answers for it.
                match address.parse::<IpAddr>().ok().filter(|address| networks.allow(*address)) {
                    Some(address) => Ok(Self::Address(SocketAddr::new(address, port))),
                    None => {
                        let text = format!("Its address, {address}, is not one that checks may go to.");
                        let said = Reason::new("CHECK_ADDRESS_FORBIDDEN", text).with("address", address);
                        Err(CheckAnswer::unasked(said))
                    }
                }
            }
        }
    }

    /// Goes it.
    pub async fn go(self) -> Result<Box<dyn Duplex>, CheckAnswer> {
        match self {
            Self::Address(address) => match TcpStream::connect(address).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(closed(address.port(), error.to_string())),
            },
            Self::Cluster(link, vm, port) => match link.cluster.forward(&vm, port).await {
                Ok(stream) => Ok(Box::new(stream.into_io())),
                Err(error @ (Error::Conflict { .. } | Error::NotRunning { .. } | Error::Invalid { .. })) => {
                    Err(closed(port, error.to_string()))
                }
                Err(error) => Err(cluster_away(error.to_string())),
            },
        }
    }

    /// Whom a request over it is for.
    pub fn host(&self, target: &Target) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Cluster(_, _, port) => {
                match target.address.as_deref().and_then(|a| a.parse::<IpAddr>().ok()) {
                    Some(address) => SocketAddr::new(address, *port).to_string(),
                    None => format!("{}:{port}", target.name),
                }
            }
        }
    }
}

fn closed(port: u16, detail: String) -> CheckAnswer {
    let said = Reason::new("CHECK_REFUSED", format!("Its port {port} takes no connection."));
    CheckAnswer::failed(said.with("port", port).with("detail", detail))
}
