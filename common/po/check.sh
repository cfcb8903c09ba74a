#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Compares the sentences of the sources with the translation: check.sh <source dir> <vi.po>
# Fails where a sentence has no Vietnamese, where the Vietnamese belongs to no sentence, is marked fuzzy or is given twice and
# differently, where the arguments {1} {2} … of a translation are not those of its sentence, and where it is not in composed
# form (NFC).
set -euo pipefail

source_dir=$1
po=$(realpath "$2")
set -- "$1" "$2"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source_dir"

find . -name '*.[ch]' \( -path './common/*' -o -path './services/*' \) | LC_ALL=C sort >"$work/files"
xgettext --from-code=UTF-8 --language=C --keyword=_ --keyword=N_ --no-wrap --force-po \
    --files-from="$work/files" --output="$work/found.pot" 2>"$work/notes" || {
    cat "$work/notes" >&2
    exit 1
}
sed -i 's/charset=CHARSET/charset=UTF-8/' "$work/found.pot"

failed=0

msgmerge --quiet --no-fuzzy-matching --no-wrap --output-file="$work/merged.po" "$po" "$work/found.pot"
msgattrib --untranslated --no-obsolete --no-wrap "$work/merged.po" >"$work/untranslated.po"
count=$(awk 'BEGIN { RS = "" } /(^|\n)#: / { n++ } END { print n + 0 }' "$work/untranslated.po")
if [ "$count" -gt 0 ]; then
    echo "sentences without Vietnamese: $count" >&2
    grep -E '^(#: |msgid )' "$work/untranslated.po" | grep -v '^msgid ""$' >&2
    failed=1
fi
if msgattrib --only-obsolete --no-wrap "$work/merged.po" | grep '^#~ msgid ' >&2; then
    echo "Vietnamese for sentences that are nowhere in the sources" >&2
    failed=1
fi
if grep -n '^#,.*fuzzy' common/po/parts/*.po >&2; then
    echo "fuzzy translations" >&2
    failed=1
fi

# A sentence may stand in several parts, with the same Vietnamese in each; msgcat marks where it differs.
for part in common/po/parts/*.po; do
    { cat common/po/header.po; echo; cat "$part"; } >"$work/$(basename "$part")"
    set -- "$@" "$work/$(basename "$part")"
done
if msgcat --no-wrap "${@:3}" | grep -B2 -A4 '^"#-#-#-#-#' >&2; then
    echo "two translations of one sentence" >&2
    failed=1
fi

# One line per message, both texts on it; then the sets of {N} must agree.
# shellcheck disable=SC2016
msgexec --input="$po" sh -c 'printf "%s\001" "$MSGEXEC_MSGID"; cat; printf "\n\002\n"' \
    >"$work/pairs" 2>/dev/null
if ! awk -v RS='\n\002\n' -F'\001' '
    function holes(text,    found) {
        found = ""
        for (n = 1; n <= 6; n++) {
            if (index(text, "{" n "}") > 0) { found = found n }
        }
        return found
    }
    NF == 2 && $1 != "" && $2 != "" && holes($1) != holes($2) {
        print "other arguments in the translation: " $1 " | " $2
        bad = 1
    }
    END { exit bad }' "$work/pairs" >&2; then
    failed=1
fi

# Combining tone marks U+0300..U+036F: composed letters exist for all of Vietnamese.
if LC_ALL=C grep -nP '\xCC[\x80-\xBF]|\xCD[\x80-\xAF]' common/po/parts/*.po common/po/header.po >&2; then
    echo "combining marks in a translation: write composed letters (NFC)" >&2
    failed=1
fi
exit "$failed"
