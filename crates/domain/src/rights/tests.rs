use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn ask(mode: ClusterMode, namespaces: &[&str]) -> Ask {
    Ask {
        mode,
        namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        account: Account::default(),
        kubevirt: "kubevirt".into(),
    }
}

fn documents(ask: &Ask) -> Vec<Value> {
    let text = manifest(ask).unwrap();
    let parts = text.split("\n---\n").map(|part| part.trim_start_matches("---\n"));
    parts.map(|part| serde_saphyr::from_str(part).unwrap_or_else(|error| panic!("{error}: {part}"))).collect()
}

fn kinds(documents: &[Value]) -> Vec<&str> {
    documents.iter().map(|document| document["kind"].as_str().unwrap()).collect()
}

#[test]
fn observing_needs_reading_and_nothing_else() {
    let observing = documents(&ask(ClusterMode::Observe, &[]));
    assert_eq!(
        kinds(&observing),
        ["Namespace", "ServiceAccount", "Secret", "ClusterRole", "ClusterRoleBinding"]
    );
    let rules = observing[3]["rules"].as_array().unwrap();
    let verbs: BTreeSet<_> = rules.iter().map(|rule| rule["verbs"][0].as_str().unwrap()).collect();
    assert_eq!(verbs, BTreeSet::from(["list", "watch"]));
    assert!(rules.iter().all(|rule| rule["resources"][0] != "secrets"), "and no secret is read");
}

#[test]
fn the_printed_rules_are_the_table_and_each_says_why() {
    let text = manifest(&ask(ClusterMode::Govern, &[])).unwrap();
    let mut printed = 0;
    for document in documents(&ask(ClusterMode::Govern, &[])) {
        let ours = document["metadata"]["name"].as_str().is_some_and(|name| name != "shepherd-look");
        if document["kind"] == "ClusterRole" && ours {
            printed += document["rules"].as_array().unwrap().len();
        }
    }
    let ours: Vec<_> = needed(ClusterMode::Govern).filter(|right| !right.given).collect();
    assert_eq!(printed, ours.len());
    for right in ours {
        assert!(!right.why.is_empty() && text.contains(&format!("# {}\n", right.why)), "{right:?}");
    }
    let unique: BTreeSet<_> = RIGHTS.iter().map(|r| (r.verb, r.group, r.resource)).collect();
    assert_eq!(unique.len(), RIGHTS.len(), "no right stands twice");
}

#[test]
fn named_namespaces_keep_writing_to_themselves() {
    let governing = documents(&ask(ClusterMode::Govern, &["apps", "data"]));
    let cluster_wide: Vec<_> = governing
        .iter()
        .filter(|document| document["kind"] == "ClusterRoleBinding")
        .map(|document| document["roleRef"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(cluster_wide, ["shepherd-reads"], "only reading is everywhere");
    let bound: Vec<_> = governing
        .iter()
        .filter(|document| document["kind"] == "RoleBinding")
        .map(|document| document["metadata"]["namespace"].as_str().unwrap())
        .collect();
    assert_eq!(bound, ["apps", "data"]);
    let writes = governing.iter().find(|d| d["metadata"]["name"] == "shepherd-writes").unwrap();
    let makes_namespaces = |rule: &&Value| rule["resources"][0] == "namespaces" && rule["verbs"][0] != "get";
    assert_eq!(writes["rules"].as_array().unwrap().iter().filter(makes_namespaces).count(), 0);
    let made =
        governing.iter().find(|d| d["kind"] == "Namespace" && d["metadata"]["name"] == "apps").unwrap();
    assert_eq!(made["metadata"]["labels"]["shepherd.dev/governed"], "true");
}

#[test]
fn the_policy_lets_in_shepherd_and_machinery_alone() {
    let mut ask = ask(ClusterMode::Govern, &[]);
    ask.account = Account { name: "gate".into(), namespace: "ops".into() };
    ask.kubevirt = "virt".into();
    let governing = documents(&ask);
    let policy = governing.iter().find(|d| d["metadata"]["name"] == "shepherd-governs-vms").unwrap();
    let rule = policy["spec"]["validations"][0]["expression"].as_str().unwrap();
    assert!(rule.contains("'system:serviceaccount:ops:gate'"), "{rule}");
    assert!(rule.contains("startsWith('system:serviceaccount:virt:kubevirt-')"), "{rule}");
    let bindings: Vec<_> =
        governing.iter().filter(|d| d["kind"] == "ValidatingAdmissionPolicyBinding").collect();
    assert_eq!(bindings.len(), 2);
    for binding in bindings {
        let selector = &binding["spec"]["matchResources"]["namespaceSelector"]["matchLabels"];
        assert_eq!(selector["shepherd.dev/governed"], "true", "no other namespace is touched");
    }
}

#[test]
fn no_name_becomes_yaml() {
    for bad in ["", "A", "a b", "a\nkind: X", "-a", "a-", &"x".repeat(64), "a'b", "a.b"] {
        let mut in_account = ask(ClusterMode::Observe, &[]);
        in_account.account.name = bad.to_owned();
        assert!(manifest(&in_account).is_err(), "{bad:?}");
        assert!(manifest(&ask(ClusterMode::Govern, &[bad])).is_err(), "{bad:?}");
    }
}
