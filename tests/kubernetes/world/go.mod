// The world of the tests of real clusters: what starts Kubernetes and KubeVirt as plain programs, and plays their node.
module shepherd/tests/kubernetes/world

go 1.26.0

require (
	github.com/gorilla/websocket v1.5.3
	kubevirt.io/containerized-data-importer v1.61.1
)
