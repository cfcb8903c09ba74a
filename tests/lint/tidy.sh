#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: the house style that a formatter cannot see. Method: text searches, one function per rule.
# Usage: tidy.sh <source dir> [<build dir>]; with a build dir also: no source outside all targets.
set -euo pipefail
cd "$1"
build=${2:-}
. tests/lint/files.sh

mapfile -t sources < <(ts_sources common services tests)
mapfile -t scripts < <(ts_files -name '*.sh' -o -name '*.cmake' -o -name CMakeLists.txt -o -name '*.proto' \
    -o -path ./.ci/run -o -name '*.py')
mapfile -t texts < <(ts_files -name '*.[ch]' -o -name '*.sh' -o -name '*.cmake' -o -name CMakeLists.txt \
    -o -name '*.proto' -o -name '*.md' -o -name '*.py' -o -path ./.ci/run | grep -v '^tests/lint/')

# search <pattern> <words> files…: every line with the pattern is a finding.
search() {
    local pattern=$1 words=$2
    shift 2
    [ $# -gt 0 ] || return 0
    while IFS=: read -r file number line; do
        complain "$file:$number" "$words: $(printf '%s' "$line" | sed 's/^ *//' | cut -c1-80)"
    done < <(grep -nHE -- "$pattern" "$@" || true)
}

banned_calls() {
    local word='(^|[^A-Za-z0-9_])'
    search "$word(strcpy|stpcpy|strcat|strncat)[ ]?\(" "use ts_buf_t or snprintf" "${sources[@]}"
    search "$word(sprintf|vsprintf|gets)[ ]?\(" "use snprintf" "${sources[@]}"
    search "$word(atoi|atol|atoll|atof)[ ]?\(" "parse exactly and check" "${sources[@]}"
    search "$word(gmtime|localtime|mktime|strtok)[ ]?\(" "use base/time.h; these keep shared state" "${sources[@]}"
    search "$word(sleep|usleep)[ ]?\(" "wait for an event with a deadline" "${sources[@]}"
    search '(^|[[:space:];{}])//' "comments are /* */" "${sources[@]}"
}

unfinished_words() {
    [ ${#texts[@]} -gt 0 ] || return 0
    search '(^|[^A-Za-z_])(FIXME|XXX|HACK)([^A-Za-z_]|$)' "finish it or write an issue" "${texts[@]}"
    while IFS=: read -r file number _; do
        complain "$file:$number" "TODO names its issue: TODO(#12)"
    done < <(grep -nHE '(^|[^A-Za-z_])TODO([^A-Za-z_]|$)' "${texts[@]}" | grep -vE 'TODO\(#[0-9]+\)' || true)
}

line_lengths() {
    while IFS=: read -r file number _; do
        complain "$file:$number" "longer than 100 columns"
    done < <(LC_ALL=C.UTF-8 grep -nHE '^.{101,}$' "${sources[@]}" || true)
    for file in "${sources[@]}"; do
        lines=$(wc -l <"$file")
        [ "$lines" -le 800 ] || complain "$file" "$lines lines; a file has at most 800"
    done
}

# A function's braces stand alone in the first column.
function_lengths() {
    local long
    long=$(awk 'FNR == 1 { start = 0 }
        $0 == "{" { start = FNR }
        $0 == "}" && start > 0 {
            if (FNR - start - 1 > 70) {
                print FILENAME ":" start ": function of " FNR - start - 1 " lines; at most 70"
            }
            start = 0
        }' "${sources[@]}")
    if [ -n "$long" ]; then
        printf '%s\n' "$long" >&2
        findings=1
    fi
}

opening_lines() {
    for file in "${sources[@]}"; do
        if [ "$(head -n 1 "$file")" != "/* SPDX-License-Identifier: MPL-2.0 */" ]; then
            complain "$file:1" "first line must be the SPDX line"
        fi
        if [[ $file == *.h && $(sed -n 2p "$file") != "/*"* ]]; then
            complain "$file:2" "a header opens with a comment: what for, who uses it, where the rule is from"
        fi
    done
    for file in "${scripts[@]}"; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MPL-2.0' ||
            complain "$file:1" "SPDX line is missing in the first three lines"
    done
}

sources_outside_targets() {
    local commands=$build/compile_commands.json
    [ -n "$build" ] && [ -f "$commands" ] || return 0
    for file in "${sources[@]}"; do
        if [[ $file == *.c ]] && ! grep -qF "/$file\"" "$commands"; then
            complain "$file" "is in no target of the build"
        fi
    done
}

# Not a rule, a figure: how often a function checks what it relies on.
assert_density() {
    local layer checks functions text
    for layer in base core wire crypto store net sheet node; do
        [ -d "common/$layer" ] || continue
        text=$(find "common/$layer" -name '*.c' -exec cat {} +)
        functions=$(grep -c '^{$' <<<"$text" || true)
        checks=$(grep -cE '(TS_CHECK|static_assert|_Static_assert)\(' <<<"$text" || true)
        awk -v l="$layer" -v c="$checks" -v f="$functions" \
            'BEGIN { if (f > 0) printf "%-8s %4d functions, %4d checks, %.2f per function\n", l, f, c, c / f }'
    done
}

if [ ${#sources[@]} -gt 0 ]; then
    banned_calls
    unfinished_words
    line_lengths
    function_lengths
    opening_lines
    sources_outside_targets
    assert_density
fi
exit "$findings"
