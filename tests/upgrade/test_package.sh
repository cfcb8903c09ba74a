#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: a package that comes by stick is installed only when its publisher signed exactly these bytes for this machine and it is newer; whatever is
# refused changes nothing and says why; the version before is kept and gone back to. Method: packages of this build under made-up versions, into
# an empty root; then altered, cut short, signed by another, without signature, with another's signature, older, renamed.
#   test_package.sh BUILD_DIR
set -euo pipefail
build=${1:?test_package.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/../.." && pwd)
command -v minisign >/dev/null || { echo "minisign is not installed"; exit 77; }
work=$(mktemp -d /tmp/ts-package.XXXXXX)
trap 'rm -rf "$work"' EXIT
export LANGUAGE=en
wrong=0
complain() {
    printf 'test_package: %s\n' "$*" >&2
    wrong=1
}

make() {
    "$here/deploy/package.sh" -s "$work/$2" -o "$work/$3" --from "$build" --version "$1" >"$work/made.log" 2>&1 ||
        { cat "$work/made.log" >&2; exit 1; }
}

install() {
    "$here/deploy/upgrade.sh" --root "$work/root" "$@" >"$work/said" 2>&1
}

state() {
    (cd "$work/root" && find . -printf '%p %y %l %s\n' | sort)
}

# refused <what it must say> <arguments of upgrade.sh>
refused() {
    local says=$1 before
    shift
    before=$(state)
    if install "$@"; then
        complain "installed: $*"
    fi
    grep -qF "$says" "$work/said" || complain "$*: says something else: $(cat "$work/said")"
    [ "$(state)" = "$before" ] || complain "$* changed something"
}

minisign -G -W -p "$work/package.pub" -s "$work/package.key" >/dev/null 2>&1
minisign -G -W -p "$work/other.pub" -s "$work/other.key" >/dev/null 2>&1
machine=$(uname -m)
make 0.1.0 package.key one
make 0.2.0 package.key two
make 0.3.0 other.key foreign
one=$work/one/tiepsuc-0.1.0-$machine.tar.gz
two=$work/two/tiepsuc-0.2.0-$machine.tar.gz
mkdir -p "$work/root/etc/tiepsuc"

refused "there is no public key" "$one"
cp "$work/package.pub" "$work/root/etc/tiepsuc/package.pub"
install "$one" || complain "0.1.0: $(cat "$work/said")"
"$work/root/opt/tiepsuc/current/bin/tiepsuc" --version >/dev/null || complain "what was installed does not run"
[ "$(readlink "$work/root/usr/local/bin/tiepsuc")" = /opt/tiepsuc/current/bin/tiepsuc ] || complain "tiepsuc is not in the path"
[ -L "$work/root/etc/systemd/system/tiepsuc-office.service" ] || complain "the unit is not there"

# What is not right: whatever came of it on a stick, in the mail, or in between.
mkdir "$work/bad"
for size in 1000 $(($(stat -c %s "$two") / 2)) $(($(stat -c %s "$two") - 1)); do
    head -c "$size" "$two" >"$work/bad/cut.tar.gz"
    cp "$two.minisig" "$work/bad/cut.tar.gz.minisig"
    refused "the signature is not right" "$work/bad/cut.tar.gz"
done
cp "$two" "$work/bad/bit.tar.gz"
printf '\125' | dd of="$work/bad/bit.tar.gz" bs=1 seek=50000 conv=notrunc status=none
refused "the signature is not right" "$work/bad/bit.tar.gz" "$two.minisig"
refused "the signature is not right" "$work/foreign/tiepsuc-0.3.0-$machine.tar.gz"
refused "the signature is not right" "$two" "$one.minisig"
cp "$two" "$work/bad/alone.tar.gz"
refused "its signature is not there" "$work/bad/alone.tar.gz"
# The words of the signature are signed as well.
sed "s/tiepsuc 0.2.0/tiepsuc 0.9.0/" "$two.minisig" >"$work/bad/words.minisig"
refused "the signature is not right" "$two" "$work/bad/words.minisig"
echo "not a package" >"$work/bad/text.tar.gz"
minisign -S -s "$work/package.key" -m "$work/bad/text.tar.gz" -t "letter 1" >/dev/null
refused "this is no package of Tiếp Sức" "$work/bad/text.tar.gz"
minisign -S -s "$work/package.key" -m "$work/bad/text.tar.gz" -t "tiepsuc 0.5.0 otherbox" >/dev/null
refused "it is for otherbox" "$work/bad/text.tar.gz"
minisign -S -s "$work/package.key" -m "$work/bad/text.tar.gz" -t "tiepsuc ../../etc $machine" >/dev/null
refused "this is no package of Tiếp Sức" "$work/bad/text.tar.gz"
refused "there is no version before this one" --back

# A chat program renamed both files; the newer one goes in and the one before stays.
cp "$two" "$work/bad/goi (1).tar.gz"
cp "$two.minisig" "$work/bad/goi.minisig (1)"
install "$work/bad/goi (1).tar.gz" "$work/bad/goi.minisig (1)" || complain "renamed: $(cat "$work/said")"
install --list || complain "--list"
[ "$(tr '\n' '|' <"$work/said")" = "0.1.0|0.2.0 *|" ] || complain "--list says $(cat "$work/said")"
refused "it is version 0.1.0, 0.2.0 is in use" "$one"
refused "it is version 0.2.0, 0.2.0 is in use" "$two"
install --back || complain "--back: $(cat "$work/said")"
[ "$(cat "$work/root/opt/tiepsuc/current/VERSION")" = 0.1.0 ] || complain "not back at 0.1.0"
"$work/root/opt/tiepsuc/current/bin/tiepsuc" --version >/dev/null || complain "the version before does not run"
install "$two" || complain "0.2.0 again: $(cat "$work/said")"
[ "$(cat "$work/root/opt/tiepsuc/current/VERSION")" = 0.2.0 ] || complain "not at 0.2.0 again"
[ "$wrong" -eq 0 ] && echo "packages: right ones installed, 12 wrong ones refused, back and forth"
exit "$wrong"
