#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# One fuzz target as a test: run_one.sh PROGRAM SANITIZER. Replays its corpus; with libFuzzer (SANITIZER is
# "fuzz") it runs for $FUZZ_SECONDS afterwards (default 3), from the corpus, without adding to it.
set -euo pipefail
program=$1
sanitizer=$2
here=$(cd "$(dirname "$0")" && pwd)
name=${program##*/fuzz_}
corpus=$here/corpus/$name
[ -d "$corpus" ] || { echo "no corpus: $corpus"; exit 1; }
if [ "$sanitizer" != fuzz ]; then
    exec "$program" "$corpus"
fi
. "$here/settings.sh"
flags=()
set_flags
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
# What is found goes to a folder of its own; a crash leaves its input and the way to repeat it.
status=0
"$program" "${flags[@]}" -max_total_time="${FUZZ_SECONDS:-3}" -artifact_prefix="$found/" \
    -print_final_stats=1 "$found" "$corpus" >"$found/log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
    tail -n 60 "$found/log"
    for input in "$found"/crash-* "$found"/leak-* "$found"/timeout-* "$found"/oom-*; do
        [ ! -f "$input" ] || { echo "input, base64:"; base64 -w 0 "$input"; echo; }
    done
    exit 1
fi
grep -E '^stat::number_of_executed_units|^INFO: seed corpus' "$found/log"
