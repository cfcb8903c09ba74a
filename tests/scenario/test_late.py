#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""test_late.py PROGRAMS [--keep]: an overdue report is told once.

Goal: the reporter that runs at the province finds a report that is overdue and has the aggregator
tell its subscribers, once: not again when the reporter looks again, when it is started anew, when
the aggregator is started anew. Method: the small plan's yearly report of 2019 is overdue by
today's clock; the reporter's processes come and go, the feed is read with sqlite3.
"""
import sys
import time

from scene import end, expect, options, run, wait_for


def late(province):
    return province.rows("ledger", "SELECT change, day, period, body, unit FROM feed WHERE kind = 'report.late'")


def reporter(scene, province, turn):
    """Runs until it has looked at the calendar; then it is ended politely."""
    name = f"reporter-{turn}.log"
    process = scene.start([scene.program("tiepsuc-reporter"), "-f", province.conf("reporter")], name)

    def looked():
        expect(process.poll() is None, "the reporter ended:", open(scene.path(name), encoding="utf-8").read()[-1500:])
        with open(scene.path(name), encoding="utf-8") as lines:
            return "report_overdue" in lines.read()
    wait_for(looked, 30, "the reporter names the overdue report")
    return process


def test(scene, _given):
    province = scene.found(feed=True)
    expect(late(province) == [], "told before anybody looked")
    process = reporter(scene, province, 0)
    wait_for(lambda: len(late(province)) > 0, 30, "the overdue report is told")
    told = late(province)
    expect(len(told) == 1, "told", told)
    expect(told[0][0] == "added" and told[0][2] and told[0][3] and told[0][4], "what is told", told)
    expect(end(process) == 0, "the reporter ended with", process.returncode)
    for turn in (1, 2):
        process = reporter(scene, province, turn)
        time.sleep(1)
        expect(end(process) == 0, "the reporter ended with", process.returncode)
        expect(late(province) == told, "told again", late(province))
    province.stop()
    province.start()
    process = reporter(scene, province, 3)
    time.sleep(1)
    expect(end(process) == 0, "the reporter ended with", process.returncode)
    expect(late(province) == told, "told again after a start", late(province))
    return "one overdue report, told once by four reporters"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
