package main

import (
	"kubevirt.io/containerized-data-importer/pkg/operator/resources"
)

// cdi is the kinds of the Containerized Data Importer, as its operator has them. Its controller is played below.
func cdi() []yaml {
	var all []yaml
	for _, definition := range resources.CDICRDs {
		all = append(all, yaml(definition))
	}
	return all
}

func storageClass() object {
	class := plain("storage.k8s.io/v1", "StorageClass", "", "standard", object{
		"provisioner": "shepherd.test/none", "allowVolumeExpansion": true, "reclaimPolicy": "Delete",
	})
	class["metadata"].(object)["annotations"] = object{"storageclass.kubernetes.io/is-default-class": "true"}
	return class
}

// storage does what an importer and a provisioner would: a claim for each data volume, and room for each claim.
func (n *node) storage() error {
	volumes, err := n.admin.items("/apis/cdi.kubevirt.io/v1beta1/datavolumes?resourceVersion=0")
	if err != nil {
		return err
	}
	for _, volume := range volumes {
		if text(volume, "status", "phase") != "Succeeded" && text(volume, "metadata", "deletionTimestamp") == "" {
			if err := n.importVolume(volume); err != nil {
				return err
			}
		}
	}
	claims, err := n.admin.items("/api/v1/persistentvolumeclaims?resourceVersion=0")
	if err != nil {
		return err
	}
	for _, claim := range claims {
		wanted, given := text(claim, "spec", "resources", "requests", "storage"), text(claim, "status", "capacity", "storage")
		if wanted != given && text(claim, "metadata", "deletionTimestamp") == "" {
			if err := n.provision(claim, wanted); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *node) importVolume(volume object) error {
	namespace, name := text(volume, "metadata", "namespace"), text(volume, "metadata", "name")
	wish := value(volume, "spec", "storage")
	if wish == nil {
		wish = value(volume, "spec", "pvc")
	}
	claim := plain("v1", "PersistentVolumeClaim", namespace, name, object{"spec": object{
		"accessModes": []any{"ReadWriteOnce"}, "resources": value(wish, "resources"), "storageClassName": "standard",
		"volumeMode": "Filesystem",
	}})
	claim["metadata"].(object)["ownerReferences"] = []any{object{
		"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "DataVolume", "name": name, "controller": true,
		"blockOwnerDeletion": true, "uid": text(volume, "metadata", "uid"),
	}}
	if _, err := n.admin.post("/api/v1/namespaces/"+namespace+"/persistentvolumeclaims", claim); err != nil && !is(err, 409) {
		return err
	}
	volume["status"] = object{"phase": "Succeeded", "progress": "100.0%", "claimName": name, "conditions": []any{
		object{"type": "Ready", "status": "True", "lastTransitionTime": now(), "lastHeartbeatTime": now()},
		object{"type": "Bound", "status": "True", "lastTransitionTime": now(), "lastHeartbeatTime": now()},
	}}
	path := "/apis/cdi.kubevirt.io/v1beta1/namespaces/" + namespace + "/datavolumes/" + name
	_, err := n.admin.put(path+"/status", volume)
	if is(err, 404) {
		// The kind has no status of its own in some releases.
		_, err = n.admin.put(path, volume)
	}
	return ignore(err, 404, 409)
}

// provision binds a claim, or grows what it has.
func (n *node) provision(claim object, size string) error {
	namespace, name := text(claim, "metadata", "namespace"), text(claim, "metadata", "name")
	path := "/api/v1/namespaces/" + namespace + "/persistentvolumeclaims/" + name
	if text(claim, "spec", "volumeName") == "" {
		volume := "pvc-" + text(claim, "metadata", "uid")
		if _, err := n.admin.merge(path, object{"spec": object{"volumeName": volume}}); err != nil {
			return ignore(err, 404, 409)
		}
	}
	_, err := n.admin.merge(path+"/status", object{"status": object{
		"phase": "Bound", "accessModes": []any{"ReadWriteOnce"}, "capacity": object{"storage": size},
	}})
	return ignore(err, 404, 409)
}

// ignore forgets an answer with one of these codes: what it was about has changed since, and is looked at again.
func ignore(err error, codes ...int) error {
	for _, code := range codes {
		if is(err, code) {
			return nil
		}
	}
	return err
}
