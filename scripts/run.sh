#!/usr/bin/env bash
# Builds what is missing and runs Shepherd on this machine: `scripts/run.sh up` or `demo`, with its arguments.
#
# Where we are root, Shepherd runs as the system account `shepherd`. That account may not be able to enter the
# clone; then the program is copied to where it can.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

command=${1:-up}
shift || true
"$ROOT/scripts/setup.sh" run
"$ROOT/scripts/web-build.sh"
say "shepherd: building"
SQLX_OFFLINE=${SQLX_OFFLINE:-true} cargo build --package shepherd

program=$TARGET/debug/shepherd
state=$(state_dir "$command")
SHEPHERD_DATA_DIR=$state
SHEPHERD_GUEST_IMAGE=$(readlink -f "$DEV/guest")
export SHEPHERD_DATA_DIR SHEPHERD_GUEST_IMAGE
if [ -e "$DEV/postgres" ]; then
    SHEPHERD_POSTGRES_DIR=$(readlink -f "$DEV/postgres")
    export SHEPHERD_POSTGRES_DIR
fi
is_root || exec "$program" "$command" "$@"

# It holds keys and the database.
chmod 700 "$state"
chown "$RUN_USER:$RUN_USER" "$state"
if ! reachable "$TARGET/debug"; then
    cmp -s "$program" "$state/shepherd" || install -m 755 "$program" "$state/shepherd"
    program=$state/shepherd
fi
# init-groups: the account may be in the group that may use KVM.
cd /
exec setpriv --reuid "$RUN_USER" --regid "$RUN_USER" --init-groups --no-new-privs \
    env HOME="$state" "$program" "$command" "$@"
