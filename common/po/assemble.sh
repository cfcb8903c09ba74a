#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Joins the parts of the translation: assemble.sh <out.po> <header.po> <part.po>…
# A sentence that several parts translate is taken from the first that has it.
set -eu

out=$1
header=$2
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count=0
for part in "$@"; do
    count=$((count + 1))
    name=$(printf '%s/%03d.po' "$work" "$count")
    # The header first: it says that the part is UTF-8.
    { cat "$header"; echo; cat "$part"; } >"$work/joined.po"
    if ! msguniq --use-first --output-file="$name" "$work/joined.po" 2>"$work/errors"; then
        echo "$part:" >&2
        cat "$work/errors" >&2
        exit 1
    fi
done
msgcat --use-first --sort-output --output-file="$work/all.po" "$header" "$work"/[0-9]*.po
mv "$work/all.po" "$out"
