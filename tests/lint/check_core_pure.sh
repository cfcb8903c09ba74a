#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: core calls nothing that knows a clock, a file, a socket, chance or the language of the machine.
# Method: symbols that the archive of core needs and does not define, against an allow-list.
# Usage: check_core_pure.sh <libts_core.a>; 77 when there is no core yet.
set -euo pipefail

archive=$1
if [ ! -f "$archive" ]; then
    echo "no core yet: $archive"
    exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nm -u "$archive" | awk '$1 == "U" { print $2 }' | LC_ALL=C sort -u >"$work/needed"
nm --defined-only "$archive" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u >"$work/defined"

# ts_*: our own base. mem*, str*: plain ones only, none that asks the locale or keeps state.
# tiepsuc__*: descriptors and default values of the schema, no packing. The rest: the compiler's own.
allowed='^(ts_[a-z0-9_]+'
allowed+='|mem(cpy|move|set|cmp|chr)|__mem(cpy|move|set)_chk'
allowed+='|str(len|nlen|cmp|ncmp|chr|rchr|spn|cspn|pbrk|str)'
allowed+='|qsort|bsearch|abort|__assert_fail'
allowed+='|tiepsuc__[a-z0-9_]+__(descriptor|init)'
allowed+='|protobuf_c_empty_string'
allowed+='|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__popcountdi2'
allowed+='|__(asan|ubsan|tsan|sanitizer)_[A-Za-z0-9_]+)$'
# Names of base or elsewhere that would bring the world in.
refused='^ts_(log|clock|random)_|__(pack|unpack|free_unpacked|get_packed_size|pack_to_buffer)$'

LC_ALL=C comm -23 "$work/needed" "$work/defined" >"$work/outside"
bad=$(grep -vE "$allowed" "$work/outside" || true)
bad+=$(grep -E "$refused" "$work/outside" || true)
if [ -n "$bad" ]; then
    echo "core is not pure, it calls:" >&2
    echo "$bad" >&2
    nm -uA "$archive" 2>/dev/null | grep -wF "$bad" | sed 's/^/  /' >&2 || true
    exit 1
fi
echo "core needs $(wc -l <"$work/outside") symbols from outside, all allowed"
