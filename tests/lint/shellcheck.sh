#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: scripts without the usual traps. Method: shellcheck on every script; 77 when it is not here.
set -euo pipefail
cd "$1"
. tests/lint/files.sh

if ! command -v shellcheck >/dev/null; then
    echo "shellcheck is not installed"
    exit 77
fi
mapfile -t scripts < <(ts_files -name '*.sh' -o -path ./.ci/run)
# SC1091: sourced files are checked by themselves.
shellcheck --exclude=SC1091 "${scripts[@]}"
