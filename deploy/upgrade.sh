#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Verifies a package that came by stick or link and installs it: upgrade.sh PACKAGE [SIGNATURE]
#   upgrade.sh --back       goes back to the version that was in use before
#   upgrade.sh --list       versions that are kept; the one in use is marked
# Nothing is unpacked before the signature, made with deploy/package.sh, is found right by /etc/tiepsuc/package.pub (-p FILE: another), and nothing
# that is in use is overwritten: each version lies in /opt/tiepsuc/versions, /opt/tiepsuc/current shows the one in use. Needs root.
# --root FOLDER: below another root (tests). Ends with 1 and changes nothing when the package is not right.
set -euo pipefail

# t <Vietnamese> <English>: LANGUAGE=en for English.
t() {
    case "${LANGUAGE:-}" in en | en_* | en:*) echo "$2" ;; *) echo "$1" ;; esac
}

refuse() {
    t "Không cài: $1" "Not installed: $2" >&2
    exit 1
}

usage() {
    sed -n 's/^# \{0,1\}//; 3,8p' "$0" >&2
    exit 2
}

package="" signature="" what=install top="" public=""
while [ $# -gt 0 ]; do
    case "$1" in
        --back) what=back && shift ;;
        --list) what=list && shift ;;
        --root) top=${2:?} && shift 2 ;;
        -p) public=${2:?} && shift 2 ;;
        -*) usage ;;
        *)
            if [ -z "$package" ]; then package=$1; elif [ -z "$signature" ]; then signature=$1; else usage; fi
            shift
            ;;
    esac
done
versions=$top/opt/tiepsuc/versions
current=$top/opt/tiepsuc/current
previous=$top/opt/tiepsuc/previous
: "${public:=$top/etc/tiepsuc/package.pub}"

in_use() {
    [ ! -L "$current" ] || basename "$(readlink "$current")"
}

# A link is put in the place of another at once: there is no moment without one.
point() {
    ln -sfn "$2" "$1.new"
    mv -T "$1.new" "$1"
}

# Those that run go on with what is in use now; when one does not come up again, false.
restart_services() {
    [ -z "$top" ] && command -v systemctl >/dev/null || return 0
    systemctl daemon-reload
    local unit
    for unit in aggregator office gate reporter; do
        systemctl try-restart "tiepsuc-$unit.service" || return 1
        ! systemctl is-failed --quiet "tiepsuc-$unit.service" || return 1
    done
}

# True when the first version is not later than the second.
not_later() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$2" ]
}

link_into_system() {
    mkdir -p "$top/etc/systemd/system" "$top/usr/local/bin"
    local file
    for file in "$current"/lib/systemd/system/*.service; do
        [ ! -e "$file" ] || ln -sfn "${current#"$top"}/lib/systemd/system/${file##*/}" "$top/etc/systemd/system/${file##*/}"
    done
    for file in "$current"/bin/*; do
        ln -sfn "${current#"$top"}/bin/${file##*/}" "$top/usr/local/bin/${file##*/}"
    done
}

case $what in
    list)
        now=$(in_use)
        for folder in "$versions"/*/; do
            [ -d "$folder" ] || continue
            version=$(basename "$folder")
            if [ "$version" = "$now" ]; then echo "$version *"; else echo "$version"; fi
        done
        exit 0
        ;;
    back)
        [ -L "$previous" ] || refuse "không còn phiên bản trước." "there is no version before this one."
        now=$(in_use)
        before=$(basename "$(readlink "$previous")")
        [ -d "$versions/$before" ] || refuse "phiên bản $before không còn ở đây." "version $before is not here any more."
        point "$current" "versions/$before"
        point "$previous" "versions/$now"
        restart_services || true
        t "Đã trở về phiên bản $before. Nếu dịch vụ báo dữ liệu do chương trình mới hơn ghi: cài lại $now, hoặc khôi phục bản sao lưu trước khi nâng cấp." \
            "Back at version $before. If a service says that a newer program wrote its data: go to $now again, or restore the backup from before the upgrade."
        exit 0
        ;;
esac

[ -n "$package" ] || usage
command -v minisign >/dev/null || refuse "thiếu gói minisign (apt-get install minisign)." "the package minisign is missing (apt-get install minisign)."
[ -r "$public" ] || refuse "không có khóa công khai $public để đối chiếu chữ ký." "there is no public key $public to check the signature with."
[ -r "$package" ] || refuse "không đọc được $package." "$package cannot be read."
: "${signature:=$package.minisig}"
[ -r "$signature" ] || refuse "không có chữ ký đi kèm: $signature." "its signature is not there: $signature."

# Off the stick first: what is verified is what is installed, whatever the stick shows the second time.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 700 "$work"
cp -- "$package" "$work/package.tar.gz" || refuse "không chép được $package." "$package cannot be copied."
cp -- "$signature" "$work/package.minisig"
said=$(minisign -V -Q -p "$public" -m "$work/package.tar.gz" -x "$work/package.minisig" 2>/dev/null) ||
    refuse "chữ ký không đúng: tệp bị hỏng, bị cắt ngắn, bị sửa, hoặc không phải do bên phát hành làm ra." \
        "the signature is not right: the file is damaged, cut short, altered, or not made by the publisher."
read -r product version machine rest <<<"$said"
if [ "$product" != tiepsuc ] || [ -n "$rest" ] || [[ ! $version =~ ^[0-9]+(\.[0-9]+)*$ ]]; then
    refuse "đây không phải gói Tiếp Sức." "this is no package of Tiếp Sức."
fi
[ "$machine" = "$(uname -m)" ] || refuse "gói dành cho máy $machine, máy này là $(uname -m)." "it is for $machine, this machine is $(uname -m)."
now=$(in_use)
[ -z "$now" ] || ! not_later "$version" "$now" ||
    refuse "gói là phiên bản $version, máy đang dùng $now; muốn trở lại phiên bản trước: upgrade.sh --back." \
        "it is version $version, $now is in use; to go back: upgrade.sh --back."

name=tiepsuc-$version-$machine
tar -xzf "$work/package.tar.gz" -C "$work" --no-same-owner -- "$name" || refuse "gói không mở được." "the package cannot be opened."
[ "$(cat "$work/$name/VERSION")" = "$version" ] || refuse "gói ghi phiên bản khác với chữ ký." "the package names another version than its signature."
for program in "$work/$name"/bin/*; do
    missing=$(ldd "$program" 2>/dev/null | awk '/not found/ { print $1 }' | sort -u | tr '\n' ' ')
    [ -z "$missing" ] || refuse "máy này còn thiếu thư viện: $missing." "this machine lacks libraries: $missing."
    "$program" --version >/dev/null 2>&1 || refuse "chương trình ${program##*/} không chạy được trên máy này." "the program ${program##*/} does not run here."
done

mkdir -p "$versions"
rm -rf "${versions:?}/$version.new"
cp -a "$work/$name" "$versions/$version.new"
sync -f "$versions/$version.new"
rm -rf "${versions:?}/$version"
mv -T "$versions/$version.new" "$versions/$version"
[ -z "$now" ] || point "$previous" "versions/$now"
point "$current" "versions/$version"
link_into_system
if ! restart_services; then
    [ -z "$now" ] || point "$current" "versions/$now"
    restart_services || true
    refuse "dịch vụ không chạy lại được với phiên bản $version; đã trở về ${now:-trạng thái trước}. Xem: journalctl -u 'tiepsuc-*'." \
        "a service did not come up with version $version; ${now:-what was there before} is in use again. See: journalctl -u 'tiepsuc-*'."
fi
t "Đã cài phiên bản $version${now:+ (trước đó: $now, còn giữ lại)}." "Installed version $version${now:+ (before: $now, kept)}."
