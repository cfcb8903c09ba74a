#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: the lint scripts find what they are for. Method: a small tree with one fault of each kind; every
# fault must be named, and the same tree without faults must pass. Usage: selftest.sh <source dir>
set -euo pipefail

source_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tests"
cp -r "$source_dir/tests/lint" "$work/tests/lint"
cd "$work"

spdx='/* SPDX-License-Identifier: MPL-2.0 */'
failed=0

# plant <file> <line…>: a file with the SPDX line and these lines.
plant() {
    local file=$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$spdx" "$@" >"$file"
}

# expect <script> <words that its output must contain>
expect() {
    local script=$1 words=$2 out
    if out=$("tests/lint/$script" "$work" 2>&1); then
        echo "$script passed, it should have found: $words" >&2
        failed=1
    elif ! grep -qF -- "$words" <<<"$out"; then
        echo "$script did not say '$words' but: $out" >&2
        failed=1
    fi
    rm -rf common services
}

# clean <script>: what is planted passes.
clean() {
    local out
    if ! out=$("tests/lint/$1" "$work" 2>&1); then
        echo "$1 found a fault where there is none: $out" >&2
        failed=1
    fi
    rm -rf common services
}

plant common/core/a.c '#include "core/a.h"' '#include <time.h>'
expect check_layers.sh 'core is pure: <time.h>'
plant common/core/a.c '#include "store/a.h"'
expect check_layers.sh 'core must not include store'
plant common/wire/a.c '#include "net/a.h"'
expect check_layers.sh 'wire must not include net'
plant common/node/a.c '#include "net/a.h"'
expect check_layers.sh 'node must not include net'
plant common/sheet/a.c '#include "../core/a.h"'
expect check_layers.sh 'never ../'
plant common/store/a.c '#include "a.h"'
expect check_layers.sh 'write it with its folder'
plant common/net/a.c '#include <sqlite3.h>'
expect check_layers.sh '<sqlite3.h> belongs to: store'
plant services/office/a.c '#include "tiepsuc/v1/event.pb-c.h"'
expect check_layers.sh 'belongs to: wire core'
plant services/office/a.c '#include "gate/gate.h"'
expect check_layers.sh 'service office must not include "gate/gate.h"'
plant common/odd/a.c '#include <string.h>'
expect check_layers.sh 'layer odd is not in the table'
plant common/core/a.c '#include "base/err.h"' '#include "core/a.h"' '#include "tiepsuc/v1/event.pb-c.h"' '#include <string.h>'
plant common/node/a.c '#include "store/a.h"' '#include "wire/a.h"'
plant common/wire/a.c '#include <zstd.h>' '#include <protobuf-c/protobuf-c.h>'
plant common/net/a.c '#include <zmq.h>' '#include <czmq.h>' '#include <zsock.h>'
plant services/office/a.c '#include "net/a.h"' '#include "shared/say.h"' '#include "office/b.h"' '#include "b.h"'
clean check_layers.sh

long_line=$(printf 'x%.0s' {1..101})
for fault in 'strcpy(a, b);|use ts_buf_t' 'sprintf(a, b);|use snprintf' 'n = atoi(a);|parse exactly' \
    't = gmtime(&a);|shared state' 'sleep(1);|wait for an event' 'int a; // b|comments are' \
    "$long_line|longer than 100" '/* FIX''ME */|finish it' '/* TO''DO later */|names its issue'; do
    plant common/core/a.c "${fault%|*}"
    expect tidy.sh "${fault##*|}"
done
plant common/core/a.h 'int a;'
expect tidy.sh 'a header opens with a comment'
mkdir -p common/core
echo 'int a;' >common/core/a.c
expect tidy.sh 'first line must be the SPDX line'
mkdir -p common/core
{
    printf '%s\nint\na(void)\n{\n' "$spdx"
    for _ in {1..71}; do echo '    ;'; done
    echo '}'
} >common/core/a.c
expect tidy.sh 'function of 71 lines'
mkdir -p common/core
{
    echo "$spdx"
    for _ in {1..800}; do echo; done
} >common/core/a.c
expect tidy.sh '801 lines'
plant common/core/a.c '/* TO''DO(#12): xã Lũng Cú */' 'snprintf(a, n, "tcp://x");' 'gmtime_r(a, b);' 'nanosleep(a, b);' \
    "/* $(printf 'ễ%.0s' {1..90}) */"
plant common/core/a.h '/* What for. */'
clean tidy.sh

# Pages: a path and a test that are not there.
# shellcheck disable=SC2016
printf '%s\n' 'See `common/gone.h` and `test_gone`, and `tests/lint/files.sh`.' >PAGE.md
expect docs.sh 'there is no common/gone.h'
expect docs.sh 'there is no test test_gone'
# shellcheck disable=SC2016
printf '%s\n' 'See `tests/lint/files.sh`.' >PAGE.md
clean docs.sh
rm PAGE.md

# The archive of core: one pure source passes, a clock, a stream or packing is named.
plant pure.c '#include <string.h>' 'int f(const char *a);' 'int f(const char *a) { return (int)strlen(a); }'
plant clock.c '#include <time.h>' 'long f(void);' 'long f(void) { return (long)time(0); }'
plant stream.c '#include <stdio.h>' 'void f(void);' 'void f(void) { fprintf(stderr, "x"); }'
plant pack.c 'void tiepsuc__v1__need__pack(void);' 'void f(void);' 'void f(void) { tiepsuc__v1__need__pack(); }'
for name in pure clock stream pack; do
    cc -c -O1 "$name.c" -o "$name.o"
    ar rcs "$name.a" "$name.o"
    if tests/lint/check_core_pure.sh "$name.a" >/dev/null 2>&1; then result=pass; else result=fail; fi
    if [ "$name" = pure ]; then wanted=pass; else wanted=fail; fi
    if [ "$result" != "$wanted" ]; then
        echo "check_core_pure.sh: $name.c should $wanted" >&2
        failed=1
    fi
done

exit "$failed"
