#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: whatever a link does, everything arrives once, soon after it lives again, and little is sent twice.
Method: commune, district and province as processes, a relay (link.py) before each gate. Links are reset after random numbers of
bytes, die without a word, carry one way only, freeze; gates and nodes are stopped (SIGSTOP) and go on; all links are cut one by one
and come back in another order while people type.

    test_cut.py PROGRAMS"""
import os
import random
import signal
import sys
import time

from link import DOWN, UP
from scene import check_once, expect, judge, options, run, settle, wait_for

UNIT = "90101"
SESSION_BYTES = 6000  # upward, per connection: handshake, greeting, tips, what was under way


class Story:
    """The three offices and how many events the commune has queued so far."""

    def __init__(self, scene, seed):
        self.province, self.district, self.commune = scene.tree(link={})
        self.offices = (self.commune, self.district, self.province)
        self.number = self.commune.number
        self.queued = 0
        self.chance = random.Random(seed)
        for office in self.offices[:2]:  # a dead link is found out after three silent pings
            office.stop("node")
            office.configure("office", "\nsync\n    ping_seconds = 5\n")
            office.start("node")

    def queue(self, count):
        self.commune.stop()
        self.queued += self.commune.load(count, seed=self.queued + 1)["events"]
        self.commune.start()

    def links(self):
        return self.district.link, self.province.link

    def in_step(self, seconds=90):
        settle(self.offices, self.number, UNIT, self.queued, seconds)
        check_once(self.offices, self.number, UNIT, self.queued)

    def stored(self):
        return self.commune.rows("custody", "SELECT sum(bytes) FROM log WHERE office = ? AND purpose = 2", self.number)[0][0]

    def part_arrives(self, least=1, seconds=60):
        at = self.district.events_of(self.number)
        wait_for(lambda: self.district.events_of(self.number) >= at + least, seconds, "more arrives at the district", pause=0.01)


def random_cuts(story):
    """Every connection is reset after some bytes; segments are about 20 kB, so many die inside one."""
    before = [(link.bytes[UP], link.connections) for link in story.links()]
    at = story.stored() or 0
    for link in story.links():
        link.cut_after = lambda: story.chance.randint(3000, 30000)
        link.rate = 400000
        link.cut()
    story.queue(4000)
    wait_for(lambda: story.province.events_of(story.number) >= story.queued, 150, "all arrives over links that are always cut", pause=0.2)
    for link in story.links():
        link.cut_after, link.rate = None, 0
    story.in_step()
    fresh = story.stored() - at
    said = []
    for link, (count, connections) in zip(story.links(), before):
        sent, times = link.bytes[UP] - count, link.connections - connections
        expect(times > 5, "only", times, "connections: nothing was cut")
        expect(sent <= 1.15 * fresh + SESSION_BYTES * (times + 2), sent, "bytes sent for", fresh, "in", times, "connections")
        said.append(f"{sent / fresh:.2f}× in {times} connections")
    return "cuts: sent " + " and ".join(said)


def dead_without_a_word(story):
    """Neither end is told: the child's own deadline finds out, a new session takes over."""
    for link in story.links():
        link.rate = 60000
    story.queue(3000)
    story.part_arrives()
    begin = time.monotonic()
    for link in story.links():
        link.black_hole()
        link.rate = 0
    story.in_step(120)
    return f"dead links found out, all through after {time.monotonic() - begin:.0f} s"


def one_way(story):
    """Acknowledgements do not come back for a while; then what stood in the pipe goes on."""
    story.district.link.rate = 60000
    story.queue(3000)
    story.part_arrives()
    story.district.link.frozen[DOWN] = True
    time.sleep(3)
    story.district.link.frozen[DOWN] = False
    story.part_arrives()
    story.district.link.frozen[UP] = True
    time.sleep(3)
    story.district.link.frozen[UP] = False
    story.district.link.rate = 0
    story.in_step()
    return "one way"


def stopped_processes(story):
    """As a machine that swaps or sleeps: nothing ends, nothing moves, then it goes on."""
    for link in story.links():
        link.rate = 60000
    story.queue(3000)
    for office, service in ((story.district, "node"), (story.district, "gate"), (story.province, "node"), (story.commune, "node")):
        time.sleep(story.chance.uniform(0.2, 0.6))
        process = office.processes[service]
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(2)
        os.killpg(process.pid, signal.SIGCONT)
    for link in story.links():
        link.rate = 0
    story.in_step()
    return "stopped and continued"


def swizzle(story):
    """Cut one by one, back in another order, while entries are typed."""
    for round_number in range(3):
        order = list(story.links())
        story.chance.shuffle(order)
        for link in order:
            link.cut(down=True)
            story.commune.need()
            story.queued += 2
        story.chance.shuffle(order)
        for link in order:
            time.sleep(story.chance.uniform(0, 1))
            link.join()
            story.commune.need()
            story.queued += 2
    story.commune.tell("sync")
    story.district.tell("sync")
    story.in_step()
    return f"{round_number + 1} rounds of links cut and joined while typing"


def comes_back_by_itself(story):
    """Nobody asks for a connection: after an outage it is there again within seconds."""
    link = story.district.link
    link.cut(down=True)
    story.commune.need()
    story.queued += 2
    time.sleep(4)
    link.join()
    begin = time.monotonic()
    story.part_arrives(2, 20)
    took = time.monotonic() - begin
    story.in_step()
    return f"back by itself after {took:.1f} s"


def again_moves_nothing(story):
    """isync's second run: all processes started again, no segment goes over a link."""
    logs = [office.segments_of(story.number) for office in story.offices]
    for office in story.offices:
        office.stop()
    before = [link.bytes[UP] for link in story.links()]
    for office in reversed(story.offices):
        office.start()
    time.sleep(3)
    story.in_step()
    moved = [link.bytes[UP] - at for link, at in zip(story.links(), before)]
    expect(all(count < SESSION_BYTES for count in moved), "sent again after a restart:", moved)
    expect(logs == [office.segments_of(story.number) for office in story.offices], "a restart made segments")
    return f"a restart moves {moved} bytes"


def test(scene, given):
    story = Story(scene, given.seed)
    parts = [random_cuts, dead_without_a_word, one_way, stopped_processes, swizzle, comes_back_by_itself, again_moves_nothing]
    said = []
    for part in parts:
        if given.only in (None, part.__name__):
            begin = time.monotonic()
            said.append(part(story))
            print(f"  {part.__name__}: {said[-1]} ({time.monotonic() - begin:.1f} s)", flush=True)
    for office in story.offices:
        office.verify()
        office.stop()
    return f"{story.queued} events, {len(said)} stories; {judge(*story.offices)}"


def arguments(parser):
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one story")


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, arguments), __doc__))
