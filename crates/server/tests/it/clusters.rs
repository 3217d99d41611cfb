//! Clusters: what is taken in, what is refused, what is kept and who sees it.

use serde_json::Value;
use shepherd_contract::client::ClientError;
use shepherd_contract::runtime::{Problem, Secret};
use shepherd_contract::types::{
    Cluster, ClusterHealth, ClusterSignIn, ListClustersQuery, RegisterCluster, RotateCluster, UpdateCluster,
};
use shepherd_domain::ids::{ClusterId, EnvironmentId};
use shepherd_test_support::app::{Caller, TestApp, World, register};
use sqlx::Row;

fn problem<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result.expect_err("it should have been refused") {
        ClientError::Problem(problem) => problem,
        other => panic!("{other}"),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    problem(result).code.to_string()
}

/// A kubeconfig with these lines in its cluster and its user.
fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: c\n  context: {{cluster: c, user: u}}\n\
         clusters:\n- name: c\n  cluster: {{{cluster}}}\nusers:\n- name: u\n  user: {{{user}}}\n"
    )
}

/// The administrator's kubeconfig, which is JSON.
fn own(world: &World) -> String {
    world.site.kubeconfig()
}

fn parsed(kubeconfig: &str) -> Value {
    serde_json::from_str(kubeconfig).expect("it is JSON")
}

fn token(kubeconfig: &str) -> String {
    parsed(kubeconfig)["users"][0]["user"]["token"].as_str().expect("one signs in by token").to_owned()
}

async fn listed(who: &Caller) -> Vec<Cluster> {
    who.clusters().list_clusters(&ListClustersQuery::default()).await.expect("clusters can be listed").items
}

fn accept(vms: bool) -> UpdateCluster {
    UpdateCluster { accepts_vms: Some(vms), ..UpdateCluster::default() }
}

fn sign_in(kubeconfig: &str) -> RotateCluster {
    RotateCluster { kubeconfig: Some(Secret::from(kubeconfig)), ..RotateCluster::default() }
}

#[tokio::test]
async fn a_dangerous_or_useless_kubeconfig_is_refused_where_it_stands() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let server = "server: 'https://127.0.0.1:1'";
    let insecure = format!("{server}, insecure-skip-tls-verify: true");
    let proxied = format!("{server}, proxy-url: 'http://10.0.0.1'");
    for (file, expected) in [
        ("]".to_owned(), "KUBECONFIG_NOT_YAML"),
        ("{}".to_owned(), "KUBECONFIG_NO_CONTEXT"),
        (kubeconfig(server, "exec: {command: rm}"), "KUBECONFIG_EXEC_REFUSED"),
        (kubeconfig(server, "tokenFile: /etc/shadow"), "KUBECONFIG_FILE_PATH_REFUSED"),
        (kubeconfig(server, "auth-provider: {name: gcp}"), "KUBECONFIG_AUTH_PROVIDER_REFUSED"),
        (kubeconfig(server, ""), "KUBECONFIG_NO_CREDENTIALS"),
        (kubeconfig(&insecure, "token: abc"), "KUBECONFIG_INSECURE_TLS_REFUSED"),
        (kubeconfig(&proxied, "token: abc"), "KUBECONFIG_PROXY_REFUSED"),
        (kubeconfig("server: 'http://127.0.0.1:1'", "token: abc"), "CLUSTER_URL_INVALID"),
    ] {
        let refused = problem(admin.clusters().register_cluster(&register("sim", app.test, &file)).await);
        assert_eq!(refused.code, expected);
        assert_eq!(refused.errors[0].pointer, "/kubeconfig", "{expected}");
    }
    let good = kubeconfig(server, "token: abc");
    let silent = problem(admin.clusters().register_cluster(&register("sim", app.test, &good)).await);
    assert_eq!(
        (silent.status, silent.code.as_ref()),
        (409, "CLUSTER_UNREACHABLE"),
        "nobody is at home there"
    );
    let nowhere = register("sim", EnvironmentId::new(), &good);
    assert_eq!(code(admin.clusters().register_cluster(&nowhere).await), "UNKNOWN_REFERENCE");
    let engineer = app.engineer().await;
    assert_eq!(
        code(engineer.clusters().register_cluster(&register("sim", app.test, &good)).await),
        "PERMISSION_MISSING"
    );
    assert!(listed(&admin).await.is_empty(), "nothing was half-registered");
    let succeeded =
        app.audited(Some("cluster.register")).await.into_iter().filter(|l| l.outcome == "success");
    assert_eq!(succeeded.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_the_cluster_refuses_are_not_taken() {
    let world = World::start().await;
    let clusters = world.admin.clusters();
    let wrong = own(&world).replace(&token(&own(&world)), "not-the-token");
    let refused = problem(clusters.register_cluster(&register("other", world.app.test, &wrong)).await);
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].pointer.as_str()),
        ("CLUSTER_UNAUTHORIZED", "/kubeconfig")
    );
    let mut stranger = parsed(&own(&world));
    stranger["clusters"][0]["cluster"].as_object_mut().unwrap().remove("certificate-authority-data").unwrap();
    let stranger = register("other", world.app.test, &stranger.to_string());
    let refused = problem(clusters.register_cluster(&stranger).await);
    assert_eq!(refused.code, "CLUSTER_CERTIFICATE_UNTRUSTED");

    let version = clusters.get_cluster(world.cluster.id).await.unwrap().version;
    let rotate = clusters.rotate_cluster(world.cluster.id, &sign_in(&wrong)).await;
    assert_eq!(code(rotate), "CLUSTER_UNAUTHORIZED");
    assert_eq!(clusters.get_cluster(world.cluster.id).await.unwrap().version, version, "the old ones stay");
    world.healthy().await;
    let same = register("sim", world.app.test, &own(&world));
    assert_eq!(code(clusters.register_cluster(&same).await), "NAME_TAKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_cluster_says_what_it_is_and_keeps_its_secret() {
    let world = World::start().await;
    let made = &world.cluster;
    assert!(made.accepts_vms && made.health == ClusterHealth::Healthy, "it was asked before it was taken in");
    assert!(
        made.kubevirt_version.as_deref().is_some_and(|v| v.starts_with('v')),
        "{:?}",
        made.kubevirt_version
    );
    let capacity = made.capacity.as_ref().expect("its node says what it has");
    assert!(capacity.milli_vcpu > 0 && capacity.memory_bytes > 0);
    assert_eq!((capacity.committed_milli_vcpu, made.vm_count), (0, 0));

    world.running_vm().await;
    let auditor = world.app.auditor().await;
    let seen = &listed(&auditor).await[0];
    assert_eq!(seen.capacity.as_ref().unwrap().committed_milli_vcpu, 1000, "what was ordered counts");
    assert_eq!(seen.vm_count, 1);
    assert_eq!(code(world.engineer.clusters().get_cluster(made.id).await), "PERMISSION_MISSING");
    assert_eq!(code(world.engineer.clusters().get_cluster(ClusterId::new()).await), "PERMISSION_MISSING");
    assert_eq!(code(auditor.clusters().remove_cluster(made.id).await), "PERMISSION_MISSING");

    let secret = token(&own(&world));
    let mut owner = world.app.db.owner().await;
    let kept = sqlx::query("select credentials, row_to_json(c)::text as whole from cluster c")
        .fetch_one(&mut owner)
        .await;
    let kept = kept.unwrap();
    let sealed: Vec<u8> = kept.get("credentials");
    assert!(!contains(&sealed, secret.as_bytes()) && !kept.get::<String, _>("whole").contains(&secret));
    let trail: Vec<String> = sqlx::query_scalar(
        "select coalesce(after::text, '') || convert_from(canonical, 'UTF8') from audit_event",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(trail.iter().all(|entry| !entry.contains(&secret)));
    let fingerprint: Option<String> = sqlx::query_scalar(
        "select after->>'sign_in_sha256' from audit_event where action = 'cluster.register' and outcome = 'success'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(fingerprint.expect("whose credentials can be told").len(), 64);
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_closed_opened_and_removed() {
    let world = World::start().await;
    let (clusters, id) = (world.admin.clusters(), world.cluster.id);
    let version = clusters.get_cluster(id).await.unwrap().version;
    let closed = clusters.update_cluster(id, version, &accept(false)).await.unwrap();
    assert!(!closed.accepts_vms && closed.version > version);
    assert_eq!(code(clusters.update_cluster(id, version, &accept(true)).await), "STALE");
    let preflight = world.engineer.requests().preflight_vm(&world.wish()).await.unwrap();
    assert_eq!(preflight.placement[0].reasons[0].code, "CLUSTER_CLOSED");

    let rotated = clusters.rotate_cluster(id, &sign_in(&own(&world))).await.unwrap();
    assert!(rotated.version > closed.version && rotated.rotated_at > closed.rotated_at);
    let opened = clusters.update_cluster(id, rotated.version, &accept(true)).await.unwrap();
    assert!(opened.accepts_vms);
    world.healthy().await;
    let vm = world.running_vm().await;
    assert_eq!(code(clusters.remove_cluster(id).await), "CLUSTER_IN_USE");
    assert_eq!(world.engineer.vms().get_vm(vm.id).await.unwrap().name, vm.name);

    let second = register("spare", world.app.prod, &own(&world));
    let second = clusters.register_cluster(&second).await.unwrap();
    clusters.remove_cluster(second.id).await.unwrap();
    assert_eq!(code(clusters.get_cluster(second.id).await), "NOT_FOUND");
    let mut owner = world.app.db.owner().await;
    let kept: Option<Vec<u8>> = sqlx::query_scalar("select credentials from cluster where id = $1")
        .bind(second.id.0)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(kept, None, "credentials do not outlive their cluster");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_clusters_of_one_environment_knows_of_no_other() {
    let world = World::start().await;
    let prod = register("prod", world.app.prod, &own(&world));
    let prod = world.admin.clusters().register_cluster(&prod).await.unwrap();
    let reader = world.app.person("reader", "auditor").await;
    world.app.only_in("reader", world.app.test).await;
    assert_eq!(listed(&reader).await.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["sim"]);
    assert_eq!(code(reader.clusters().get_cluster(prod.id).await), "NOT_FOUND");
    assert_eq!(reader.clusters().get_cluster(world.cluster.id).await.unwrap().name, "sim");
    assert_eq!(code(reader.clusters().remove_cluster(prod.id).await), "PERMISSION_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_way_to_sign_in_at_a_time() {
    let world = World::start().await;
    let clusters = world.admin.clusters();
    let bare = RegisterCluster { kubeconfig: None, ..register("other", world.app.test, "") };
    let secret = || Some(Secret::from(token(&own(&world))));
    let url = Some(world.site.url.clone());
    let ca_pem = Some(world.site.ca_pem.clone());
    for (body, pointer, expected) in [
        (bare.clone(), "/kubeconfig", "SIGN_IN_MISSING"),
        (RegisterCluster { token: secret(), ..bare.clone() }, "/api_url", "SIGN_IN_INCOMPLETE"),
        (
            RegisterCluster { in_cluster: Some(true), token: secret(), ..bare.clone() },
            "/kubeconfig",
            "SIGN_IN_AMBIGUOUS",
        ),
        // The pod's own token is never sent to an address of the caller's choice.
        (
            RegisterCluster { in_cluster: Some(true), api_url: url.clone(), ..bare.clone() },
            "/kubeconfig",
            "SIGN_IN_AMBIGUOUS",
        ),
        (RegisterCluster { in_cluster: Some(true), ..bare.clone() }, "/in_cluster", "NOT_IN_CLUSTER"),
        (
            RegisterCluster { token: secret(), api_url: Some("http://127.0.0.1".into()), ..bare.clone() },
            "/api_url",
            "CLUSTER_URL_INVALID",
        ),
        (
            RegisterCluster {
                token: secret(),
                api_url: url.clone(),
                ca_pem: Some("x".into()),
                ..bare.clone()
            },
            "/ca_pem",
            "CLUSTER_CA_INVALID",
        ),
        (
            RegisterCluster {
                proxy_url: Some("socks5://x".into()),
                ..register("other", world.app.test, &own(&world))
            },
            "/proxy_url",
            "CLUSTER_PROXY_INVALID",
        ),
    ] {
        let refused = problem(clusters.register_cluster(&body).await);
        assert_eq!((refused.code.as_ref(), refused.errors[0].pointer.as_str()), (expected, pointer));
    }
    let by_token = RegisterCluster { token: secret(), api_url: url, ca_pem, ..bare };
    let made = clusters.register_cluster(&by_token).await.unwrap();
    assert_eq!((made.sign_in, made.health), (ClusterSignIn::Token, ClusterHealth::Healthy));
}
