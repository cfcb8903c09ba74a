#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Installs what deploy/packages.txt names and this machine lacks: install-packages.sh [build] [demo] [test]
# (no set: all). Needs root or sudo without a password; otherwise says what is missing and ends with 2.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
sets=" ${*:-build demo test} "

# t <Vietnamese> <English>: LANGUAGE=en for English.
t() {
    case "${LANGUAGE:-}" in en | en_* | en:*) echo "$2" ;; *) echo "$1" ;; esac
}

if ! command -v dpkg-query >/dev/null; then
    t "Máy này không phải Debian: lúc biên dịch sẽ nêu rõ còn thiếu gì; deploy/packages.txt nói từng gói để làm gì." \
        "No Debian here: the build names what it lacks, deploy/packages.txt says what for." >&2
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
    t "Còn thiếu các gói: ${missing[*]}" "Missing packages: ${missing[*]}" >&2
    t "Hãy cài bằng lệnh: sudo apt-get install ${missing[*]}" "Install them with: sudo apt-get install ${missing[*]}" >&2
    exit 2
fi

t "Đang cài ${#missing[@]} gói Debian (mất một hai phút): ${missing[*]}" \
    "Installing ${#missing[@]} Debian packages (a minute or two): ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
# Hundreds of lines of apt help nobody, unless it fails.
if ! { "${as_root[@]}" "${apt[@]}" update && "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    t "Chưa cài được; lời của apt-get ở trên." "Not installed; above is what apt-get says." >&2
    exit 1
fi
