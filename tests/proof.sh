#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# The long proof: simulator, crash matrix, planted bugs, fuzzing, every change, thin link, coverage; writes tests/PROOF.md.
#   tests/proof.sh [minutes]          60 when nothing is said; the parts share them
#   tests/proof.sh --only PART …      those parts, with their share of 60 minutes; --list names them
#   tests/proof.sh --page             the page again, from what was measured last
# A part that is missing or fails is shown as such, and ends this with 1. The thin link needs root.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
case "${1:-}" in
    --page | --list) exec python3 tests/proof/proof.py "$@" ;;
    -h | --help)
        sed -n 's/^# \{0,1\}//; 3,7p' "$0"
        exit 2
        ;;
esac
deploy/install-packages.sh || exit $?
jobs=$(nproc)
echo "== build"
cmake --preset release >/dev/null && cmake --build --preset release -j "$jobs" || exit 1
# Some planted bugs are seen only beside a later version of the program.
tests/upgrade/next.py build/release build/release/next >/dev/null || exit 1
exec python3 tests/proof/proof.py --jobs "$jobs" "$@"
