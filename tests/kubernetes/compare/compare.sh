#!/usr/bin/env bash
# Runs kubectl and virtctl against the real cluster of SHEPHERD_TEST_KUBERNETES and against minivirt: what they answer and
# how they end must be the same. Both are on the PATH; minivirt is the example program of its crate.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
minivirt=
trap '[ -z "$minivirt" ] || kill "$minivirt" 2>/dev/null; rm -rf "$dir"' EXIT

# minivirt stages what is changed while a VM runs, which real clusters do when they are told to.
KUBECONFIG=$SHEPHERD_TEST_KUBERNETES/kubeconfig kubectl --namespace kubevirt patch kubevirt kubevirt --type merge \
    -p '{"spec":{"configuration":{"vmRolloutStrategy":"Stage"}}}' >/dev/null

"${CARGO_TARGET_DIR:-$here/../../../target}/debug/examples/minivirt" serve --data "$dir/minivirt" --runtime simulated \
    --node-name node01 --listen 127.0.0.1:0 >"$dir/minivirt.log" 2>&1 &
minivirt=$!
for _ in $(seq 100); do
    [ ! -s "$dir/minivirt/kubeconfig" ] || break
    sleep 0.1
done
KUBECONFIG=$SHEPHERD_TEST_KUBERNETES/kubeconfig "$here/run.sh" >"$dir/real" &
KUBECONFIG=$dir/minivirt/kubeconfig "$here/run.sh" >"$dir/embedded"
wait $!
if ! diff --unified=2 --label "a real cluster" --label minivirt "$dir/real" "$dir/embedded"; then
    echo "minivirt answers otherwise than a real cluster" >&2
    exit 1
fi
echo "$(grep -c '^\$' "$dir/real") commands passed, 0 failed"
