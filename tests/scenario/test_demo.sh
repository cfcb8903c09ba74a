#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Goal: the demo does what it says, leaves nothing behind, and its money balances. Method: runs deploy/demo.sh with the programs of the
# build; compares the ledger of the province with what the generator wrote into the sheets, by sqlite3 alone; alters one đồng or one
# coat in copies of it, one place at a time, and expects the check of the money to find each; ends a second run by Ctrl-C and a third
# by a gate that does not start.
#   test_demo.sh BUILD_DIR
set -euo pipefail
build=$(cd "${1:?test_demo.sh BUILD_DIR}" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
for tool in sqlite3 python3; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }
done
compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || { echo "libfaketime is not installed"; exit 77; }

place=$(mktemp -d /tmp/ts-demo.XXXXXX)
trap 'rm -rf "$place"' EXIT
wrong=0
complain() {
    printf 'test_demo: %s\n' "$*" >&2
    wrong=1
}
# expect <what> <wanted> <found>
expect() { [ "$2" = "$3" ] || complain "$1: $3, should be $2"; }
export LANGUAGE=vi

# left_over <folder>: numbers of processes that still work in it.
left_over() {
    local process
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$1" ]; then
            printf '%s ' "${process#/proc/}"
        fi
    done
}

# ---- the whole story
out=$place/out
began=$SECONDS
if ! TIEPSUC_BIN=$build/bin DEMO_CHECK=$root/tests/scenario/checker.py "$root/deploy/demo.sh" --fast --out "$out" \
    >"$place/demo.txt" 2>&1; then
    tail -n 40 "$place/demo.txt" >&2
    [ ! -f "$out/logs/check.log" ] || tail -n 20 "$out/logs/check.log" >&2
    complain "demo.sh failed"
    exit 1
fi
[ $((SECONDS - began)) -le 180 ] || complain "it took $((SECONDS - began)) seconds, not 180 at most"
expect "processes left over" "" "$(left_over "$out")"
grep -q '; 0 findings$' "$out/logs/check.log" || complain "the external checker did not judge the stores"
while read -r run; do
    [ ! -e "$run" ] || complain "$run is left over"
done < <(grep -oE '/tmp/ts\.[A-Za-z0-9]{6}' "$out/logs/init.log" | sort -u)

# ---- the ledger against the sheets
ledger=$out/ledger.sqlite
sql() { sqlite3 -batch -bail "file:$ledger?mode=ro" "$1"; }
# total <sheet> <column>: sum over the sheets that are to be taken in.
total() {
    python3 - "$out/sheets/index.csv" "$1" "$2" <<'PY'
import csv, sys
rows = [row for row in csv.DictReader(open(sys.argv[1], encoding="utf-8")) if row["sheet"] == sys.argv[2] and row["expect"] == "accept"]
print(sum(int(row[sys.argv[3]] or 0) for row in rows))
PY
}
# Beside the sheets the demo enters 40 children by head count, one child, and one site, which is withdrawn.
expect "needs" $(($(total need rows) + 2)) "$(sql 'SELECT count(*) FROM need WHERE void = 0')"
expect "needs withdrawn" 1 "$(sql 'SELECT count(*) FROM need WHERE void = 1')"
expect "children" $(($(total need children) + 1)) "$(sql 'SELECT count(*) FROM beneficiary WHERE void = 0')"
expect "head counts of needs" $(($(total need head_count) + 40)) \
    "$(sql 'SELECT sum(count) FROM need_heads JOIN need USING (record) WHERE void = 0')"
expect "quantity of needs" $(($(total need quantity) + 42)) "$(sql 'SELECT sum(quantity) FROM need WHERE void = 0')"
expect "population tables" 14 "$(sql 'SELECT count(*) FROM population WHERE void = 0')"
expect "children living there" "$(total population head_count)" "$(sql 'SELECT sum(count) FROM population_heads')"
expect "rows of handover sheets" "$(total handover rows)" "$(sql "SELECT count(*) FROM handover WHERE row_key LIKE 'handover/%'")"
expect "value of handover sheets" "$(total handover value_vnd)" \
    "$(sql "SELECT sum(value_vnd) FROM handover_items JOIN handover USING (record) WHERE row_key LIKE 'handover/%'")"
expect "conflicts" 0 "$(sql 'SELECT count(*) FROM need WHERE conflict = 1')"
expect "parked or waiting" 0 "$(sql 'SELECT count(*) FROM parked')"
expect "offices" 20 "$(sql 'SELECT count(*) FROM office WHERE void = 0')"
expect "reports: five districts, one of them twice, and the department" 7 "$(sql 'SELECT count(*) FROM report')"
expect "returned" 1 "$(sql 'SELECT count(*) FROM report_return')"
expect "filed" 1 "$(sql 'SELECT count(*) FROM filing')"
# Whoever recorded an allocation or the report has not approved it.
expect "approved by who recorded it" 0 "$(sql 'SELECT count(*) FROM approval JOIN allocation ON allocation.record = approval.target
    WHERE allocation.office = approval.office AND allocation.author = approval.author')"
expect "allocations without approval, besides the reserve" 0 "$(sql "SELECT count(*) FROM allocation WHERE purpose <> 'reserve' AND record NOT IN
    (SELECT target FROM approval WHERE decision = 'approved')")"
for kind in donor fund; do
    expect "$kind that is not marked as made up" 0 "$(sql "SELECT count(*) FROM $kind WHERE name NOT LIKE '%DỮ LIỆU GIẢ ĐỊNH%'")"
done

# ---- the money, and one alteration at a time
money=$root/tests/scenario/check_money.sh
"$money" "$ledger" >"$place/money.txt" 2>&1 || complain "the money does not balance: $(tail -n 5 "$place/money.txt")"
coat="item = 'Bộ áo khoác ấm'"
alter() {
    cp "$ledger" "$place/altered.sqlite"
    sqlite3 -batch -bail "$place/altered.sqlite" "$1; SELECT changes();" >"$place/changes"
    expect "rows altered by $1" 1 "$(cat "$place/changes")"
    if "$money" "$place/altered.sqlite" >/dev/null 2>&1; then
        complain "not found out: $1"
    fi
}
# Every column of money or quantity by itself; then what belongs together, and whole rows.
"$root/tests/scenario/alter_money.py" "$ledger" >"$place/alter.txt" || complain "alterations that the check of the money does not see:
$(cat "$place/alter.txt")"
alter "UPDATE purchase SET spent_vnd = spent_vnd + 1, advanced_vnd = advanced_vnd + 1"
coats="commodity IN (SELECT id FROM commodity WHERE $coat)"
alter "DELETE FROM posting WHERE (record, line) = (SELECT record, line FROM posting LIMIT 1)"
alter "DELETE FROM balance WHERE (account, owner, commodity) = (SELECT account, owner, commodity FROM balance WHERE $coats LIMIT 1)"
alter "DELETE FROM cell WHERE id = (SELECT max(id) FROM cell)"
alter "UPDATE handover SET void = 1 WHERE record = (SELECT max(record) FROM handover)"

# ---- the files of the report
expect "workbooks" 1 "$(find "$out/reports" -name '*.xlsx' | wc -l)"
for book in "$out"/reports/*.xlsx; do
    python3 - "$book" <<'PY' || complain "$book is no workbook"
import sys, zipfile
names = zipfile.ZipFile(sys.argv[1]).namelist()
assert "xl/workbook.xml" in names and any(name.startswith("xl/charts/") for name in names), names
PY
done
tables=0
for table in "$out"/reports/*.csv; do
    [ -s "$table" ] || continue
    tables=$((tables + 1))
    sed -n '1,6p' "$table" | grep -Eq '(^|,)"?#[a-z]' || complain "$table has no row of HXL tags"
done
[ "$tables" -ge 5 ] || complain "$tables tables in CSV"
grep -q 'DỮ LIỆU GIẢ ĐỊNH' "$place/demo.txt" || complain "the story does not say that its data are made up"

# ---- Ctrl-C: nothing stays
# The shell starts background commands deaf to Ctrl-C; `env` gives them their ears back.
TIEPSUC_BIN=$build/bin env --default-signal=INT "$root/deploy/demo.sh" --fast --out "$place/cut" >"$place/cut.txt" 2>&1 &
demo=$!
for ((i = 0; i < 200; i++)); do
    [ "$(find "$place/cut/logs" -name 'x-*.log' 2>/dev/null | wc -l)" -lt 3 ] || break
    sleep 0.1
done
kill -INT "$demo"
code=0
wait "$demo" || code=$?
expect "exit code after Ctrl-C" 130 "$code"
expect "processes left over after Ctrl-C" "" "$(left_over "$place/cut")"

# ---- a gate that does not start: said, and the log named
mkdir "$place/bin"
cp "$build"/bin/tiepsuc* "$place/bin/"
printf '#!/bin/sh\necho "gate_failed say=no" >&2\nexit 1\n' >"$place/bin/tiepsuc-gate"
code=0
TIEPSUC_BIN=$place/bin "$root/deploy/demo.sh" --fast --out "$place/broken" >"$place/broken.txt" 2>&1 || code=$?
expect "exit code with a gate that does not start" 1 "$code"
grep -q 'gate_failed say=no' "$place/broken.txt" || complain "the log of the gate is not shown"
expect "processes left over after a failure" "" "$(left_over "$place/broken")"

[ "$wrong" -eq 0 ] && echo "demo: $(sed -n '$=' "$out/logs/commands.log") lines of commands, $((SECONDS - began)) s for three runs"
exit "$wrong"
