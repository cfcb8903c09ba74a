#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: a process that stands still for longer than every deadline of a session (a machine that swaps, sleeps or is being copied) is taken
for dead by its peers, and when it goes on where it stood, with sessions, frames and a clock of before, nothing is lost, written twice or stuck.
Method: the district's node and the province's gate are stopped with SIGSTOP together, with --full then the district's gate and the
province's node, in the middle of a transfer, for 25 s with pings every 5 s (dead after three); meanwhile the commune types, its node is
started again, and its own side must have noticed. Afterwards all must be through soon. The external checker judges.

    test_stop.py PROGRAMS [--full]"""
import os
import signal
import sys
import time

from scene import check_once, expect, judge, options, run, settle, wait_for

UNIT = "90101"
STOPPED_S = 25


def state(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def stop_and_go(story, victims):
    """victims: (office, service) that stand still at the same time."""
    commune, district, province, number = story["commune"], story["district"], story["province"], story["number"]
    for link in (district.link, province.link):
        link.rate = 40000
    commune.stop()
    story["queued"] += commune.load(3000, seed=story["queued"] + 1)["events"]
    commune.start()
    at = district.events_of(number)
    wait_for(lambda: district.events_of(number) > at, 30, "the transfer has begun", pause=0.01)
    processes = [story[office].processes[service] for office, service in victims]
    connections = district.link.connections
    for process in processes:
        os.killpg(process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    wait_for(lambda: all(state(process) == "T" for process in processes), 5, "the processes stand still")
    for _ in range(3):
        commune.need()
        story["queued"] += 2
    commune.stop()
    commune.start()
    while time.monotonic() - begin < STOPPED_S:
        time.sleep(1)
        for office in (commune, district, province):
            for service, process in office.processes.items():
                expect(process.poll() is None, office.name, service, "ended while others stood still")
    noticed = district.link.connections - connections
    expect(noticed > 1, "the commune did not look for its parent again:", noticed, "connections")
    for process in processes:
        os.killpg(process.pid, signal.SIGCONT)
    for link in (district.link, province.link):
        link.rate = 0
    begin = time.monotonic()
    offices = (commune, district, province)
    settle(offices, number, UNIT, story["queued"], 60)
    check_once(offices, number, UNIT, story["queued"])
    return f"{' and '.join(' '.join(victim) for victim in victims)}: {noticed} new connections meanwhile, through after {time.monotonic() - begin:.0f} s"


def test(scene, given):
    province, district, commune = scene.tree(link={})
    story = {"province": province, "district": district, "commune": commune, "number": commune.number, "queued": 0}
    for office in (commune, district):
        office.stop("node")
        office.configure("office", "\nsync\n    ping_seconds = 5\n")
        office.start("node")
    said = [stop_and_go(story, (("district", "node"), ("province", "gate")))]
    if given.full:
        said.append(stop_and_go(story, (("district", "gate"), ("province", "node"))))
    for office in (commune, district, province):
        office.stop()
    return "; ".join(said) + "; " + judge(commune, district, province)


def arguments(parser):
    parser.add_argument("--full", action="store_true", help="the other pair too")


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, arguments), __doc__))
