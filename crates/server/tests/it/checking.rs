//! Trying a connection before it is registered: what is said of each kind of trouble, and that nothing is kept.

use serde_json::Value;
use shepherd_contract::client::ClientError;
use shepherd_contract::types::{CheckCluster, ClusterCheck, ClusterMode, ListClustersQuery};
use shepherd_test_support::app::{World, check, register};

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem.code.to_string(),
        other => panic!("{other}"),
    }
}

async fn tried(world: &World, kubeconfig: &str) -> ClusterCheck {
    world.admin.clusters().check_cluster(&check(world.app.test, kubeconfig)).await.expect("it is tried")
}

/// Every check as `name state`, with the code of what did not pass.
fn lines(found: &ClusterCheck) -> Vec<String> {
    let line = |line: &shepherd_contract::types::ClusterCheckLine| match line.state.to_string().as_str() {
        "passed" => format!("{} passed", line.check),
        "skipped" => format!("{} skipped", line.check),
        state => format!("{} {state} {}", line.check, line.reason.code),
    };
    found.checks.iter().map(line).collect()
}

fn with_token(kubeconfig: &str, token: &str) -> String {
    let mut parsed: Value = serde_json::from_str(kubeconfig).expect("it is JSON");
    parsed["users"][0]["user"]["token"] = token.into();
    parsed.to_string()
}

fn with_server(kubeconfig: &str, server: &str) -> String {
    let mut parsed: Value = serde_json::from_str(kubeconfig).expect("it is JSON");
    parsed["clusters"][0]["cluster"]["server"] = server.into();
    parsed.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_trouble_is_told_where_it_is_and_nothing_is_kept() {
    let world = World::start_on(|_| {}).await;
    let own = world.site.kubeconfig();
    let good = tried(&world, &own).await;
    assert!(good.usable);
    let all = [
        "reachable",
        "certificate",
        "credentials",
        "kubernetes",
        "kubevirt",
        "rights",
        "nodes",
        "storage",
        "images",
    ];
    assert_eq!(lines(&good), all.map(|name| format!("{name} passed")));
    assert_eq!(good.checks[6].reason.params["count"], 1, "one node");

    let refused = tried(&world, &with_token(&own, "not-the-token")).await;
    assert!(!refused.usable);
    let expected = [
        "reachable passed",
        "certificate passed",
        "credentials failed CLUSTER_UNAUTHORIZED",
        "kubernetes skipped",
    ];
    assert_eq!(lines(&refused)[..4], expected);
    assert_eq!(refused.checks.len(), all.len());

    let nobody = tried(&world, &with_server(&own, "https://127.0.0.1:1")).await;
    assert_eq!(lines(&nobody)[..2], ["reachable failed CLUSTER_NO_CONNECTION", "certificate skipped"]);
    let nameless = tried(&world, &with_server(&own, "https://no-such-name.invalid:6443")).await;
    assert_eq!(lines(&nameless)[0], "reachable failed CLUSTER_NAME_UNKNOWN");
    let mut stranger: Value = serde_json::from_str(&own).expect("it is JSON");
    let cluster = stranger["clusters"][0]["cluster"].as_object_mut().expect("it has one");
    cluster.remove("certificate-authority-data").expect("it has an authority");
    let stranger = tried(&world, &stranger.to_string()).await;
    assert_eq!(
        lines(&stranger)[..2],
        ["reachable passed", "certificate failed CLUSTER_CERTIFICATE_UNTRUSTED"]
    );

    let clusters = world.admin.clusters().list_clusters(&ListClustersQuery::default()).await.unwrap().items;
    assert_eq!(clusters.len(), 1, "only the one that was registered");
    let entries = world.app.audited(Some("cluster.check")).await;
    assert_eq!(entries.len(), 5, "each attempt leaves its trace");
    assert!(world.app.rows_holding("not-the-token").await.is_empty(), "and none of its secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mode_wants_the_rights_it_needs() {
    let world = World::start_on(|_| {}).await;
    let looker = with_token(&world.site.kubeconfig(), &world.site.viewer_token().await);
    let found = tried(&world, &looker).await;
    assert!(!found.usable);
    let rights = &found.checks[5];
    assert_eq!(lines(&found)[5], "rights failed RIGHTS_MISSING");
    let missing = rights.reason.params["rights"].as_array().expect("they are named");
    assert!(missing.contains(&"create virtualmachines".into()), "{missing:?}");
    let body = CheckCluster { mode: Some(ClusterMode::Observe), ..check(world.app.test, &looker) };
    let found = world.admin.clusters().check_cluster(&body).await.expect("it is tried");
    assert!(found.usable, "to look, this account has enough: {:?}", lines(&found));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_does_not_hold_anybody_up() {
    let world = World::start_on(|_| {}).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let server = format!("https://{}", silent.local_addr().expect("it has an address"));
    // Connections are taken by the system and never read.
    let found = tried(&world, &with_server(&world.site.kubeconfig(), &server)).await;
    let lines = lines(&found);
    // Whichever deadline passes first: that of connecting, or that of the first answer.
    assert!(lines[0].starts_with("reachable failed CLUSTER_"), "{lines:?}");
    assert!(lines[1..].iter().all(|line| line.ends_with(" skipped")), "{lines:?}");
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_registering_refuses_is_refused_here_too() {
    let world = World::start_on(|_| {}).await;
    let own = world.site.kubeconfig();
    let mut running: Value = serde_json::from_str(&own).expect("it is JSON");
    running["users"][0]["user"] = serde_json::json!({ "exec": { "command": "rm" } });
    let running = running.to_string();
    let clusters = world.admin.clusters();
    let expected = code(clusters.register_cluster(&register("other", world.app.test, &running)).await);
    assert_eq!(code(clusters.check_cluster(&check(world.app.test, &running)).await), expected);
    assert_eq!(expected, "KUBECONFIG_EXEC_REFUSED");
    let nothing = CheckCluster { kubeconfig: None, ..check(world.app.test, &own) };
    assert_eq!(code(clusters.check_cluster(&nothing).await), "SIGN_IN_MISSING");
    let both = CheckCluster { in_cluster: Some(true), ..check(world.app.test, &own) };
    assert_eq!(code(clusters.check_cluster(&both).await), "SIGN_IN_AMBIGUOUS");
    let asked = world.engineer.clusters().check_cluster(&check(world.app.test, &own)).await;
    assert_eq!(code(asked), "PERMISSION_MISSING");
}
