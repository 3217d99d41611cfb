#!/usr/bin/env bash
# The tests of clusters on real ones: a Kubernetes API server with KubeVirt's own control plane, the oldest and the newest
# release that can be built. `make test-kubernetes`; docs/kubernetes-tests.md.
#
#   scripts/test-kubernetes.sh [oldest|newest]... [-- COMMAND...]
#
# With a command, that is run with such a cluster instead of the tests: `-- bash` to look around.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

releases=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
        oldest | newest) releases+=("$1") ;;
        *) die "unknown release '$1'; one of: oldest newest" ;;
    esac
    shift
done
[ $# -eq 0 ] || shift
[ ${#releases[@]} -gt 0 ] || releases=(newest oldest)

"$ROOT/scripts/setup.sh" runtime kubernetes
export SQLX_OFFLINE=true

# world RELEASE COMMAND...: the command beside a cluster of that release.
world() {
    local release=$1
    shift
    PATH="$DEV/kubevirt-$release:$DEV/kubernetes-control-plane:$PATH" "$DEV/kubernetes-world/world" \
        --control-plane "$DEV/kubernetes-control-plane" --kubevirt "$DEV/kubevirt-$release" \
        --logs "$DEV/kubernetes-logs" -- "$@"
}

if [ $# -gt 0 ]; then
    world "${releases[0]}" "$@"
    exit
fi

cleanup() { [ -n "${DATABASE_URL:-}" ] || cargo xtask db down >/dev/null 2>&1 || true; }
trap cleanup EXIT

# Of the whole workspace, as `make test` builds it: after it nothing is to build.
build() { cargo test --workspace --no-run --test cluster --test it --test crash --test paused "$@"; }
step "build" build --quiet
step "minivirt" cargo build --workspace --example minivirt --quiet
# They are run without Cargo, in their packages' folders as Cargo would.
programs=$(build --quiet --message-format=json 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    built = json.loads(line)
    if built.get("executable") and "test" in built["target"]["kind"]:
        package = built["manifest_path"].rsplit("/", 1)[0]
        print(package.rsplit("/", 1)[1] + ":" + built["target"]["name"], package, built["executable"])
')

# test_program NAME ARGUMENT...
test_program() {
    local name=$1 package program
    shift
    read -r package program < <(sed -n "s/^$name //p" <<<"$programs")
    [ -n "${program:-}" ] || die "there is no test program $name"
    (cd "$package" && "$program" "$@")
}

# What of the tests runs there: the client's, and the workflows; on the newest also the other stories that end in a
# cluster, the deaths of a process after each thing it made the cluster do, and the comparison. Stories that ask the
# embedded cluster for something of its own stay on it.
tests() {
    local release=$1 workflows=(main_job:: stories::changing stories::meanwhile stories::outages stories::pausing stories::trash)
    test_program kubevirt:cluster --quiet --skip rights::
    if [ "$release" = newest ]; then
        workflows+=(clusters:: stories::batches stories::catalogue stories::consoles stories::input stories::protected
            stories::tampering stories::templates stories::watching)
    fi
    test_program server:it --quiet --test-threads 4 "${workflows[@]}"
    if [ "$release" = newest ]; then
        test_program test-support:paused --quiet
        test_program test-support:crash --quiet it_dies_whenever_the_cluster_has_acted
        "$ROOT/tests/kubernetes/compare/compare.sh"
    fi
    # Rights and policies are of the whole cluster and stay in force: what is about them runs alone, and last.
    test_program kubevirt:cluster --quiet rights::
}

export -f tests test_program say die
export programs ROOT
for release in "${releases[@]}"; do
    step "KubeVirt $(cat "$DEV/kubevirt-$release/version")" world "$release" bash -euo pipefail -c "tests $release"
done
say "everything passed on real clusters in $((SECONDS / 60)) min $((SECONDS % 60)) s"
