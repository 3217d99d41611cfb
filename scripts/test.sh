#!/usr/bin/env bash
# All checks and all tests. `make test`; what CI runs. There is no switch to leave something out.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

"$ROOT/scripts/setup.sh" test
# The private database server outlives the programs that use it; a test run leaves nothing running.
cleanup() { [ -n "${DATABASE_URL:-}" ] || cargo xtask db down >/dev/null 2>&1 || true; }
trap cleanup EXIT

"$ROOT/scripts/check.sh"
# Queries are checked against .sqlx, which the check above has compared with the schema.
# The image by its own path: guests run under another account, which may not be able to follow a link in this clone.
SHEPHERD_GUEST_IMAGE=$(readlink -f "$DEV/guest")
export SQLX_OFFLINE=true SHEPHERD_GUEST_IMAGE
step "build" cargo build --workspace --all-targets --quiet
step "web console: unit tests" npm --prefix web run --silent test
step "fuzz targets" "$ROOT/scripts/fuzz.sh"
step "tests" cargo test --workspace --no-fail-fast
step "browser tests" "$ROOT/scripts/e2e.sh"
say "everything passed in $((SECONDS / 60)) min $((SECONDS % 60)) s"
