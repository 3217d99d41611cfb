//! The manifest that is printed for administrators, on a real cluster: its rights are enough, none that a VM
//! needs can be left out, and its policies keep people from going round us.
//!
//! It changes a real cluster for everybody, so it runs there alone, after the others. The embedded one has no roles.

use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};
use shepherd_domain::rights::{Account, Ask, RIGHTS, Right, manifest};
use shepherd_domain::states::ClusterMode;
use shepherd_kubevirt::{Channel, Cluster, Error, Kind, VmRef, WatchEvent, WatchOptions};
use tokio::io::AsyncWriteExt;

use crate::site::{Site, eventually, id, next};

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1";

/// Applies a manifest as its reader would.
async fn apply(site: &Site, text: &str) {
    let dir = std::env::temp_dir().join(&site.namespace);
    std::fs::write(&dir, site.there.kubeconfig()).unwrap();
    let mut kubectl = tokio::process::Command::new("kubectl")
        .args(["--kubeconfig".as_ref(), dir.as_os_str(), "apply".as_ref(), "-f".as_ref(), "-".as_ref()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    kubectl.stdin.take().unwrap().write_all(text.as_bytes()).await.unwrap();
    assert!(kubectl.wait().await.unwrap().success());
    std::fs::remove_file(dir).unwrap();
}

/// Does what the right is for; `None` where a VM without disks and secrets has no use for it, or a probe merely
/// says what it could not see.
async fn uses(cluster: &Cluster, site: &Site, vm: &VmRef, right: &Right) -> Option<Result<(), Error>> {
    let kind = if right.resource == "virtualmachines" { Kind::Vm } else { Kind::Vmi };
    Some(match (right.verb, right.resource) {
        ("list" | "watch", "virtualmachines" | "virtualmachineinstances") => {
            let mut stream = cluster.watch_kind(kind, &WatchOptions::default());
            loop {
                match next(&mut stream).await {
                    WatchEvent::Trouble { error, .. } => break Err(error),
                    WatchEvent::Apply(_) | WatchEvent::Progress { .. } => break Ok(()),
                    WatchEvent::InitDone { .. } if right.verb == "list" => break Ok(()),
                    WatchEvent::InitDone { .. } => {
                        // Something for the watch to tell.
                        let path = format!("/api/v1/namespaces/{}", site.namespace);
                        site.there.kubectl(Method::GET, &path, None).await;
                    }
                    _ => {}
                }
            }
        }
        ("get", "virtualmachines") => cluster.get_vm(&vm.namespace, &vm.name).await.map(drop),
        ("get", "virtualmachineinstances") => cluster.get_vmi(&vm.namespace, &vm.name).await.map(drop),
        ("create", "virtualmachines") => {
            cluster.dry_run_create(&site.manifest("new", "Halted", "new"), "new").await.map(drop)
        }
        ("patch", "virtualmachines") => {
            let same = site.manifest(&vm.name, "RerunOnFailure", &id(&vm.name));
            cluster.apply_vm(vm, &same).await.map(drop)
        }
        ("update", "virtualmachines/start") => cluster.start(vm).await.map(drop),
        ("update", "virtualmachines/stop") => cluster.stop(vm, None).await.map(drop),
        ("update", "virtualmachines/restart") => cluster.restart(vm, None, false).await.map(drop),
        ("update", "virtualmachineinstances/pause") => cluster.pause(vm).await.map(drop),
        ("update", "virtualmachineinstances/unpause") => cluster.unpause(vm).await.map(drop),
        ("get", "virtualmachineinstances/console") => cluster.open(vm, Channel::Serial).await.map(drop),
        ("get", "virtualmachineinstances/vnc") => {
            cluster.open(vm, Channel::Vnc { preserve: false }).await.map(drop)
        }
        ("get", "virtualmachineinstances/portforward") => cluster.forward(vm, 80).await.map(drop),
        ("get", "namespaces") => cluster.ensure_namespace(&site.namespace).await.map(drop),
        ("delete", "virtualmachines") => cluster.delete_vm(vm).await.map(drop),
        _ => return None,
    })
}

#[tokio::test]
async fn the_printed_rights_are_enough_and_none_is_too_many() {
    let site = Site::start().await;
    if site.there.call(Method::GET, &format!("{ROLES}/clusterroles"), None).await.0 == 404 {
        // Whoever prints the manifest for such a cluster cannot apply it, and what there is needs none.
        assert!(site.cluster.dry_run_create(&site.manifest("a", "Halted", "a"), "a").await.is_ok());
        return;
    }
    let account = Account { name: format!("shepherd-{}", site.namespace), namespace: site.namespace.clone() };
    let ask = Ask {
        mode: ClusterMode::Govern,
        namespaces: vec![site.namespace.clone()],
        account: account.clone(),
        kubevirt: "kubevirt".into(),
    };
    apply(&site, &manifest(&ask).unwrap()).await;
    let secret = format!("/api/v1/namespaces/{}/secrets/{}", account.namespace, account.name);
    let mut token = String::new();
    eventually("the token", async || {
        let made = site.there.kubectl(Method::GET, &secret, None).await;
        token = made["data"]["token"].as_str().unwrap_or_default().to_owned();
        !token.is_empty()
    })
    .await;
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let token = String::from_utf8(STANDARD.decode(token).unwrap()).unwrap();
    let ours = site.with_token(&token);

    let body = site.manifest("a", "RerunOnFailure", &id("a"));
    let mut uid = String::new();
    eventually("the rights to be known", async || match ours.create_vm(&body, &id("a")).await {
        Ok(created) => {
            uid.clone_from(&created.vm().metadata.uid);
            true
        }
        Err(_) => false,
    })
    .await;
    let vm = site.vm("a", &uid);
    site.until("a", shepherd_kubevirt::Power::Running).await;
    people_cannot_go_round(&site).await;

    let mut proved = 0;
    for right in RIGHTS.iter().filter(|right| !right.given) {
        let Some(without) = without(&site, &account, right).await else { continue };
        let mut tried = true;
        eventually(&format!("{right:?} to be missed"), async || match uses(&ours, &site, &vm, right).await {
            None => {
                tried = false;
                true
            }
            Some(done) => done.is_err_and(|error| error.code() == "CLUSTER_FORBIDDEN"),
        })
        .await;
        proved += usize::from(tried);
        let (path, role) = without;
        let now = site.there.kubectl(Method::GET, &path, None).await;
        let back = json!({ "metadata": now["metadata"], "rules": role["rules"] });
        site.there.kubectl(Method::PUT, &path, Some(back)).await;
    }
    assert_eq!(proved, 18, "each that a VM without disks of its own has a use for");
    eventually("everything to be allowed again", async || ours.delete_vm(&vm).await.is_ok()).await;
}

/// Takes the rule of one right out of its role; answers the role as it was.
async fn without(site: &Site, account: &Account, right: &Right) -> Option<(String, Value)> {
    for part in ["reads", "writes"] {
        let path = format!("{ROLES}/clusterroles/{}-{part}", account.name);
        let role = site.there.kubectl(Method::GET, &path, None).await;
        let rule =
            json!({ "apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb] });
        let rules = role["rules"].as_array().unwrap();
        let rest: Vec<_> = rules.iter().filter(|other| **other != rule).cloned().collect();
        if rest.len() < rules.len() {
            let less = json!({ "metadata": role["metadata"], "rules": rest });
            site.there.kubectl(Method::PUT, &path, Some(less)).await;
            return Some((path, role));
        }
    }
    None
}

/// Even an administrator is refused by the cluster.
async fn people_cannot_go_round(site: &Site) {
    let vms = format!("/apis/kubevirt.io/v1/namespaces/{}/virtualmachines", site.namespace);
    eventually("the policies to be in force", async || {
        let (status, _) = site
            .there
            .call(Method::POST, &format!("{vms}?dryRun=All"), Some(site.manifest("x", "Halted", "x")))
            .await;
        status == 403
    })
    .await;
    let mut vm = site.there.kubectl(Method::GET, &format!("{vms}/a"), None).await;
    vm["spec"]["runStrategy"] = json!("Halted");
    assert_eq!(site.there.call(Method::PUT, &format!("{vms}/a"), Some(vm)).await.0, 403);
    assert_eq!(site.there.call(Method::DELETE, &format!("{vms}/a"), None).await.0, 403);
    let bindings = format!("{ROLES}/namespaces/{}/rolebindings", site.namespace);
    let binding = |role: &str| {
        json!({ "metadata": { "name": role.replace(['.', ':'], "-") },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            "subjects": [{ "kind": "ServiceAccount", "name": "default", "namespace": site.namespace }] })
    };
    assert_eq!(site.there.call(Method::POST, &bindings, Some(binding("kubevirt.io:edit"))).await.0, 403);
    site.there.kubectl(Method::POST, &bindings, Some(binding("shepherd-look"))).await;
    let path = format!("/api/v1/namespaces/{}/serviceaccounts/default/token", site.namespace);
    let made = site.there.kubectl(Method::POST, &path, Some(json!({ "spec": {} }))).await;
    let person = site.with_token(made["status"]["token"].as_str().unwrap());
    let vm = site.cluster.get_vm(&site.namespace, "a").await.unwrap().unwrap();
    let vm = site.vm("a", &vm.metadata.uid);
    eventually("the person to see it", async || person.get_vm(&site.namespace, "a").await.is_ok()).await;
    for refused in [
        person.start(&vm).await.map(drop).unwrap_err(),
        person.stop(&vm, None).await.map(drop).unwrap_err(),
        person.open(&vm, Channel::Serial).await.map(drop).unwrap_err(),
        person.open(&vm, Channel::Vnc { preserve: false }).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(refused.code(), "CLUSTER_FORBIDDEN", "{refused:?}");
    }
}
