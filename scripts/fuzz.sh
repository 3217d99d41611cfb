#!/usr/bin/env bash
# Fuzzes what reads bytes of others: the targets of fuzz/.
#
#   scripts/fuzz.sh                      a fixed number of cases from a fixed seed, in at most 20 s a target: `make test`
#   scripts/fuzz.sh SECONDS [TARGET]...  for so long, going on from what earlier runs here have found
#
# A case that breaks a target is written below .dev and named; put it into fuzz/corpus/TARGET when it is mended: every run
# begins with the cases there, and the tests of the crates replay them.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

TARGETS=(kubeconfig views watch requests)
# Cases of a run for `make test`. What it tries does not depend on how quick the machine is: a new way to break something
# is found by those who look for it, and not by whoever happens to change something else.
declare -A CASES=([kubeconfig]=30000 [views]=5000 [watch]=20000 [requests]=20000)

"$ROOT/scripts/setup.sh" fuzz
# With a wrapper our own crates have names of their own in the folder of builds; see there.
RUSTC_WORKSPACE_WRAPPER="$ROOT/scripts/fuzz/rustc.sh" \
    cargo build --quiet --package shepherd-fuzz --features libfuzzer --bins

# fuzz TARGET ARGUMENTS...: those of libFuzzer. No case may take long or much: our own bounds are far below.
fuzz() {
    local target=$1 home=$DEV/fuzz-corpus/$1
    shift
    mkdir -p "$home"/{found,crashes}
    if ! "$TARGET/debug/$target" -max_len=16384 -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$home/crashes/" "$@" "fuzz/corpus/$target" >"$home/log" 2>&1; then
        tail -n 40 "$home/log" >&2
        die "$target breaks on the case named above"
    fi
    say "fuzz: $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$home/log") cases"
}

if [ $# -eq 0 ]; then
    for target in "${TARGETS[@]}"; do
        # New cases are kept nowhere, so that the next run is the same.
        scratch=$(mktemp -d)
        fuzz "$target" -seed=1 -runs="${CASES[$target]}" -max_total_time=20 "$scratch"
        rm -rf "$scratch"
    done
    exit 0
fi
seconds=$1
shift
[ $# -gt 0 ] || set -- "${TARGETS[@]}"
for target in "$@"; do
    fuzz "$target" -max_total_time="$seconds" "$DEV/fuzz-corpus/$target/found"
done
