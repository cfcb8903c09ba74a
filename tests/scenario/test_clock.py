#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: clocks of 1970 and 2099 stop nothing and order nothing; what they wrote into the time of a report is called doubtful, and putting
the clock right heals.
Method: province, district and commune as processes under libfaketime, each with its own wall clock (the monotonic one stays right),
on 20/11/2019; the yearly report of the district is due before 30/11.

    test_clock.py PROGRAMS"""
import sys
import time

from scene import check_once, clock, expect, options, run, settle, wait_for

UNIT = "90101"
YEAR_1970, YEAR_2099 = "1970-01-03 08:00:00", "2099-03-01 08:00:00"


def restart(office, at):
    office.stop()
    office.start(environment=clock(at))


def duty(office, body="huyen-mot"):
    rows = office.tell("report", "duties", "--period", "2019-year")["tables"]["duties"]
    return next(row for row in rows if row["body"] == body)


class Story:
    def __init__(self, scene):
        day = clock("2019-11-20 08:00:00")
        self.province = scene.found(link={}, environment=day)
        self.district = scene.enrol("district", "district", "901", "huyen-mot", self.province, link={})
        self.commune = scene.enrol("commune", "commune", "90101", "xa-an", self.district)
        self.district.start(environment=day)
        self.commune.start(environment=day)
        self.commune.wait_for_plan()
        self.offices = (self.commune, self.district, self.province)
        self.number = self.commune.number
        self.queued = 0
        for office, service in ((self.province, "aggregator"), (self.district, "office")):
            office.configure(service, "\nsync\n    holding_seconds = 1\n")
            restart(office, "2019-11-20 08:10:00")

    def needs(self, count=2):
        codes = [self.commune.need()["tables"]["saved"][0]["record"] for _ in range(count)]
        self.queued += 2 * count
        return codes

    def in_step(self):
        settle(self.offices, self.number, UNIT, self.queued, 60)
        check_once(self.offices, self.number, UNIT, self.queued)

    def anchored(self):
        def is_so():
            status = self.commune.tell("status")["tables"]["status"][0]
            expect(status["oldest_unanchored_s"] >= 0 and status["registry_age_s"] >= -1, "ages:", status)
            return status["saved"] == status["held"] == status["anchored"] == self.queued
        wait_for(is_so, 60, "saved, held and anchored")


def everything_syncs(story):
    """Each office in turn at 1970 and at 2099, also all three with different clocks at once."""
    for commune, district, province in ((YEAR_1970, None, None), (YEAR_2099, YEAR_1970, None), (YEAR_1970, YEAR_2099, YEAR_1970),
                                        ("2019-11-20 09:00:00", YEAR_1970, YEAR_2099)):
        for office, at in zip(story.offices, (commune, district, province)):
            if at:
                restart(office, at)
        story.needs()
        story.in_step()
        story.anchored()
    for office in reversed(story.offices):
        restart(office, "2019-11-21 08:00:00")
    story.needs()
    story.in_step()
    story.anchored()
    for office in story.offices[:2]:
        wait_for(lambda o=office: o.tell("status")["tables"]["status"][0]["root_time"].startswith("2019-11-21"), 30,
                 f"{office.name} hears that the province's clock was put right")


def revisions_go_by_what_they_replace(story):
    """The later word counts even when it is older by the clock."""
    restart(story.commune, YEAR_2099)
    code = story.needs(1)[0]
    story.commune.tell("revise", code, "--quantity", "7", "--reason", "đếm lại")
    restart(story.commune, "2019-11-22 08:00:00")
    story.commune.tell("revise", code, "--quantity", "9", "--reason", "đếm lần nữa")
    restart(story.commune, YEAR_1970)
    story.commune.tell("revise", code, "--quantity", "8", "--reason", "đếm lần cuối")
    restart(story.commune, "2019-11-22 09:00:00")

    def everywhere():
        return all(office.rows("ledger", "SELECT count(*) FROM need WHERE quantity = 8")[0][0] == 1 and
                   office.counts("parked") == 0 for office in story.offices)
    wait_for(everywhere, 60, "the last revision stands at all of them")
    for office in story.offices:
        expect(office.rows("ledger", "SELECT count(*) FROM need WHERE quantity IN (7, 9)")[0][0] == 0, office.name, "shows an older one")
    wait_for(lambda: len({office.digest(UNIT) for office in story.offices}) == 1, 60, "ledgers agree")


def report_under_1970_is_doubtful(story):
    """Sealed in time without a link by a clock that was never set; it arrives after the due day."""
    district, province = story.district, story.province
    province.link.cut(down=True)
    restart(district, YEAR_1970)
    first = district.tell("report", "seal", "--period", "2019-year")["tables"]["saved"][0]["record"]
    restart(province, "2019-12-20 08:00:00")
    expect(duty(province)["class"] == "overdue", "not there yet:", duty(province))
    province.link.join()
    district.tell("sync")
    wait_for(lambda: duty(province)["class"] == "clock_doubtful", 30, "it arrives and its time is doubtful")
    # Put right, corrected: the correction counts although the first one was sealed by other clocks.
    restart(district, YEAR_2099)
    story.needs()
    wait_for(lambda: district.digest(UNIT) == story.commune.digest(UNIT), 30, "the district has it")
    second = district.tell("report", "seal", "--period", "2019-year")["tables"]["saved"][0]["record"]
    restart(district, "2019-12-21 08:00:00")
    story.needs()
    wait_for(lambda: district.digest(UNIT) == story.commune.digest(UNIT), 30, "the district has it")
    third = district.tell("report", "seal", "--period", "2019-year")["tables"]["saved"][0]["record"]
    wait_for(lambda: duty(province)["editions"] == 3, 30, "three editions at the province")
    for office in (district, province):
        editions = {row[0]: row[1] for row in office.rows("ledger", "SELECT edition, claimed_s FROM report")}
        expect(sorted(editions) == [1, 2, 3] and editions[2] > editions[3] > editions[1], office.name, editions)
        expect(duty(office)["class"] == "clock_doubtful", office.name, duty(office))
    expect(len({first, second, third}) == 3, "three reports")
    # Who sealed nothing new and has a right clock is not doubted: the province accepts the declared time.
    province.tell("account", "add", "--number", "2", "--function", "Trưởng phòng", "--role", "approver")
    done = province.scene.call(province.scene.program("tiepsuc"), "--json", "-d", province.folder, "--as", "2", "report", "waive", "--period",
                               "2019-year", "--duty", "mot", "--class", "self_declared", "--note", "đã gọi điện đối chiếu")
    expect(done.returncode == 0, done.stdout)
    expect(duty(province)["class"] == "self_declared", duty(province))


def feed_and_status_go_on(story):
    """The feed's numbers go on without a gap, and no office is told to be silent for ever."""
    numbers = [row[0] for row in story.province.rows("ledger", "SELECT number FROM feed ORDER BY number")]
    expect(numbers == list(range(1, len(numbers) + 1)) and numbers, "a gap in the feed")
    status = story.province.tell("status")["tables"]["status"][0]
    expect(status["parked"] == 0 and status["refused_segments"] == 0, status)


def test(scene, given):
    story = Story(scene)
    for part in (everything_syncs, revisions_go_by_what_they_replace, report_under_1970_is_doubtful, feed_and_status_go_on):
        begin = time.monotonic()
        part(story)
        print(f"  {part.__name__}: passed ({time.monotonic() - begin:.1f} s)", flush=True)
    for office in story.offices:
        office.verify()
    return f"{story.queued} events under eleven clocks"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
