#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# check_money.sh LEDGER.sqlite: does the money balance to the đồng and the goods to the piece? Uses the sqlite3 shell only.
# Prints where the money is; exit 0 when all is right, 1 with one line for each thing that is wrong.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
ledger=${1:?usage: check_money.sh LEDGER.sqlite}
[[ -f $ledger ]] || { echo "check_money: $ledger is not there" >&2; exit 2; }
wrong=$(sqlite3 -batch -bail "file:$ledger?mode=ro" < "$here/check_money.sql")
sqlite3 -batch -column -header "file:$ledger?mode=ro" "
    SELECT name AS account, commodity.item AS item, commodity.unit_of_measure AS unit, printf('%,12d', sum(quantity)) AS quantity,
           printf('%,13d', sum(value_vnd)) AS value_vnd
    FROM balance JOIN v_account USING (account) JOIN commodity ON commodity.id = balance.commodity
    GROUP BY account, commodity HAVING sum(quantity) <> 0 OR sum(value_vnd) <> 0 ORDER BY account, item"
if [[ -n $wrong ]]; then
    printf '%s\n' "$wrong" >&2
    exit 1
fi
echo "all right: pledged, received, bought, allocated, handed over and returned balance to the đồng and to the piece"
