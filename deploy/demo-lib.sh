# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by demo.sh: narration in two languages, commands with their output, processes that are ended by number.

# ---- words

# language: as the programs choose it themselves.
choose_language() {
    local name
    for name in "${LANGUAGE:-}" "${LC_ALL:-}" "${LC_MESSAGES:-}" "${LANG:-}"; do
        case "$name" in
            en | en[_.@:]*) language="en"; break ;;
            vi | vi[_.@:]*) language="vi"; break ;;
        esac
    done
    language=${language:-vi}
    export LANGUAGE=$language
}

# t <Vietnamese> <English>
t() {
    if [ "$language" = en ]; then printf '%s' "$2"; else printf '%s' "$1"; fi
}

# Folds at spaces by characters; `fold` counts bytes and would cut Vietnamese lines short.
wrap() {
    local indent=$1 width=$((columns - ${#1})) line='' word
    shift
    # shellcheck disable=SC2048
    for word in $*; do
        if [ -n "$line" ] && [ $((${#line} + 1 + ${#word})) -gt "$width" ]; then
            printf '%s%s\n' "$indent" "$line"
            line=$word
        else
            line=${line:+$line }$word
        fi
    done
    [ -z "$line" ] || printf '%s%s\n' "$indent" "$line"
}

step_number=0
# step <Vietnamese> <English>: a heading with its number and how long the last one took.
step() {
    all_alive
    step_number=$((step_number + 1))
    step_title=$(t "$1" "$2")
    timing
    pause
    printf '\n%s%s %d/%d · %s%s\n' "$bold" "$(t Bước Step)" "$step_number" "$steps" "$step_title" "$plain"
}

# timing: keeps what the last step took, for times.csv.
timing() {
    local now=${EPOCHREALTIME//[.,]/}
    [ -z "${step_began:-}" ] || printf '%s,%s.%03d\n' "$step_last" $(((now - step_began) / 1000000)) \
        $(((now - step_began) / 1000 % 1000)) >>"$out/times.csv"
    step_began=$now
    step_last=$step_number
}

note() {
    local text
    text=$(t "$1" "$2")
    set -f
    # shellcheck disable=SC2086
    wrap '  ' $text
    set +f
}

# grouped <number>: 40000000 as people write it.
grouped() {
    local text=$1 sign=.
    [ "$language" != en ] || sign=,
    while [[ $text =~ ^([0-9]+)([0-9]{3})(.*)$ ]]; do
        text=${BASH_REMATCH[1]}$sign${BASH_REMATCH[2]}${BASH_REMATCH[3]}
    done
    printf '%s' "$text"
}

done_line() { printf '  %s✓%s %s\n' "$green" "$plain" "$(t "$1" "$2")"; }

pause() { [ -n "$fast" ] || sleep 2; }

# progress <done> <of> <what>: one line that is written over on a terminal, nothing otherwise.
progress() {
    [ -t 1 ] || return 0
    printf '\r  %d/%d %-*.*s' "$1" "$2" $((columns - 12)) $((columns - 12)) "$3"
    [ "$1" -lt "$2" ] || printf '\r%*s\r' "$columns" ''
}

# build: the five programs, into build/release; how far it is shows on a terminal.
# shellcheck disable=SC2016
build() {
    local log=$root/build/demo-build.log line
    printf '%s\n' "$(t 'Đang biên dịch (lần đầu mất vài phút) …' 'Building (the first time takes some minutes) …')"
    mkdir -p "$root/build"
    # A group of its own, so that Ctrl-C can end the compilers as well.
    setsid bash -c 'cd "$1" && cmake --preset release && cmake --build --preset release -j "$2" --target tiepsuc tiepsuc-office \
        tiepsuc-gate tiepsuc-aggregator tiepsuc-reporter' build "$root" "$(nproc)" </dev/null >"$log" 2>&1 &
    compiling=$!
    while kill -0 "$compiling" 2>/dev/null; do
        line=$(tail -n 1 "$log" 2>/dev/null || true)
        if [ -t 1 ] && [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
            printf '\r  %d/%d ' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
        fi
        sleep 0.5
    done
    [ ! -t 1 ] || printf '\r%20s\r' ''
    if ! wait "$compiling"; then
        tail -n 20 "$log" >&2
        printf '%s %s\n' "$(t 'Biên dịch không xong, xem' 'The build failed, see')" "$log" >&2
        exit 1
    fi
    compiling=''
}

# clear_out: an earlier result goes, with the province that may still run for it; a folder with anything else stays as it is.
clear_out() {
    [ -d "$out" ] || return 0
    if [ ! -e "$out/.tiepsuc-demo" ] && [ -n "$(ls -A "$out")" ]; then
        printf '%s\n' "$(t "$out đã có tệp khác; hãy chọn thư mục khác bằng --out" "$out holds other files; choose another folder with --out")" >&2
        exit 2
    fi
    [ ! -x "$out/stop.sh" ] || "$out/stop.sh"
    rm -rf "$out"
}

# ---- failing and ending

# tail_log <name of a process>
tail_log() {
    [ -s "$out/logs/$1.log" ] || return 0
    printf '\n%s %s:\n' "$(t 'Cuối tệp nhật ký' 'The end of the log')" "$out/logs/$1.log"
    tail -n 15 "$out/logs/$1.log" | cut -c1-400
}

# fail <sentence> [process whose log tells more]
fail() {
    printf '\n%s%s%s\n' "$red" "$(t 'Không xong: ' 'Failed: ')$1" "$plain" >&2
    [ -z "${2:-}" ] || tail_log "$2" >&2
    exit 1
}

declare -A pids=()
frozen=()

# Ends what was started, by number, and waits for it; nothing else is touched.
stop_all() {
    local name left i
    for name in "${frozen[@]}"; do
        kill -CONT "${pids[$name]}" 2>/dev/null || true
    done
    [ ${#pids[@]} -gt 0 ] || return 0
    kill -TERM "${pids[@]}" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do
        left=0
        for name in "${!pids[@]}"; do
            ! kill -0 "${pids[$name]}" 2>/dev/null || left=1
        done
        [ "$left" -eq 1 ] || break
        sleep 0.05
    done
    kill -KILL "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
    pids=()
}

# The last thing in any case: also on an error and on Ctrl-C.
at_end() {
    local code=$?
    trap - EXIT INT TERM HUP
    if [ -n "${kept:-}" ]; then
        exit "$code"
    fi
    [ -z "${compiling:-}" ] || kill -TERM -- "-$compiling" 2>/dev/null || true
    stop_all
    if [ -n "${run:-}" ] && [ -d "$run" ]; then
        rm -rf "$run"
    fi
    if [ "$code" -ne 0 ] && [ -d "${out:-/nowhere}/logs" ]; then
        printf '%s %s\n' "$(t 'Nhật ký còn ở' 'The logs stay in')" "$out/logs" >&2
    fi
    exit "$code"
}

interrupted() {
    printf '\n%s\n' "$(t 'Dừng theo yêu cầu.' 'Stopped as asked.')" >&2
    exit 130
}

# ---- processes

# Every program of the demo sees the day of the story; the real clock and the monotonic one stay as they are.
at_day() {
    LD_PRELOAD=$faketime FAKETIME=$offset FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 "$@"
}

# start <name> <program> <configuration>: in a session of its own, so that Ctrl-C reaches this script first.
start() {
    LD_PRELOAD=$faketime FAKETIME=$offset FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 \
        setsid "$bin/$2" -f "$3" </dev/null >>"$out/logs/$1.log" 2>&1 &
    pids[$1]=$!
}

# all_alive: nothing that was started has ended by itself.
all_alive() {
    local name
    for name in "${!pids[@]}"; do
        alive "$name" || fail "$(t "$name đã dừng" "$name has ended")" "$name"
    done
}

# end <process>: as when it is switched off.
end() {
    local pid=${pids[$1]}
    unset "pids[$1]"
    kill -TERM "$pid"
    wait "$pid" || true
}

alive() { kill -0 "${pids[$1]}" 2>/dev/null; }

# wait_for <seconds> <name of a process> <what, for the error> <command …>
wait_for() {
    local seconds=$1 name=$2 what=$3 until
    shift 3
    until=$((${EPOCHREALTIME//[.,]/} + seconds * 1000000))
    until "$@"; do
        [ -z "$name" ] || alive "$name" || fail "$(t "$name đã dừng" "$name has ended")" "$name"
        [ "${EPOCHREALTIME//[.,]/}" -lt "$until" ] || fail "$(t "chờ quá $seconds giây: $what" "waited $seconds s: $what")" "$name"
        sleep 0.1
    done
}

answers() { at_day "$bin/tiepsuc" -d "$run/$1" --wait 1 --json status >/dev/null 2>&1; }

# up <folder>: an office or aggregator answers.
up() { wait_for 90 "$1" "$(t "$1 chưa trả lời" "$1 does not answer")" answers "$1"; }

# freeze/thaw <process>: the link through this gate is dead for both sides, as when a line is cut.
freeze() {
    kill -STOP "${pids[$1]}"
    frozen+=("$1")
}
thaw() {
    kill -CONT "${pids[$1]}"
    frozen=()
}

# ---- commands

# Shows a command as a person would type it in the folder of the demo.
show_command() {
    local word text='tiepsuc'
    for word in "$@"; do
        case "$word" in
            *[[:space:]\;\|\&\(\)\$\"\']* | '') text+=" \"$word\"" ;;
            *) text+=" $word" ;;
        esac
    done
    local lines
    mapfile -t lines < <(set -f; columns=$((columns - 8)); wrap '' "$text")
    printf '  %s$ %s%s' "$blue" "${lines[0]}" "$plain"
    local i
    for ((i = 1; i < ${#lines[@]}; i++)); do
        printf ' \\\n      %s%s%s' "$blue" "${lines[i]}" "$plain"
    done
    printf '\n'
}

# ask <folder> <words …>: runs a command without showing it; its text goes into $said, its exit code into $code.
ask() {
    local folder=$1
    shift
    code=0
    said=$(at_day "$bin/tiepsuc" -d "$run/$folder" --width $((columns - 4)) "$@" 2>&1) || code=$?
    printf '%s $ tiepsuc -d %s %s\n%s\n(exit %d)\n\n' "$(date +%T)" "$folder" "$*" "$said" "$code" >>"$out/logs/commands.log"
}

# quiet <folder> <words …>: must be good.
quiet() {
    ask "$@"
    [ "$code" -eq 0 ] || fail "tiepsuc -d $*: $said" "$1"
}

# tell [-x CODE] [-n LINES | -s] <folder> <words …>: shows the command and what it says: LINES at most, or only its sentence, which
# stands at the end. CODE is the exit code that is right (0).
tell() {
    local want=0 most=12 sentence='' count text i shown
    while [ "${1:0:1}" = - ]; do
        case "$1" in
            -x) want=$2; shift ;;
            -n) most=$2; shift ;;
            -s) sentence=1 ;;
        esac
        shift
    done
    show_command -d "$@"
    ask "$@"
    text=$said
    if [ -n "$sentence" ]; then
        text=$(printf '%s\n' "$said" | awk '/^$/ { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }')
    fi
    mapfile -t shown <<<"$text"
    count=${#shown[@]}
    for ((i = 0; i < count && i < most; i++)); do
        printf '    %s\n' "${shown[i]}" | sed 's/ *$//'
    done
    [ "$count" -le "$most" ] || printf '    … %s\n' "$(t "còn $((count - most)) dòng" "$((count - most)) more lines")"
    [ "$code" -eq "$want" ] || fail "$(t "lệnh kết thúc với mã $code, phải là $want" "the command ended with $code, not $want")" "$1"
}

# record_code: the first short code in $said.
record_code() {
    local found
    found=$(printf '%s' "$said" | grep -oE '\b[0-9A-HJKMNP-TV-Z]{1,4}-[0-9A-HJKMNP-TV-Z]{1,6}-[0-9A-HJKMNP-TV-Z]{2,12}\b' | head -1)
    [ -n "$found" ] || fail "$(t 'câu trả lời không có mã:' 'no code in the answer:') $said"
    printf '%s' "$found"
}

# json_number <folder> <field of status>
status_number() {
    local answer
    answer=$(at_day "$bin/tiepsuc" -d "$run/$1" --json status) || return 1
    [[ $answer =~ \"$2\":\ ?(-?[0-9]+) ]] && printf '%s' "${BASH_REMATCH[1]}"
}
