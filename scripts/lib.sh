# Shared by the scripts in this folder; source it, do not run it.
#
# Places: everything that set-up fetches goes below `.dev/` in the clone. With CI=true or SHEPHERD_CACHE
# it goes to a cache outside the clone, and `.dev/TOOL` is a link to it, so that the next fresh clone on
# the same machine is quick. PostgreSQL and Shepherd do not run as root, so what they read must be
# reachable by an unprivileged user: where root's clone is not, /var/cache/shepherd is used instead.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
DEV=$ROOT/.dev
# The unprivileged account that the server processes use when the scripts run as root.
RUN_USER=shepherd

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# True when every user may enter this directory: each part of its path has the search bit for others.
reachable() {
    local dir=$1
    while [ "$dir" != / ]; do
        if [ -e "$dir" ] && [ $((0$(stat -L -c %a "$dir") & 1)) -eq 0 ]; then return 1; fi
        dir=$(dirname "$dir")
    done
}

# The directory outside the clone that fresh clones share, or nothing.
cache_dir() {
    local dir=${SHEPHERD_CACHE:-}
    if [ -z "$dir" ] && [ "${CI:-}" = true ]; then
        dir=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/shepherd
    fi
    printf '%s' "$dir"
}

# place NAME [public]: where NAME is to be installed. The name has a version, so that another version is another
# place; link_place makes `.dev/TOOL` lead there.
place() {
    local base
    base=$(cache_dir)
    base=${base:-$DEV}
    if [ "${2:-}" = public ] && is_root && ! reachable "$base"; then base=/var/cache/shepherd; fi
    printf '%s/%s' "$base" "$1"
}

link_place() {
    # One that was made here by hand gives way.
    [ -L "$DEV/$2" ] || rm -rf "${DEV:?}/$2"
    ln -sfn "$1" "$DEV/$2"
}

# publish TMP TARGET: puts a finished directory in place. Half-made directories are never seen, and of
# two set-ups that share a cache the first one wins.
publish() {
    chmod -R a+rX "$1"
    mkdir -p "$(dirname "$2")"
    if ! mv -T "$1" "$2" 2>/dev/null; then rm -rf "$1"; fi
    [ -d "$2" ] || die "could not write $2"
}

# fresh_tmp TARGET: an empty directory on the same file system as TARGET.
fresh_tmp() {
    mkdir -p "$(dirname "$1")"
    mktemp -d "$1.part.XXXXXX"
}

# Runs a command as root, or says what to do.
as_root() {
    if is_root; then "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"
    elif command -v sudo >/dev/null && [ -t 0 ]; then sudo "$@"
    else die "this needs root, once. Run: sudo $*"
    fi
}

ensure_run_user() {
    is_root || return 0
    id -u "$RUN_USER" >/dev/null 2>&1 && return 0
    say "creating the system account $RUN_USER (PostgreSQL and Shepherd do not run as root)"
    useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$RUN_USER"
    # Hardware virtualisation, where the machine has it.
    ! getent group kvm >/dev/null || usermod --append --groups kvm "$RUN_USER"
}

# Where Cargo builds.
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
export PATH="$DEV/node/bin:$PATH"

# step NAME COMMAND...: says what runs and how long it took. The output of the command is shown as it comes.
step() {
    local name=$1 start=$SECONDS
    shift
    say "$name"
    "$@" || die "$name failed. To repeat it alone: $*"
    say "$name: ok, $((SECONDS - start)) s"
}

# Where Shepherd and its PostgreSQL keep what they must write. As `place`, but for data.
state_dir() {
    local dir=$DEV/$1
    if is_root && ! reachable "$DEV"; then
        dir=/var/lib/shepherd-dev/$1-$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)
        [ -e "$DEV/$1" ] || ln -sfn "$dir" "$DEV/$1"
    fi
    mkdir -p "$dir"
    printf '%s' "$dir"
}
