#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: stores that went back in time, with real processes: a lying disk, a restored image, a dead district, a province from a backup,
a unit that ended while entries waited. What was held anywhere comes back once, nothing is renumbered, all ledgers agree.
Method: the files of a stopped office are kept and later put back into the same inodes after kill -9 (with the witness or without);
these are the scenarios 1 to 5 of the sync rules, without the stick of scenario 2.

    test_restore.py PROGRAMS"""
import glob
import os
import shutil
import sys
import time

from link import UP
from scene import SMALL_PLAN, check_once, expect, judge, options, run, settle, wait_for

UNIT = "90101"


class Files:
    """Databases of a stopped office as they are now; the witness lies beside the folder."""

    def __init__(self, office, witness):
        self.office = office
        self.kept = {}
        for path in glob.glob(os.path.join(office.folder, "*.sqlite*")) + ([office.folder + ".witness"] if witness else []):
            with open(path, "rb") as file:
                self.kept[path] = file.read()

    def put_back(self):
        for path in glob.glob(os.path.join(self.office.folder, "*.sqlite*")):
            if path not in self.kept:
                os.unlink(path)
        for path, data in self.kept.items():
            with open(path, "r+b" if os.path.exists(path) else "wb") as file:  # the same inode: nothing looks copied
                file.truncate(0)
                file.write(data)


def keep(office, witness):
    office.stop()
    files = Files(office, witness)
    office.start()
    return files


def die(office):
    for service in list(office.processes):
        office.kill(service)


def needs(office, count):
    for _ in range(count):
        office.need()
    return 2 * count


class Story:
    def __init__(self, scene):
        self.scene = scene
        self.province, self.district, self.commune = scene.tree(link={})
        self.offices = (self.commune, self.district, self.province)
        self.number = self.commune.number
        self.queued = needs(self.commune, 3)
        self.others = 0
        self.in_step()

    def in_step(self):
        settle(self.offices, self.number, UNIT, self.queued, 60)
        check_once(self.offices, self.number, UNIT, self.queued, self.others)


def lost_tail(story):
    """1: the disk lied; the database is older than what was sent. No link is needed to go on."""
    commune = story.commune
    older = keep(commune, witness=False)
    story.queued += needs(commune, 4)
    story.in_step()
    die(commune)
    older.put_back()
    story.district.link.cut(down=True)
    commune.start()
    expect("verdict=AHEAD" in commune.log(), "the witness said nothing")
    story.queued += needs(commune, 3)
    commune.stop()
    commune.start()
    expect(commune.counts("need") == 3 + 3, "typed while the lost part is away:", commune.counts("need"))
    story.district.link.join()
    commune.tell("sync")
    story.in_step()
    expect(commune.rows("custody", "SELECT count(*) FROM log WHERE own = 1 AND purpose = 2")[0][0] == 1, "not one log to go on in")


def image(story):
    """2: the whole image came back, the witness too, and other entries were sealed in the same place."""
    commune = story.commune
    older = keep(commune, witness=True)
    story.queued += needs(commune, 4)
    story.in_step()
    die(commune)
    older.put_back()
    story.district.link.cut(down=True)
    commune.start()
    story.queued += needs(commune, 3)
    commune.tell("seal")
    story.district.link.join()
    commune.tell("sync")
    story.in_step()
    for office in story.offices:
        forks = office.rows("custody", "SELECT count(*) FROM log WHERE fork_arrival > 0 AND office = ?", story.number)[0][0]
        expect(forks == 1, office.name, "shows", forks, "forked logs")
    expect("fork office" in story.district.log(), "the district says nothing of the fork")
    story.queued += needs(commune, 2)
    story.in_step()
    logs = commune.rows("custody", "SELECT count(*) FROM log WHERE office = ? AND purpose = 2", story.number)[0][0]
    commune.stop()
    commune.start()
    story.queued += needs(commune, 1)
    story.in_step()
    expect(commune.rows("custody", "SELECT count(*) FROM log WHERE office = ? AND purpose = 2", story.number)[0][0] == logs,
           "a restart began another log")


def district(story):
    """3: the district's disk dies; a copy from before is put in. What the province has, it lends; the rest comes from the commune."""
    commune, district_, province = story.offices
    older = keep(district_, witness=False)
    commune.stop()
    story.queued += commune.load(4000)["events"]
    commune.start()
    story.in_step()
    province.link.cut(down=True)
    story.queued += needs(commune, 2)  # the district alone holds these
    wait_for(lambda: district_.events_of(story.number) == story.queued, 30, "the district holds them")
    commune.stop()
    die(district_)
    older.put_back()
    os.unlink(district_.folder + ".witness")
    province.link.join()
    district_.start()
    wait_for(lambda: district_.events_of(story.number) == story.queued - 4, 60, "the province lends what it holds")
    before = district_.link.bytes[UP]
    commune.start()
    story.in_step()
    sent = district_.link.bytes[UP] - before
    expect(sent < 12000, "the commune sent again what the province lent:", sent, "bytes")
    story.queued += needs(commune, 1)
    story.in_step()


def province(story):
    """4: the same one level up: registry, offices and entries that it forgot come back from below; its feed is another."""
    top = story.province
    feed = top.rows("ledger", "SELECT hex(value) FROM meta WHERE name = 'feed_id'")
    older = keep(top, witness=False)
    story.queued += needs(story.commune, 2)
    late = story.scene.enrol("late", "commune", "90102", "xa-binh", story.district)
    late.start()
    late.wait_for_plan()
    needs(late, 3)
    settle((late, story.district, top), late.number, "90102", 6)
    story.others = 6
    story.in_step()
    die(top)
    older.put_back()
    os.unlink(top.folder + ".witness")
    top.start()
    settle((late, story.district, top), late.number, "90102", 6)
    story.in_step()
    expect(top.rows("ledger", "SELECT hex(value) FROM meta WHERE name = 'feed_id'") != feed or not feed, "the feed is the same one")
    numbers = [row[0] for row in top.rows("ledger", "SELECT number FROM office")]
    expect(len(numbers) == len(set(numbers)) == 4, "offices:", numbers)
    fresh = story.scene.enrol("fresh", "commune", "90201", "xa-cat", top)
    expect(fresh.number not in numbers, "a number was given twice:", fresh.number)
    fresh.start()
    fresh.wait_for_plan()
    needs(fresh, 1)
    wait_for(lambda: top.events_of(fresh.number) == 2, 30, "the next office arrives")
    fresh.stop()
    late.stop()


def end_unit(story, successor):
    """The province loads the plan anew: the commune's unit ended on 15/10."""
    folder = story.scene.path("plan")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SMALL_PLAN, folder)
    path = os.path.join(folder, "units.csv")
    with open(path, encoding="utf-8") as rows:
        text = rows.read()
    ended = text.replace("90101,90101,901,commune,Xã An,xã,,,,,", f"90101,90101,901,commune,Xã An,xã,,2019-10-15,{successor},,")
    expect(ended != text, "units.csv has another form")
    with open(path, "w", encoding="utf-8") as rows:
        rows.write(ended)
    story.province.tell("plan", "load", folder)


def merged(story):
    """5: the unit ended while 4,000 entries waited on its laptop, which reaches another district. All is kept: what is of before the day
    stands, the rest is parked where the author sees it too, and stands as soon as the province names the successor."""
    commune, _, top = story.offices
    other = story.scene.enrol("other", "district", "902", "huyen-hai", top, link={})
    other.start()
    other.wait_for_plan()
    story.district.link.cut(down=True)
    commune.stop()
    story.queued += commune.load(4000, seed=5)["events"]
    end_unit(story, "")
    top.tell("move", story.number, "--parent", other.number, "--note", "sáp nhập")
    with open(os.path.join(other.folder, "keys", "gate.key"), encoding="utf-8") as lines:
        public = next(line.partition("=")[2].strip() for line in lines if line.startswith("curve_public"))
    commune.configure("office", f"\nparent\n    endpoint = tcp://127.0.0.1:{other.link.port}\n    curve_public = {public}\n")
    wait_for(lambda: other.rows("ledger", "SELECT count(*) FROM office WHERE number = ? AND parent_number = ?", story.number, other.number)[0][0],
             30, "the new district hears of the move")
    commune.start()
    wait_for(lambda: top.events_of(story.number) == story.queued, 60, "all of it is in custody")
    chain = (commune, other, top)
    kinds = ("beneficiary", "need", "handover")

    def same():
        return len({(office.counts("parked"), office.digest(UNIT)) for office in chain}) == 1

    wait_for(lambda: same() and top.counts("parked") > 0, 60, "author, district and province see the same, some of it parked", pause=0.2)
    stand, parked = top.counts(*kinds), top.counts("parked")
    late = top.rows("ledger", "SELECT count(*) FROM need WHERE occurred_on >= '2019-10-15' AND record IN (SELECT record FROM need WHERE office = ?)",
                    story.number)[0][0]
    said = f"{stand - story.others - 2} stood, {parked} were parked"
    expect(stand - story.others - 2 + parked == story.queued and late == 0, said, "of", story.queued, "late ones stand:", late)
    expect(commune.segments_of(story.number) == other.segments_of(story.number) == top.segments_of(story.number), "custody differs")
    told = commune.tell("parked")["tables"]
    expect(any(rows for rows in told.values()), "the author is not told:", said)
    end_unit(story, "90201")
    wait_for(lambda: same() and top.counts("parked") == 0, 60, "all stands under the successor", pause=0.2)
    expect(top.counts(*kinds) - story.others - 2 == story.queued, "not all of it stands")
    return said + ", all stand under the successor"


def test(scene, given):
    story = Story(scene)
    said = ""
    for part in (lost_tail, image, district, province, merged):
        begin = time.monotonic()
        said = part(story) or said
        if part is not merged:
            judge(*story.offices)
        print(f"  {part.__name__}: passed ({time.monotonic() - begin:.1f} s)", flush=True)
    for office in (story.commune, story.province):
        done = office.try_to("verify", "--wait", "300")
        expect(done.returncode == 0, office.name, done.stdout, done.stderr)
    return f"{story.queued} events; {said}; {judge(story.commune, story.scene.offices['other'], story.province)}"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
