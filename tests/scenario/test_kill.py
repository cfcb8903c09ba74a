#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: kill -9 at any moment of a transfer loses nothing and doubles nothing.
Method: a commune has entries queued; they go up to district and province over links of limited speed. Office, gate and aggregator
are killed while segments go over a link of theirs, and started again. A kill counts only when data moved on that link just
before and the receiver still lacked something after; others are made up for. At the end every segment lies at all three, the
ledgers agree, verify finds no fault.

    test_kill.py PROGRAMS            2,000 events, 6 kills (ctest)
    test_kill.py PROGRAMS --full     20,000 events, 100 kills"""
import collections
import random
import sys
import time

from link import UP
from scene import check_once, expect, judge, options, run, settle, wait_for

HANDSHAKE = 2000  # bytes upward of a new connection before segments go
VICTIMS = [("commune", "node"), ("district", "node"), ("district", "gate"), ("province", "node"), ("province", "gate")]


def arguments(parser):
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--events", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--rate", type=int, help="bytes per second of each link")
    parser.add_argument("--seed", type=int, default=1)


class Hop:
    """A sender, a receiver and the link between them."""

    def __init__(self, sender, receiver, number):
        self.sender, self.receiver, self.number = sender, receiver, number
        self.link = receiver.link

    def unfinished(self, queued):
        return self.receiver.events_of(self.number) < queued

    def parties(self):
        return {(self.sender.name, "node"), (self.receiver.name, "node"), (self.receiver.name, "gate")}


def wait_for_transfer(hops, queued, chance):
    """A hop over which segments go, a random moment after they began to; None when there is none any more."""
    before = {hop: (hop.link.connections, hop.link.bytes[UP]) for hop in hops}
    end = time.monotonic() + 60
    while time.monotonic() < end:
        moving = []
        for hop in hops:
            connections, count = before[hop]
            if hop.link.connections != connections:
                before[hop] = (hop.link.connections, hop.link.bytes[UP])
            elif hop.link.bytes[UP] - count > HANDSHAKE and hop.link.quiet_for() < 0.1:
                moving.append(hop)
        if moving:
            time.sleep(chance.uniform(0, 0.3))
            return chance.choice(moving)
        if not any(hop.unfinished(queued) for hop in hops):
            return None
        time.sleep(0.005)
    expect(False, "nothing moves for 60 s")
    return None


def test(scene, given):
    events = given.events or (20000 if given.full else 2000)
    kills = given.kills or (100 if given.full else 6)
    chance = random.Random(given.seed)
    province, district, commune = scene.tree(link={})
    offices = (commune, district, province)
    number = commune.number
    hops = [Hop(commune, district, number), Hop(district, province, number)]
    commune.stop()
    queued = commune.load(events)["events"]
    for hop in hops:
        hop.link.rate = given.rate or 64000
    commune.start()
    begin = time.monotonic()
    inside, outside, more = 0, 0, 0
    counts = collections.Counter()
    while inside < kills:
        hop = wait_for_transfer(hops, queued, chance)
        if hop is None:
            # All is there already: more is queued, so that every kill meets a transfer.
            commune.stop()
            added = commune.load(events // 20, seed=1000 + more)["events"]
            queued, more = queued + added, more + 1
            commune.start()
            continue
        office, service = chance.choice(sorted(hop.parties()))
        victim = scene.offices[office]
        moved = hop.link.quiet_for() < 0.25
        victim.kill(service)
        if moved and hop.unfinished(queued):
            inside += 1
            counts[office + " " + service] += 1
        else:
            outside += 1
        victim.start(only=service)
    killing = time.monotonic() - begin
    for hop in hops:
        hop.link.rate = 0
    unit = "90101"
    settle(offices, number, unit, queued, 300)
    check_once(offices, number, unit, queued)
    expect(set(counts) <= {f"{office} {service}" for office, service in VICTIMS}, counts)
    stored = commune.rows("custody", "SELECT sum(log.bytes) FROM log WHERE log.office = ?", number)[0][0]
    segments = [office.verify() for office in offices]
    for office in offices:
        office.stop()
    check_once(offices, number, unit, queued)
    judged = judge(*offices)
    share = ", ".join(f"{hop.sender.name} sent {hop.link.bytes[UP] / stored:.2f} × its segments in {hop.link.connections} connections" for hop in hops)
    return (f"{queued} events ({more} × more were queued), {inside} kills in a transfer and {outside} beside one, "
            f"{dict(sorted(counts.items()))}, {killing:.0f} s; {share}; verified {segments} segments; {judged}")


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, arguments), __doc__))
