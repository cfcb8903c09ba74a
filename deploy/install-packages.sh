#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Installs what deploy/packages.txt names and this machine lacks: install-packages.sh [build] [demo] [test]
# (no set: all). Needs root or sudo without a password; otherwise says what is missing and ends with 2.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
sets=" ${*:-build demo test} "

if ! command -v dpkg-query >/dev/null; then
    echo "No Debian here: the build names what it lacks, deploy/packages.txt says what for." >&2
    exit 0
fi

missing=()
while read -r set name _; do
    case "$set" in '' | '#'*) continue ;; esac
    [[ $sets == *" $set "* ]] || continue
    status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$name")
done <"$here/packages.txt"

[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "Missing packages: ${missing[*]}" >&2
    echo "Install them with: sudo apt-get install ${missing[*]}" >&2
    exit 2
fi

echo "Installing ${#missing[@]} packages: ${missing[*]}"
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
"${as_root[@]}" "${apt[@]}" update </dev/null
"${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null
