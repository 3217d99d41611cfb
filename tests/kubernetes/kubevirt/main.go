// Command manifests prints the objects with which KubeVirt's operator would install this release, as JSON.
//
// The operator itself is not run: it needs image registries and a kubelet. These are its own functions, so the
// definitions, roles, webhooks and policies are exactly the release's. What is for its own deployment (workloads,
// services, certificates, monitoring) is left out: the world runs the programs itself.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	v1 "kubevirt.io/api/core/v1"
	"kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/components"
	"kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/install"
	"kubevirt.io/kubevirt/pkg/virt-operator/util"
)

const namespace = "kubevirt"

// The groups in the order in which they are created.
type manifests struct {
	CRDs        []any `json:"crds"`
	Rights      []any `json:"rights"`
	Catalogue   []any `json:"catalogue"`
	APIServices []any `json:"api_services"`
	Webhooks    []any `json:"webhooks"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "manifests:", err)
		os.Exit(1)
	}
}

func run() error {
	// What has templates of its own needs more programs than the control plane.
	kubevirt := []byte(`{"metadata":{"namespace":"kubevirt"},
		"spec":{"configuration":{"developerConfiguration":{"disabledFeatureGates":["Template"]}}}}`)
	var kv v1.KubeVirt
	if err := json.Unmarshal(kubevirt, &kv); err != nil {
		return err
	}
	strategy, err := install.GenerateCurrentInstallStrategy(util.GetTargetConfigFromKV(&kv), "", namespace)
	if err != nil {
		return err
	}
	own, err := components.NewKubeVirtCrd()
	if err != nil {
		return err
	}
	const (
		rbac      = "rbac.authorization.k8s.io/v1"
		admission = "admissionregistration.k8s.io/v1"
		instance  = "instancetype.kubevirt.io/v1beta1"
	)
	var m manifests
	add(&m.CRDs, "apiextensions.k8s.io/v1", "CustomResourceDefinition", append(strategy.CRDs(), own))
	add(&m.Rights, "v1", "ServiceAccount", strategy.ServiceAccounts())
	add(&m.Rights, rbac, "ClusterRole", strategy.ClusterRoles())
	add(&m.Rights, rbac, "ClusterRoleBinding", strategy.ClusterRoleBindings())
	add(&m.Rights, rbac, "Role", strategy.Roles())
	add(&m.Rights, rbac, "RoleBinding", strategy.RoleBindings())
	add(&m.Rights, "scheduling.k8s.io/v1", "PriorityClass", []any{components.NewKubeVirtPriorityClassCR()})
	add(&m.Rights, admission, "ValidatingAdmissionPolicy", strategy.ValidatingAdmissionPolicies())
	add(&m.Rights, admission, "ValidatingAdmissionPolicyBinding", strategy.ValidatingAdmissionPolicyBindings())
	add(&m.Catalogue, instance, "VirtualMachineClusterInstancetype", strategy.Instancetypes())
	add(&m.Catalogue, instance, "VirtualMachineClusterPreference", strategy.Preferences())
	add(&m.APIServices, "apiregistration.k8s.io/v1", "APIService", strategy.APIServices())
	add(&m.Webhooks, admission, "ValidatingWebhookConfiguration", strategy.ValidatingWebhookConfigurations())
	add(&m.Webhooks, admission, "MutatingWebhookConfiguration", strategy.MutatingWebhookConfigurations())
	return json.NewEncoder(os.Stdout).Encode(m)
}

// add appends the objects with the kind they are of: some of the operator's constructors leave it out or get it wrong.
func add[T any](to *[]any, version, kind string, objects []T) {
	for _, object := range objects {
		text, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		var plain map[string]any
		if err := json.Unmarshal(text, &plain); err != nil {
			panic(err)
		}
		plain["apiVersion"], plain["kind"] = version, kind
		delete(plain, "status")
		*to = append(*to, plain)
	}
}
