//! What keeps people from going round Shepherd with `kubectl` in governed namespaces.
//!
//! Two ValidatingAdmissionPolicies (admissionregistration.k8s.io/v1, Kubernetes 1.30 and later) and one role. The first
//! refuses every write to VMs, to what makes VMs and to what runs them, but by Shepherd, by KubeVirt's own controllers
//! and by Kubernetes' collectors. Starting, stopping and consoles go through KubeVirt's aggregated API, which no admission
//! policy sees: those are a matter of roles alone. So the second refuses to give, in a governed namespace, the roles that
//! carry them; and a role to give instead lets people look.

use std::fmt::Write as _;

use super::manifest::{Account, Ask};

/// What makes, changes or runs a VM, by API group.
const GUARDED: [(&str, &[&str]); 5] = [
    (
        "kubevirt.io",
        &[
            "virtualmachines",
            // A start that is asked for stands in the status.
            "virtualmachines/status",
            "virtualmachineinstances",
            "virtualmachineinstancemigrations",
            "virtualmachineinstancereplicasets",
            "virtualmachineinstancereplicasets/scale",
        ],
    ),
    ("pool.kubevirt.io", &["virtualmachinepools", "virtualmachinepools/scale"]),
    ("clone.kubevirt.io", &["virtualmachineclones"]),
    ("snapshot.kubevirt.io", &["virtualmachinerestores"]),
    ("export.kubevirt.io", &["virtualmachineexports"]),
];

/// Roles of Kubernetes and KubeVirt that carry power or consoles.
const STRONG: [&str; 6] =
    ["admin", "edit", "cluster-admin", "kubevirt.io:admin", "kubevirt.io:edit", "kubevirt.io:migrate"];

/// Roles and policies, as further documents of the manifest.
pub(super) fn documents(ask: &Ask) -> String {
    let mut out = String::new();
    guard_vms(&mut out, ask);
    guard_roles(&mut out);
    look(&mut out);
    out
}

fn guard_vms(out: &mut String, ask: &Ask) {
    let Account { name, namespace } = &ask.account;
    let kubevirt = &ask.kubevirt;
    out.push_str(
        "---\n# In governed namespaces only Shepherd, KubeVirt and Kubernetes' own collectors write VMs.\n\
         apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
         metadata:\n  name: shepherd-governs-vms\nspec:\n  failurePolicy: Fail\n  matchConstraints:\n    resourceRules:\n",
    );
    for (group, resources) in GUARDED {
        let list = resources.iter().map(|r| format!("\"{r}\"")).collect::<Vec<_>>().join(", ");
        let _ = write!(
            out,
            "      - apiGroups: [\"{group}\"]\n        apiVersions: [\"*\"]\n        \
             operations: [\"CREATE\", \"UPDATE\", \"DELETE\"]\n        resources: [{list}]\n"
        );
    }
    let _ = write!(
        out,
        "  variables:\n    - name: who\n      expression: request.userInfo.username\n  validations:\n    \
         - expression: >-\n        variables.who == 'system:serviceaccount:{namespace}:{name}'\n        \
         || variables.who.startsWith('system:serviceaccount:{kubevirt}:kubevirt-')\n        \
         || variables.who == 'system:serviceaccount:kube-system:generic-garbage-collector'\n        \
         || variables.who == 'system:serviceaccount:kube-system:namespace-controller'\n      \
         message: VMs in this namespace are governed by Shepherd; ask for the change there.\n      \
         reason: Forbidden\n"
    );
    binding(out, "shepherd-governs-vms");
}

fn guard_roles(out: &mut String) {
    let roles = STRONG.iter().map(|r| format!("'{r}'")).collect::<Vec<_>>().join(", ");
    let _ = write!(
        out,
        "---\n# Roles that start VMs or open consoles are not given in governed namespaces; those given before stay until\n\
         # somebody takes them back.\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
         metadata:\n  name: shepherd-governs-roles\nspec:\n  failurePolicy: Fail\n  matchConstraints:\n    resourceRules:\n      \
         - apiGroups: [\"rbac.authorization.k8s.io\"]\n        apiVersions: [\"*\"]\n        \
         operations: [\"CREATE\", \"UPDATE\"]\n        resources: [\"rolebindings\", \"roles\"]\n  validations:\n    \
         - expression: >-\n        object.kind != 'RoleBinding' || !(object.roleRef.name in [{roles}])\n      \
         message: Give shepherd-look instead; VMs here are started, and their consoles opened, through Shepherd.\n      \
         reason: Forbidden\n    \
         - expression: >-\n        object.kind != 'Role' || !has(object.rules) || object.rules.all(rule,\n        \
         !has(rule.apiGroups) || !rule.apiGroups.exists(group, group in ['subresources.kubevirt.io', '*']))\n      \
         message: VMs here are started, and their consoles opened, through Shepherd.\n      reason: Forbidden\n"
    );
    binding(out, "shepherd-governs-roles");
}

fn binding(out: &mut String, policy: &str) {
    let _ = write!(
        out,
        "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n\
         metadata:\n  name: {policy}\nspec:\n  policyName: {policy}\n  \
         # Refused, and noted in the API server's audit log.\n  validationActions: [\"Deny\", \"Audit\"]\n  \
         matchResources:\n    namespaceSelector:\n      matchLabels:\n        shepherd.dev/governed: \"true\"\n"
    );
}

fn look(out: &mut String) {
    out.push_str(
        "---\n# For people: VMs can be looked at with kubectl, and nothing else.\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: shepherd-look\nrules:\n  \
         - apiGroups: [\"kubevirt.io\"]\n    resources: [\"virtualmachines\", \"virtualmachineinstances\"]\n    \
         verbs: [\"get\", \"list\", \"watch\"]\n  - apiGroups: [\"\"]\n    resources: [\"events\"]\n    \
         verbs: [\"get\", \"list\", \"watch\"]\n",
    );
}
