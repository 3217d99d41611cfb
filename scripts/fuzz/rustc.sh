#!/usr/bin/env bash
# RUSTC_WORKSPACE_WRAPPER of scripts/fuzz.sh: cargo calls it as `rustc.sh RUSTC ARGUMENTS` for our own crates.
#
# Coverage for libFuzzer is an option of the code generator, which the stable compiler has too: what cargo-fuzz sets, but
# only for our crates. Those of others are the ones that everything else is built with, so that the folder of builds
# does not hold them twice.
set -euo pipefail
rustc=$1
shift
case " $* " in
    *" --crate-name build_script_"* | *" --print "*) exec "$rustc" "$@" ;;
esac
exec "$rustc" "$@" --cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
