#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: what `cmake --install` leaves behind is whole and fits together. Method: installs the build tree into an empty prefix, runs
# every program from there with the examples that were installed beside it, and lets systemd read the units.
#   test_install.sh BUILD_DIR
set -euo pipefail
build=${1:?test_install.sh BUILD_DIR}
prefix=$(mktemp -d /tmp/ts-install.XXXXXX)
trap 'rm -rf "$prefix"' EXIT
wrong=0
complain() {
    printf 'test_install: %s\n' "$*" >&2
    wrong=1
}

cmake --install "$build" --prefix "$prefix" >"$prefix/install.log" 2>&1 || { cat "$prefix/install.log" >&2; exit 1; }
export LANGUAGE=en

for program in tiepsuc tiepsuc-office tiepsuc-gate tiepsuc-aggregator tiepsuc-reporter; do
    [ -x "$prefix/bin/$program" ] || { complain "$program is not installed"; continue; }
    "$prefix/bin/$program" --version | grep -q '[0-9]\.[0-9]' || complain "$program --version says no version"
    compgen -G "$prefix/share/man/man?/$program.[18]" >/dev/null || complain "$program has no manual page"
done

examples=$prefix/share/doc/tiepsuc/examples
for service in office gate aggregator reporter; do
    text=$("$prefix/bin/tiepsuc-$service" -nv -f "$examples/$service.conf" 2>&1) || complain "tiepsuc-$service -nv: $text"
    grep -q '^data_dir = ' <<<"$text" || complain "tiepsuc-$service -nv prints no configuration"
    "$prefix/bin/tiepsuc" config check "$examples/$service.conf" >/dev/null || complain "tiepsuc config check $service.conf"
    # The same check must be able to fail.
    printf 'no_such_key = 1\n' | cat "$examples/$service.conf" - >"$prefix/bad-$service.conf"
    if "$prefix/bin/tiepsuc-$service" -n -f "$prefix/bad-$service.conf" >/dev/null 2>&1; then
        complain "tiepsuc-$service takes a key that does not exist"
    fi
done

for file in share/tiepsuc/plans/ha-noi-588/plan.csv share/tiepsuc/plans/sheets.csv share/locale/vi/LC_MESSAGES/tiepsuc.mo \
    share/doc/tiepsuc/README.md lib/sysusers.d/tiepsuc.conf lib/tmpfiles.d/tiepsuc.conf; do
    [ -s "$prefix/$file" ] || complain "$file is not installed"
done

for service in office gate aggregator reporter; do
    unit=$prefix/lib/systemd/system/tiepsuc-$service.service
    [ -s "$unit" ] || { complain "tiepsuc-$service.service is not installed"; continue; }
    grep -q "^ExecStart=$prefix/bin/tiepsuc-$service -f " "$unit" || complain "tiepsuc-$service.service starts something else"
    if command -v systemd-analyze >/dev/null; then
        found=$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -F "tiepsuc-$service" || true)
        [ -z "$found" ] || complain "$found"
    fi
done
while read -r user; do
    grep -q "^u  *$user " "$prefix/lib/sysusers.d/tiepsuc.conf" || complain "no one makes the user $user"
done < <(sed -n 's/^User=//p' "$prefix"/lib/systemd/system/*.service | sort -u)
# systemd makes these users, and the folders for them where this test may.
if command -v systemd-sysusers >/dev/null; then
    mkdir -p "$prefix/root/etc"
    said=$(systemd-sysusers --root="$prefix/root" "$prefix/lib/sysusers.d/tiepsuc.conf" 2>&1) || complain "systemd-sysusers: $said"
    for user in tiepsuc tiepsuc-gate; do
        grep -q "^$user:" "$prefix/root/etc/passwd" || complain "systemd-sysusers does not make $user: $said"
    done
    if [ "$(id -u)" -eq 0 ] && command -v systemd-tmpfiles >/dev/null; then
        said=$(systemd-tmpfiles --create --root="$prefix/root" "$prefix/lib/tmpfiles.d/tiepsuc.conf" 2>&1) || complain "systemd-tmpfiles: $said"
        [ -d "$prefix/root/var/lib/tiepsuc/gate" ] || complain "systemd-tmpfiles makes no folder for the gate: $said"
    fi
fi
if grep -rlE "$(cd "$(dirname "$0")/../.." && pwd)|$build" "$prefix/lib" "$prefix/share" >"$prefix/places"; then
    complain "the build's own folders are named in: $(cat "$prefix/places")"
fi
[ "$wrong" -eq 0 ] && echo "installed, checked: $(find "$prefix" -type f | wc -l) files"
exit "$wrong"
