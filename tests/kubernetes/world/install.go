package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// manifests are KubeVirt's own, by the order in which they are created.
type manifests struct {
	CRDs        []object `json:"crds"`
	Rights      []object `json:"rights"`
	Catalogue   []object `json:"catalogue"`
	APIServices []object `json:"api_services"`
	Webhooks    []object `json:"webhooks"`
}

func (w *world) readManifests() (*manifests, error) {
	text, err := os.ReadFile(filepath.Join(w.kubevirt, "manifests.json"))
	if err != nil {
		return nil, err
	}
	var read manifests
	return &read, json.Unmarshal(text, &read)
}

// collection is where objects of a kind are created.
func collection(o object) string {
	group, kind := text(o, "apiVersion"), text(o, "kind")
	path := "/apis/" + group
	if !strings.Contains(group, "/") {
		path = "/api/" + group
	}
	if namespace := text(o, "metadata", "namespace"); namespace != "" {
		path += "/namespaces/" + namespace
	}
	plural := strings.ToLower(kind) + "s"
	switch {
	case strings.HasSuffix(kind, "ss"):
		plural = strings.ToLower(kind) + "es"
	case strings.HasSuffix(kind, "Policy"):
		plural = strings.TrimSuffix(strings.ToLower(kind), "y") + "ies"
	}
	return path + "/" + plural
}

// create makes the objects, several at a time: each waits for the API server's disk.
func (w *world) create(objects []object) error {
	results := make(chan error)
	slots := make(chan struct{}, 4)
	for _, o := range objects {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			_, err := w.admin.post(collection(o), o)
			if err != nil {
				err = fmt.Errorf("%s %s: %w", text(o, "kind"), text(o, "metadata", "name"), err)
			}
			results <- err
		}()
	}
	var all []error
	for range objects {
		all = append(all, <-results)
	}
	return errors.Join(all...)
}

// install creates all that KubeVirt's programs need to start.
func (w *world) install(m *manifests) error {
	if err := w.create([]object{plain("v1", "Namespace", "", "kubevirt", nil)}); err != nil {
		return err
	}
	if err := w.create(m.CRDs); err != nil {
		return err
	}
	for _, definition := range cdi() {
		if _, err := w.admin.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition); err != nil {
			return err
		}
	}
	if err := w.programs.until("the kinds to be established", func() error {
		crds, err := w.admin.items("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
		for _, crd := range crds {
			if text(condition(crd, "Established"), "status") != "True" {
				return fmt.Errorf("%s is not", text(crd, "metadata", "name"))
			}
		}
		return err
	}); err != nil {
		return err
	}
	objects := m.Rights
	for _, name := range []string{"kubevirt-ca", "kubevirt-export-ca", "kubevirt-backup-ca"} {
		bundle := object{"data": object{"ca-bundle": string(w.ca)}}
		objects = append(objects, plain("v1", "ConfigMap", "kubevirt", name, bundle))
	}
	objects = append(objects, w.node(), w.kubevirtResource(), storageClass())
	if err := w.create(append(objects, m.Catalogue...)); err != nil {
		return err
	}
	return w.report()
}

// plain is an object of that kind and name with these further fields.
func plain(version, kind, namespace, name string, fields object) object {
	metadata := object{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	o := object{"apiVersion": version, "kind": kind, "metadata": metadata}
	for key, value := range fields {
		o[key] = value
	}
	return o
}

func (w *world) kubevirtResource() object {
	// A release that does not know how to turn a gate off drops the field.
	developer := object{"useEmulation": true, "featureGates": []any{}, "disabledFeatureGates": []any{"Template"}}
	spec := object{"configuration": object{"developerConfiguration": developer}}
	return plain("kubevirt.io/v1", "KubeVirt", "kubevirt", "kubevirt", object{"spec": spec})
}

// node is the only one: large, so that tests side by side do not wait for each other's room.
func (w *world) node() object {
	node := plain("v1", "Node", "", nodeName, nil)
	metadata := node["metadata"].(object)
	metadata["labels"] = object{
		"kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
		"kubernetes.io/hostname": nodeName, "machine-type.node.kubevirt.io/q35": "true",
	}
	metadata["annotations"] = object{"kubevirt.io/heartbeat": now()}
	return node
}

// report writes the states that the operator and the kubelet would.
func (w *world) report() error {
	version := w.version()
	conditions := []any{}
	for kind, state := range map[string]string{"Created": "True", "Available": "True", "Progressing": "False", "Degraded": "False"} {
		conditions = append(conditions, object{"type": kind, "status": state, "lastTransitionTime": now(), "lastProbeTime": now()})
	}
	_, err := w.admin.merge("/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt/status", object{"status": object{
		"phase": "Deployed", "operatorVersion": version, "targetKubeVirtVersion": version,
		"observedKubeVirtVersion": version, "defaultArchitecture": "amd64", "observedGeneration": 1,
		"conditions": conditions,
	}})
	if err != nil {
		return err
	}
	room := object{
		"cpu": "512", "memory": "2Ti", "pods": "5000", "ephemeral-storage": "20Ti", "devices.kubevirt.io/kvm": "5000",
		"devices.kubevirt.io/tun": "5000", "devices.kubevirt.io/vhost-net": "5000",
	}
	ready := object{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
		"lastHeartbeatTime": now(), "lastTransitionTime": now()}
	_, err = w.admin.patch("/api/v1/nodes/"+nodeName+"/status", object{"status": object{
		"capacity": room, "allocatable": room, "conditions": []any{ready},
	}})
	if err != nil {
		return err
	}
	// Admission taints every new node until its lifecycle controller has seen it, which does not run.
	_, err = w.admin.merge("/api/v1/nodes/"+nodeName, object{"spec": object{"taints": nil}})
	return err
}

// connect lets the API server find virt-api, as its extension and for admission.
func (w *world) connect(m *manifests) error {
	bundle := base64of(w.ca)
	// A name that is an address: endpoints may not be loopback addresses, an external name may.
	service := plain("v1", "Service", "kubevirt", "virt-api",
		object{"spec": object{"type": "ExternalName", "externalName": "127.0.0.1"}})
	objects := []object{service}
	for _, extension := range m.APIServices {
		spec := extension["spec"].(object)
		spec["caBundle"] = bundle
		spec["service"].(object)["port"] = w.ports.virtAPI
		objects = append(objects, extension)
	}
	if err := w.create(objects); err != nil {
		return err
	}
	if err := w.programs.until("virt-api's extension", func() error {
		extension, err := w.admin.get("/apis/apiregistration.k8s.io/v1/apiservices/v1.subresources.kubevirt.io")
		if available := condition(extension, "Available"); err == nil && text(available, "status") != "True" {
			err = errors.New(text(available, "message"))
		}
		return err
	}); err != nil {
		return err
	}
	// Last, for what they cannot ask they refuse.
	var webhooks []object
	for _, configuration := range m.Webhooks {
		// The operator's own hooks: it does not run.
		if strings.Contains(text(configuration, "metadata", "name"), "operator") {
			continue
		}
		for _, hook := range array(configuration, "webhooks") {
			path := text(hook, "clientConfig", "service", "path")
			hook.(object)["clientConfig"] = object{
				"url": fmt.Sprintf("https://127.0.0.1:%d%s", w.ports.virtAPI, path), "caBundle": bundle,
			}
		}
		webhooks = append(webhooks, configuration)
	}
	return w.create(webhooks)
}

func base64of(text []byte) string { return base64.StdEncoding.EncodeToString(text) }
