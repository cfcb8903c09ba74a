#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Makes a signed package of this version, to be carried to offices by stick or link: package.sh -s SECRET_KEY [-o FOLDER] [--from BUILD]
# Result: tiepsuc-<version>-<machine>.tar.gz and, beside it, .minisig. deploy/upgrade.sh installs nothing else. The key is made once, with
#   minisign -G -p package.pub -s package.key
# and kept like the root key; package.pub goes to every office. --from: what that build folder installs (tests).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
usage() {
    sed -n 's/^# \{0,1\}//; 3,6p' "$0" >&2
    exit 2
}

# t <Vietnamese> <English>: LANGUAGE=en for English.
t() {
    case "${LANGUAGE:-}" in en | en_* | en:*) echo "$2" ;; *) echo "$1" ;; esac
}

key="" out=. from="" version=""
while [ $# -gt 0 ]; do
    case "$1" in
        -s) key=${2:?} && shift 2 ;;
        -o) out=${2:?} && shift 2 ;;
        --from) from=${2:?} && shift 2 ;;
        --version) version=${2:?} && shift 2 ;;
        *) usage ;;
    esac
done
[ -n "$key" ] || usage
command -v minisign >/dev/null || { t "Thiếu gói minisign." "The package minisign is missing." >&2; exit 2; }

if [ -z "$from" ]; then
    from=$root/build/package
    cmake --preset package -S "$root" -DCMAKE_INSTALL_PREFIX=/opt/tiepsuc/current >/dev/null
    cmake --build "$from" -j "$(nproc)" >/dev/null
fi
[ -n "$version" ] || version=$(sed -n 's/^project(tiepsuc VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
machine=$(uname -m)
name=tiepsuc-$version-$machine
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$from" --prefix "$work/$name" --strip >/dev/null
printf '%s\n' "$version" >"$work/$name/VERSION"
# The same tree gives the same bytes, whoever packs it and when.
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime='2020-01-01 00:00Z' -cf - "$name" | gzip -n9 >"$work/$name.tar.gz"
# What the signature says besides the bytes is signed too, and survives any renaming of the file.
minisign -S -s "$key" -m "$work/$name.tar.gz" -t "tiepsuc $version $machine" >/dev/null
mkdir -p "$out"
mv "$work/$name.tar.gz" "$work/$name.tar.gz.minisig" "$out/"
t "Đã tạo: $out/$name.tar.gz (kèm .minisig)" "Made: $out/$name.tar.gz (and .minisig)"
