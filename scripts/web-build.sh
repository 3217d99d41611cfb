#!/usr/bin/env bash
# Builds the web console into web/dist, from where the server takes it, if anything in it has changed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ -f "$ROOT/web/package.json" ] || exit 0
cd "$ROOT/web"
stamp=dist/.built
inputs=(src public index.html package-lock.json vite.config.ts tsconfig.json)
if [ -f "$stamp" ] && [ -z "$(find "${inputs[@]}" -newer "$stamp" -print -quit 2>/dev/null)" ]; then exit 0; fi
say "web console: building"
# The time of the start: a file that changes during the build belongs to the next one.
began=$(mktemp)
npm run --silent build </dev/null >&2
mv "$began" "$stamp"
