//! The policies in force, as people read them.

use shepherd_contract::types::{PolicyEffect, RequestOperation};
use shepherd_test_support::app::TestApp;

#[tokio::test]
async fn who_asks_may_read_by_which_rules_they_are_judged() {
    let app = TestApp::start().await;
    let policies = app.engineer().await.policies().list_policies().await.unwrap().items;
    let names: Vec<_> = policies.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "changes-need-approval",
            "power-and-console-flow",
            "protected-delete-needs-two",
            "protected-power-and-console-need-approval"
        ]
    );
    let two = &policies[2];
    assert!(two.builtin && two.protected == Some(true) && two.effect == PolicyEffect::Require);
    assert_eq!(two.operations, [RequestOperation::VmDelete]);
    assert_eq!((two.stages[0].permission.as_str(), two.stages[0].needed), ("request:approve", 2));

    let viewer = app.person("viewer", "viewer").await;
    let refused = viewer.policies().list_policies().await.unwrap_err();
    assert_eq!(refused.code(), Some("PERMISSION_MISSING"));
    assert!(app.anonymous().policies().list_policies().await.is_err());
}
