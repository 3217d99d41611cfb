//! What may be sent to a cluster that is only observed: reading, and the two questions about our own rights.
//!
//! Kubernetes asks those by POST, and stores nothing. A GET that becomes a WebSocket (a console, a forwarded port) is no
//! reading: it throws another viewer out or reaches into the guest.

use http::header::UPGRADE;
use http::{Method, Request};

/// Questions of what our account may do (`authorization.k8s.io/v1`); nothing is stored for them.
const REVIEWS: [&str; 2] = [
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
];

/// Whether this leaves the cluster as it is.
pub(super) fn only_reads<B>(request: &Request<B>) -> bool {
    match *request.method() {
        Method::GET => !request.headers().contains_key(UPGRADE),
        Method::POST => REVIEWS.contains(&request.uri().path()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, target: &str) -> Request<()> {
        Request::builder().method(method).uri(target).body(()).unwrap()
    }

    #[test]
    fn reading_and_the_questions_about_ourselves_pass() {
        assert!(only_reads(&request(Method::GET, "/apis/kubevirt.io/v1/virtualmachines?watch=true")));
        for review in REVIEWS {
            assert!(only_reads(&request(Method::POST, review)));
        }
    }

    #[test]
    fn nothing_that_writes_or_reaches_into_a_guest_does() {
        let console = "/apis/subresources.kubevirt.io/v1/namespaces/n/virtualmachineinstances/a/console";
        let mut upgrade = request(Method::GET, console);
        upgrade.headers_mut().insert(UPGRADE, "websocket".parse().unwrap());
        assert!(!only_reads(&upgrade));
        let vms = "/apis/kubevirt.io/v1/namespaces/n/virtualmachines";
        for method in
            [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::CONNECT]
        {
            assert!(!only_reads(&request(method.clone(), vms)), "{method}");
        }
        for dry_run in
            [format!("{vms}?dryRun=All"), format!("{}/../x", REVIEWS[0]), "/api/v1/namespaces".into()]
        {
            assert!(!only_reads(&request(Method::POST, &dry_run)), "{dry_run}");
        }
    }
}
