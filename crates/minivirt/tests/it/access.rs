//! Who may call, discovery, and the documents kubectl and virtctl read first.

use crate::support::{Engine, VMS, answer, vm, websocket};
use reqwest::Method;
use serde_json::json;

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

async fn with_tokens() -> Engine {
    Engine::start_with(|config| {
        let tokens = json!([
            {"token": "admin-token", "user": "root", "role": "admin"},
            {"token": "edit-token", "user": "ed", "role": "edit"},
            {"token": "view-token", "user": "vi", "role": "view"},
        ]);
        std::fs::write(config.data_dir.join("tokens.json"), tokens.to_string()).unwrap();
    })
    .await
}

async fn by(engine: &Engine, token: &str, method: Method, path: &str) -> (u16, serde_json::Value) {
    let url = format!("{}{path}", engine.handle.url);
    let body = vm("one", "Halted");
    let request = engine.client.request(method.clone(), url).bearer_auth(token);
    let request = if method == Method::POST { request.json(&body) } else { request };
    answer(request.send().await.unwrap()).await
}

#[tokio::test]
async fn no_token_no_answer() {
    let engine = Engine::start().await;
    for path in [VMS, "/apis", "/openapi/v3", "/api/v1/namespaces/default/secrets"] {
        let bare = engine.client.get(format!("{}{path}", engine.handle.url)).send().await.unwrap();
        assert_eq!(answer(bare).await.0, 401, "{path}");
        assert_eq!(by(&engine, "wrong", Method::GET, path).await.0, 401, "{path}");
    }
    for path in ["/readyz", "/version"] {
        let bare = engine.client.get(format!("{}{path}", engine.handle.url)).send().await.unwrap();
        assert_eq!(bare.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn roles_limit_what_a_token_may_do() {
    let engine = with_tokens().await;
    assert_eq!(by(&engine, "edit-token", Method::POST, VMS).await.0, 201);
    assert_eq!(by(&engine, "view-token", Method::GET, &format!("{VMS}/one")).await.0, 200);
    let (code, body) = by(&engine, "view-token", Method::DELETE, &format!("{VMS}/one")).await;
    assert_eq!(code, 403);
    assert_eq!(
        body["message"],
        "virtualmachines.kubevirt.io \"one\" is forbidden: User \"vi\" cannot delete resource \"virtualmachines\" in API group \"kubevirt.io\" in the namespace \"default\""
    );
    assert_eq!(by(&engine, "view-token", Method::GET, "/api/v1/namespaces/default/secrets").await.0, 403);
    assert_eq!(by(&engine, "edit-token", Method::DELETE, "/api/v1/namespaces/default").await.0, 403);
    let console = format!("{}/virtualmachineinstances/one/console", crate::support::SUB);
    assert_eq!(by(&engine, "view-token", Method::GET, &console).await.0, 403, "a console is no reading");
}

#[tokio::test]
async fn access_reviews_agree_with_the_rules() {
    let engine = with_tokens().await;
    for (token, attributes, allowed) in [
        ("view-token", json!({"verb": "list", "group": "kubevirt.io", "resource": "virtualmachines"}), true),
        (
            "view-token",
            json!({"verb": "create", "group": "kubevirt.io", "resource": "virtualmachines"}),
            false,
        ),
        (
            "edit-token",
            json!({"verb": "update", "group": "subresources.kubevirt.io", "resource": "virtualmachines", "subresource": "start"}),
            true,
        ),
        (
            "view-token",
            json!({"verb": "get", "group": "subresources.kubevirt.io", "resource": "virtualmachineinstances", "subresource": "console"}),
            false,
        ),
    ] {
        let url = format!("{}{REVIEWS}", engine.handle.url);
        let body = json!({"spec": {"resourceAttributes": attributes}});
        let request = engine.client.post(url).bearer_auth(token).json(&body);
        let (code, review) = answer(request.send().await.unwrap()).await;
        // Asking is open to everybody, also to those who may create nothing else.
        assert_eq!((code, &review["status"]["allowed"]), (201, &json!(allowed)), "{token} {attributes}");
    }
}

#[tokio::test]
async fn discovery_names_what_is_served() {
    let engine = Engine::start().await;
    let (_, groups) = engine.get("/apis").await;
    for group in groups["groups"].as_array().unwrap() {
        let version = group["preferredVersion"]["groupVersion"].as_str().unwrap();
        let (code, list) = engine.get(&format!("/apis/{version}")).await;
        assert_eq!((code, list["kind"].as_str()), (200, Some("APIResourceList")), "{version}");
        for resource in list["resources"].as_array().unwrap() {
            let name = resource["name"].as_str().unwrap();
            let lists = resource["verbs"].as_array().is_some_and(|v| v.iter().any(|v| v == "list"));
            if lists && !name.contains('/') {
                assert_eq!(engine.get(&format!("/apis/{version}/{name}")).await.0, 200, "{version} {name}");
            }
        }
    }
    let (_, group) = engine.get("/apis/subresources.kubevirt.io").await;
    assert_eq!(group["preferredVersion"]["groupVersion"], "subresources.kubevirt.io/v1");
    let (_, version) = engine.get("/apis/subresources.kubevirt.io/v1/version").await;
    assert!(version["gitVersion"].as_str().unwrap().starts_with("v1."));
    let (_, kubevirt) = engine.get("/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt").await;
    assert_eq!(kubevirt["status"]["phase"], "Deployed");
    let (_, nodes) = engine.get("/api/v1/nodes").await;
    assert_eq!(nodes["items"][0]["status"]["conditions"][0]["type"], "Ready");
    let (_, document) = engine.get("/openapi/v3/apis/kubevirt.io/v1").await;
    let patch =
        &document["paths"]["/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines/{name}"]["patch"];
    assert!(patch["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "fieldValidation"));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_said_to_be() {
    let engine = Engine::start().await;
    for path in ["/apis/kubevirt.io/v1/foos", "/apis/nope.io/v1/foos", "/nothing", "/apis/kubevirt.io/v9"] {
        let (code, body) = engine.get(path).await;
        assert_eq!((code, body["reason"].as_str()), (404, Some("NotFound")), "{path}");
    }
    assert_eq!(engine.delete("/api/v1/nodes/minivirt").await.0, 405);
    assert_eq!(engine.put(VMS, &json!({})).await.0, 405);
    assert_eq!(engine.post(&format!("{VMS}/one"), &json!({})).await.0, 405);
    let (code, body) = engine.get(&format!("{VMS}/none")).await;
    assert_eq!(
        (code, body["message"].as_str()),
        (404, Some("virtualmachines.kubevirt.io \"none\" not found"))
    );
    let sub = format!("{}/virtualmachines/none/start", crate::support::SUB);
    let (code, body) = engine.put(&sub, &json!({})).await;
    assert_eq!(
        (code, body["message"].as_str()),
        (404, Some("virtualmachine.kubevirt.io \"none\" not found"))
    );
    assert_eq!(
        websocket(&engine, &format!("{}/virtualmachines/none/nope", crate::support::SUB), None)
            .await
            .unwrap_err(),
        404
    );
}

#[tokio::test]
async fn the_kubeconfig_is_private_and_complete() {
    use std::os::unix::fs::PermissionsExt;
    let engine = Engine::start().await;
    for file in ["kubeconfig", "tokens.json", "ca.key"] {
        let mode = std::fs::metadata(engine.dir().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let text = std::fs::read(&engine.handle.kubeconfig).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(config["clusters"][0]["cluster"]["server"], engine.handle.url.as_str());
    assert_eq!(config["users"][0]["user"]["token"], engine.handle.admin_token.as_str());
}
