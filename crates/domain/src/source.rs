//! Where a root disk comes from.
//!
//! Invariants: a source holds no credentials, because it is shown to everybody who may ask for a VM and stands in the
//! spec; what passes [`DiskSource::check`] can be rendered into a volume or a DataVolume that KubeVirt and CDI accept.
//! Only a container disk can be run from directly; the others fill a disk that stays.
//! Sources: `containerDisk` of kubevirt.io/v1; `registry`, `http` and `pvc` of cdi.kubevirt.io/v1beta1.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::names::is_dns_label;
use crate::network::is_subdomain;
use crate::reason::{Coded, params};
use crate::states::RootDisk;

/// The longest address.
const MAX_URL: usize = 1000;

/// Where a root disk comes from. In a spec the key says which: `image`, `http` or `pvc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskSource {
    /// A container disk image.
    #[serde(rename = "image")]
    Image(String),
    /// A file that CDI fetches.
    #[serde(rename = "http")]
    Http(HttpSource),
    /// A disk of the same cluster that CDI copies.
    #[serde(rename = "pvc")]
    Pvc(PvcSource),
}

/// A disk image on a web server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSource {
    /// `https://` or `http://`, without credentials.
    pub url: String,
    /// `sha256:` or `sha512:` and the digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// A ConfigMap in the VM's namespace with the authorities to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_config_map: Option<String>,
}

/// A claim to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PvcSource {
    /// Where it is.
    pub namespace: String,
    /// What it is called.
    pub name: String,
}

/// Why this can be no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The image is not a reference to a container image.
    #[error("{image:?} is not a container image; write it as registry/name:tag or registry/name@digest")]
    Image {
        /// The text, cut to 80 characters.
        image: String,
    },
    /// Not an address CDI can fetch from.
    #[error("the address of a disk image {detail}")]
    Url {
        /// What is wrong with it; never the address, which may hold a password.
        detail: &'static str,
    },
    /// Not a checksum.
    #[error("a checksum is written as sha256: or sha512: and its hexadecimal digits")]
    Checksum,
    /// Not a name of Kubernetes.
    #[error("{name:?} is not the name of a {what}")]
    Name {
        /// What it was to name.
        what: &'static str,
        /// The text, cut to 80 characters.
        name: String,
    },
    /// Nothing can run from it directly.
    #[error("a guest can run only from a container disk directly; make the root disk persistent")]
    NeedsDisk,
}

impl SourceError {
    /// The field of the source that has to change.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Image { .. } => "image",
            Self::Url { .. } => "url",
            Self::Checksum => "checksum",
            Self::Name { what, .. } => match what.as_bytes() {
                b"ConfigMap" => "cert_config_map",
                b"namespace" => "namespace",
                _ => "name",
            },
            Self::NeedsDisk => "",
        }
    }
}

impl Coded for SourceError {
    fn code(&self) -> &'static str {
        match self {
            Self::Image { .. } => "IMAGE_INVALID",
            Self::Url { .. } => "SOURCE_URL_INVALID",
            Self::Checksum => "SOURCE_CHECKSUM_INVALID",
            Self::Name { .. } => "SOURCE_NAME_INVALID",
            Self::NeedsDisk => "SOURCE_NEEDS_DISK",
        }
    }

    fn params(&self) -> Map<String, Value> {
        match self {
            Self::Image { image } => params([("image", image.as_str().into())]),
            Self::Url { detail } => params([("detail", (*detail).into())]),
            Self::Name { what, name } => params([("what", (*what).into()), ("name", name.as_str().into())]),
            Self::Checksum | Self::NeedsDisk => Map::new(),
        }
    }
}

impl DiskSource {
    /// Whether a VM can have this root.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn check(&self, root: RootDisk) -> Result<(), SourceError> {
        match self {
            Self::Image(image) => check_image(image)?,
            Self::Http(http) => http.check()?,
            Self::Pvc(pvc) => {
                name("namespace", &pvc.namespace, is_dns_label)?;
                name("claim", &pvc.name, is_subdomain)?;
            }
        }
        match (self, root) {
            (Self::Http(_) | Self::Pvc(_), RootDisk::Ephemeral) => Err(SourceError::NeedsDisk),
            _ => Ok(()),
        }
    }

    /// `spec.source` of the DataVolume that is filled from it.
    pub fn data_volume(&self) -> Value {
        match self {
            Self::Image(image) => json!({ "registry": { "url": format!("docker://{image}") } }),
            Self::Http(http) => {
                let mut source = json!({ "url": http.url });
                if let Some(checksum) = &http.checksum {
                    source["checksum"] = checksum.as_str().into();
                }
                if let Some(name) = &http.cert_config_map {
                    source["certConfigMap"] = name.as_str().into();
                }
                json!({ "http": source })
            }
            Self::Pvc(pvc) => json!({ "pvc": { "namespace": pvc.namespace, "name": pvc.name } }),
        }
    }
}

impl HttpSource {
    fn check(&self) -> Result<(), SourceError> {
        let refuse = |detail| Err(SourceError::Url { detail });
        let rest = match self.url.split_once("://") {
            Some(("https" | "http", rest)) => rest,
            _ => return refuse("begins with https:// or http://"),
        };
        if self.url.len() > MAX_URL
            || !self.url.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
        {
            return refuse("has at most 1000 characters, none of them a space; write others as %XX");
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return refuse("holds no user and no password; it is shown to everybody who asks for a VM");
        }
        if path.contains('#') || authority.contains(['#', '?']) {
            return refuse("is a host, a path and perhaps a query, without a fragment");
        }
        if !is_authority(authority) {
            return refuse("names a host, and perhaps a port");
        }
        if path.is_empty() {
            return refuse("names a file on that host");
        }
        if let Some(checksum) = &self.checksum {
            let digits = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
            let known = match checksum.split_once(':') {
                Some(("sha256", hex)) => digits(hex, 64),
                Some(("sha512", hex)) => digits(hex, 128),
                _ => false,
            };
            if !known {
                return Err(SourceError::Checksum);
            }
        }
        match &self.cert_config_map {
            Some(map) => name("ConfigMap", map, is_subdomain),
            None => Ok(()),
        }
    }
}

/// A host name, an IPv4 address or an IPv6 one in brackets, and perhaps a port.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => return address.parse::<std::net::Ipv6Addr>().is_ok(),
        Some((address, rest)) => {
            let Some(port) = rest.strip_prefix(':') else { return false };
            return address.parse::<std::net::Ipv6Addr>().is_ok() && is_port(port);
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    is_subdomain(&host.to_ascii_lowercase()) && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn name(what: &'static str, text: &str, legal: fn(&str) -> bool) -> Result<(), SourceError> {
    if legal(text) { Ok(()) } else { Err(SourceError::Name { what, name: text.chars().take(80).collect() }) }
}

/// Whether this can be a container image reference; what it refers to is the cluster's to find out.
///
/// # Errors
/// [`SourceError::Image`].
pub fn check_image(image: &str) -> Result<(), SourceError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let well_formed = image.len() <= 300
        && image.chars().all(legal)
        && edge(image.chars().next())
        && edge(image.chars().next_back())
        && !image.contains("//");
    if well_formed { Ok(()) } else { Err(SourceError::Image { image: image.chars().take(80).collect() }) }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
