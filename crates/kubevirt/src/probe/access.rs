//! What our account may do, asked one by one: a `SelfSubjectAccessReview` takes every authorizer into
//! account, where listing rules may be incomplete.

use futures::stream::{self, StreamExt, TryStreamExt};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shepherd_domain::rights::{RIGHTS, Right};

use crate::transport::Call;
use crate::{Cluster, Error};

/// Answer about one of [`RIGHTS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub verb: String,
    pub group: String,
    /// With the subresource: `virtualmachines/start`.
    pub resource: String,
    pub allowed: bool,
}

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
    /// Asks for every right in `namespace`, four at a time.
    pub(super) async fn access(&self, namespace: &str) -> Result<Vec<Access>, Error> {
        stream::iter(RIGHTS.iter().copied().map(|right| self.review(right, namespace)))
            .buffered(4)
            .try_collect()
            .await
    }

    async fn review(&self, right: Right, namespace: &str) -> Result<Access, Error> {
        let Right { verb, group, .. } = right;
        let (resource, subresource) = right.resource.split_once('/').unwrap_or((right.resource, ""));
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
        let resource = right.resource.into();
        Ok(Access { verb: verb.into(), group: group.into(), resource, allowed: review.status.allowed })
    }
}
