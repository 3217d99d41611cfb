use shepherd_kubevirt::{Cluster, ClusterConfig, Credentials, Deadlines, Error, Reach};

use crate::site::Site;

fn config(site: &Site) -> ClusterConfig {
    ClusterConfig {
        api_url: site.handle.url.clone(),
        ca_pem: Some(site.handle.ca_pem.clone()),
        credentials: Credentials::Token(site.handle.admin_token.clone().into()),
        proxy: None,
        tls_server_name: None,
        deadlines: Deadlines::default(),
    }
}

#[tokio::test]
async fn the_right_configuration_connects() {
    let site = Site::start().await;
    assert!(site.cluster.ping().await.unwrap().minor().is_some());
}

#[tokio::test]
async fn another_authority_is_not_trusted() {
    let site = Site::start().await;
    let ca_pem = Some(include_str!("../fixtures/ca.pem").to_owned());
    let error =
        Cluster::connect(&ClusterConfig { ca_pem, ..config(&site) }).unwrap().ping().await.unwrap_err();
    assert_eq!(error.code(), "CLUSTER_CERTIFICATE_UNTRUSTED", "{error:?}");
}

#[tokio::test]
async fn a_name_that_the_certificate_does_not_carry_is_not_trusted() {
    let site = Site::start().await;
    let tls_server_name = Some("other.example".to_owned());
    let error = Cluster::connect(&ClusterConfig { tls_server_name, ..config(&site) })
        .unwrap()
        .ping()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "CLUSTER_CERTIFICATE_UNTRUSTED", "{error:?}");
}

#[tokio::test]
async fn a_wrong_token_is_unauthorized() {
    let site = Site::start().await;
    let error = site.with_token("wrong").get_vm("default", "a").await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error:?}");
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let site = Site::start().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let api_url = format!("https://{}", closed.local_addr().unwrap());
    drop(closed);
    let error =
        Cluster::connect(&ClusterConfig { api_url, ..config(&site) }).unwrap().ping().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { why: Reach::Connection, .. }), "{error:?}");
    assert!(error.retryable());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let site = Site::start().await;
    // RFC 6761: never resolves.
    let api_url = "https://cluster.invalid:6443".to_owned();
    let error =
        Cluster::connect(&ClusterConfig { api_url, ..config(&site) }).unwrap().ping().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { why: Reach::Name, .. }), "{error:?}");
}

#[tokio::test]
async fn credentials_survive_storage() {
    let site = Site::start().await;
    let stored = config(&site).credentials.reveal();
    let credentials = Credentials::from_revealed(&stored).unwrap();
    assert!(Cluster::connect(&ClusterConfig { credentials, ..config(&site) }).unwrap().ping().await.is_ok());
}
