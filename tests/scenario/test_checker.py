#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: the external checker finds what is wrong; one that never failed would prove nothing.
Method: the stores of a small tree, judged without a finding; then copies of them with one thing altered in each, behind the
program's back: the finding that it must give stands beside it.

    test_checker.py PROGRAMS"""
import contextlib
import hashlib
import os
import shutil
import sqlite3
import sys

import checker
from scene import expect, judge, options, run, settle

UNIT = "90101"


def change(folder, database, statement, *values):
    with contextlib.closing(sqlite3.connect(os.path.join(folder, database + ".sqlite"))) as base:
        changed = base.execute(statement, values).rowcount
        base.commit()
    expect(changed > 0, statement, "changed nothing")


def turn_byte(folder, at, where):
    """One byte of a stored segment; what only says so of its hash stays right."""
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "custody.sqlite"))) as base:
        arrival, data = base.execute(f"SELECT arrival, bytes FROM segment WHERE {where} ORDER BY arrival DESC LIMIT 1").fetchone()
        data = bytearray(data)
        data[at] ^= 1
        base.execute("UPDATE segment SET bytes = ?, hash = ? WHERE arrival = ?",
                     (bytes(data), hashlib.blake2b(bytes(data[:244]), digest_size=32).digest(), arrival))
        base.commit()


LATEST = "last_seq > 0"
FIRST = "first_seq = 0 AND log IN (SELECT id FROM log WHERE own = 1 AND purpose = 2)"


def alterations(tree):
    """(whose store, what is done to its folder, words of the finding)"""
    def sql(database, statement):
        return lambda folder: change(folder, database, statement)

    def byte(at, where=LATEST):
        return lambda folder: turn_byte(folder, at, where)
    newest = "(SELECT max(arrival) FROM segment)"
    return [
        ("commune", byte(250), "payload hash"),
        ("commune", byte(200), "wrong key id or signature"),
        ("commune", byte(104), "wrong key id or signature"),
        ("commune", byte(10), "deployment"),
        ("commune", byte(60), "numbers in the row"),
        ("commune", byte(244 + 8, FIRST), "genesis breaks"),
        ("commune", byte(244 + 180, FIRST), "certificate of the registrar"),
        ("commune", byte(244 + 310, FIRST), "certificate of the invite"),
        ("commune", byte(244 + 440, FIRST), "certificate of the node"),
        ("district", sql("custody", f"DELETE FROM segment WHERE arrival = {newest}"), "arrivals are not dense"),
        ("district", sql("custody", "UPDATE segment SET hash = randomblob(32) WHERE arrival = 3"), "hash in the row"),
        ("district", sql("custody", "UPDATE log SET events = events + 1 WHERE id = 1"), "count of events"),
        ("district", sql("custody", "UPDATE log SET hash_sum = zeroblob(32) WHERE id = 1"), "sum of hashes"),
        ("district", sql("custody", "UPDATE log SET fork_arrival = 2 WHERE id = 1"), "fork is flagged"),
        ("district", sql("custody", "DELETE FROM tip WHERE log = 1"), "tips"),
        ("district", sql("ledger", "DELETE FROM need"), "are not in the ledger"),
        ("district", sql("ledger", "UPDATE need SET event = event + 1"), "are not in custody"),
        # What the commune says that the district holds is not there.
        ("district", lambda folder: forget_newest(folder, tree["commune"].number), "notes as held by"),
        ("district", lambda folder: forget_newest(folder, tree["commune"].number), "holding that it holds"),
    ]


def forget_newest(folder, office):
    """The newest segment of that office's records goes away as if it had never come: everything else is put right."""
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "custody.sqlite"))) as base:
        log, arrival, prev, first, last, data, hash_of = base.execute(
            "SELECT log, arrival, prev, first_seq, last_seq, bytes, hash FROM segment WHERE last_seq > 0 AND log IN "
            "(SELECT id FROM log WHERE office = ? AND purpose = 2) ORDER BY arrival DESC LIMIT 1", (office,)).fetchone()
        total = int.from_bytes(base.execute("SELECT hash_sum FROM log WHERE id = ?", (log,)).fetchone()[0], "little")
        total = (total - int.from_bytes(hash_of, "little")) % (1 << 256)
        base.execute("PRAGMA foreign_keys = OFF")
        base.execute("DELETE FROM tip WHERE log = ?", (log,))
        base.execute("DELETE FROM held WHERE arrival = ?", (arrival,))
        base.execute("DELETE FROM segment WHERE arrival = ?", (arrival,))
        base.execute("UPDATE segment SET arrival = arrival - 1 WHERE arrival > ?", (arrival,))
        base.execute("UPDATE segment SET prev = prev - 1 WHERE prev > ?", (arrival,))
        base.execute("UPDATE held SET arrival = arrival - 1 WHERE arrival > ?", (arrival,))
        base.execute("UPDATE meta SET value = value - 1 WHERE name = 'arrival'")
        tip = base.execute("SELECT arrival, last_seq, hash FROM segment WHERE arrival = ?", (prev,)).fetchone()
        base.execute("INSERT INTO tip (log, arrival, seq, hash) VALUES (?, ?, ?, ?)", (log, *tip))
        base.execute("UPDATE log SET segments = segments - 1, events = events - ?, bytes = bytes - ?, hash_sum = ?, last_seq = ? WHERE id = ?",
                     (last - first + 1, len(data), total.to_bytes(32, "little"), tip[1], log))
        base.commit()


def test(scene, _given):
    province, district, commune = scene.tree()
    offices = {"commune": commune, "district": district, "province": province}
    for _ in range(3):
        commune.need()
        commune.tell("seal")
        commune.tell("sync")
    settle(tuple(offices.values()), commune.number, UNIT, 6, 60)
    for office in (commune, district, province):  # holdings are written at the end of a session
        office.stop()
        office.start()
    settle(tuple(offices.values()), commune.number, UNIT, 6, 60)
    for office in offices.values():
        office.stop()
    said = judge(*offices.values())
    found = 0
    for whose, alter, words in alterations(offices):
        copies = {}
        for name, office in offices.items():
            copies[name] = scene.path("copy-" + name)
            shutil.rmtree(copies[name], ignore_errors=True)
            shutil.copytree(office.folder, copies[name], ignore=shutil.ignore_patterns("ballast", "keys", "*.sock"))
        alter(copies[whose])
        findings, _ = checker.judge(list(copies.values()))
        expect(any(words in finding for finding in findings), "not found:", words, "; found:", findings[:5])
        found += 1
    return f"{found} alterations found; unaltered: {said}"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
