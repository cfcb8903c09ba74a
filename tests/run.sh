#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Builds the program and runs its tests; the last line is "N passed, N failed".
#   tests/run.sh            gcc, optimised: lint and every test
#   tests/run.sh --quick    the same build: lint and unit tests only
#   tests/run.sh --clang    built with clang; --asan: with address and undefined-behaviour sanitizers;
#                --tsan     with the thread sanitizer: the tests in which libzmq's threads run (our own code has
#                           one thread a process); clang runs the unit tests only
#                --fuzz     clang and libFuzzer: each target of tests/fuzz for FUZZ_SECONDS
#   tests/run.sh --all      gcc with everything; clang with address and undefined-behaviour sanitizers and the fuzz targets;
#                           gcc with the thread sanitizer; warnings as errors, as CI does
# Missing packages are installed when this can be done without a password.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

runs=()
quick=""
all=""
werror=OFF
repeat=()
# Real processes on a machine that others use too: in CI a test that fails is tried once more, and named.
[ "${CI:-}" != true ] || { werror=ON repeat=(--repeat until-pass:2); }
# Seconds that each fuzz target runs; tests/fuzz/long.sh is for more.
if [ "${CI:-}" = true ]; then
    export FUZZ_SECONDS="${FUZZ_SECONDS:-6}"
else
    export FUZZ_SECONDS="${FUZZ_SECONDS:-3}"
fi
for option in "$@"; do
    case "$option" in
        --quick) quick=1 ;;
        --clang | --asan | --tsan | --fuzz) runs+=("${option#--}") ;;
        --all)
            # libFuzzer's build has all that "asan" has: one build for both.
            runs=(release fuzz tsan)
            all=1
            werror=ON
            ;;
        *)
            sed -n 's/^# \{0,1\}//; 3,12p' "$0"
            exit 2
            ;;
    esac
done
[ ${#runs[@]} -gt 0 ] || runs=(release)

deploy/install-packages.sh || exit $?

export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tests/support/tsan.supp"
export CTEST_OUTPUT_ON_FAILURE=1
# Tests that stop a program at its first, second, third … change take every sixth; tests/proof.sh takes all.
export TS_STRIDE="${TS_STRIDE:-6}"

jobs=$(nproc)
passed=0
failed=0
skipped=0
broken=()

# build <run>: configures and builds; the sanitizer for threads needs those with threads only, libFuzzer its targets.
build() {
    local run=$1 targets=(all)
    [ "$run" != tsan ] || targets=(thread-tests)
    [ "$run" != fuzz ] || [ -n "$all" ] || targets=(fuzzers)
    cmake --preset "$run" -DTS_WERROR="$werror" &&
        cmake --build --preset "$run" -j "$jobs" --target "${targets[@]}"
}

# Which tests a run makes: lint, slow ones and real processes once, with the first build.
selection() {
    local run=$1
    [ "$run" != fuzz ] || [ -z "$all" ] || run=asan
    case "$run" in
        release) [ -z "$quick" ] || echo "-L ^(lint|unit)$" ;;
        fuzz) echo "-L ^fuzz$" ;;
        tsan) echo "-L ^threads$" ;;
        asan) if [ -n "$quick" ]; then echo "-L ^unit$ -LE ^slow$"; else echo "-LE ^(lint|scenario|slow|sim)$"; fi ;;
        *) echo "-L ^unit$ -LE ^slow$" ;;
    esac
}

for run in "${runs[@]}"; do
    started=$SECONDS
    echo "== $run: build"
    if ! build "$run"; then
        broken+=("$run: build")
        failed=$((failed + 1))
        continue
    fi
    echo "== $run: tests ($((SECONDS - started)) s for the build)"
    log=build/$run/tests.log
    # Real processes mostly wait, so more tests than there are cores run beside one another. Threads are watched in peace.
    together=$((jobs + 1))
    [ "$run" != release ] || together=$((jobs + 2))
    [ "$run" != tsan ] || together=1
    read -ra select <<<"$(selection "$run")"
    ctest --test-dir "build/$run" -j "$together" --no-tests=error "${repeat[@]}" "${select[@]}" </dev/null 2>&1 | tee "$log"
    if [ "${PIPESTATUS[0]}" -ne 0 ]; then
        broken+=("$run: tests")
    fi
    grep -E '\*\*\*(Failed|Timeout|Exception)' "$log" | sed 's/.*: \([a-z0-9_]*\) .*/failed once: \1/' | sort -u
    # "98% tests passed, 1 tests failed out of 50"; skipped ones are counted in.
    bad="" total=""
    read -r bad total < <(sed -n 's/.*passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1 \2/p' "$log")
    none=$(grep -cE '\*\*\*Skipped' "$log")
    if [ -z "${total:-}" ]; then
        bad=1
        total=1
    fi
    failed=$((failed + bad))
    skipped=$((skipped + none))
    passed=$((passed + total - bad - none))
    echo "== $run: $((SECONDS - started)) s"
done

[ ${#broken[@]} -eq 0 ] || printf 'not right: %s\n' "${broken[@]}"
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ ${#broken[@]} -eq 0 ]
