#!/usr/bin/env bash
# The browser tests: real Chromium against the real binary and a real guest. Arguments are Playwright's.
# Traces of what failed, logs and the accessibility report are in web/test-results.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

"$ROOT/scripts/setup.sh" run browser
"$ROOT/scripts/web-build.sh"
SQLX_OFFLINE=${SQLX_OFFLINE:-true} cargo build --quiet --package shepherd
SHEPHERD_GUEST_IMAGE=$(readlink -f "$DEV/guest")
export SHEPHERD_BIN=$TARGET/debug/shepherd SHEPHERD_GUEST_IMAGE
if [ -e "$DEV/postgres" ]; then
    SHEPHERD_POSTGRES_DIR=$(readlink -f "$DEV/postgres")
    export SHEPHERD_POSTGRES_DIR
fi
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
cd web
exec npm run --silent e2e -- "$@" </dev/null
