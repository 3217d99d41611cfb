#!/usr/bin/env bash
# Fuzzes the running API from its own contract. Arguments are those of `cargo xtask fuzz`, such as --seconds 600.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

"$ROOT/scripts/setup.sh" runtime schemathesis
export SQLX_OFFLINE=${SQLX_OFFLINE:-true}
cargo build --quiet --package shepherd
exec cargo xtask fuzz --shepherd "$TARGET/debug/shepherd" "$@"
