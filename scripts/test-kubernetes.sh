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

# What of the tests runs there. Left out: what asks the embedded cluster for something of its own.
tests() {
    cargo test --quiet -p shepherd-kubevirt --test cluster
}

if [ $# -gt 0 ]; then
    exec "$DEV/kubernetes-world/world" --control-plane "$DEV/kubernetes-control-plane" \
        --kubevirt "$DEV/kubevirt-${releases[0]}" -- "$@"
fi
if [ -z "${SHEPHERD_TEST_KUBERNETES:-}" ]; then
    cleanup() { [ -n "${DATABASE_URL:-}" ] || cargo xtask db down >/dev/null 2>&1 || true; }
    trap cleanup EXIT
    # Before a cluster waits for it.
    step "build" cargo test --quiet --no-run -p shepherd-kubevirt --test cluster
    for release in "${releases[@]}"; do
        step "KubeVirt $(cat "$DEV/kubevirt-$release/version")" \
            "$DEV/kubernetes-world/world" --control-plane "$DEV/kubernetes-control-plane" \
            --kubevirt "$DEV/kubevirt-$release" --logs "$DEV/kubernetes-logs" -- "$0"
    done
    say "everything passed on real clusters in $((SECONDS / 60)) min $((SECONDS % 60)) s"
else
    tests
fi
