//! Versions, and the KubeVirt installation as its own object tells it.

use serde::{Deserialize, Serialize};

use crate::transport::Call;
use crate::views::{Conditions, text};
use crate::{Cluster, Detail, Error};

/// A version as the component reports it, for example `v1.9.0`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version(pub String);

impl Version {
    /// Major and minor number; `None` for builds without one. Minor may carry a `+` (`33+`).
    pub fn minor(&self) -> Option<(u32, u32)> {
        let mut parts = self.0.trim_start_matches('v').split(['.', '-', '+']);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }
}

/// The KubeVirt installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubeVirt {
    /// `Deployed` when all is well.
    pub phase: String,
    pub available: bool,
    /// Version that is fully rolled out.
    pub observed_version: Option<Version>,
    /// Version an upgrade is on its way to; equal to the observed one otherwise.
    pub target_version: Option<Version>,
    pub gates: FeatureGates,
    /// `LiveUpdate` or `Stage`; the default is `LiveUpdate` since 1.6.
    pub rollout_strategy: Option<String>,
    pub default_architecture: Option<String>,
    /// Software emulation is allowed where a node has no KVM.
    pub emulation: bool,
}

/// Feature gates as listed. Which gates are on without being listed depends on the version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureGates {
    pub enabled: Vec<String>,
    pub disabled: Vec<String>,
}

impl FeatureGates {
    /// Whether a gate of state Beta is on: since KubeVirt 1.9 by default, before that only when listed.
    pub fn beta(&self, gate: &str, version: &Version) -> bool {
        let listed = |list: &[String]| list.iter().any(|name| name == gate);
        let by_default = version.minor().is_some_and(|minor| minor >= (1, 9));
        listed(&self.enabled) || (by_default && !listed(&self.disabled))
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Info {
    #[serde(deserialize_with = "text::<100, _>")]
    git_version: String,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    items: Vec<Installation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Installation {
    spec: Spec,
    status: Status,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Spec {
    configuration: Option<Configuration>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Configuration {
    developer_configuration: Option<Developer>,
    #[serde(deserialize_with = "text::<40, _>")]
    vm_rollout_strategy: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Developer {
    feature_gates: Option<Vec<String>>,
    disabled_feature_gates: Option<Vec<String>>,
    use_emulation: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    #[serde(deserialize_with = "text::<40, _>")]
    phase: String,
    conditions: Conditions,
    #[serde(rename = "observedKubeVirtVersion", deserialize_with = "text::<100, _>")]
    observed: String,
    #[serde(rename = "targetKubeVirtVersion", deserialize_with = "text::<100, _>")]
    target: String,
    #[serde(deserialize_with = "text::<40, _>")]
    default_architecture: String,
}

impl Cluster {
    /// Version of Kubernetes: the cheapest proof that the cluster answers and takes our credentials.
    pub async fn ping(&self) -> Result<Version, Error> {
        self.version("/version").await
    }

    pub(super) async fn version(&self, path: &str) -> Result<Version, Error> {
        let info: Info = self.send(Call::get(path).limit(64 << 10)).await?.json()?;
        if info.git_version.is_empty() {
            Err(Error::protocol("no version in it"))
        } else {
            Ok(Version(info.git_version))
        }
    }

    pub(super) async fn kubevirt(&self) -> Result<KubeVirt, Error> {
        let call = Call::get("/apis/kubevirt.io/v1/kubevirts").query(&[("limit", "2")]);
        let list: List = self.send(call).await?.json()?;
        // There is one per cluster: a second is refused by its operator.
        let found = list.items.into_iter().next();
        let found = found.ok_or_else(|| Error::NotFound { detail: Detail::new("no KubeVirt object") })?;
        let configuration = found.spec.configuration.unwrap_or_default();
        let developer = configuration.developer_configuration.unwrap_or_default();
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(KubeVirt {
            available: found.status.conditions.is_true("Available"),
            phase: found.status.phase,
            observed_version: some(found.status.observed).map(Version),
            target_version: some(found.status.target).map(Version),
            gates: FeatureGates {
                enabled: names(developer.feature_gates),
                disabled: names(developer.disabled_feature_gates),
            },
            rollout_strategy: some(configuration.vm_rollout_strategy),
            default_architecture: some(found.status.default_architecture),
            emulation: developer.use_emulation,
        })
    }
}

fn names(list: Option<Vec<String>>) -> Vec<String> {
    list.unwrap_or_default().iter().take(200).map(|name| crate::detail::clean(name, 100)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_and_without_numbers() {
        assert_eq!(Version("v1.9.0".into()).minor(), Some((1, 9)));
        assert_eq!(Version("v1.33+build".into()).minor(), Some((1, 33)));
        assert_eq!(Version("main".into()).minor(), None);
    }

    #[test]
    fn beta_gates_follow_the_version() {
        let gates = FeatureGates { enabled: vec!["A".into()], disabled: vec!["B".into()] };
        let (old, new) = (Version("v1.8.2".into()), Version("v1.9.0".into()));
        assert!(gates.beta("A", &old) && !gates.beta("C", &old));
        assert!(gates.beta("C", &new) && !gates.beta("B", &new));
    }
}
