# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
# Sourced by the lint scripts: what belongs to the project. Build trees and generated files do not.

# ts_files <find expression…>: files of the project, sorted, relative to its root (the working directory).
ts_files() {
    find . \( -path ./.git -o -path './build*' -o -path ./.cache -o -path ./node_modules \) -prune -o \
        -type f \( "$@" \) -print | sed 's|^\./||' | LC_ALL=C sort
}

# ts_sources [folder…]: C sources and headers.
ts_sources() {
    local folder
    for folder in "${@:-common}"; do
        if [ -d "$folder" ]; then
            find "$folder" -type f \( -name '*.c' -o -name '*.h' \) | LC_ALL=C sort
        fi
    done
}

# complain <place> <words>: one finding; the script ends with `exit "$findings"` cut to 0 or 1.
# shellcheck disable=SC2034
findings=0
complain() {
    printf '%s: %s\n' "$1" "$2" >&2
    # shellcheck disable=SC2034
    findings=1
}
