#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: an office changes its parent, as units do, and loses and resends nothing; a province without districts works the same.
Method: province, two districts and communes as processes. A commune is moved to the other district when all is held, then in the
middle of a transfer, then straight to the province while its district is gone for ever and it cannot hear of the move: its configuration
names the new gate. Last, three communes below a province without districts.

    test_parent.py PROGRAMS"""
import os
import sys
import time

from link import UP
from scene import check_once, expect, options, run, settle, wait_for

UNIT = "90101"
SESSION_BYTES = 12000  # a new connection or two, the registry, a greeting with tips


def heard(office, parent):
    return f"to={parent}" in office.log()


def moved_when_held(story):
    province, first, second, commune = story
    number = commune.number
    commune.stop()
    queued = commune.load(3000)["events"]
    commune.start()
    settle((commune, first, province), number, UNIT, queued)
    before = second.link.bytes[UP]
    province.tell("move", number, "--parent", second.number, "--note", "đổi huyện")
    wait_for(lambda: heard(commune, second.number), 30, "the commune hears of its new parent")
    settle((commune, second, province), number, UNIT, queued)
    commune.need()
    queued += 2
    settle((commune, second, province), number, UNIT, queued)
    check_once((commune, second, province), number, UNIT, queued)
    sent = second.link.bytes[UP] - before
    expect(sent < SESSION_BYTES, "the commune sent again what was held:", sent, "bytes")
    expect(first.events_of(number) == queued - 2, "the former parent got what came later")
    return queued, f"nothing sent again ({sent} bytes)"


def moved_in_a_transfer(story, queued):
    province, first, second, commune = story
    number = commune.number
    second.link.rate = 20000
    commune.stop()
    queued += commune.load(3000, seed=7)["events"]
    at = second.events_of(number)
    commune.start()
    wait_for(lambda: second.events_of(number) > at, 60, "a part is through", pause=0.01)
    expect(second.events_of(number) < queued, "the transfer was over too soon")
    province.tell("move", number, "--parent", first.number, "--note", "về huyện cũ")
    second.link.rate = 0
    settle((commune, first, province), number, UNIT, queued)
    check_once((commune, first, province), number, UNIT, queued)
    return queued, "back in the middle of a transfer"


def moved_while_deaf(story, queued):
    """As on 1/7/2025: the district is no more; whoever could not hear of it is told by its configuration."""
    province, first, _, commune = story
    number = commune.number
    first.stop()
    commune.need()
    queued += 2
    province.tell("move", number, "--parent", province.number, "--note", "bỏ cấp huyện")
    time.sleep(2)
    expect(province.events_of(number) == queued - 2, "it arrived without a way")
    commune.stop()
    with open(os.path.join(province.folder, "keys", "gate.key"), encoding="utf-8") as lines:
        public = next(line.partition("=")[2].strip() for line in lines if line.startswith("curve_public"))
    with open(commune.conf("office"), encoding="utf-8") as conf:
        plain = conf.read()
    commune.configure("office", f"\nparent\n    endpoint = tcp://127.0.0.1:{province.link.port}\n    curve_public = {public}\n")
    commune.start()
    settle((commune, province), number, UNIT, queued)
    # It has the registry from there: the configuration is not needed any more.
    commune.stop()
    with open(commune.conf("office"), "w", encoding="utf-8") as conf:
        conf.write(plain)
    commune.start()
    commune.need()
    queued += 2
    settle((commune, province), number, UNIT, queued)
    check_once((commune, province), number, UNIT, queued)
    wait_for(lambda: anchored(commune, queued), 60, "all of the moved commune is anchored")
    # The district comes back once more and brings nothing twice.
    first.start()
    first.tell("sync")
    time.sleep(2)
    check_once((commune, province), number, UNIT, queued)
    return queued, "to the province without the district"


def without_districts(scene, province):
    communes = [scene.enrol(name, "commune", unit, body, province)
                for name, unit, body in (("binh", "90102", "xa-binh"), ("cat", "90201", "xa-cat"))]
    units = {"binh": "90102", "cat": "90201"}
    for commune in communes:
        commune.start()
        commune.wait_for_plan()
    province.link.cut(down=True)
    for commune in communes:
        for _ in range(5):
            commune.need()
    province.link.join()
    for commune in communes:
        wait_for(lambda c=commune: province.events_of(c.number) == 10, 30, f"{commune.name} arrives")
        wait_for(lambda c=commune: province.digest(units[c.name]) == c.digest(units[c.name]), 30, "ledgers agree")
        expect(province.segments_of(commune.number) == commune.segments_of(commune.number), "other segments")
        wait_for(lambda c=commune: anchored(c, 10), 30, f"{commune.name}: anchored")
    expect(communes[0].counts("need") == 5 and communes[1].counts("need") == 5, "neighbours see one another")
    return "two tiers, neighbours apart"


def anchored(commune, events):
    """Its own screen says that so many events are saved, held and anchored."""
    status = commune.tell("status")["tables"]["status"][0]
    return (status["saved"], status["held"], status["anchored"]) == (events, events, events)


def test(scene, given):
    province = scene.found(link={})
    first = scene.enrol("district", "district", "901", "huyen-mot", province, link={})
    second = scene.enrol("other", "district", "902", "huyen-hai", province, link={})
    commune = scene.enrol("commune", "commune", "90101", "xa-an", first)
    for office in (first, second, commune):
        office.start()
    for office in (second, commune):
        office.wait_for_plan()
    story = (province, first, second, commune)
    said = []
    queued, what = moved_when_held(story)
    said.append(what)
    queued, what = moved_in_a_transfer(story, queued)
    said.append(what)
    queued, what = moved_while_deaf(story, queued)
    said.append(what)
    said.append(without_districts(scene, province))
    for office in (commune, province):
        office.verify()
    return "; ".join(said)


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
