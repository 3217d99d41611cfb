//! The least RBAC as YAML, with the reason of each rule beside it, to be read before it is applied.

use std::fmt::Write as _;

use super::{Reach, Right, needed, policy};
use crate::states::ClusterMode;

/// Whose manifest.
#[derive(Clone, Debug)]
pub struct Ask {
    pub mode: ClusterMode,
    /// The namespaces to govern, made and labelled by the manifest. Empty: Shepherd makes namespaces itself and its rights
    /// to write reach everywhere.
    pub namespaces: Vec<String>,
    pub account: Account,
    /// Where KubeVirt runs.
    pub kubevirt: String,
}

/// The account that Shepherd signs in with.
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    pub namespace: String,
}

impl Default for Account {
    fn default() -> Self {
        Self { name: "shepherd".into(), namespace: "shepherd-system".into() }
    }
}

/// A name that cannot be one in Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a name that Kubernetes takes: lower-case letters, digits and hyphens, at most 63")]
pub struct BadName(pub String);

/// The manifest. Names are checked, so that none of them can become YAML.
///
/// # Errors
/// When one of the names is not a DNS-1123 label.
pub fn manifest(ask: &Ask) -> Result<String, BadName> {
    let Account { name, namespace } = &ask.account;
    for given in [name, namespace, &ask.kubevirt].into_iter().chain(&ask.namespaces) {
        if !is_label(given) {
            return Err(BadName(given.chars().take(80).collect()));
        }
    }
    let mut out = String::new();
    let mode = match ask.mode {
        ClusterMode::Observe => "observe a cluster: nothing in it lets anybody write",
        ClusterMode::Govern => "govern a cluster",
    };
    let _ = write!(
        out,
        "# The least that Shepherd needs to {mode}. Read it, then: kubectl apply -f FILE\n\
         # Each rule says what goes without it.\n\
         apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n---\n\
         apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: {namespace}\n---\n\
         # Its token: kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.token}}' | base64 -d\n\
         apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  annotations:\n    \
         kubernetes.io/service-account.name: {name}\ntype: kubernetes.io/service-account-token\n"
    );
    let whole = ask.namespaces.is_empty();
    role(&mut out, &format!("{name}-reads"), &of(ask.mode, &[Reach::Everywhere]));
    bind(&mut out, &format!("{name}-reads"), &ask.account, None);
    if ask.mode == ClusterMode::Govern {
        let writes = format!("{name}-writes");
        let reaches: &[Reach] =
            if whole { &[Reach::Governed, Reach::MakingNamespaces] } else { &[Reach::Governed] };
        role(&mut out, &writes, &of(ask.mode, reaches));
        if whole {
            bind(&mut out, &writes, &ask.account, None);
        }
        for governed in &ask.namespaces {
            let _ = write!(
                out,
                "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {governed}\n  labels:\n    \
                 shepherd.dev/governed: \"true\"\n"
            );
            bind(&mut out, &writes, &ask.account, Some(governed));
        }
        out.push_str(&policy::documents(ask));
    }
    Ok(out)
}

fn of(mode: ClusterMode, reaches: &[Reach]) -> Vec<&'static Right> {
    needed(mode).filter(|right| !right.given && reaches.contains(&right.reach)).collect()
}

/// One rule for each right: the reasons stay beside what they are for.
fn role(out: &mut String, name: &str, rights: &[&Right]) {
    let _ = write!(
        out,
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:\n"
    );
    for right in rights {
        let Right { verb, group, resource, why, .. } = right;
        let _ = write!(
            out,
            "  # {why}\n  - apiGroups: [\"{group}\"]\n    resources: [\"{resource}\"]\n    verbs: [\"{verb}\"]\n"
        );
    }
}

fn bind(out: &mut String, role: &str, account: &Account, namespace: Option<&str>) {
    let Account { name, namespace: home } = account;
    let (kind, place) = match namespace {
        Some(namespace) => ("RoleBinding", format!("\n  namespace: {namespace}")),
        None => ("ClusterRoleBinding", String::new()),
    };
    let _ = write!(
        out,
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {role}{place}\n\
         roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {role}\n\
         subjects:\n  - kind: ServiceAccount\n    name: {name}\n    namespace: {home}\n"
    );
}

fn is_label(name: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(inside)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
