#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: three offices that have no link live from a stick, with real processes and the command line as a clerk uses it: everything is
anchored, ledgers are equal. Files renamed by chat programs, zipped, cut, altered, for another office, on a full, write-protected or
missing stick: a clear answer each, nothing lost, no file changed, nothing half under a bundle's name.
Method: only the nodes run, no gate; the stick is a folder, a small FAT image or a small tmpfs where this machine can mount one.

    test_stick.py PROGRAMS"""
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile

from scene import SMALL_PLAN, expect, options, run, wait_for

UNIT = "90101"
NAME = re.compile(r"^tiep-suc_\d+-[a-z0-9-]+_gui_\d+-[a-z0-9-]+_\d{4}-\d\d-\d\d_so-\d+\.tsb$")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def row(answer, table):
    found = answer["tables"][table]
    return found[0] if isinstance(found, list) else found


class Mounted:
    """A small file system of its own, or None in `path` where this machine gives none."""

    def __init__(self, scene, kind, kib):
        self.path = scene.path("mount-" + kind)
        os.mkdir(self.path)
        words = ["mount", "-t", "tmpfs", "-o", f"size={kib}k,mode=0777", "none", self.path]
        if kind == "fat":
            image = scene.path("stick.img")
            with open(image, "wb") as file:
                file.truncate(kib * 1024)
            made = shutil.which("mkfs.vfat") and subprocess.run(["mkfs.vfat", image], capture_output=True, check=False).returncode == 0
            words = ["mount", "-o", "loop,umask=0", image, self.path] if made else ["false"]
        self.stands = subprocess.run(words, capture_output=True, check=False).returncode == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.stands:
            subprocess.run(["umount", self.path], capture_output=True, check=False)


class Story:
    def __init__(self, scene):
        self.scene = scene
        self.stick = scene.path("stick")
        os.mkdir(self.stick)
        self.province = scene.found(plan=None)
        self.province.stop()
        self.province.start(only="node")
        self.province.tell("plan", "load", SMALL_PLAN)
        self.district = scene.enrol("district", "district", "901", "huyen-mot", self.province)
        self.commune = scene.enrol("commune", "commune", UNIT, "xa-an", self.district)
        self.other = scene.enrol("other", "commune", "90102", "xa-binh", self.district)
        for office in (self.district, self.commune, self.other):
            office.start(only="node")
        self.said = []

    def export(self, office, to, folder=None, *more):
        answer = row(office.tell("bundle", "export", folder or self.stick, "--to", to.number, *more), "bundle")
        expect(NAME.match(os.path.basename(answer["path"])), "a clerk does not understand", answer["path"])
        expect(os.path.getsize(answer["path"]) == answer["bytes"], "the file has other bytes than told")
        return answer["path"]

    def take(self, office, path, good=True):
        """Takes in; the row of the file. The file is never changed."""
        before = digest(path)
        done = office.try_to("bundle", "import", path)
        expect(digest(path) == before, "the file was changed:", path)
        expect((done.returncode == 0) == good, office.name, "import:", done.returncode, done.stdout, done.stderr)
        answer = json.loads(done.stdout)
        answer["row"] = row(answer, "bundles")
        return answer

    def carry(self, office, to):
        path = self.export(office, to)
        answer = self.take(to, path)
        shutil.move(path, path + ".carried")
        return answer["row"]

    def state(self, office):
        status = row(office.tell("status"), "status")
        return status["saved"], status["held"], status["anchored"]

    def first(self):
        """Registry and plans come on the stick; before that an office says what it needs."""
        done = self.commune.try_to("bundle", "export", self.stick)
        expect(done.returncode == 1 and "bundle of it first" in done.stdout, "no word on what is missing:", done.stdout)
        self.carry(self.province, self.district)
        self.carry(self.district, self.commune)
        self.carry(self.district, self.other)

    def months(self):
        for month in range(3):
            for _ in range(4):
                self.commune.need()
            self.other.need()
            for commune in (self.commune, self.other):
                self.carry(commune, self.district)
            self.carry(self.district, self.province)
            self.carry(self.province, self.district)
            for commune in (self.commune, self.other):
                self.carry(self.district, commune)
            saved, held, anchored = self.state(self.commune)
            expect(saved == held == anchored, "month", month, "saved", saved, "held", held, "anchored", anchored)
        for unit, office in ((UNIT, self.commune), ("90102", self.other)):
            line = [office, self.district, self.province]
            wait_for(lambda: len({at.digest(unit) for at in line}) == 1, 20, "all ledgers agree")  # pylint: disable=cell-var-from-loop
            expect(office.segments_of(office.number) == self.province.segments_of(office.number), "other segments at the province")
        expect(self.province.counts("need") == 15, "the province has", self.province.counts("need"), "needs of 15")

    def renamed(self):
        """By a chat program, by hand, inside a zip, with a zip's name only."""
        self.commune.need()
        path = self.export(self.commune, self.district)
        names = [path[:-4] + " (1).tsb", path + ".txt", path[:-4], os.path.join(self.stick, "tải về.zip")]
        fresh = []
        for name in names:
            shutil.copy(path, name)
            fresh.append(self.take(self.district, name)["row"]["fresh"])
        packed = os.path.join(self.stick, "from-mail.zip")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("readme.txt", "xin chào")
            out.write(path, "thư mục/" + os.path.basename(path))
        fresh.append(self.take(self.district, packed)["row"]["fresh"])
        expect(fresh[0] > 0 and not any(fresh[1:]), "new segments of the same bundle:", fresh)
        empty = os.path.join(self.stick, "empty.zip")
        with zipfile.ZipFile(empty, "w") as out:
            out.writestr("readme.txt", "xin chào")
        answer = self.take(self.district, empty, good=False)
        expect("without a bundle" in json.dumps(answer), answer)
        for name in names + [packed, empty]:
            os.unlink(name)
        return path

    def broken(self, path):
        with open(path, "rb") as file:
            data = file.read()
        chance = random.Random(7)
        cases = {"empty": b"", "head.tsb": data[:50], "half.tsb": data[:len(data) // 2], "short.tsb": data[:-1],
                 "text.tsb": data.replace(b"\r\n", b"\n"), "picture.tsb": b"\xff\xd8\xff" + bytes(chance.randrange(256) for _ in range(5000))}
        for index in range(3):
            at = chance.randrange(200, len(data))
            cases[f"flip{index}.tsb"] = data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1:]
        words = {"empty": "empty", "half.tsb": "cut short", "short.tsb": "cut short", "text.tsb": "no bundle", "picture.tsb": "no bundle"}
        before = self.district.verify()
        for name, content in cases.items():
            bad = os.path.join(self.stick, name)
            with open(bad, "wb") as file:
                file.write(content)
            answer = json.dumps(self.take(self.district, bad, good=False))
            expect(words.get(name, "") in answer, name, "is answered", answer)
            os.unlink(bad)
        expect(self.district.verify() >= before, "something was lost")
        answer = json.dumps(self.take(self.other, path, good=False), ensure_ascii=False)
        expect(f"office {self.district.number}" in answer, "not told for whom:", answer)

    def sticks(self):
        """Full, small, gone, a name that is taken."""
        done = self.commune.try_to("bundle", "export", self.scene.path("no-stick"))
        expect(done.returncode == 1 and "no such folder" in done.stdout, done.stdout)
        with Mounted(self.scene, "full", 300) as full:
            if full.stands:
                done = self.commune.try_to("bundle", "export", full.path, "--all")
                expect(done.returncode == 1 and "MiB" in done.stdout, done.stdout)
                expect(os.listdir(full.path) == [], "left on the full stick:", os.listdir(full.path))
                self.said.append("full tmpfs")
        with Mounted(self.scene, "fat", 16384) as fat:
            if fat.stands:
                path = self.export(self.commune, self.district, fat.path, "--all")
                self.take(self.district, path)
                subprocess.run(["mount", "-o", "remount,ro", fat.path], check=True)
                done = self.commune.try_to("bundle", "export", fat.path)
                expect(done.returncode == 1 and "write-protected" in done.stdout, done.stdout)
                self.said.append("FAT")

    def killed(self):
        """The service, or the command, is killed while it works: nothing half under a bundle's name; the same again is good."""
        for _ in range(20):
            self.commune.need()
        for how in ("node", "cli"):
            for delay in (0.0, 0.01, 0.05):
                words = [self.scene.program("tiepsuc"), "-d", self.commune.folder, "bundle", "export", self.stick, "--all", "--wait", "5"]
                command = self.scene.start(words, "killed.log")
                time.sleep(delay)
                if how == "node":
                    self.commune.kill("node")
                    command.wait(30)
                    self.commune.start(only="node")
                else:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(command.pid, signal.SIGKILL)
                    command.wait()
        time.sleep(10.1)  # what a killed command left behind is given up
        for name in sorted(os.listdir(self.stick)):
            if name.endswith(".tsb"):
                self.take(self.district, os.path.join(self.stick, name))
        self.carry(self.commune, self.district)
        self.carry(self.district, self.commune)
        saved, held, _ = self.state(self.commune)
        expect(saved == held, "saved", saved, "held", held)
        expect(self.district.counts("need") == self.commune.counts("need") + self.other.counts("need"), "needs at the district")

    def folder(self):
        """Many at once: a whole folder, with bundles for others in it."""
        for index in range(3):
            self.other.need()
            self.export(self.other, self.district)
        done = self.district.try_to("bundle", "import", self.stick)
        answer = json.loads(done.stdout)
        results = [line["result"] for line in answer["tables"]["bundles"]]
        expect(done.returncode == 0 and results.count("OK") > 3 and results.count("KEY") > 3, done.stdout)


def test(scene, _):
    story = Story(scene)
    story.first()
    story.months()
    path = story.renamed()
    story.broken(path)
    story.sticks()
    story.killed()
    story.folder()
    for office in (story.province, story.district, story.commune):
        office.verify()
    return ", ".join(["15 needs over three months by stick alone"] + story.said)


if __name__ == "__main__":
    given = options(__doc__)
    sys.exit(run(test, given, __doc__))
