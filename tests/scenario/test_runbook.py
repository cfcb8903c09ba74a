#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: every step of the operators' runbook does what its page says, word by word, with real processes: above all "the province's disk
died; the last backup is three days old": no anchored event is lost, subscribers are told to start from a snapshot, a filed report that
is in the backup is there byte for byte.
Method: the fenced blocks of deploy/README.md are read and run line by line. Only what a test may not touch is played: each machine has
a folder in which its /var/lib, /etc, /run and /usr/share stand, sudo and chown do nothing, systemctl starts and ends the processes.
A heading that is gone from the page, or one that no chapter below runs, fails.

    test_runbook.py PROGRAMS"""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

from scene import ROOT, Failed, Office, expect, free_port, options, run, wait_for

PAGE = os.path.join(ROOT, "deploy", "README.md")
SHIMS = {
    "sudo": '[ "$1" = -u ] && shift 2\nexec "$@"',
    "chown": "exit 0",
    "install": 'args=()\nwhile [ $# -gt 0 ]; do case $1 in -o|-g) shift 2 ;; *) args+=("$1"); shift ;; esac; done\nexec /usr/bin/install "${args[@]}"',
    "tiepsuc": 'exec "$TS_PROGRAM" -f "$TS_CONF" "$@"',
}
OWN = ("/var/lib/tiepsuc", "/etc/tiepsuc", "/run/tiepsuc", "/usr/share/doc/tiepsuc", "/var/tmp/tiepsuc-drill")
SHARED = ("/mnt/backup", "/media/stick")


def read_page():
    """Chapters of the runbook: heading → [(machine and word, [commands])]."""
    with open(PAGE, encoding="utf-8") as lines:
        text = lines.read()
    book = text[text.index("## Runbook\n"):]
    book = book[:book.index("\n## ", 4)]
    chapters = {}
    for part in book.split("\n### ")[1:]:
        heading, _, body = part.partition("\n")
        chapters[heading] = [(info.split(), [line.strip() for line in block.replace("\\\n", " ").splitlines() if line.strip()])
                             for info, block in re.findall(r"^ *```sh ([a-z ]+)\n(.*?)^ *```$", body, re.S | re.M)]
    return chapters


class Machine(Office):
    """An installation laid out as on an installed machine, below a folder of its own."""

    def __init__(self, scene, name, what, parent):
        super().__init__(scene, name, what, parent)
        self.root = scene.path(name)
        self.folder = f"{self.root}/var/lib/tiepsuc/{what}"
        self.etc = f"{self.root}/etc/tiepsuc"
        self.examples = f"{self.root}/usr/share/doc/tiepsuc/examples"
        for folder in (os.path.dirname(self.folder), f"{self.root}/var/lib/tiepsuc/gate", self.etc, f"{self.root}/run/tiepsuc",
                       self.examples, f"{self.root}/var/tmp"):
            os.makedirs(folder, exist_ok=True)

    def conf(self, service):
        return os.path.join(self.etc, service + ".conf")

    def settle_in(self):
        """After init or join: configurations and the gate's key where the units look for them."""
        for path in glob.glob(self.folder + "/*.conf"):
            with open(path, encoding="utf-8") as lines:
                text = lines.read().replace(self.folder + "/keys/gate.key", f"{self.root}/var/lib/tiepsuc/gate/gate.key")
            if os.path.basename(path) in ("aggregator.conf", "office.conf"):
                text += "\nsync\n    ping_seconds = 5\n"  # stores compare what they hold so often
            with open(f"{self.examples}/{os.path.basename(path)}", "w", encoding="utf-8") as out:
                out.write(text)
            shutil.copy(f"{self.examples}/{os.path.basename(path)}", self.etc)
            os.unlink(path)
        key = self.folder + "/keys/gate.key"
        if os.path.exists(key):
            shutil.move(key, f"{self.root}/var/lib/tiepsuc/gate/gate.key")

    def services(self):
        return ["node"] + (["gate"] if os.path.exists(self.conf("gate")) else [])

    def wait_until_it_answers(self):
        wait_for(lambda: self.processes["node"].poll() is not None or
                 self.try_to("status").returncode == 0, 30, f"{self.name} answers")
        expect(self.processes["node"].poll() is None, self.name, "ended at once:", self.log()[-2000:])

    def try_to(self, *words, **more):
        return self.scene.call(self.scene.program("tiepsuc"), "--json", "-f", self.conf(self.what), "--as", "1", *words, check=False, **more)

    def burn(self):
        """The disk is gone, the witness and the gate's folder with it."""
        for service in list(self.processes):
            self.kill(service)
        shutil.rmtree(f"{self.root}/var/lib/tiepsuc")
        shutil.rmtree(self.etc)
        os.makedirs(f"{self.root}/var/lib/tiepsuc/gate")
        os.makedirs(self.etc)

    def map(self, line):
        for path in OWN:
            line = line.replace(path, self.root + path)
        for path in SHARED:
            line = line.replace(path, self.scene.path(os.path.basename(path)))
        return line

    def systemctl(self, words):
        units = [word for word in words if word.startswith("tiepsuc-")]
        for unit in units:
            service = unit.removeprefix("tiepsuc-")
            expect(service in (self.what, "gate", "reporter"), "no such unit here:", unit)
            if service == "reporter":
                continue
            if "disable" in words or "stop" in words:
                self.stop("node" if service == self.what else service)
            else:
                self.start("node" if service == self.what else service)

    def type(self, line):
        if "systemctl" in line:
            self.systemctl(line.split())
            return ""
        environment = {**os.environ, "PATH": self.scene.path("shims") + ":" + os.environ["PATH"], "LANGUAGE": "en", "LC_ALL": "C.UTF-8",
                       "TS_PROGRAM": self.scene.program("tiepsuc"), "TS_CONF": self.conf(self.what)}
        done = subprocess.run(["bash", "-ec", self.map(line)], capture_output=True, text=True, check=False, env=environment,
                              cwd=self.root)
        expect(done.returncode == 0, f"{self.name}: {line}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


class Story:
    def __init__(self, scene):
        self.scene = scene
        self.book = read_page()
        self.run_headings = set()
        os.makedirs(scene.path("shims"))
        for name, text in SHIMS.items():
            with open(scene.path("shims/" + name), "w", encoding="utf-8") as out:
                out.write("#!/bin/bash\n" + text + "\n")
            os.chmod(scene.path("shims/" + name), 0o755)
        for folder in ("backup", "stick"):
            os.makedirs(scene.path(folder))
        self.found()

    # ---- the tree, as installed

    def found(self):
        scene = self.scene
        self.province = Machine(scene, "province", "aggregator", None)
        endpoint = self.province.make_gate_port(None)
        scene.call(scene.program("tiepsuc"), "init", self.province.folder, "--name", "Sở Thử", "--unit", "90", "--unit-name", "Tỉnh Thử",
                   "--body", "so-thu", "--body-name", "Sở Thử", "--endpoint", endpoint)
        keys = self.province.folder + "/keys/"
        shutil.copy(keys + "recovery.kit", scene.path("stick/province.kit"))
        for name in ("root.key", "recovery.key"):
            shutil.move(keys + name, scene.path("stick/" + name))
        self.province.settle_in()
        self.province.publish, self.province.fetch = free_port(), free_port()
        for folder in (self.province.etc, self.province.examples):
            with open(folder + "/gate.conf", "a", encoding="utf-8") as conf:
                conf.write(f"\nfeed\n    publish = \"tcp://127.0.0.1:{self.province.publish}\"\n"
                           f"    fetch = \"tcp://127.0.0.1:{self.province.fetch}\"\n")
        self.province.start()
        self.province.tell("plan", "load", os.path.join(ROOT, "tests", "support", "small-plan"))
        self.district = self.join("district", "district", "901", "huyen-mot", self.province)
        self.commune = self.join("commune", "commune", "90101", "xa-an", self.district)
        self.province.tell("keeper", "add", self.district.number, "--note", "giữ hộ")
        self.donors = 0
        self.beside = []
        self.needs = self.others = 0  # of the commune; of another one below the district
        self.type_needs(3)

    def donor(self):
        """One of the province's own entries; until a keeper holds it."""
        self.donors += 1
        self.province.tell("add", "donor", "--name", f"Nhà tài trợ {self.donors}", "--class", "enterprise")

        def all_anchored():
            row = self.province.tell("status")["tables"]["status"][0]
            return row["saved"] == row["anchored"]
        wait_for(all_anchored, 60, "a keeper holds the province's own")

    def join(self, name, role, unit, body, parent):
        scene = self.scene
        office = Machine(scene, name, "office", parent)
        words = ["enrol", "--role", role, "--unit", unit, "--body", body, "--name", name, "-o", scene.path(name + ".invite"),
                 "--parent", parent.number]
        if role == "district":
            words += ["--endpoint", office.make_gate_port(None)]
        self.province.tell(*words)
        scene.call(scene.program("tiepsuc"), "join", scene.path(name + ".invite"), office.folder)
        office.settle_in()
        office.start()
        office.wait_for_plan()
        return office

    def type_needs(self, count):
        for _ in range(count):
            self.commune.need()
        self.needs += count
        self.same()

    def all(self):
        return self.needs + self.others

    def type_more(self):
        self.type_needs(1)

    def same_patiently(self):
        """The commune knocks in vain some times before it asks above its parent."""
        end_at = time.monotonic() + 240
        while not self.commune.counts("need") == self.needs or len({office.digest("90101") for office in
                                                                  (self.commune, self.district, self.province)}) > 1:
            expect(time.monotonic() < end_at, "the commune does not find its new parent")
            self.commune.try_to("sync")
            time.sleep(1)
        self.same()

    def same(self):
        """All three show the same needs of the commune, nothing parked, nothing twice."""
        chain = (self.commune, self.district, self.province)

        def equal():
            return self.commune.counts("need") == self.needs and len({office.digest("90101") for office in chain}) == 1 and \
                all(office.counts("need") == self.all() for office in chain[1:])
        wait_for(equal, 90, lambda: f"all show {self.needs} (+ {self.others}) needs: {[(o.counts('need'), o.digest('90101'), o.counts('parked')) for o in chain]}",
                 pause=0.2)
        expect([office.counts("parked") for office in chain] == [0, 0, 0], "something is parked")

    # ---- the page

    def chapter(self, heading, word=None, machines=None):
        """Runs the blocks of a chapter that have this word behind the machine (None: no word)."""
        expect(heading in self.book, "the runbook has no chapter", heading)
        self.run_headings.add(heading)
        count = 0
        for info, lines in self.book[heading]:
            if (info[1:] or [None])[0] != word:
                continue
            machine = (machines or {}).get(info[0], getattr(self, info[0]))
            for line in lines:
                said = machine.type(line)
                print(f"    {machine.name}$ {line}", flush=True)
                self.said = said
            count += 1
        expect(count > 0, "no block in", heading, word)

    def wait_whole(self, machine):
        """As a person does who looks at `rebuild status` until all were heard."""
        def whole():
            for office in (self.commune, *self.beside):
                office.try_to("sync")  # the line is up: nobody waits for the next attempt
            total = machine.tell("rebuild", "status")["tables"]["regain_total"]
            row = total[0] if isinstance(total, list) else total
            return row["complete"] == 1 and row["awaited"] > 0
        wait_for(whole, 120, lambda: f"all are heard: {machine.tell('rebuild', 'status')}", pause=0.5)


def protoc(folder):
    subprocess.run(["protoc", "-I", os.path.join(ROOT, "proto"), "--python_out", folder, "tiepsuc/v1/feed.proto"], check=True)
    os.environ["FEED_PROTO"] = folder
    sys.path.insert(0, folder)


# ---- chapters

def every_day(story):
    story.chapter("Every day")
    age = story.province.tell("status")["tables"]["status"][0]["backup_age_s"]
    expect(0 <= age < 60, "status shows a backup of", age, "s")
    expect("Last backup" in story.province.type("tiepsuc status"), "a person does not see how old the backup is")
    with open(glob.glob(story.scene.path("stick/province-*.backup"))[0], "rb") as file:
        expect(b"secret" not in file.read(), "keys stand open in a closed backup")


def drill(story):
    story.chapter("Restore drill, once a quarter")
    expect("node.key" not in os.listdir(story.scene.path("province/var/tmp")), "the drill left something")


def filed_report(story):
    """A report that is in the backup: sealed by the district, filed by the province with a file."""
    province = story.province
    sealed = story.district.tell("report", "seal", "--period", "2019-year")["tables"]["saved"][0]["record"]
    wait_for(lambda: province.counts("report") == 1, 60, "the sealed report arrives")
    province.tell("account", "add", "--role", "approver", "--function", "phó giám đốc")
    province.tell("approve", sealed, "--as", "2")
    with open(story.scene.path("report.csv"), "w", encoding="utf-8") as out:
        out.write("Báo cáo năm 2019;3\n" * 50)
    province.tell("report", "file", sealed, "--file", story.scene.path("report.csv"), "--document-number", "01/BC", "--document-on",
                  "25/11/2019", "--signer", "Phó giám đốc")
    return files_of(province)


def files_of(province):
    folder = province.folder + "/files"
    return {name: hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest() for name in os.listdir(folder)}


def subscribe(story):
    """A subscriber that has read everything so far."""
    protoc(story.scene.folder)
    from feed_client import Feed, read_key
    story.province.tell("enrol", "--subscriber", "--name", "Bảng theo dõi", "-o", story.scene.path("reader.key"))
    feed = Feed(read_key(story.scene.path("reader.key")), None, f"tcp://127.0.0.1:{story.province.fetch}")
    expect(list(feed.rest()), "the feed is empty")
    return feed


def check_feed(feed):
    """Its old position is answered: start from a snapshot; which it then does."""
    from feed_client import NOTFOUND, Refused
    feed.open()
    try:
        feed.page()
        raise Failed("a position of the lost feed was taken")
    except Refused as refused:
        expect(refused.code == NOTFOUND, "code", refused.code, refused)
    totals = feed.snapshot().totals
    expect(totals, "an empty snapshot")
    list(feed.rest())


def anchored(story):
    """What the commune knows to be anchored: (log, number) of its own logs."""
    story.commune.tell("sync")
    return {row["log"]: row["anchored"] for row in story.commune.tell("status")["tables"]["logs"]}


def province_from_backup(story):
    """The disk dies; meanwhile an office was enrolled, joined and typed: all that the province forgot."""
    story.donor()
    before, feed = filed_report(story), subscribe(story)
    story.province.type("sudo tiepsuc backup --to-recovery -o /mnt/backup/province-z.backup")
    late = story.join("late", "commune", "90102", "xa-binh", story.district)
    story.donor()
    late.need()
    story.others += 1
    story.commune.need()
    story.needs += 1
    wait_for(lambda: story.province.counts("need") == story.all(), 60, "the three days arrive")
    expect(anchored(story), "nothing is anchored")
    held = anchored(story)
    numbers = {row[0] for row in story.province.rows("ledger", "SELECT number FROM office")}
    story.province.burn()
    story.chapter("The province's disk died; the last backup is three days old")
    early = story.province.try_to("enrol", "--role", "commune", "--unit", "90201", "--body", "xa-cat", "-o", story.scene.path("early.invite"))
    expect(early.returncode == 1 and json.loads(early.stdout)["code"] == "AGAIN", "an office number was given too early:", early.stdout)
    wait_for(lambda: story.province.counts("need") == story.all(), 90, "all that was anchored is back")
    story.wait_whole(story.province)
    story.chapter("The province's disk died; the last backup is three days old", "finish")
    for log, seq in held.items():
        here = story.province.rows("custody", "SELECT last_seq FROM log WHERE substr(hex(log), 1, 16) = ?", log.upper())
        expect(here and here[0][0] >= seq, "anchored and gone: log", log, "up to", seq, "here", here)
    check_feed(feed)
    after = files_of(story.province)
    expect(before and all(after.get(name) == content for name, content in before.items()), "filed reports differ", before, after)
    expect(story.province.counts("donor") == story.donors, "donors", story.province.counts("donor"), "of", story.donors)
    got = {row[0] for row in story.province.rows("ledger", "SELECT number FROM office")}
    expect(got == numbers, "offices", got, "were", numbers)
    fresh = story.join("fresh", "commune", "90201", "xa-cat", story.province)
    expect(fresh.number > max(numbers) + 50, "no gap before the next office number:", fresh.number)
    story.fresh = fresh
    story.beside.append(late)
    story.type_more()


def province_lost(story):
    """No backup at all: kit, recovery key, root key, and the offices."""
    story.donor()
    records = story.province.counts("need", "unit", "office", "line", "holding")
    story.province.burn()
    for path in glob.glob(story.scene.path("backup/province*")):
        os.unlink(path)
    story.chapter("The province is lost with all its backups")
    wait_for(lambda: story.province.counts("need") >= story.all(), 90, "the offices bring it back")
    story.wait_whole(story.province)
    story.chapter("The province is lost with all its backups", "finish")
    back = story.province.counts("need", "unit", "office", "line", "holding")
    expect(back >= records, "records", back, "of", records)
    wait_for(lambda: story.province.counts("donor") == story.donors, 30,
             lambda: f"the keepers bring back: {story.province.counts('donor')} donors of {story.donors}")
    said = story.province.tell("conflicts")
    expect(not any(said["tables"].values()), "the registry stands twice:", said)
    story.fresh.stop()
    story.type_more()


def commune_died(story):
    old = story.commune.number
    for service in list(story.commune.processes):
        story.commune.kill(service)
    fresh = Machine(story.scene, "commune-2", "office", story.district)
    for name in os.listdir(story.commune.examples):
        with open(os.path.join(story.commune.examples, name), encoding="utf-8") as lines, \
                open(os.path.join(fresh.examples, name), "w", encoding="utf-8") as out:
            out.write(lines.read().replace(story.commune.root, fresh.root))
    story.chapter("A commune's PC died", machines={"commune": fresh})
    expect(fresh.number != old, "it goes on under the old number")
    story.commune = fresh
    wait_for(lambda: fresh.counts("need") == story.needs, 60,
             lambda: f"what was held comes down: {fresh.counts('need')} of {story.needs}")
    story.type_more()


def stolen(story):
    number = story.commune.number
    story.book["A PC was stolen"] = [(info, [line.replace("revoke 3", f"revoke {number}") for line in lines])
                                     for info, lines in story.book["A PC was stolen"]]
    story.chapter("A PC was stolen")
    wait_for(lambda: "uplink_refused as=office" in story.commune.log(), 60, "the stolen one is refused")
    story.commune.stop()
    invite = story.scene.path("stick/found-again.invite")
    story.province.tell("enrol", "--replace", number, "-o", invite)
    thief = story.commune
    story.commune = Machine(story.scene, "commune-3", "office", story.district)
    story.scene.call(story.scene.program("tiepsuc"), "join", invite, story.commune.folder)
    story.commune.settle_in()
    story.commune.start()
    wait_for(lambda: story.commune.counts("need") == story.needs, 60, "what was held comes down to the next one")
    expect(thief.number == number, "numbers changed")
    story.type_more()


def lost_stick(story):
    story.province.tell("enrol", "--role", "commune", "--unit", "90102", "--body", "xa-binh", "--parent", story.district.number,
                        "-o", story.scene.path("stick/lost.invite"))
    number = max(row[0] for row in story.province.rows("ledger", "SELECT number FROM office"))
    story.book["A stick was lost"] = [(info, [re.sub(r"\b4\b", str(number), line) for line in lines])
                                      for info, lines in story.book["A stick was lost"]]
    story.chapter("A stick was lost")
    thief = Machine(story.scene, "thief", "office", story.district)
    story.scene.call(story.scene.program("tiepsuc"), "join", story.scene.path("stick/lost.invite"), thief.folder)
    thief.settle_in()
    thief.start()
    wait_for(lambda: "uplink_refused as=invite" in thief.log(), 60, "the lost invite is refused")
    thief.stop()


def district_from_backup(story):
    story.type_more()
    held = story.district.rows("custody", "SELECT count(*) FROM segment")[0][0]
    story.district.burn()
    story.commune.need()
    story.needs += 1
    story.chapter("A district's disk died")
    story.wait_whole(story.district)
    expect(story.district.rows("custody", "SELECT count(*) FROM segment")[0][0] >= held, "less than before")
    story.same()


def district_without(story):
    """Parent and children bring it back; the commune finds the new machine by itself."""
    number = story.district.number
    story.district.burn()
    for path in glob.glob(story.scene.path("backup/district*")):
        os.unlink(path)
    story.commune.need()
    story.needs += 1
    story.chapter("A district's disk died and there is no backup")
    expect(story.district.number != number, "it goes on under the old number")
    wait_for(lambda: story.district.counts("need") >= story.all() - 1, 60, "the province brings what it holds")
    story.commune.tell("sync")
    story.same_patiently()
    story.type_more()


def moved(story):
    story.chapter("Moving to a new machine")
    old = story.commune
    fresh = Machine(story.scene, "commune-4", "office", story.district)
    story.chapter("Moving to a new machine", "new", machines={"commune": fresh})
    expect(fresh.number == old.number, "another office came of it")
    story.commune = fresh
    story.type_more()
    mine = fresh.rows("custody", "SELECT count(*) FROM log WHERE office = ? AND purpose = 2", fresh.number)[0][0]
    expect(mine == 2, "it wrote on into its old log, or began several:", mine)


def registrar(story):
    """Old, and then stolen: the offices go on and learn it, twice."""
    story.chapter("The registrar's key is rotated")
    story.type_more()
    expect(glob.glob(story.province.folder + "/keys/registrar-2.key"), "no second key")
    story.chapter("The registrar's key was stolen")
    keys = [story.province.rows("ledger", "SELECT max(registrar_serial) FROM cutoff")[0][0]]
    wait_for(lambda: story.commune.rows("ledger", "SELECT max(registrar_serial) FROM cutoff")[0][0] == keys[0] == 3, 60,
             "the commune learns of the third key")
    story.type_more()


CHAPTERS = (every_day, drill, province_from_backup, province_lost, commune_died, stolen, lost_stick, district_from_backup,
            district_without, registrar, moved)


def test(scene, given):
    story = Story(scene)
    for part in CHAPTERS:
        begin = time.monotonic()
        part(story)
        print(f"  {part.__name__}: passed ({time.monotonic() - begin:.1f} s)", flush=True)
    left = {heading for heading, blocks in story.book.items() if blocks} - story.run_headings
    expect(not left, "no test runs the chapters", left)
    return f"{len(story.run_headings)} chapters, {story.needs} needs"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
