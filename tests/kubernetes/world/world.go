package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const nodeName = "node01"

// world is one cluster.
type world struct {
	dir, controlPlane, kubevirt string
	programs                    *programs
	// The administrator.
	admin *api
	// What signs for the API server, and what signs for KubeVirt.
	clusterCA, ca []byte
	server        string
	ports         struct{ etcd, etcdPeers, apiserver, manager, virtAPI, virtController int }
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// start brings everything up in the order in which the parts need each other.
func (w *world) start() error {
	cluster, kubevirt, err := certificates(w.dir)
	if err != nil {
		return err
	}
	w.ca = kubevirt.pem
	ports, err := freePorts(6)
	if err != nil {
		return err
	}
	p := &w.ports
	p.etcd, p.etcdPeers, p.apiserver, p.manager, p.virtAPI, p.virtController =
		ports[0], ports[1], ports[2], ports[3], ports[4], ports[5]
	w.server = fmt.Sprintf("https://127.0.0.1:%d", p.apiserver)
	if err := w.startAPIServer(cluster); err != nil {
		return err
	}
	manifests, err := w.readManifests()
	if err != nil {
		return err
	}
	if err := w.install(manifests); err != nil {
		return err
	}
	node, err := newNode(w)
	if err != nil {
		return err
	}
	if err := w.startKubeVirt(node); err != nil {
		return err
	}
	if err := w.connect(manifests); err != nil {
		return err
	}
	go node.run()
	return nil
}

func (w *world) startAPIServer(cluster *authority) error {
	const token = "administrator"
	if err := os.WriteFile(w.path("tokens.csv"), []byte(token+",admin,admin,system:masters\n"), 0o600); err != nil {
		return err
	}
	w.admin = newAPI(w.server, token, cluster.pem)
	w.clusterCA = cluster.pem
	if err := os.WriteFile(w.path("kubeconfig"), w.kubeconfig(token), 0o600); err != nil {
		return err
	}
	client, peers := fmt.Sprintf("http://127.0.0.1:%d", w.ports.etcd), fmt.Sprintf("http://127.0.0.1:%d", w.ports.etcdPeers)
	err := w.programs.start(filepath.Join(w.controlPlane, "etcd"),
		"--data-dir="+w.path("etcd"), "--unsafe-no-fsync",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers, "--initial-cluster=default="+peers)
	if err != nil {
		return err
	}
	err = w.programs.start(filepath.Join(w.controlPlane, "kube-apiserver"),
		"--etcd-servers="+client, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", w.ports.apiserver),
		"--tls-cert-file="+w.path("apiserver.crt"), "--tls-private-key-file="+w.path("apiserver.key"),
		"--client-ca-file="+w.path("cluster-ca.crt"), "--token-auth-file="+w.path("tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+w.path("service-accounts.crt"),
		"--service-account-signing-key-file="+w.path("service-accounts.key"),
		"--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--allow-privileged=true",
		// Its own address is loopback, which cannot be published as an endpoint.
		"--endpoint-reconciler-type=none",
		// Pods may run without their namespace's account, and claims go without a controller that lets them.
		"--disable-admission-plugins=ServiceAccount,StorageObjectInUseProtection",
		// How virt-api knows the aggregator.
		"--requestheader-client-ca-file="+w.path("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client", "--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file="+w.path("front-proxy-client.crt"),
		"--proxy-client-key-file="+w.path("front-proxy-client.key"))
	if err != nil {
		return err
	}
	return w.programs.until("the API server", func() error {
		_, err := w.admin.get("/readyz")
		return err
	})
}

func (w *world) startKubeVirt(node *node) error {
	for name, account := range map[string]string{"virt-api": "kubevirt-apiserver", "virt-controller": "kubevirt-controller"} {
		token, err := w.token(account, nil)
		if err != nil {
			return err
		}
		if err := os.WriteFile(w.path(name+".kubeconfig"), w.kubeconfig(token), 0o600); err != nil {
			return err
		}
	}
	err := w.programs.start(filepath.Join(w.kubevirt, "virt-api"),
		"--kubeconfig", w.path("virt-api.kubeconfig"), "--listen", "127.0.0.1", "--port", fmt.Sprint(w.ports.virtAPI),
		"--console-server-port", fmt.Sprint(node.port), "--subresources-only", "-v", "2",
		"--tls-cert-file", w.path("virt-api.crt"), "--tls-key-file", w.path("virt-api.key"),
		"--handler-cert-file", w.path("handler-client.crt"), "--handler-key-file", w.path("handler-client.key"))
	if err != nil {
		return err
	}
	err = w.programs.start(filepath.Join(w.kubevirt, "virt-controller"),
		"--kubeconfig", w.path("virt-controller.kubeconfig"), "--listen", "127.0.0.1",
		"--port", fmt.Sprint(w.ports.virtController), "-v", "2",
		"--launcher-image", "virt-launcher", "--exporter-image", "virt-exportserver",
		"--prom-cert-file", w.path("virt-controller.crt"), "--prom-key-file", w.path("virt-controller.key"))
	if err != nil {
		return err
	}
	// Its garbage collector looks for new kinds only now and then, so it starts when all kinds are there. What it
	// would do to a node that does not report to it is left out.
	err = w.programs.start(filepath.Join(w.controlPlane, "kube-controller-manager"),
		"--kubeconfig="+w.path("kubeconfig"), "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", w.ports.manager),
		"--cert-dir="+w.path("manager"), "--leader-elect=false", "--authentication-skip-lookup=true",
		// Each controller by its own account, as everywhere: policies tell them from people.
		"--use-service-account-credentials=true", "--service-account-private-key-file="+w.path("service-accounts.key"),
		"--root-ca-file="+w.path("cluster-ca.crt"),
		"--controllers=garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller,"+
			"disruption-controller,serviceaccount-controller,serviceaccount-token-controller")
	if err != nil {
		return err
	}
	virtAPI := newAPI(fmt.Sprintf("https://127.0.0.1:%d", w.ports.virtAPI), "", w.ca)
	if err := w.programs.until("virt-api", func() error {
		_, err := virtAPI.get("/apis/subresources.kubevirt.io/v1/healthz")
		return err
	}); err != nil {
		return err
	}
	return w.programs.until("virt-controller to lead", func() error {
		lease, err := w.admin.get("/apis/coordination.k8s.io/v1/namespaces/kubevirt/leases/virt-controller")
		if err == nil && text(lease, "spec", "holderIdentity") == "" {
			err = fmt.Errorf("nobody holds the lease")
		}
		return err
	})
}

// token of a KubeVirt account, bound to an object if there is one.
func (w *world) token(account string, boundTo object) (string, error) {
	spec := object{"expirationSeconds": int((24 * time.Hour).Seconds())}
	if boundTo != nil {
		spec["boundObjectRef"] = boundTo
	}
	path := "/api/v1/namespaces/kubevirt/serviceaccounts/" + account + "/token"
	request := object{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
	answer, err := w.admin.post(path, request)
	return text(answer, "status", "token"), err
}

// kubeconfig of somebody with that token. It is JSON, which is YAML too.
func (w *world) kubeconfig(token string) []byte {
	cluster := object{"server": w.server, "certificate-authority-data": base64of(w.clusterCA)}
	config, err := json.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": "world",
		"clusters": []any{object{"name": "world", "cluster": cluster}},
		"users":    []any{object{"name": "account", "user": object{"token": token}}},
		"contexts": []any{object{"name": "world", "context": object{"cluster": "world", "user": "account"}}},
	})
	if err != nil {
		panic(err)
	}
	return config
}

// version of KubeVirt, as its build wrote it down.
func (w *world) version() string {
	version, _ := os.ReadFile(filepath.Join(w.kubevirt, "version"))
	return strings.TrimSpace(string(version))
}
