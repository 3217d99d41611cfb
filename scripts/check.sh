#!/usr/bin/env bash
# Everything that can be judged without running the product. `make check`; part of `make test`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

"$ROOT/scripts/setup.sh" runtime web deny
"$ROOT/scripts/web-build.sh"

step "format" cargo fmt --all --check
step "contract: generated code is up to date" cargo xtask codegen --check
step "house rules" cargo xtask tidy
step "schema: db/schema.sql is what the migrations make" cargo xtask schema --check
step "queries: .sqlx fits the schema" cargo xtask db prepare --check
step "clippy" env SQLX_OFFLINE=true cargo clippy --workspace --all-targets --quiet -- -D warnings
step "dependencies: licences, sources, duplicates" "$DEV/cargo-deny/bin/cargo-deny" --log-level error check --hide-inclusion-graph bans licenses sources
step "web console: types" npm --prefix web run --silent typecheck
step "web console: lint" npm --prefix web run --silent lint
