#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# shellcheck disable=SC2016,SC2154
# Goal: what the pages name is there. Method: every path in backquotes that begins with a folder of the project, every name of a
# test, and every folder and package of README's tables is looked for. Usage: docs.sh <source dir>
set -euo pipefail
cd "$1"
. tests/lint/files.sh

mapfile -t pages < <(ts_files -name '*.md')

# Paths, without placeholders and patterns.
for page in "${pages[@]}"; do
    while read -r path; do
        [ -e "$path" ] || complain "$page" "there is no $path"
    done < <(grep -oE '`(common|services|deploy|proto|tests)/[A-Za-z0-9_./-]*`' "$page" | tr -d '`' | sort -u)
    # Tests by their name in CTest (a file of that name), or one case of a unit test by its function.
    while read -r name; do
        compgen -G "tests/*/$name.c" >/dev/null || compgen -G "tests/scenario/${name/#scenario_/test_}.*" >/dev/null ||
            grep -rqs --include='*.c' "^$name(" tests/unit tests/store ||
            complain "$page" "there is no test $name"
    done < <(grep -oE '`(test|scenario)_[a-z0-9_]+`' "$page" | tr -d '`' | sort -u)
done

# README names every package that the scripts install, and no other.
if [ -e README.md ] && [ -e deploy/packages.txt ]; then
    section=$(sed -n '/^## Packages/,/^## /p' README.md)
    while read -r name; do
        grep -qF "\`$name\`" <<<"$section" || complain README.md "the package $name of deploy/packages.txt is not in the table"
    done < <(awk '/^(build|demo|test) / { print $2 }' deploy/packages.txt)
    while read -r name; do
        grep -qE "^(build|demo|test) +$name( |\$)" deploy/packages.txt || complain README.md "$name is not in deploy/packages.txt"
    done < <(grep '^| `' <<<"$section" | cut -d'|' -f2 | grep -oE '`[a-z0-9+.-]+`' | tr -d '`')
fi
exit "$findings"
