#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""alter_money.py LEDGER.sqlite: would check_money.sh see it?

Goal: no đồng, no coat, no child of a ledger can be altered without the check of the money failing.
Method: finds by itself every column that holds money or a quantity, adds one in the first, the
last and the greatest row of each (one at a time, in a copy) and runs the check on it. Prints one
line for each alteration that was not found out; exit 1 when there is one, or when a column that
must be there has no row to try.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# Numbers that are neither money nor a quantity: of records, events and the fold's own accounts of them.
OTHER = {("total", "value"), ("meta", "value"), ("child", "repeats")}
# The plan's budget stands as it was signed and is added to nothing.
AS_SIGNED = {"budget"}
NAMES = {"quantity", "count", "foreign_minor", "rate", "total", "days", "children", "value"}
# A ledger of the demo has rows in all of these.
MUST = [("receipt_items", "value_vnd"), ("receipt_items", "quantity"), ("receipt_items", "foreign_minor"),
        ("receipt_items", "rate"), ("pledge_items", "value_vnd"), ("purchase", "advanced_vnd"),
        ("purchase", "spent_vnd"), ("purchase", "change_vnd"), ("purchase_items", "value_vnd"),
        ("allocation_items", "quantity"), ("handover_items", "quantity"), ("handover_items", "value_vnd"),
        ("handover_heads", "count"), ("return_items", "quantity"), ("posting", "quantity"),
        ("posting", "value_vnd"), ("balance", "quantity"), ("balance", "value_vnd"), ("cell", "total"),
        ("cell", "days"), ("need", "quantity"), ("need_heads", "count"), ("population_heads", "count"),
        ("feed", "quantity"), ("feed", "value_vnd"), ("feed", "children")]


def columns(db):
    """(table, column, primary key) of all that may hold money or a quantity."""
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        info = db.execute(f'SELECT name, pk FROM pragma_table_info("{table}")').fetchall()
        key = [name for name, pk in sorted(info, key=lambda row: row[1]) if pk > 0]
        for name, _ in info:
            if (name.endswith("_vnd") or name in NAMES) and (table, name) not in OTHER and table not in AS_SIGNED:
                yield table, name, key


def candidates(db, table, column, key):
    """Keys of the rows to try: the first, the last, the greatest. What was told of an event that was
    replaced since stands nowhere else, so of the feed only what stands is tried."""
    where = f'"{column}" IS NOT NULL'
    if table == "feed":
        kinds = ("pledge", "receipt", "purchase", "allocation", "handover", "return", "need")
        standing = " UNION ALL ".join(f'SELECT event FROM "{kind}"' for kind in kinds)
        where += f" AND change <> 'conflict' AND event IN ({standing})"
    listed = ", ".join(f'"{name}"' for name in key)
    found = []
    for order in (listed, ", ".join(f'"{name}" DESC' for name in key), f'"{column}" DESC, {listed}'):
        row = db.execute(f'SELECT {listed}, "{column}" FROM "{table}" WHERE {where} ORDER BY {order} LIMIT 1').fetchone()
        if row is not None and row not in found:
            found.append(row)
    return found


def altered(column, value):
    """One more of it."""
    if column == "days":
        days = json.loads(value)
        day = sorted(days)[0]
        days[day] += 1
        return json.dumps(days)
    return str(int(value) + 1) if column == "rate" else value + 1


def moved(value):
    """The same total, one of it on another day."""
    days = json.loads(value)
    day = sorted(days)[0]
    days[day] -= 1
    other = str(int(day) % 28 + 1)
    days[other] = days.get(other, 0) + 1
    return json.dumps(days)


def is_found_out(ledger):
    return subprocess.run([os.path.join(HERE, "check_money.sh"), ledger], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 1


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    missed = []
    tried = 0
    with tempfile.TemporaryDirectory(prefix="ts-alter.") as place:
        ledger = os.path.join(place, "ledger.sqlite")
        shutil.copyfile(sys.argv[1], ledger)
        db = sqlite3.connect(ledger, isolation_level=None)
        seen = set()
        for table, column, key in columns(db):
            where = " AND ".join(f'"{name}" = ?' for name in key)
            change = f'UPDATE "{table}" SET "{column}" = ? WHERE {where}'
            for row in candidates(db, table, column, key):
                seen.add((table, column))
                ways = [altered(column, row[-1])] + ([moved(row[-1])] if column == "days" else [])
                for value in ways:
                    db.execute(change, (value, *row[:-1]))
                    tried += 1
                    if not is_found_out(ledger):
                        missed.append(f"{table}.{column} of {dict(zip(key, row))}: {row[-1]} -> {value}")
                    db.execute(change, (row[-1], *row[:-1]))
        db.close()
        if is_found_out(ledger):
            missed.append("the ledger itself does not balance")
    missed += [f"{table}.{column}: no row to try" for table, column in MUST if (table, column) not in seen]
    for line in missed:
        print(line)
    print(f"{tried} alterations in {len(seen)} columns, {len(missed)} not found out")
    sys.exit(1 if missed else 0)


main()
