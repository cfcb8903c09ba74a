#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Sourced by run_one.sh and long.sh, which set `here` (this folder) and `name` (the target).
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}:quarantine_size_mb=16"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"

# Longest input of a target: enough for everything it reads, small enough to be fast.
length_of() {
    case "$1" in
        envelope | payload | sealed) echo 8192 ;;
        seal) echo 4096 ;;
        sheet | plan | conf | control | keyfile) echo 6000 ;;
        *) echo 2048 ;;
    esac
}

# set_flags: the options of libFuzzer that every run has, in the array `flags`.
set_flags() {
    local dictionary="${here:?}/dictionaries/${name:?}.dict"
    flags=(-timeout=60 -rss_limit_mb=2048 -verbosity=1)
    [ ! -f "$dictionary" ] || flags+=("-dict=$dictionary")
    flags+=("-max_len=$(length_of "$name")")
}
