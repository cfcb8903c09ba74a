#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# A whole province on this machine, with made-up data: the Hà Nội plan as signed, 5 districts and 14 communes as real processes
# with keys of their own; needs recorded while the links are cut; gifts, allocation, handovers; the yearly report of 2019 filed.
#   deploy/demo.sh [--keep] [--out DIR] [--fast]
#     --keep      the province goes on running afterwards; it says how to stop it
#     --out DIR   where reports, sheets, ledger and logs are left (build/demo)
#     --fast      no pauses for reading
# Language: Vietnamese; LANGUAGE=en for English. Installs missing Debian packages when it may, builds into build/release.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
. "$here/demo-lib.sh"

# ---- what is asked
keep='' fast='' out=$root/build/demo
while [ $# -gt 0 ]; do
    case "$1" in
        --keep) keep=1 ;;
        --fast) fast=1 ;;
        --out)
            [ $# -gt 1 ] || { echo "--out DIR" >&2; exit 2; }
            out=$2
            shift
            ;;
        -h | --help)
            sed -n 's/^# \{0,1\}//; 3,9p' "$0"
            exit 0
            ;;
        *)
            sed -n 's/^# \{0,1\}//; 3,9p' "$0" >&2
            exit 2
            ;;
    esac
    shift
done
choose_language
bold='' plain='' green='' red='' blue=''
columns=80
if [ -t 1 ]; then
    bold=$'\e[1m' plain=$'\e[0m' green=$'\e[32m' red=$'\e[31m' blue=$'\e[36m'
    columns=$(tput cols 2>/dev/null || echo 80)
    [ "$columns" -le 110 ] || columns=110
fi
steps=14

# ---- the tree of the Hà Nội plan: folder, code, number of the district's code
districts=(271 275 276 277 282)
communes=(09697 09703 09712 09700 09694 09706 09709 10099 10504 04939 09940 04936 04930 04927)
declare -A parent_of=([09697]=271 [09703]=271 [09712]=271 [09700]=271 [09694]=271 [09706]=271 [09709]=271 [10099]=277
    [10504]=282 [04939]=275 [09940]=275 [04936]=276 [04930]=276 [04927]=276)
plan=ha-noi-588
day='2019-11-25 08:00:00 +0700'

trap at_end EXIT
trap interrupted INT TERM HUP

# ---- packages and programs
"$here/install-packages.sh" build demo || exit $?
# TIEPSUC_BIN: programs that are built already (tests).
bin=${TIEPSUC_BIN:-$root/build/release/bin}
if [ -z "${TIEPSUC_BIN:-}" ]; then
    build
fi
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1; do :; done
[ -e "$faketime" ] || { echo "libfaketimeMT.so.1 is not there (package libfaketime)" >&2; exit 1; }
offset=$(printf '%+d' $(($(date -d "$day" +%s) - $(date +%s))))s

# ---- folders. Sockets need short paths, so the province lives in /tmp.
umask 027
clear_out
mkdir -p "$out/logs" "$out/reports" "$out/sheets"
cd "$out"
out=$PWD
touch .tiepsuc-demo
run=$(mktemp -d /tmp/ts.XXXXXX)
printf 'step,seconds\n' >"$out/times.csv"
mapfile -t ports < <(python3 - <<'PY'
import socket
held = [socket.socket() for _ in range(8)]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held], sep="\n")
PY
)
began=$SECONDS

printf '\n%sTiếp Sức%s\n' "$bold" "$plain"
note 'Một thành phố trực thuộc trung ương với 5 huyện và 14 xã, chạy thật trên máy này: mỗi văn phòng là một tiến trình có khóa riêng, nối với nhau qua đường truyền mã hóa. Mọi đứa trẻ, nhà tài trợ và con số đều do máy bịa ra, ở đâu cũng ghi "DỮ LIỆU GIẢ ĐỊNH".' \
    'A city with 5 districts and 14 communes, running for real on this machine: each office is a process with its own keys, linked by encrypted connections. Every child, donor and figure is made up and marked "DỮ LIỆU GIẢ ĐỊNH" (made-up data).'
note 'Các chương trình được cho thấy ngày 25/11/2019 (thư viện libfaketime), để báo cáo năm 2019 nộp trước 30/11 là đúng hạn.' \
    'The programs are shown the day 25 November 2019 (library libfaketime), so that the report of 2019, due before 30 November, is on time.'
at_day "$bin/tiepsuc" version >/dev/null || fail "tiepsuc version"

# ---------------------------------------------------------------------------------------------------------------------------
step 'Lập cấp thành phố' 'Founding the province'
note 'Khóa gốc, khóa danh bạ và thư mục của Sở được tạo ngay tại chỗ, không cần máy chủ nào khác.' \
    'Root key, registrar key and the folder of the department are made on the spot; no other server is needed.'
show_command init so --name 'Sở LĐTBXH Hà Nội' --unit 01 --unit-name 'Thành phố Hà Nội' --body hn-soldtbxh
at_day "$bin/tiepsuc" init "$run/so" --name 'Sở LĐTBXH Hà Nội' --unit 01 --unit-name 'Thành phố Hà Nội' --body hn-soldtbxh \
    --body-name 'Sở Lao động - Thương binh và Xã hội thành phố Hà Nội' --endpoint "tcp://127.0.0.1:${ports[0]}" \
    >"$out/logs/init.log" 2>&1 || fail "tiepsuc init: $(cat "$out/logs/init.log")"
printf '\nsync\n    holding_seconds = 1\n' >>"$run/so/aggregator.conf"
printf '\nfeed\n    publish = "tcp://127.0.0.1:%s"\n    fetch = "tcp://127.0.0.1:%s"\n' "${ports[1]}" "${ports[2]}" >>"$run/so/gate.conf"
start so tiepsuc-aggregator "$run/so/aggregator.conf"
up so
start so-gate tiepsuc-gate "$run/so/gate.conf"
start so-reporter tiepsuc-reporter "$run/so/reporter.conf"
quiet so account add --as 1 --role 'recorder;approver' --function 'phó giám đốc'
quiet so account add --as 1 --role 'recorder' --function 'chuyên viên Quỹ Bảo trợ trẻ em'
done_line 'Cấp thành phố đang chạy: sổ, cổng nhận kết nối, bộ phận báo cáo.' 'The province runs: ledger, gate, reporter.'

# ---------------------------------------------------------------------------------------------------------------------------
step 'Nạp kế hoạch như đã ký' 'Loading the plan as signed'
note 'Kế hoạch là dữ liệu trong các bảng CSV. Điều gì văn bản không nêu thì để trống; kiểm tra xong mới nạp.' \
    'A plan is data in CSV tables. What the text does not say stays empty; it is checked, then loaded.'
tell -n 8 so plan check "$here/plans/$plan"
tell -s so plan load "$here/plans/$plan" --as 1

# ---------------------------------------------------------------------------------------------------------------------------
step 'Mời 5 huyện và 14 xã, các văn phòng gia nhập' 'Inviting 5 districts and 14 communes; they join'
note 'Mỗi thư mời là một tệp chữ nhỏ có khóa dùng một lần, mang đến văn phòng bằng tay hoặc USB. Văn phòng gia nhập ngoại tuyến, tự tạo khóa của mình.' \
    'Each invite is a small text file with one-time keys, carried by hand or on a stick. The office joins offline and makes its own keys.'

# enrol <folder> <words …>: the number of the new office in $number.
enrol() {
    local folder=$1
    shift
    ask so --json enrol --as 1 -o "$run/$folder.invite" "$@"
    [ "$code" -eq 0 ] || fail "tiepsuc enrol $*: $said" so
    [[ $said =~ \"number\":\ ?([0-9]+) ]] || fail "enrol: $said"
    number=${BASH_REMATCH[1]}
    if [ ${#all[@]} -eq 0 ]; then
        show_command -d so enrol --as 1 -o "$folder.invite" "$@"
        show_command join "$folder.invite" "$folder"
    fi
    at_day "$bin/tiepsuc" join "$run/$folder.invite" "$run/$folder" >>"$out/logs/init.log" 2>&1 ||
        fail "tiepsuc join $folder: $(tail -n 3 "$out/logs/init.log")"
    rm "$run/$folder.invite"
}

declare -A offices=()
all=()
port=3
for code_of in "${districts[@]}"; do
    folder=h-$code_of
    enrol "$folder" --unit "$code_of" --body "hn-ubnd-$code_of" --role district --endpoint "tcp://127.0.0.1:${ports[port]}"
    offices[$code_of]=$number
    port=$((port + 1))
    printf '\nsync\n    holding_seconds = 1\n' >>"$run/$folder/office.conf"
    start "$folder" tiepsuc-office "$run/$folder/office.conf"
    start "$folder-gate" tiepsuc-gate "$run/$folder/gate.conf"
    all+=("$folder")
    progress ${#all[@]} 19 "$folder"
done
for code_of in "${communes[@]}"; do
    folder=x-$code_of
    enrol "$folder" --unit "$code_of" --body "hn-ubnd-$code_of" --role commune --parent "${offices[${parent_of[$code_of]}]}"
    start "$folder" tiepsuc-office "$run/$folder/office.conf"
    all+=("$folder")
    progress ${#all[@]} 19 "$folder"
done
done_line '19 văn phòng đã gia nhập và tự kết nối lên cấp trên.' '19 offices have joined and connect upward by themselves.'

# knows_plan <folder>: its own registration, its unit and the plan have come down, and all that came is counted in.
knows_plan() {
    local answer
    answer=$(at_day "$bin/tiepsuc" -d "$run/$1" --json plan list 2>/dev/null) && [[ $answer == *"$plan"* ]] &&
        answer=$(at_day "$bin/tiepsuc" -d "$run/$1" --json status 2>/dev/null) && [[ $answer == *'"unit":"'* && $answer == *'"to_fold":0,'* ]]
}
at=0
for folder in "${all[@]}"; do
    up "$folder"
    wait_for 90 "$folder" "$(t "$folder chưa nhận được kế hoạch" "the plan has not come to $folder")" knows_plan "$folder"
    at=$((at + 1))
    progress "$at" 19 "$folder"
done
for folder in "${all[@]}"; do
    quiet "$folder" account add --as 1 --role 'recorder' --function 'văn phòng - thống kê'
    quiet "$folder" account add --as 1 --role 'approver' --function 'phó chủ tịch'
done
done_line 'Kế hoạch, danh mục xã, nội dung hỗ trợ đã về đến từng xã.' 'Plan, units and support lines have reached every commune.'
tell -n 14 x-09706 status

# ---------------------------------------------------------------------------------------------------------------------------
step 'Nhập phiếu rà soát nhu cầu của 14 xã' 'Importing the survey sheets of 14 communes'
python3 "$root/tests/support/demo_gen.py" --out "$out/sheets" --fund 'QUY-{unit}' >>"$out/logs/init.log"
# shellcheck disable=SC1091
. "$out/sheets/figures.sh"
note 'Mỗi xã một kiểu tệp: UTF-8 có hoặc không có BOM, UTF-16, dấu phẩy, chấm phẩy hay tab, ngày kiểu Việt Nam hay ISO. Tệp của xã Vân Hòa bị mất dấu khi lưu; chương trình từ chối và nói cách sửa.' \
    'Each commune has files of its own kind: UTF-8 with or without BOM, UTF-16, comma, semicolon or tab, dates both ways. A file of Vân Hòa lost its accents; it is refused, with advice.'
sheet() { printf 'sheets/%s-%s-DU-LIEU-GIA-DINH.csv' "$1" "$2"; }
tell -x 1 -s x-09706 import "$(sheet 09706 nhu-cau-MAT-DAU)" --sheet need --as 2
tell -s x-09706 import "$(sheet 09706 nhu-cau)" --sheet need --as 2 --dry-run
at=0
for code_of in "${communes[@]}"; do
    quiet "x-$code_of" import "$(sheet "$code_of" nhu-cau)" --sheet need --as 2
    quiet "x-$code_of" import "$(sheet "$code_of" dan-so)" --sheet population --as 2
    at=$((at + 1))
    progress "$at" 14 "$code_of"
done
done_line '14 phiếu nhu cầu và 14 bảng dân số trẻ em đã vào sổ.' '14 need sheets and 14 population tables are in the books.'
note 'Nhập lại cùng một tệp không làm tăng số liệu:' 'The same file again changes nothing:'
tell -s x-09706 import "$(sheet 09706 nhu-cau)" --sheet need --as 2

# ---------------------------------------------------------------------------------------------------------------------------
# all_anchored <folder …>: everything saved there is anchored at the province.
anchored() {
    local saved
    saved=$(status_number "$1" saved) && [ "$(status_number "$1" anchored)" = "$saved" ]
}
wait_anchored() {
    local folder
    for folder in "$@"; do
        quiet "$folder" seal
        wait_for 90 "$folder" "$(t "$folder: chưa được tỉnh xác nhận" "$folder: not anchored")" anchored "$folder"
    done
}
step 'Cắt đường truyền, ghi tiếp tại xã' 'Links are cut; communes go on recording'
wait_anchored x-09706 x-09709 x-04930
end h-271-gate
freeze h-276-gate
note 'Cổng của huyện Ba Vì bị tắt, cổng của huyện Thạch Thất đứng im như khi đứt cáp. Ba xã vẫn ghi nhu cầu mới.' \
    'The gate of Ba Vì district is off, that of Thạch Thất stands still as when a cable is cut. Three communes go on recording.'
unlinked() { [[ $(at_day "$bin/tiepsuc" -d "$run/x-09706" --json status) != *'"link":"up"'* ]]; }
wait_for 60 x-09706 "$(t 'xã chưa thấy mất mạng' 'the commune has not noticed')" unlinked
tell -n 30 x-09706 add need --as 2 --line warm --quantity 40 --unit-of-measure bộ --occurred-on 12/11/2019 \
    --heads 'band=primary;sex=female;count=22' --heads 'band=primary;sex=male;count=18' --site 'Điểm trường Giả Định 2' --note "$MARK"
need_heads=$(record_code)
quiet x-09709 add need --as 2 --line books --quantity 1 --unit-of-measure bộ --occurred-on 12/11/2019 --birth-month 05/2011 --sex nữ \
    --site 'Điểm trường Giả Định 1' --note "$MARK"
need_child=$(record_code)
quiet x-04930 add need --as 2 --line health-station --quantity 1 --unit-of-measure bộ --occurred-on 12/11/2019 \
    --site 'Trạm y tế xã (giả định)' --note "$MARK"
need_twice=$(record_code)
note 'Đã lưu tại máy, nhưng cấp trên chưa nhận:' 'Saved here, but not held above:'
tell -n 12 x-09706 status
[ "$(status_number x-09706 saved)" -gt "$(status_number x-09706 held)" ] ||
    fail "$(t 'x-09706 phải có mục chưa gửi được' 'x-09706 must have entries that are not held')" x-09706
note 'Ghi nhầm thì sửa: bản cũ vẫn còn. Ghi hai lần thì rút, có lý do.' 'A mistake is corrected, the old version stays; what was entered twice is withdrawn, with a reason.'
tell -s x-09709 revise "$need_child" --as 2 --quantity 2 --reason 'đếm lại: hai bộ'
tell -s x-04930 void "$need_twice" --as 2 --reason 'nhập hai lần'

# ---------------------------------------------------------------------------------------------------------------------------
step 'Hai nơi cùng sửa một nhu cầu; có mạng trở lại' 'Two offices change one need; the links are back'
ask x-04930 --json list need --line play-equipment --limit 1
shared_need=$(record_code)
note 'Trong lúc mất mạng, xã Yên Bình sửa một nhu cầu còn huyện Thạch Thất nghe điện thoại và sửa chính nhu cầu ấy.' \
    'While the line is dead, Yên Bình commune changes a need, and Thạch Thất district, after a telephone call, changes the same one.'
tell -s x-04930 revise "$shared_need" --as 2 --grade B --reason 'xã rà soát lại'
tell -s h-276 revise "$shared_need" --as 2 --grade A --reason 'huyện nghe qua điện thoại'
start h-271-gate tiepsuc-gate "$run/h-271/gate.conf"
thaw h-276-gate
# Otherwise they would try again by themselves, after pauses that grow.
for code_of in "${communes[@]}"; do
    [ "${parent_of[$code_of]}" != 271 ] || quiet "x-$code_of" sync
done
in_conflict() { [ "$(status_number h-276 conflicts || echo 0)" -ge 1 ]; }
wait_for 90 h-276 "$(t 'huyện chưa thấy bản của xã' 'the district has not seen the version of the commune')" in_conflict
note 'Có mạng trở lại. Không bản nào bị mất: cả hai được giữ và người phụ trách chọn.' \
    'The line is back. No version is lost: both are kept, and a person decides.'
tell -n 14 h-276 conflicts
tell -s h-276 resolve "$shared_need" --as 2 --grade A --reason 'đã kiểm tra với xã'
wait_anchored x-09706 x-09709 x-04930
note 'Giờ tất cả đã được tỉnh xác nhận:' 'Now everything is anchored at the province:'
tell -n 9 x-09706 status

# ---------------------------------------------------------------------------------------------------------------------------
step 'Nhà tài trợ, cam kết, tiếp nhận' 'Donors, pledges, gifts received'
quiet so add fund --as 3 --code QBTTE --name "Quỹ Bảo trợ trẻ em ($MARK)" --holder-body hn-quybtte --note "$MARK"
fund=$(record_code)
declare -A donor=()
add_donor() {
    quiet "$1" add donor --as "$2" --name "$4" --class "$5" --consents-to-be-named "$6" --note "$MARK"
    donor[$3]=$(record_code)
}
add_donor so 3 a "$DONOR_A" enterprise yes
add_donor so 3 b "$DONOR_B" international yes
add_donor so 3 c "$DONOR_C" individual no
note 'Công ty A cam kết; một phần tiền đã về. Cam kết không bao giờ được tính là tiền có trong quỹ.' \
    'Company A pledges; a part of the money has come. A pledge is never counted as money in the fund.'
tell -s so add pledge --as 3 --donor "${donor[a]}" --fund "$fund" --occurred-on 01/11/2019 --expected-on 15/11/2019 \
    --items "item=VND;quantity=$PLEDGED;value_vnd=$PLEDGED" --note "$MARK"
pledge=$(record_code)
tell -s so add receipt --as 3 --donor "${donor[a]}" --fund "$fund" --pledge "$pledge" --occurred-on 04/11/2019 \
    --items "item=VND;quantity=$RECEIVED;value_vnd=$RECEIVED" --receipt-number PT-01-GD --note "$MARK"
note "Tổ chức B tặng $(grouped "$DOLLARS") đô la Mỹ; sổ giữ cả ngoại tệ, tỷ giá, ngày và nguồn tỷ giá." \
    "Organisation B gives $(grouped "$DOLLARS") US dollars; the books keep currency, rate, day and source of the rate."
tell -s so add receipt --as 3 --donor "${donor[b]}" --fund "$fund" --occurred-on 05/11/2019 --items "$DOLLARS_ITEM" \
    --receipt-number PT-02-GD --note "$MARK"
note "Nhóm C tặng $GIVEN áo ấm, chỉ dành cho trẻ em huyện Ba Vì." "Group C gives $GIVEN warm jackets, for children of Ba Vì district only."
tell -s so add receipt --as 3 --donor "${donor[c]}" --fund "$fund" --occurred-on 06/11/2019 --items "$GIVEN_ITEM" \
    --restriction-unit 271 --restriction-line warm --receipt-number PN-03-GD --note "$MARK"
gift=$(record_code)
note "Công ty A tặng thêm $SETS bộ đồ chơi ngoài trời, nhiều hơn nhu cầu." "Company A also gives $SETS play sets, more than are needed."
quiet so add receipt --as 3 --donor "${donor[a]}" --fund "$fund" --occurred-on 06/11/2019 --items "$SETS_ITEM" \
    --receipt-number PN-04-GD --note "$MARK"

# ---------------------------------------------------------------------------------------------------------------------------
step 'Mua sắm, phân bổ, người khác duyệt' 'Purchase, allocation, approval by another person'
note "Tạm ứng $(grouped "$ADVANCED") đồng mua $BOUGHT áo khoác; còn $(grouped "$CHANGE") đồng tiền thừa trả lại quỹ." \
    "$(grouped "$ADVANCED") đồng are advanced for $BOUGHT jackets; the change of $(grouped "$CHANGE") đồng goes back into the fund."
tell -s so add purchase --as 3 --fund "$fund" --occurred-on 07/11/2019 --advanced-vnd "$ADVANCED" --spent-vnd "$SPENT" \
    --change-vnd "$CHANGE" --items "$BOUGHT_ITEM" --supplier "Cửa hàng Giả Định" --invoice-number HD-01-GD --note "$MARK"
declare -A allocation=()
# allocate <commune> <line> <item> [words …]
allocate() {
    local commune=$1 line=$2 item=$3
    shift 3
    quiet so add allocation --as 3 --fund "$fund" --unit "$commune" --line "$line" --items "$item" --occurred-on 08/11/2019 \
        --note "$MARK" "$@"
    allocation[$commune]=$(record_code)
    quiet so approve "${allocation[$commune]}" --as 2
}
note 'Phân bổ áo cho xã đầu tiên. Người ghi không tự duyệt được; người khác duyệt.' \
    'Jackets are allocated to the first commune. Who recorded it cannot approve it; another person does.'
first=${COAT_COMMUNES%% *}
item=COATS_ITEM_$first
tell -s so add allocation --as 2 --fund "$fund" --unit "$first" --line warm --items "${!item}" --occurred-on 08/11/2019 --note "$MARK"
allocation[$first]=$(record_code)
tell -x 1 -s so approve "${allocation[$first]}" --as 2
quiet so account add --as 1 --role approver --function 'trưởng phòng'
tell -s so approve "${allocation[$first]}" --as 4
for code_of in ${COAT_COMMUNES#* }; do
    item=COATS_ITEM_$code_of
    allocate "$code_of" warm "${!item}"
done
note 'Quà của nhóm C chỉ dành cho huyện Ba Vì: phân bổ cho xã Yên Bình (Thạch Thất) bị từ chối.' \
    'The gift of group C is for Ba Vì district only: an allocation to Yên Bình (Thạch Thất) is refused.'
tell -x 1 -s so add allocation --as 3 --fund "$fund" --receipt "$gift" --unit 04930 --line warm --items "$WRONG_ITEM" \
    --occurred-on 08/11/2019 --note "$MARK"
allocate "$GIFT_COMMUNE" warm "$GIFT_ITEM" --receipt "$gift"
note 'Đồ chơi nhiều hơn nhu cầu: phần thừa không bị "ép" vào nhu cầu mà nằm riêng, chờ dùng.' \
    'More play sets than needed: what is beyond need is not pressed into a need but stands apart.'
tell -x 1 -s so add allocation --as 3 --fund "$fund" --unit "$PLAY_COMMUNE" --line play-equipment --items "$SETS_ITEM" \
    --occurred-on 08/11/2019 --note "$MARK"
allocate "$PLAY_COMMUNE" play-equipment "$SETS_NEEDED_ITEM"
play=${allocation[$PLAY_COMMUNE]}
quiet so add allocation --as 3 --fund "$fund" --purpose reserve --line play-equipment --items "$SETS_BEYOND_ITEM" \
    --occurred-on 08/11/2019 --note "$MARK"
quiet so add allocation --as 3 --fund "$fund" --purpose reserve --line warm --items "$COATS_LEFT_ITEM" \
    --occurred-on 08/11/2019 --note "$MARK"
allocate "$AWARD_COMMUNE" scholarship "$AWARDS_ITEM"
awards=${allocation[$AWARD_COMMUNE]}
done_line 'Đã phân bổ cho 8 xã và cho phần ngoài nhu cầu.' 'Allocated to 8 communes and to what is beyond need.'

# ---------------------------------------------------------------------------------------------------------------------------
step 'Trao tại xã, trả lại, hao hụt' 'Handovers at the communes, a return, a loss'
has_record() { at_day "$bin/tiepsuc" -d "$run/$1" --json show "$2" >/dev/null 2>&1; }
# arrived <commune> <record>: the allocation has come down to it.
arrived() { wait_for 90 "x-$1" "$(t "phân bổ $2 chưa về xã" "allocation $2 has not come down")" has_record "x-$1" "$2"; }
# hand <commune> <line> <allocation> <item> <words …>
paper=0
hand() {
    local commune=$1 line=$2 from=$3 item=$4
    shift 4
    arrived "$commune" "$from"
    paper=$((paper + 1))
    quiet "x-$commune" add handover --as 2 --line "$line" --allocation "$from" --items "$item" --occurred-on 11/11/2019 \
        --paper-number "$(printf '%02d/BB-PB-%s' "$paper" "$commune")" --signatories 'Phó Chủ tịch UBND xã; Hiệu trưởng' \
        --witness 'Trưởng thôn' --note "$MARK" "$@"
}
note 'Theo số lượng trẻ em:' 'By head count:'
arrived "$first" "${allocation[$first]}"
quantity=COATS_$first
half=$((${!quantity} / 2))
item=COATS_ITEM_$first
tell -s "x-$first" add handover --as 2 --line warm --allocation "${allocation[$first]}" --items "${!item}" --occurred-on 11/11/2019 \
    --heads "band=primary;sex=female;count=$half" --heads "band=primary;sex=male;count=$((${!quantity} - half))" \
    --paper-number "01/BB-PB-$first" --signatories 'Phó Chủ tịch UBND xã; Hiệu trưởng' --witness 'Trưởng thôn' --note "$MARK"
handover=$(record_code)
for code_of in ${COAT_COMMUNES#* } "$GIFT_COMMUNE"; do
    item=COATS_ITEM_$code_of
    text=${!item:-$GIFT_ITEM}
    count=${text#*quantity=}
    count=${count%%;*}
    if [ "$code_of" = 10504 ]; then # one jacket less: it is lost on the way
        kept_back=$((count - 1))
        text="item=$COAT;quantity=$kept_back;unit_of_measure=bộ;value_vnd=$((kept_back * COAT_VND))"
        count=$kept_back
    fi
    hand "$code_of" warm "${allocation[$code_of]}" "$text" --heads "band=primary;sex=female;count=$count"
done
note 'Cho từng em có mã (không có tên), là học bổng bằng tiền:' 'To children by their codes (no names), a scholarship in money:'
ask "x-$AWARD_COMMUNE" --json list need --line scholarship --limit "$AWARDS"
mapfile -t children < <(printf '%s' "$said" | grep -oE '"beneficiary_id": ?"[^"]+"' | grep -oE '[0-9A-Z]+-[0-9A-Z]+-[0-9A-Z]+')
[ ${#children[@]} -eq "$AWARDS" ] || fail "$(t 'danh sách trẻ không đủ' 'the list of children is not complete'): ${#children[@]}/$AWARDS"
arrived "$AWARD_COMMUNE" "$awards"
tell -s "x-$AWARD_COMMUNE" add handover --as 2 --line scholarship --allocation "$awards" --items "$AWARDS_ITEM" --occurred-on 12/11/2019 \
    --beneficiary "$(IFS=';'; printf '%s' "${children[*]}")" --paper-number "09/BB-PB-$AWARD_COMMUNE" \
    --signatories 'Phó Chủ tịch UBND xã; Hiệu trưởng' --note "$MARK"
note 'Cho một điểm trường:' 'To a school site:'
arrived "$PLAY_COMMUNE" "$play"
tell -s "x-$PLAY_COMMUNE" add handover --as 2 --line play-equipment --allocation "$play" --items "$SETS_NEEDED_ITEM" \
    --occurred-on 12/11/2019 --site 'Điểm trường Giả Định 1' --paper-number "10/BB-PB-$PLAY_COMMUNE" --note "$MARK"
note 'Xã Yên Bài tự nhận quà của hội phụ huynh và trao ngay trong ngày, không chờ cấp trên.' \
    'Yên Bài commune gets a gift of its own and hands it out the same day, without waiting for anyone.'
declare -A own=()
# own_fund <commune>: the commune's own fund and donor.
own_fund() {
    quiet "x-$1" add fund --as 2 --code "QUY-$1" --name "Quỹ của xã ($MARK)" --holder-body "hn-ubnd-$1" --note "$MARK"
    own[$1]=$(record_code)
    add_donor "x-$1" 2 "$1" "$DONOR_D" organisation yes
}
own_fund 09709
same_day="item=Đèn bàn học;quantity=25;unit_of_measure=cái;value_vnd=3750000"
tell -s x-09709 add receipt --as 2 --donor "${donor[09709]}" --fund "${own[09709]}" --occurred-on 13/11/2019 \
    --items "$same_day;valued_by=UBND xã (giả định)" --receipt-number PN-01-09709 --note "$MARK"
tell -s x-09709 add handover --as 2 --fund "${own[09709]}" --line books --items "$same_day" --occurred-on 13/11/2019 \
    --heads 'band=primary;sex=female;count=13' --heads 'band=primary;sex=male;count=12' --paper-number 11/BB-09709 --note "$MARK"
note 'Các xã nhập phiếu trao của mình:' 'Communes import their own handover sheets:'
at=0
for sheet_path in sheets/*-trao-*.csv; do
    code_of=${sheet_path##*/}
    code_of=${code_of%%-*}
    [ "$code_of" = 09709 ] || own_fund "$code_of"
    stock=STOCK_$code_of
    quiet "x-$code_of" add receipt --as 2 --donor "${donor[$code_of]}" --fund "${own[$code_of]}" --occurred-on 01/11/2019 --items "${!stock}" \
        --receipt-number "PN-02-$code_of" --note "$MARK"
    quiet "x-$code_of" import "$sheet_path" --sheet handover --as 2
    at=$((at + 1))
    progress "$at" 7 "$code_of"
done
done_line '7 phiếu trao đã vào sổ.' '7 handover sheets are in the books.'
note 'Hai áo quá cỡ được trả lại quỹ; một áo mất trên đường.' 'Two jackets of the wrong size come back into the fund; one was lost on the way.'
tell -s "x-$first" add return --as 2 --type returned --handover "$handover" --fund "$fund" --line warm --occurred-on 13/11/2019 \
    --items "item=$COAT;quantity=2;unit_of_measure=bộ;value_vnd=$((2 * COAT_VND))" --reason 'quá cỡ' --note "$MARK"
tell -s x-10504 add return --as 2 --type lost --allocation "${allocation[10504]}" --line warm --occurred-on 13/11/2019 \
    --items "item=$COAT;quantity=1;unit_of_measure=bộ;value_vnd=$COAT_VND" --reason 'mất trên đường' --note "$MARK"

# ---------------------------------------------------------------------------------------------------------------------------
step 'Tiền và hàng có khớp không?' 'Do money and goods balance?'
for code_of in "${communes[@]}"; do
    wait_anchored "x-$code_of"
done
done_line 'Mọi mục ghi ở 14 xã đã được tỉnh xác nhận.' 'Everything recorded at the 14 communes is anchored at the province.'
no_findings() { [ "$(status_number "$1" negative)" = 0 ] && [ "$(status_number "$1" parked)" = 0 ] && [ "$(status_number "$1" conflicts)" = 0 ]; }
for folder in so "${all[@]}"; do
    no_findings "$folder" || fail "$(t "$folder: có số dư âm, mục chờ xử lý hoặc mâu thuẫn" "$folder: balances below zero, parked entries or conflicts")" "$folder"
done
note 'Sổ của tỉnh là tệp SQLite thường; ai cũng kiểm tra được bằng sqlite3, không cần chương trình này.' \
    'The ledger of the province is a plain SQLite file; anyone can check it with sqlite3, without this program.'
# A copy by sqlite3 itself: the file of a running service is not to be copied byte by byte.
sqlite3 "file:$run/so/ledger.sqlite?mode=ro" ".backup '$out/ledger.sqlite'"
printf '  %s$ tests/scenario/check_money.sh ledger.sqlite%s\n' "$blue" "$plain"
if "$root/tests/scenario/check_money.sh" "$out/ledger.sqlite" >"$out/logs/money.log" 2>&1; then
    sed '$d; s/^/    /' "$out/logs/money.log"
    done_line 'Khớp đến từng đồng, từng chiếc, từ cam kết đến trao tặng.' \
        'It balances to the đồng and to the piece, from pledge to handover.'
else
    cat "$out/logs/money.log" >&2
    fail "$(t 'tiền không khớp' 'the money does not balance')" so
fi

# ---------------------------------------------------------------------------------------------------------------------------
step 'Các huyện chốt báo cáo năm 2019' 'The districts seal their yearly reports'
period=2019-year
tell -n 14 h-271 report duties --period "$period" --body hn-ubnd-271
declare -A report=()
for code_of in "${districts[@]}"; do
    ask "h-$code_of" report seal --period "$period" --as 2
    [ "$code" -eq 0 ] || fail "report seal h-$code_of: $said" "h-$code_of"
    report[$code_of]=$(record_code)
done
done_line '5 huyện đã chốt báo cáo.' '5 districts have sealed.'
note 'Sở trả lại báo cáo của huyện Mỹ Đức; huyện chốt lại.' 'The department returns the report of Mỹ Đức; the district seals again.'
wait_for 90 so "$(t 'báo cáo huyện chưa đến' 'the report of the district has not come')" has_record so "${report[282]}"
tell -s so report return "${report[282]}" --as 2 --note 'đề nghị kiểm tra lại số học bổng'
returned() { at_day "$bin/tiepsuc" -d "$run/h-282" --json list report_return 2>/dev/null | grep -q 'kiểm tra lại'; }
wait_for 90 h-282 "$(t 'huyện chưa thấy báo cáo bị trả lại' 'the return has not reached the district')" returned
tell -s h-282 report seal --period "$period" --as 2 --note 'đã kiểm tra, số liệu không đổi'
report[282]=$(record_code)
for code_of in "${districts[@]}"; do
    wait_for 90 so "$(t 'báo cáo huyện chưa đến' 'a report has not come')" has_record so "${report[$code_of]}"
done

# ---------------------------------------------------------------------------------------------------------------------------
step 'Sở chốt, người khác duyệt, nộp báo cáo năm 2019' 'The department seals, another approves, the report of 2019 is filed'
tell -n 30 so report list
tell -s so report seal --period "$period" --duty so-ubnd --as 2
sealed=$(record_code)
tell -s so approve "$sealed" --as 4
note 'Bộ phận báo cáo dựng tệp Excel và CSV từ chính số liệu đã chốt:' 'The reporter renders workbook and CSV from the very figures that were sealed:'
printf '  %s$ tiepsuc-reporter --once -f so/reporter.conf --record %s \\\n      --out reports%s\n' "$blue" "$sealed" "$plain"
at_day "$bin/tiepsuc-reporter" --once -f "$run/so/reporter.conf" --record "$sealed" --out "$out/reports" >"$out/logs/render.log" 2>&1 ||
    fail "tiepsuc-reporter --once: $(cat "$out/logs/render.log")" so
tables=(reports/*.csv)
wrap '    ' "$(sed -n 's/^tiepsuc-reporter: //p' "$out/logs/render.log")"
printf '    %s\n' reports/*.xlsx
printf '    %s\n' "$(t "${tables[0]} và ${#tables[@]} bảng CSV như vậy" "${tables[0]} and the like: ${#tables[@]} tables as CSV")"
files=()
for file in reports/*; do
    files+=(--file "$file")
done
filing=(--document-number 'GD-01/BC' --document-on 25/11/2019 --signer 'Phó giám đốc')
show_command -d so report file "$sealed" --as 2 --file reports/*.xlsx --file "${tables[0]}" --file … "${filing[@]}"
quiet so report file "$sealed" --as 2 "${files[@]}" "${filing[@]}"
printf '%s\n' "$said" | tail -n 2 | sed 's/^/    /'
filed=$(record_code)
tell -n 12 so report verify "$filed"

# ---------------------------------------------------------------------------------------------------------------------------
step 'Kiểm chứng' 'Proof'
note 'Mọi chữ ký và chuỗi được kiểm tra lại, sổ được dựng lại bên cạnh và so sánh:' \
    'Every signature and chain is checked again; the ledger is made anew beside and compared:'
tell -n 8 so verify
note 'Một lần phân bổ, truy về người ghi, người duyệt, đoạn và các chữ ký:' \
    'One allocation, traced to who typed it, who approved it, its segment and the signatures:'
tell -n 70 so trace "${allocation[$first]}"

# ---------------------------------------------------------------------------------------------------------------------------
step_number=$steps
timing
# A test may look at all data folders while they stand: DEMO_CHECK is a program that gets them.
if [ -n "${DEMO_CHECK:-}" ]; then
    folders=("$run/so")
    for folder in "${all[@]}"; do
        folders+=("$run/$folder")
    done
    "$DEMO_CHECK" "${folders[@]}" >"$out/logs/check.log" 2>&1 || fail "$(t 'kiểm tra thất bại' 'the check failed')" check
fi
taken=$((SECONDS - began))
all_alive
sqlite3 "file:$run/so/ledger.sqlite?mode=ro" ".backup '$out/ledger.sqlite.new'" && mv "$out/ledger.sqlite.new" "$out/ledger.sqlite"
printf '\n%s%s%s\n' "$bold" "$(t "Xong trong $taken giây." "Done in $taken seconds.")" "$plain"
note "Kết quả (DỮ LIỆU GIẢ ĐỊNH) ở thư mục $out:" "The results (made-up data) are in $out:"
printf '    reports/       %s\n' "$(t 'báo cáo năm 2019: XLSX và CSV' 'the report of 2019: XLSX and CSV')"
printf '    sheets/        %s\n' "$(t 'phiếu của 14 xã' 'the sheets of the 14 communes')"
printf '    ledger.sqlite  %s\n' "$(t 'sổ của tỉnh, mở bằng sqlite3' 'the ledger of the province, for sqlite3')"
printf '    logs/          %s\n' "$(t 'nhật ký của từng tiến trình, mọi lệnh đã chạy' 'log of every process, all commands that were run')"
printf '\n%s\n' "$(t 'Ba lệnh để thử tiếp:' 'Three commands to try next:')"
if [ -n "$keep" ]; then
    {
        printf '#!/bin/bash\n# %s\n' "$(t 'Dừng tỉnh của bản trình diễn và xóa thư mục của nó.' 'Stops the province of the demo and removes its folder.')"
        printf 'for pid in %s; do\n' "${pids[*]}"
        # A number that another process has by now is left alone.
        printf '    case "$(readlink "/proc/$pid/cwd")" in %q*) kill "$pid" ;; esac\n' "$out"
        printf 'done\nsleep 2\nrm -rf %q\nrm -f "$0"\n' "$run"
    } >"$out/stop.sh"
    chmod +x "$out/stop.sh"
    kept=1
    printf '    %s -d %s status\n' "$bin/tiepsuc" "$run/x-09706"
    printf '    %s -d %s add need --as 2 --line warm --quantity 3 \\\n        --unit-of-measure bộ --occurred-on 14/11/2019 --site "Điểm trường Giả Định 1"\n' \
        "$bin/tiepsuc" "$run/x-09706"
    printf '    %s -d %s watch\n' "$bin/tiepsuc" "$run/so"
    printf '\n%s\n    %s\n' "$(t 'Tỉnh vẫn đang chạy. Dừng bằng:' 'The province goes on running. Stop it with:')" "$out/stop.sh"
else
    printf '    deploy/demo.sh --keep\n'
    printf '    sqlite3 -box %s "SELECT * FROM v_fund_balance"\n' "$out/ledger.sqlite"
    printf '    %s/tiepsuc help\n' "$bin"
fi
