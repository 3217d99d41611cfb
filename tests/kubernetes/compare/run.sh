#!/usr/bin/env bash
# Runs the commands of this folder against the cluster of KUBECONFIG and prints what each answered and its exit code, with
# what differs between any two clusters made equal: ids, times, ages, addresses, versions of objects.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export KUBECONFIG here
kubectl() { command kubectl --namespace compare "$@"; }
virtctl() { command virtctl --namespace compare "$@"; }

same() {
    sed -E -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UID/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' \
        -e 's/\b([0-9]+(h|m|s|ms)){1,2}\b/AGE/g' \
        -e 's/(127\.66|198\.1[89])(\.[0-9]+){2}/GUEST/g' \
        -e 's#https://127\.0\.0\.1:[0-9]+#SERVER#g' \
        -e 's/([0-9a-f]{2}:){5}[0-9a-f]{2}/MAC/g' \
        -e 's/("?resourceVersion"?: *)"?[0-9]+"?/\1RV/g' \
        -e 's/virt-launcher-([a-z0-9]+)-[a-z0-9]+/virt-launcher-\1-XXXXX/g' \
        -e 's/v[0-9]+\.[0-9]+\.[0-9]+[-+.0-9a-z]*/VERSION/g' \
        -e '/^You are using a client virtctl version/,/^$/d' \
        -e 's/ +/ /g' -e 's/ $//'
}

while IFS= read -r line; do
    case $line in '' | '#'*) echo "$line"; continue ;; esac
    echo "\$ $line"
    code=$(mktemp)
    (eval "$line"; echo $? >"$code") 2>&1 </dev/null | same
    echo "exit $(cat "$code")"
    rm -f "$code"
done <"$here/commands"
