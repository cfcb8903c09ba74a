#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: kill -9 at any moment loses nothing and doubles nothing.
Method: a commune has entries queued; while they go up through district and province, office, gate and aggregator are killed at
random moments and started again. At the end every segment lies at all three, the ledgers agree, verify finds no fault.

    test_kill.py PROGRAMS            2,000 events, 5 kills (ctest)
    test_kill.py PROGRAMS --full     20,000 events, 100 kills"""
import json
import random
import sys
import time

from scene import expect, options, run, wait_for

VICTIMS = [("commune", "node"), ("district", "node"), ("district", "gate"), ("province", "node"), ("province", "gate")]


def arguments(parser):
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--events", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=1)


def check_equal(offices, number, queued, unit):
    commune, district, province = offices
    segments = commune.segments_of(number)
    expect(len(segments) == len(set(segments)), "a segment stands twice")
    for office in (district, province):
        expect(office.segments_of(number) == segments, office.name, "holds other segments than the commune")
        expect(office.digest(unit) == commune.digest(unit), "ledgers differ:", office.name, office.digest(unit), commune.digest(unit))
    for office in offices:
        expect(office.events_of(number) == queued, office.name, "has", office.events_of(number), "of", queued, "events")
        records = sum(office.rows("ledger", f"SELECT count(*) FROM {kind}")[0][0] for kind in ("beneficiary", "need", "handover"))
        expect(records == queued, office.name, "shows", records, "of", queued, "records")
        expect(office.rows("ledger", "SELECT count(*) FROM parked")[0][0] == 0, office.name, "parked something")


def verify(office):
    """Stopped and started again: chains, signatures and a ledger made anew."""
    done = office.try_to("verify", "--wait", "300")
    expect(done.returncode == 0, office.name, "verify:", done.stdout, done.stderr)
    said = json.loads(done.stdout)["tables"]["verified"]
    row = said[0] if isinstance(said, list) else said
    expect(row["damaged"] == 0 and row["ledger"] == "same", office.name, "verify says", row)
    return row["segments"]


def test(scene, given):
    events = given.events or (20000 if given.full else 2000)
    kills = given.kills or (100 if given.full else 5)
    chance = random.Random(given.seed)
    province, district, commune = scene.tree()
    offices = (commune, district, province)
    number = commune.number
    commune.stop()
    queued = commune.load(events)["events"]
    commune.start()
    begin = time.monotonic()
    done = 0
    counts = {}
    reached = []
    while done < kills:
        office, service = chance.choice(VICTIMS)
        victim = scene.offices[office]
        # A moment after something moved, so that the kills fall into the transfer and not into back-off.
        time.sleep(chance.uniform(0, 0.15))
        victim.kill(service)
        done += 1
        counts[office + " " + service] = counts.get(office + " " + service, 0) + 1
        reached.append(province.events_of(number))
        victim.start(only=service)
        if province.events_of(number) >= queued and done < kills:
            # All is there already: queue more, so that every kill meets a transfer.
            commune.stop()
            queued += commune.load(events // 20, seed=100 + done)["events"]
            commune.start()
    wait_for(lambda: province.events_of(number) >= queued, 300, "everything arrives at the province")
    seconds = time.monotonic() - begin
    unit = "90101"
    wait_for(lambda: province.digest(unit) == commune.digest(unit) == district.digest(unit), 120, "all ledgers have folded it")
    check_equal(offices, number, queued, unit)
    segments = [verify(office) for office in offices]
    for office in offices:
        office.stop()
    check_equal(offices, number, queued, unit)
    middle = sum(1 for count in reached if 0 < count < queued)
    return (f"{queued} events, {done} kills {counts} in {seconds:.0f} s, {middle} of them with a part at the province; "
            f"verified {segments} segments")


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, arguments), __doc__))
