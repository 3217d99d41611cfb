//! Versions this engine claims. Clients choose behaviour by them, so they name what is really followed.

/// The Kubernetes API followed.
pub const KUBERNETES: &str = "v1.33.0+minivirt";
/// The KubeVirt API and behaviour followed.
pub const KUBEVIRT: &str = "v1.9.0";
