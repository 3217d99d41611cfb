//! From what a cluster answered to checks with their results: pure, and worded so that people know what to do.

use serde_json::Value;
use shepherd_contract::types::{
    ClusterCheckLine as Line, ClusterCheckName as Name, ClusterCheckState as State,
};
use shepherd_domain::reason::Reason;
use shepherd_domain::rights::{self, Reach as RightReach, Right};
use shepherd_domain::states::ClusterMode;
use shepherd_domain::support::{self, Support};
use shepherd_kubevirt::probe::{Access, Node, Part, StorageClass};
use shepherd_kubevirt::{Capability, Error, Reach};

use crate::requests::shown_reason;

/// Every check, in the order people see them.
const ALL: [Name; 9] = [
    Name::Reachable,
    Name::Certificate,
    Name::Credentials,
    Name::Kubernetes,
    Name::Kubevirt,
    Name::Rights,
    Name::Nodes,
    Name::Storage,
    Name::Images,
];

fn line(check: Name, state: State, reason: Reason) -> Line {
    Line { check, state, reason: shown_reason(reason) }
}

fn passed(check: Name, reason: Reason) -> Line {
    line(check, State::Passed, reason)
}

/// What there is to say of a cluster that did not answer, or not to us; no error at all is no answer in time.
pub(super) fn unheard(error: Option<Error>) -> Vec<Line> {
    let (at, reason) = match &error {
        Some(Error::Unauthorized { .. }) => (
            Name::Credentials,
            Reason::new(
                "CLUSTER_UNAUTHORIZED",
                "The cluster does not accept these credentials; take new ones from it.",
            ),
        ),
        Some(Error::Unreachable { why: Reach::Certificate, .. }) => (
            Name::Certificate,
            Reason::new(
                "CLUSTER_CERTIFICATE_UNTRUSTED",
                "The server at this address shows a certificate that this authority did not sign, or that is for another name; give the right authority.",
            ),
        ),
        Some(Error::Forbidden { .. }) => (
            Name::Credentials,
            Reason::new(
                "CREDENTIALS_WITHOUT_RIGHTS",
                "The cluster knows these credentials and lets them do nothing; apply what shepherd cluster manifest prints.",
            ),
        ),
        Some(Error::Unreachable { why: Reach::Name, .. }) => (
            Name::Reachable,
            Reason::new("CLUSTER_NAME_UNKNOWN", "The name in this address does not resolve; check it."),
        ),
        Some(Error::Unreachable { .. }) => (
            Name::Reachable,
            Reason::new(
                "CLUSTER_NO_CONNECTION",
                "Nothing takes a connection at this address; check it, the network between, and the proxy.",
            ),
        ),
        Some(Error::Timeout { .. }) => (Name::Reachable, late()),
        Some(_) => (
            Name::Reachable,
            Reason::new(
                "CLUSTER_NOT_KUBERNETES",
                "What answers at this address does not answer as a Kubernetes API server; check the address.",
            ),
        ),
        None => (Name::Reachable, late()),
    };
    let before = ALL
        .iter()
        .take_while(|name| **name != at)
        .map(|name| passed(*name, Reason::new("CHECK_PASSED", "It does.")));
    let after = ALL.iter().skip_while(|name| **name != at).skip(1).map(|name| {
        line(*name, State::Skipped, Reason::new("CHECK_SKIPPED", "Not asked, because of what failed before."))
    });
    before.chain([line(at, State::Failed, reason)]).chain(after).collect()
}

fn late() -> Reason {
    let text = "The cluster did not answer in time; check the network between, or try again.";
    Reason::new("CLUSTER_TIMEOUT", text)
}

/// What there is to say of a cluster that answered us.
pub(super) fn heard(found: &Capability, mode: ClusterMode) -> Vec<Line> {
    let answers = |name| passed(name, Reason::new("CHECK_PASSED", "It does."));
    vec![
        answers(Name::Reachable),
        answers(Name::Certificate),
        answers(Name::Credentials),
        kubernetes(found, mode),
        kubevirt(found),
        rights(found, mode),
        nodes(&found.nodes),
        storage(&found.storage_classes),
        images(&found.cdi),
    ]
}

/// Kubernetes of which the manifest's admission policies need at least this minor version.
const POLICIES_SINCE: (u32, u32) = (1, 30);

fn kubernetes(found: &Capability, mode: ClusterMode) -> Line {
    let Some(version) = found.kubernetes.known() else {
        return line(Name::Kubernetes, State::Warning, unknown(&found.kubernetes));
    };
    let old = mode == ClusterMode::Govern && version.minor().is_some_and(|minor| minor < POLICIES_SINCE);
    match old {
        true => {
            let text = format!(
                "Kubernetes {} has no admission policies: people with kubectl can go round Shepherd there. 1.30 has them.",
                version.0
            );
            let reason = Reason::new("KUBERNETES_WITHOUT_POLICIES", text);
            line(Name::Kubernetes, State::Warning, reason.with("version", version.0.as_str()))
        }
        false => passed(Name::Kubernetes, version_found(&version.0)),
    }
}

fn version_found(version: &str) -> Reason {
    Reason::new("VERSION_FOUND", format!("Version {version}.")).with("version", version)
}

fn kubevirt(found: &Capability) -> Line {
    let at = |state, code: &'static str, text: String| line(Name::Kubevirt, state, Reason::new(code, text));
    if let Part::Missing { code, .. } = &found.virt_api {
        return match code.as_str() {
            "CLUSTER_NOT_FOUND" => at(
                State::Failed,
                "KUBEVIRT_NOT_INSTALLED",
                "KubeVirt is not installed there; install it first.".into(),
            ),
            _ => at(
                State::Failed,
                "KUBEVIRT_SILENT",
                "KubeVirt's virt-api does not answer there; look after it first.".into(),
            ),
        };
    }
    let installation = found.kubevirt.known();
    if let Some(kubevirt) = installation.filter(|kubevirt| !kubevirt.available) {
        let text =
            format!("KubeVirt is not available there (phase {}); look after it first.", kubevirt.phase);
        let reason = Reason::new("KUBEVIRT_NOT_AVAILABLE", text).with("phase", kubevirt.phase.as_str());
        return line(Name::Kubevirt, State::Warning, reason);
    }
    let version = installation.and_then(|kubevirt| kubevirt.observed_version.as_ref());
    let Some(version) = version.or(found.virt_api.known()) else {
        return line(Name::Kubevirt, State::Warning, unknown(&found.kubevirt));
    };
    let say = |state, code: &'static str, text: String| {
        line(Name::Kubevirt, state, Reason::new(code, text).with("version", version.0.as_str()))
    };
    match support::kubevirt(&version.0) {
        Support::Supported => passed(Name::Kubevirt, version_found(&version.0)),
        Support::BestEffort => say(
            State::Warning,
            "KUBEVIRT_BEST_EFFORT",
            format!("KubeVirt {} is best effort; 1.6 to 1.10 are supported.", version.0),
        ),
        _ => say(
            State::Warning,
            "KUBEVIRT_UNSUPPORTED",
            format!("KubeVirt {} is not among the supported versions, 1.6 to 1.10.", version.0),
        ),
    }
}

/// Rights without which the mode does not work are a failure; those that only leave something unseen, or that an
/// administrator can make up for, are a warning.
fn rights(found: &Capability, mode: ClusterMode) -> Line {
    let Some(access) = found.access.known() else {
        return line(Name::Rights, State::Warning, unknown(&found.access));
    };
    let refused = |right: &&'static Right| {
        let same =
            |a: &&Access| a.verb == right.verb && a.group == right.group && a.resource == right.resource;
        access.iter().find(same).is_some_and(|a| !a.allowed)
    };
    let missing: Vec<&Right> = rights::needed(mode).filter(refused).collect();
    if missing.is_empty() {
        let text = "Our account may do everything that this mode needs.";
        return passed(Name::Rights, Reason::new("RIGHTS_GIVEN", text));
    }
    let serious = missing.iter().any(|right| matters(right));
    let named: Vec<String> =
        missing.iter().map(|right| format!("{} {}", right.verb, right.resource)).collect();
    let text = format!(
        "Our account there may not: {}. Apply what shepherd cluster manifest prints.",
        named.join(", ")
    );
    let why: Vec<Value> = missing.iter().map(|right| right.why.into()).collect();
    let reason = Reason::new("RIGHTS_MISSING", text).with("rights", named).with("why", why);
    line(Name::Rights, if serious { State::Failed } else { State::Warning }, reason)
}

fn matters(right: &Right) -> bool {
    let seeing = right.from == ClusterMode::Observe;
    !right.given && right.reach != RightReach::MakingNamespaces && (!seeing || right.group == "kubevirt.io")
}

fn nodes(found: &Part<Vec<Node>>) -> Line {
    let Some(nodes) = found.known() else { return line(Name::Nodes, State::Warning, unknown(found)) };
    let takes: Vec<&Node> = nodes.iter().filter(|node| node.schedulable).collect();
    if takes.is_empty() {
        let text = "No node there takes VMs: KubeVirt's virt-handler runs on none that is ready.";
        return line(Name::Nodes, State::Warning, Reason::new("NODES_NONE", text));
    }
    let mut zones: Vec<&str> = takes.iter().filter_map(|node| node.zone.as_deref()).collect();
    zones.sort_unstable();
    zones.dedup();
    let text = format!("{} nodes take VMs.", takes.len());
    passed(Name::Nodes, Reason::new("NODES_FOUND", text).with("count", takes.len()).with("zones", zones))
}

fn storage(found: &Part<Vec<StorageClass>>) -> Line {
    let Some(classes) = found.known() else { return line(Name::Storage, State::Warning, unknown(found)) };
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let say = |state, code: &'static str, text: &str| {
        line(Name::Storage, state, Reason::new(code, text.to_owned()).with("classes", names.clone()))
    };
    match (classes.is_empty(), classes.iter().any(|class| class.default)) {
        (true, _) => say(
            State::Warning,
            "STORAGE_NONE",
            "There is no storage class: VMs whose disk outlives them cannot be made.",
        ),
        (_, false) => say(
            State::Warning,
            "STORAGE_WITHOUT_DEFAULT",
            "No storage class is the default: requests have to name one.",
        ),
        _ => say(State::Passed, "STORAGE_FOUND", "There is storage for disks that outlive their VMs."),
    }
}

fn images(found: &Part<bool>) -> Line {
    match found.known() {
        Some(true) => passed(Name::Images, Reason::new("IMAGES_IMPORTED", "CDI imports images.")),
        Some(false) => {
            let text = "CDI is not installed: VMs whose disk outlives them cannot be made.";
            line(Name::Images, State::Warning, Reason::new("CDI_MISSING", text))
        }
        None => line(Name::Images, State::Warning, unknown(found)),
    }
}

/// Something we may not look at, or that did not answer.
fn unknown<T>(part: &Part<T>) -> Reason {
    let code = match part {
        Part::Missing { code, .. } => code.as_str(),
        Part::Known(_) => "",
    };
    let text = format!("It could not be asked ({code}); give our account the right to look.");
    Reason::new("CHECK_UNANSWERED", text).with("code", code)
}
