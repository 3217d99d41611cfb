//! Reaching a cluster: TLS, credentials, and what is said when it does not answer.

use shepherd_kubevirt::{Cluster, ClusterConfig, Credentials, Deadlines, Error, Reach};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::site::Site;

fn config(site: &Site) -> ClusterConfig {
    ClusterConfig {
        api_url: site.there.url.clone(),
        ca_pem: Some(site.there.ca_pem.clone()),
        credentials: Credentials::Token(site.there.admin_token.clone().into()),
        proxy: None,
        tls_server_name: None,
        deadlines: Deadlines::default(),
        mode: shepherd_domain::states::ClusterMode::Govern,
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
    let error = site.with_token("wrong").get_vm(&site.namespace, "a").await.unwrap_err();
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

/// A proxy that serves one CONNECT and returns what it was asked for.
async fn one_tunnel(listener: TcpListener) -> String {
    let (mut near, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(near.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap().to_owned();
    let mut far = TcpStream::connect(&target).await.unwrap();
    near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
    head
}

#[tokio::test]
async fn a_proxy_carries_the_connection_and_sees_no_token() {
    let site = Site::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Some(format!("http://{}", listener.local_addr().unwrap()));
    let tunnel = tokio::spawn(one_tunnel(listener));
    Cluster::connect(&ClusterConfig { proxy, ..config(&site) }).unwrap().ping().await.unwrap();
    let head = tunnel.await.unwrap();
    assert!(head.starts_with("CONNECT 127.0.0.1:"), "{head}");
    assert!(!head.contains(&site.there.admin_token), "the token travels inside TLS only");
}
