#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: an office whose data folder was copied (a disk image, a folder on a second PC) and that now runs twice loses nothing: the copy
notices, goes on in logs and under a store id of its own, and what is typed at both arrives once, without a fork.
Method: the folder of a stopped commune is copied with its witness and its configuration; both run at one time with the same keys, entries
are typed at both, alternately and at the same moment; both are stopped, killed and started again. The external checker judges.

    test_clone.py PROGRAMS"""
import os
import shutil
import sys
import threading

from scene import Office, expect, judge, options, run, wait_for

UNIT = "90101"


def copy(scene, office, name):
    """The whole installation once more; only the paths in its configuration differ, as on another machine they would not."""
    twin = Office(scene, name, office.what, office.parent)
    shutil.copytree(office.folder, twin.folder, ignore=shutil.ignore_patterns("*.sock"))
    shutil.copy(office.folder + ".witness", twin.folder + ".witness")
    path = twin.conf(office.what)
    with open(path, encoding="utf-8") as conf:
        text = conf.read()
    with open(path, "w", encoding="utf-8") as conf:
        conf.write(text.replace(office.folder, twin.folder))
    return twin


def own_logs(office):
    return {row[0] for row in office.rows("custody", "SELECT hex(log) FROM log WHERE own = 1")}


def type_at(office, count):
    for _ in range(count):
        office.need()


def needs_of(office, number):
    return office.rows("ledger", "SELECT count(*) FROM need WHERE office = ?", number)[0][0]


def arrive(offices, number, count, what):
    for office in offices:
        wait_for(lambda office=office: needs_of(office, number) == count, 60,
                 lambda office=office: f"{what}: {office.name} has {needs_of(office, number)} of {count} needs", pause=0.2)


def test(scene, _given):
    province, district, commune = scene.tree()
    number = commune.number
    type_at(commune, 3)
    arrive((district, province), number, 3, "before the copy")
    commune.stop()
    twin = copy(scene, commune, "twin")
    before = own_logs(commune)
    commune.start()
    twin.start()
    expect("verdict=CLONED" in twin.log(), "the copy did not notice:", twin.log()[-1500:])
    expect("verdict=CLONED" not in commune.log(), "the first one takes itself for a copy")
    expect(own_logs(commune) == before, "the first one changed its logs")
    expect(not own_logs(twin) & before, "the copy goes on in logs of the first")
    stores = [office.rows("custody", "SELECT hex(value) FROM meta WHERE name = 'store_id'")[0][0] for office in (commune, twin)]
    expect(stores[0] != stores[1], "both have one store id")
    # One after the other, and at the same moment.
    for _ in range(3):
        type_at(commune, 1)
        type_at(twin, 1)
    typists = [threading.Thread(target=type_at, args=(office, 5)) for office in (commune, twin)]
    for typist in typists:
        typist.start()
    for typist in typists:
        typist.join()
    total = 3 + 6 + 10
    for office in (commune, twin):
        office.try_to("sync")
    arrive((district, province), number, total, "both typed")
    # Both die and come back; each goes on where it was.
    commune.kill("node")
    twin.kill("node")
    twin.start()
    commune.start()
    logs = own_logs(commune), own_logs(twin)
    expect(logs[0] == before, "a restart gave the first one other logs")
    type_at(twin, 2)
    type_at(commune, 2)
    total += 4
    for office in (commune, twin):
        office.try_to("sync")
    arrive((district, province), number, total, "after both were killed")
    records = province.rows("ledger", "SELECT count(*), count(DISTINCT record) FROM need WHERE office = ?", number)[0]
    expect(records == (total, total), "records:", records)
    for office in (district, province):
        expect(office.rows("custody", "SELECT count(*) FROM log WHERE fork_arrival > 0")[0][0] == 0, office.name, "shows a fork")
        expect(office.counts("parked") == 0, office.name, "parked", office.counts("parked"))
    expect(district.digest(UNIT) == province.digest(UNIT), "district and province differ")
    for office in (commune, twin, district, province):
        office.stop()
    return f"{total} needs of both at the province; {judge(commune, twin, district, province)}"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
