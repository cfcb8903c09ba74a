#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: what people see of the command line stays as it was meant: text in both languages, JSON, widths,
# exit codes, and what is sent. Method: a transcript holds commands ("$ …") with their whole output and
# exit code ("? N"); it is run again against fake_node and compared.
#
#   run.sh TIEPSUC FAKE_NODE TRANSCRIPT [--update]
#
# Commands run in a folder of their own that has office/office.conf (the fake process answers there),
# dead/office.conf (nobody does) and the files of tests/cli/files. The folder's name is shown as DIR.
# "--update" writes the transcript anew from what happens: read the difference before it is kept.
set -uo pipefail

tiepsuc=$(realpath "$1")
fake=$(realpath "$2")
transcript=$(realpath "$3")
update=${4:-}
files=$(dirname "$(realpath "$0")")/files

work=$(mktemp -d)
server=""
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

cd "$work" || exit 1
mkdir office dead
[ ! -d "$files" ] || cp -r "$files"/. .
printf 'data_dir = %s\ncontrol = ipc://%s/node.sock\n' "$work/office" "$work" >office/office.conf
printf 'data_dir = %s\ncontrol = ipc://%s/dead.sock\n' "$work/dead" "$work" >dead/office.conf

start_server() {
    "$fake" "ipc://$work/node.sock" "$work/sent" &
    server=$!
    for _ in $(seq 1200); do
        [ ! -S node.sock ] || return 0
        kill -0 "$server" 2>/dev/null || return 1
        read -rt 0.05 <> <(:) || :
    done
    return 1
}
start_server || {
    echo "fake_node did not start" >&2
    exit 1
}

export LC_ALL=C.UTF-8 LANGUAGE=vi
unset LANG LC_MESSAGES COLUMNS

tiepsuc() { "$tiepsuc" "$@"; }
# What was sent since the last time.
sent() {
    cat sent
    : >sent
}

# Runs tiepsuc with these words, interrupts it once it has written so many lines, shows the last one.
# Fails with 99 when they do not come within ten seconds.
interrupted() {
    local lines=$1 child code
    shift
    "$tiepsuc" "$@" >interrupted.txt 2>&1 &
    child=$!
    for _ in $(seq 1200); do
        [ "$(wc -l <interrupted.txt)" -lt "$lines" ] || break
        read -rt 0.05 <> <(:) || :
    done
    [ "$(wc -l <interrupted.txt)" -ge "$lines" ] || code=99
    kill -INT "$child"
    wait "$child"
    code=${code:-$?}
    tail -n 1 interrupted.txt
    return "$code"
}

actual=$work/actual
: >"$actual"
while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in
        '$ '*)
            printf '%s\n' "$line" >>"$actual"
            eval "${line#\$ }" >out.txt 2>&1 </dev/null
            code=$?
            sed "s|$work|DIR|g" out.txt >>"$actual"
            # An output without a line end at its end gets one.
            [ ! -s out.txt ] || [ -z "$(tail -c 1 out.txt)" ] || echo >>"$actual"
            echo "? $code" >>"$actual"
            ;;
        '#'*) printf '%s\n' "$line" >>"$actual" ;;
        '') printf '\n' >>"$actual" ;;
    esac
done < <(awk '/^\$ / { print; inside = 1; next } /^\? / { print ""; inside = 0; next } !inside && /^#/' "$transcript")

# One empty line behind each exit code, none elsewhere that the transcript did not have.
if [ "$update" = --update ]; then
    cp "$actual" "$transcript"
    exit 0
fi
diff -u --label expected --label happened "$transcript" "$actual"
