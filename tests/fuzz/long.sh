#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Fuzzing for long: tests/fuzz/long.sh MINUTES [target…]
# Builds the targets (clang, build/fuzz), shares the minutes out among them (as many at a time as there are
# cores), then minimises what was found and keeps some of it, of all sizes: at most 32 inputs and FUZZ_KEEP_BYTES
# (default 16384) for each target; seed-* (made by fuzz_seeds) and case-* (faults of before) stay in the corpus.
# A crash is left in build/fuzz/found/<target>.
#   FUZZ_BUILD=DIR    programs that are built already (DIR/fuzz/fuzz_<target>)
#   FUZZ_KEEP=no      the corpus is left as it is
# The last line of stdout is one JSON object.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/settings.sh"
flags=()
case "${1:-}" in
    '' | *[!0-9.]*)
        sed -n 's/^# \{0,1\}//; 3,10p' "$0"
        exit 2
        ;;
esac
minutes=$1
shift
build=${FUZZ_BUILD:-$root/build/fuzz}
if [ -z "${FUZZ_BUILD:-}" ]; then
    cmake -S "$root" --preset fuzz >&2
    cmake --build "$build" -j "$(nproc)" --target fuzzers >&2
fi
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for program in "$build"/fuzz/fuzz_*; do
        [ "${program##*/}" = fuzz_seeds ] || targets+=("${program##*/fuzz_}")
    done
fi
jobs=$(nproc)
seconds=$(awk -v m="$minutes" -v n="${#targets[@]}" -v j="$jobs" 'BEGIN { s = m * 60 * (n < j ? 1 : j / n); printf "%d", s < 1 ? 1 : s }')
found=$build/found
mkdir -p "$found"

# run <target>: one line "target executions crashes" in found/<target>.figures
run() {
    local name=$1 out=$found/$1 status=0
    set_flags
    mkdir -p "$out/new" "$here/corpus/$name"
    rm -f "$out"/crash-* "$out"/leak-* "$out"/timeout-* "$out"/oom-*
    "$build/fuzz/fuzz_$name" "${flags[@]}" -max_total_time="$seconds" \
        -artifact_prefix="$out/" -print_final_stats=1 "$out/new" "$here/corpus/$name" >"$out/log" 2>&1 || status=$?
    local executions crashes
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/log" | tail -1)
    crashes=$(find "$out" -maxdepth 1 \( -name 'crash-*' -o -name 'leak-*' -o -name 'timeout-*' -o -name 'oom-*' \) | wc -l)
    [ "$status" -eq 0 ] || [ "$crashes" -gt 0 ] || crashes=1
    echo "$name ${executions:-0} $crashes" >"$found/$name.figures"
    [ "$crashes" -eq 0 ] || tail -n 40 "$out/log" >&2
}

# keep <target>: the corpus becomes its seeds and some of the inputs that reach something more.
keep() {
    local name=$1 out=$found/$1 corpus=$here/corpus/$1 budget=${FUZZ_KEEP_BYTES:-16384} size count
    set_flags
    rm -rf "$out/less"
    mkdir -p "$out/less" "$out/seeds"
    rm -f "$out/seeds"/*
    find "$corpus" \( -name 'seed-*' -o -name 'case-*' \) -exec cp {} "$out/seeds" \;
    "$build/fuzz/fuzz_$name" "${flags[@]}" -merge=1 "$out/less" "$out/seeds" "$corpus" "$out/new" >"$out/merge.log" 2>&1 || return 0
    find "$corpus" -type f ! -name 'seed-*' ! -name 'case-*' -delete
    count=$(find "$out/less" -type f | wc -l)
    while read -r size input; do
        [ "$size" -gt 0 ] || continue
        budget=$((budget - size))
        [ "$budget" -ge 0 ] || break
        cp "$input" "$corpus/$(sha256sum "$input" | cut -c1-16)"
    done < <(find "$out/less" -type f -printf '%s %p\n' | sort -n | awk -v step="$((count / 32 + 1))" 'NR % step == 0')
    # A seed that was found again is there once.
    for input in "$out/seeds"/*; do
        rm -f "$corpus/$(sha256sum "$input" | cut -c1-16)"
    done
}

echo "${#targets[@]} targets, $seconds s each, $jobs at a time" >&2
for name in "${targets[@]}"; do
    [ -x "$build/fuzz/fuzz_$name" ] || { echo "no target $name" >&2; exit 2; }
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
        wait -n || true
    done
    run "$name" &
done
wait
executions=0
crashes=0
figures=""
for name in "${targets[@]}"; do
    read -r _ ran bad <"$found/$name.figures"
    executions=$((executions + ran))
    crashes=$((crashes + bad))
    figures="$figures${figures:+, }\"$name\": $ran"
    if [ "$bad" -eq 0 ] && [ "${FUZZ_KEEP:-}" != no ]; then
        keep "$name"
    fi
done
kept=$(cat "$here"/corpus/*/* | wc -c)
echo "{\"proof\": \"fuzz\", \"targets\": ${#targets[@]}, \"seconds_each\": $seconds, \"executions\": $executions, \"crashes\": $crashes, \"corpus_bytes\": $kept, \"by_target\": {$figures}}"
[ "$crashes" -eq 0 ]
