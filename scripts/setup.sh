#!/usr/bin/env bash
# Installs what the build, the tests and `make run` need on Debian 12 with Rust.
#
#   scripts/setup.sh [run|runtime|web|browser|guest|deny|fuzz|kubernetes|test]...      (default: run)
#
#   runtime  PostgreSQL (if the system has none from 15 on) and QEMU
#   web      Node.js 24 and the web console's packages
#   browser  Chromium and fonts, for the browser tests
#   guest    the small Linux image that sample virtual machines boot
#   run      runtime, web and guest
#   kubernetes  Kubernetes and KubeVirt themselves, for the tests on real clusters
#   fuzz     the C++ compiler that libFuzzer is built with
#   deny     cargo-deny, for the check of licences and sources
#   test     all of the above and Schemathesis
#
# It can be repeated at any time; what is there already is left alone and costs no time.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/scripts/setup/apt.sh"
. "$ROOT/scripts/setup/tools.sh"
. "$ROOT/scripts/setup/kubernetes.sh"

groups=()
for arg in "${@:-run}"; do
    case $arg in
        runtime | web | browser | guest | deny | fuzz | kubernetes | schemathesis) groups+=("$arg") ;;
        run) groups+=(runtime web guest) ;;
        test) groups+=(runtime web guest browser deny fuzz schemathesis) ;;
        *) die "unknown group '$arg'; one of: run runtime web browser guest deny fuzz kubernetes test" ;;
    esac
done

# A stamp names the inputs of its group; while they are the same there is nothing to do.
stamp() {
    local group=$1 inputs=("$ROOT/scripts/lib.sh" "$ROOT/scripts/setup.sh" "$ROOT"/scripts/setup/*)
    case $group in
        web) inputs+=("$ROOT"/web/package.json "$ROOT"/web/package-lock.json) ;;
        kubernetes) inputs+=("$ROOT"/tests/kubernetes/*/*) ;;
    esac
    {
        echo "$ROOT $(cache_dir) $(id -u)"
        [ "$group" != guest ] || guest_recipe
        cat "${inputs[@]}" 2>/dev/null || true
    } | sha256sum | cut -d' ' -f1
}

# What must still exist for a stamp to be believed: a cache may have been emptied since.
artefact() {
    case $1 in
        runtime) system_postgres || [ -x "$DEV/postgres/bin/postgres" ] ;;
        web) [ -x "$DEV/node/bin/node" ] && { [ ! -f "$ROOT/web/package.json" ] || [ -d "$ROOT/web/node_modules" ]; } ;;
        guest) [ -e "$DEV/guest/ready" ] ;;
        schemathesis) [ -x "$DEV/schemathesis/bin/schemathesis" ] ;;
        kubernetes) [ -e "$DEV/kubevirt-oldest/version" ] && [ -x "$DEV/kubernetes-world/world" ] ;;
        browser) command -v chromium >/dev/null ;;
        fuzz) command -v c++ >/dev/null ;;
        deny) [ -x "$DEV/cargo-deny/bin/cargo-deny" ] ;;
    esac
}

mkdir -p "$DEV/stamps"
# Two set-ups of one clone would install the same things into the same places.
exec 9>"$DEV/setup.lock"
flock -n 9 || { say "waiting for another set-up of this clone"; flock 9; }

todo=()
for group in "${groups[@]}"; do
    want=$(stamp "$group")
    if [ "$(cat "$DEV/stamps/$group" 2>/dev/null)" != "$want" ] || ! artefact "$group"; then
        case " ${todo[*]} " in *" $group "*) ;; *) todo+=("$group") ;; esac
    fi
done
[ ${#todo[@]} -gt 0 ] || exit 0

say "setting up: ${todo[*]}"
check_rust
install_packages "${todo[@]}"
ensure_run_user
for group in "${todo[@]}"; do
    "setup_$group"
    stamp "$group" >"$DEV/stamps/$group"
done
say "set-up done in ${SECONDS}s"
