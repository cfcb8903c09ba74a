#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# tests/bench/run.sh NAME…: builds the release and runs benchmarks; one JSON line for each result. NAME: catchup thin cuts live decode segment
# custody fold figures memory gate, or all. Needs root for those with a network (catchup thin cuts live memory). RUNS=3 sets how often.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/release
runs=${RUNS:-3}
here=$root/tests/bench
[[ $# -gt 0 ]] || { sed -n '3,4p' "$0" >&2; exit 2; }
[[ $* == all ]] && set -- decode segment custody fold figures memory gate catchup live thin cuts
(cd "$root" && cmake --preset release > "$root/build.log" 2>&1 && cmake --build --preset release > "$root/build.log" 2>&1) || {
    tail -20 "$root/build.log" >&2
    exit 1
}
rm -f "$root/build.log"
# Where the system lets us, ahead of what else runs on this machine: waiting for a turn of the processor is not what live measures.
calm=
chrt -f 10 true 2> /dev/null && calm="chrt -f 10"
for name in "$@"; do
    case $name in
    catchup) python3 "$here/catchup.py" --programs "$build/bin" --runs "$runs" ;;
    thin) python3 "$here/catchup.py" --programs "$build/bin" --runs "$runs" --thin ;;
    cuts) python3 "$here/catchup.py" --programs "$build/bin" --runs "$runs" --thin --cuts ;;
    live) $calm python3 "$here/live.py" --programs "$build/bin" --runs "$runs" ;;
    memory) python3 "$here/memory.py" --programs "$build/bin" ;;
    gate) "$build/bin/bench_gate" "$build/bin/tiepsuc-gate" 1000 ;;
    figures) $calm "$build/bin/bench_report_figures" ;;
    fold) $calm "$build/bin/bench_fold" ;;
    decode | segment | custody) "$build/bin/bench_$name" ;;
    *)
        echo "run.sh: there is no benchmark $name" >&2
        exit 2
        ;;
    esac
done
