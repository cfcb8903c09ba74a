#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: no file includes what its layer may not see. Method: every #include line of common/ and services/
# is compared with the two tables below. Usage: check_layers.sh <source dir>
set -euo pipefail
cd "$1"
. tests/lint/files.sh

# Which layers a layer may include. Siblings never include one another; core and base know nothing above.
declare -A may_see=(
    [base]="base"
    [core]="core base"
    [wire]="wire core base"
    [crypto]="crypto core base"
    [store]="store core base"
    [net]="net core base"
    [conf]="conf core base"
    [sheet]="sheet core base"
    [node]="node wire crypto store sheet core base"
    [services]="node wire crypto store net conf sheet core base"
)

# Which layers may include a library's header (extended regular expression on the path; the first row
# that fits holds, czmq's classes being every other z….h).
libraries=(
    '^sqlite3(ext)?\.h$|store'
    '^archive(_entry)?\.h$|store'
    '^sodium(\.h$|/)|crypto'
    '^zstd(_errors)?\.h$|wire'
    '^zdict\.h$|wire'
    '^zmq(_utils)?\.h$|net'
    '^(czmq(_library)?|z[a-z]+)\.h$|net conf'
    '^protobuf-c/|wire'
    '\.pb-c\.h$|wire core'
    '^jansson\.h$|wire services'
    '^csv\.h$|sheet'
    '^utf8proc\.h$|sheet'
    '^iconv\.h$|sheet'
    '^xlsxwriter\.h$|services'
    '^systemd/|services'
    '^libintl\.h$|services'
)

# Core is a pure function of its arguments: these headers give it nothing else.
core_system='^(assert|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint|stdlib|string)\.h$'

has_word() {
    case " $2 " in *" $1 "*) return 0 ;; esac
    return 1
}

check_library() {
    local place=$1 layer=$2 header=$3 row pattern layers
    for row in "${libraries[@]}"; do
        pattern=${row%|*}
        layers=${row##*|}
        if [[ $header =~ $pattern ]]; then
            has_word "$layer" "$layers" || complain "$place" "<$header> belongs to: $layers"
            return
        fi
    done
}

# The project's own header, in quotation marks.
check_own() {
    local place=$1 layer=$2 service=$3 header=$4 first=${4%%/*}
    if [[ $header == *../* || $header == ./* ]]; then
        complain "$place" "\"$header\": write it from common/ or services/, never ../"
    elif [[ $header == *.pb-c.h ]]; then
        check_library "$place" "$layer" "$header"
    elif [[ -n ${may_see[$first]:-} && $header == */* ]]; then
        has_word "$first" "${may_see[$layer]}" || complain "$place" "$layer must not include $first: \"$header\""
    elif [[ $layer == services ]]; then
        if [[ $header == */* && $first != "$service" && $first != shared ]]; then
            complain "$place" "service $service must not include \"$header\""
        fi
    elif [[ $header != */* ]]; then
        complain "$place" "\"$header\": write it with its folder, \"$layer/$header\""
    else
        complain "$place" "$layer must not include \"$header\""
    fi
}

while IFS=: read -r file number line; do
    layer=${file#common/}
    layer=${layer%%/*}
    service=""
    if [[ $file == services/* ]]; then
        layer=services
        service=${file#services/}
        service=${service%%/*}
    fi
    place=$file:$number
    if [[ -z ${may_see[$layer]:-} ]]; then
        complain "$place" "the layer $layer is not in the table of check_layers.sh"
    elif [[ $line =~ ^[[:space:]]*#[[:space:]]*include[[:space:]]*\"([^\"]+)\" ]]; then
        check_own "$place" "$layer" "$service" "${BASH_REMATCH[1]}"
    elif [[ $line =~ ^[[:space:]]*#[[:space:]]*include[[:space:]]*\<([^>]+)\> ]]; then
        header=${BASH_REMATCH[1]}
        check_library "$place" "$layer" "$header"
        if [[ $layer == core && $header != *.pb-c.h && ! $header =~ $core_system ]]; then
            complain "$place" "core is pure: <$header>"
        fi
    fi
done < <(ts_sources common services | xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include' || true)

exit "$findings"
