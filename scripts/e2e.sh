#!/usr/bin/env bash
# The browser tests: real Chromium against the real binary. Arguments are Playwright's.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

"$ROOT/scripts/setup.sh" run browser
"$ROOT/scripts/web-build.sh"
SQLX_OFFLINE=${SQLX_OFFLINE:-true} cargo build --quiet --package shepherd
export SHEPHERD_BIN=$TARGET/debug/shepherd SHEPHERD_GUEST_IMAGE=$DEV/guest
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
cd web
exec npm run --silent e2e -- "$@" </dev/null
