package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	vmis = "/apis/kubevirt.io/v1"
	// Short enough that a test does not feel it.
	pass = 50 * time.Millisecond
)

// node plays scheduler, kubelet, virt-handler and storage. It lists and compares rather than watches: there is little
// to list, and nothing can be missed.
type node struct {
	admin    *api
	programs *programs
	// virt-handler's own identity: only it, bound to its node, may write what an instance reports.
	handler *api
	// Where virt-api reaches virt-handler.
	port int

	lock   sync.Mutex
	guests map[string]*guest
	count  int
}

func newNode(w *world) (*node, error) {
	machine, err := w.admin.get("/api/v1/nodes/" + nodeName)
	if err != nil {
		return nil, err
	}
	token, err := w.token("kubevirt-handler", object{
		"apiVersion": "v1", "kind": "Node", "name": nodeName, "uid": text(machine, "metadata", "uid"),
	})
	if err != nil {
		return nil, err
	}
	n := &node{admin: w.admin, programs: w.programs, handler: w.admin.as(token), guests: map[string]*guest{}}
	if err := n.serve(w); err != nil {
		return nil, err
	}
	return n, n.announce()
}

// announce makes the pod by which virt-api finds virt-handler.
func (n *node) announce() error {
	pod := plain("v1", "Pod", "kubevirt", "virt-handler-"+nodeName, object{"spec": object{
		"nodeName": nodeName, "containers": []any{object{"name": "virt-handler", "image": "virt-handler"}},
	}})
	pod["metadata"].(object)["labels"] = object{"kubevirt.io": "virt-handler"}
	if _, err := n.admin.post("/api/v1/namespaces/kubevirt/pods", pod); err != nil {
		return err
	}
	_, err := n.admin.patch("/api/v1/namespaces/kubevirt/pods/virt-handler-"+nodeName+"/status", object{"status": object{
		"phase": "Running", "podIP": "127.0.0.1", "podIPs": []any{object{"ip": "127.0.0.1"}},
		"conditions": []any{object{"type": "Ready", "status": "True"}},
	}})
	return err
}

// run works until the process ends. What fails is said once and tried again.
func (n *node) run() {
	var beat time.Time
	said := ""
	for !n.programs.closing.Load() {
		err := n.pods()
		if err == nil {
			err = n.instances()
		}
		if err == nil {
			err = n.storage()
		}
		if err == nil && time.Since(beat) > time.Minute {
			beat = time.Now()
			_, err = n.admin.merge("/api/v1/nodes/"+nodeName, object{"metadata": object{
				"annotations": object{"kubevirt.io/heartbeat": now()},
			}})
		}
		if err != nil && err.Error() != said && !n.programs.closing.Load() {
			said = err.Error()
			fmt.Fprintln(os.Stderr, "world: node:", said)
		}
		time.Sleep(pass)
	}
}

// pods is the scheduler's and the kubelet's part.
func (n *node) pods() error {
	pods, err := n.admin.items("/api/v1/pods?resourceVersion=0&labelSelector=kubevirt.io%20in%20(virt-launcher,hotplug-disk)")
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if err := n.pod(pod); ignore(err, 404, 409) != nil {
			return err
		}
	}
	return nil
}

func (n *node) pod(pod object) error {
	path := "/api/v1/namespaces/" + text(pod, "metadata", "namespace") + "/pods/" + text(pod, "metadata", "name")
	switch {
	case text(pod, "metadata", "deletionTimestamp") != "":
		_, err := n.admin.do("DELETE", path, "application/json", object{
			"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
			"preconditions": object{"uid": text(pod, "metadata", "uid")},
		})
		return err
	case text(pod, "spec", "nodeName") == "":
		_, err := n.admin.post(path+"/binding", object{
			"apiVersion": "v1", "kind": "Binding", "metadata": object{"name": text(pod, "metadata", "name")},
			"target": object{"kind": "Node", "apiVersion": "v1", "name": nodeName},
		})
		return err
	}
	phase := text(pod, "status", "phase")
	if phase == "Succeeded" || phase == "Failed" {
		return nil
	}
	if over := n.over(text(pod, "metadata", "labels", "kubevirt.io/created-by")); over != "" {
		_, err := n.admin.patch(path+"/status", object{"status": object{"phase": over}})
		return err
	}
	status := podStatus(pod)
	if status == nil {
		return nil
	}
	_, err := n.admin.patch(path+"/status", object{"status": status})
	return err
}

// podStatus is what the kubelet would report now, or nil if it has done so.
func podStatus(pod object) object {
	if image := missing(pod); image != "" {
		if text(pod, "status", "reason") == "shepherd.test/missing" {
			return nil
		}
		var waiting []any
		for _, container := range array(pod, "spec", "containers") {
			waiting = append(waiting, object{
				"name": text(container, "name"), "image": text(container, "image"), "imageID": "", "ready": false,
				"restartCount": 0, "state": object{"waiting": object{
					"reason": "ImagePullBackOff", "message": "Back-off pulling image " + image}},
			})
		}
		return object{"phase": "Pending", "reason": "shepherd.test/missing", "containerStatuses": waiting}
	}
	ready := "True"
	for _, gate := range array(pod, "spec", "readinessGates") {
		if text(condition(pod, text(gate, "conditionType")), "status") != "True" {
			ready = "False"
		}
	}
	if text(pod, "status", "phase") == "Running" && text(condition(pod, "Ready"), "status") == ready {
		return nil
	}
	started := object{"running": object{"startedAt": now()}}
	finished := object{"terminated": object{"exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now()}}
	conditions := []any{}
	for _, kind := range []string{"Initialized", "ContainersReady", "PodReadyToStartContainers"} {
		conditions = append(conditions, object{"type": kind, "status": "True", "lastTransitionTime": now()})
	}
	return object{
		"phase": "Running", "hostIP": "127.0.0.1", "podIP": "127.0.0.1", "podIPs": []any{object{"ip": "127.0.0.1"}},
		"startTime": now(),
		"conditions": append(conditions,
			object{"type": "Ready", "status": ready, "lastTransitionTime": now()}),
		"containerStatuses": containers(pod, "containers", func(object) object { return started }),
		"initContainerStatuses": containers(pod, "initContainers", func(container object) object {
			// Those that are restarted run beside the others.
			if text(container, "restartPolicy") == "Always" {
				return started
			}
			return finished
		}),
	}
}

func containers(pod object, kind string, state func(object) object) []any {
	all := []any{}
	for _, container := range array(pod, "spec", kind) {
		all = append(all, object{
			"name": text(container, "name"), "image": text(container, "image"), "imageID": text(container, "image"),
			"ready": true, "started": true, "restartCount": 0, "state": state(container.(object)),
		})
	}
	return all
}

// missing is the first image of a pod that the simulation has not, by the convention that behaviourOf describes.
func missing(pod object) string {
	images := []any{}
	for _, container := range array(pod, "spec", "containers") {
		images = append(images, value(container, "image"))
	}
	for _, volume := range array(pod, "spec", "volumes") {
		images = append(images, value(volume, "image", "reference"))
	}
	for _, image := range images {
		if image, ok := image.(string); ok && behaviourOf(image) == "missing" {
			return image
		}
	}
	return ""
}

// instances is virt-handler's part.
func (n *node) instances() error {
	all, err := n.handler.items(vmis + "/virtualmachineinstances?resourceVersion=0")
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, vmi := range all {
		seen[text(vmi, "metadata", "uid")] = true
		if text(vmi, "status", "nodeName") != nodeName || !n.instance(vmi) {
			continue
		}
		if err := n.write(vmi); ignore(err, 404, 409) != nil {
			return err
		}
	}
	n.forget(seen)
	return nil
}

func (n *node) write(vmi object) error {
	path := vmis + "/namespaces/" + text(vmi, "metadata", "namespace") + "/virtualmachineinstances/" + text(vmi, "metadata", "name")
	_, err := n.handler.put(path, vmi)
	return err
}

// instance brings what an instance reports up to date and says whether that changed it.
func (n *node) instance(vmi object) bool {
	status := vmi["status"].(object)
	phase := text(status, "phase")
	if phase != "Scheduled" && phase != "Running" {
		return false
	}
	guest := n.guest(vmi)
	if text(vmi, "metadata", "deletionTimestamp") != "" {
		guest.pressPowerButton(graceOf(vmi))
	}
	end := guest.ended()
	switch {
	case phase == "Scheduled" && end == "":
		status["phase"] = "Running"
		addPhase(status, "Running")
		boot(vmi, guest)
		return true
	case end != "":
		guest.close()
		status["phase"] = end
		addPhase(status, end)
		removeCondition(vmi, "Paused")
		removeCondition(vmi, "AgentConnected")
		return true
	}
	return false
}

func addPhase(status object, phase string) {
	transitions := array(status, "phaseTransitionTimestamps")
	status["phaseTransitionTimestamps"] = append(transitions, object{"phase": phase, "phaseTransitionTimestamp": now()})
}

// boot fills in what a guest that has come up reports.
func boot(vmi object, guest *guest) {
	status := vmi["status"].(object)
	if interfaces := array(vmi, "spec", "domain", "devices", "interfaces"); len(interfaces) > 0 {
		mac := text(interfaces[0], "macAddress")
		if mac == "" {
			mac = fmt.Sprintf("02:00:00:%02x:%02x:%02x", guest.number>>16&255, guest.number>>8&255, guest.number&255)
		}
		status["interfaces"] = []any{object{
			"name": text(interfaces[0], "name"), "mac": mac, "ipAddress": guest.address,
			"ipAddresses": []any{guest.address}, "infoSource": "domain", "queueCount": 1,
			"podInterfaceName": "eth0", "linkState": "up",
		}}
	}
	status["machine"] = object{"type": text(vmi, "spec", "domain", "machine", "type")}
	setCondition(vmi, "LiveMigratable", "False", "NotMigratable", "guests of this cluster cannot be migrated")
	if strings.EqualFold(text(vmi, "spec", "startStrategy"), "Paused") {
		guest.paused = true
		setCondition(vmi, "Paused", "True", "PausedByUser", "VMI was paused by user")
	}
}

func graceOf(vmi object) time.Duration {
	// What is left out is KubeVirt's half minute; an instance that is deleted carries what was asked for.
	if seconds, ok := value(vmi, "metadata", "deletionGracePeriodSeconds").(float64); ok && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if seconds, ok := value(vmi, "spec", "terminationGracePeriodSeconds").(float64); ok {
		return time.Duration(seconds) * time.Second
	}
	return 30 * time.Second
}
