//! What our account may do, asked one by one: a `SelfSubjectAccessReview` takes every authorizer into
//! account, where listing rules may be incomplete.

use futures::stream::{self, StreamExt, TryStreamExt};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::transport::Call;
use crate::{Cluster, Error};

/// Something we may want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub verb: &'static str,
    pub group: &'static str,
    pub resource: &'static str,
    pub subresource: &'static str,
}

/// Answer to one [`Need`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub verb: String,
    pub group: String,
    /// With the subresource: `virtualmachines/start`.
    pub resource: String,
    pub allowed: bool,
}

const fn need(verb: &'static str, group: &'static str, resource: &'static str, sub: &'static str) -> Need {
    Need { verb, group, resource, subresource: sub }
}

const VM: &str = "kubevirt.io";
const SUB: &str = "subresources.kubevirt.io";

/// Everything the main job does in a cluster. The least RBAC that we print is made of the same list.
pub const NEEDS: &[Need] = &[
    need("get", VM, "virtualmachines", ""),
    need("list", VM, "virtualmachines", ""),
    need("watch", VM, "virtualmachines", ""),
    need("create", VM, "virtualmachines", ""),
    need("patch", VM, "virtualmachines", ""),
    need("delete", VM, "virtualmachines", ""),
    need("get", VM, "virtualmachineinstances", ""),
    need("list", VM, "virtualmachineinstances", ""),
    need("watch", VM, "virtualmachineinstances", ""),
    need("update", SUB, "virtualmachines", "start"),
    need("update", SUB, "virtualmachines", "stop"),
    need("update", SUB, "virtualmachines", "restart"),
    need("update", SUB, "virtualmachineinstances", "pause"),
    need("update", SUB, "virtualmachineinstances", "unpause"),
    need("get", SUB, "virtualmachineinstances", "console"),
    need("get", SUB, "virtualmachineinstances", "vnc"),
    need("get", SUB, "virtualmachineinstances", "vnc/screenshot"),
    need("get", SUB, "virtualmachineinstances", "portforward"),
    need("get", "", "namespaces", ""),
    need("create", "", "namespaces", ""),
    need("patch", "", "namespaces", ""),
    need("get", "", "secrets", ""),
    need("create", "", "secrets", ""),
    need("patch", "", "secrets", ""),
    need("get", "", "persistentvolumeclaims", ""),
    need("patch", "", "persistentvolumeclaims", ""),
    need("list", "", "nodes", ""),
    need("list", "storage.k8s.io", "storageclasses", ""),
    need("list", VM, "kubevirts", ""),
];

#[derive(Deserialize)]
struct Review {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    allowed: bool,
}

impl Cluster {
    /// Asks for every need in `namespace`, four at a time.
    pub(super) async fn access(&self, namespace: &str) -> Result<Vec<Access>, Error> {
        stream::iter(NEEDS.iter().copied().map(|need| self.review(need, namespace)))
            .buffered(4)
            .try_collect()
            .await
    }

    async fn review(&self, need: Need, namespace: &str) -> Result<Access, Error> {
        let Need { verb, group, resource, subresource } = need;
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "namespace": namespace, "verb": verb, "group": group, "resource": resource, "subresource": subresource,
            } },
        });
        let call =
            Call::new(Method::POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews").json(&body);
        let review: Review = self.send(call).await?.json()?;
        let resource =
            if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
        Ok(Access { verb: verb.into(), group: group.into(), resource, allowed: review.status.allowed })
    }
}
