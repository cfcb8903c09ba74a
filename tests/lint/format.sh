#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: one format, never argued about. Method: clang-format 14 (other versions differ in details) must
# change nothing; `format.sh <source dir> --apply` lets it. 77 when that version is not here.
set -euo pipefail
cd "$1"
. tests/lint/files.sh

tool=""
for name in clang-format-14 clang-format; do
    if command -v "$name" >/dev/null && "$name" --version | grep -q 'version 14\.'; then
        tool=$name
        break
    fi
done
if [ -z "$tool" ]; then
    echo "clang-format 14 is not installed"
    exit 77
fi
mapfile -t sources < <(ts_sources common services tests)
[ ${#sources[@]} -gt 0 ] || exit 0
if [ "${2:-}" = "--apply" ]; then
    "$tool" -i --style=file "${sources[@]}"
else
    "$tool" --dry-run --Werror --style=file "${sources[@]}"
fi
