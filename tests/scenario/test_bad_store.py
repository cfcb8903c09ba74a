#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: a damaged, cut, lost or doubled store is never started in silence, never deleted, and what others hold comes back in the way
that the message tells; what can be made anew is made anew.
Method: a commune whose entries the district holds is stopped; bytes of its files are flipped, cut off, taken away; it is started again
and must refuse with what is lost and what to do, or run with nothing lost. Then the advice is followed. Second processes on the same
folder, and a folder that is founded again beside the witness of the former one.

    test_bad_store.py PROGRAMS"""
import contextlib
import os
import shutil
import subprocess
import sys
import time

from scene import end, expect, options, run, wait_for


class Copy:
    """The commune's folder and witness as they were when it had stopped; put back into the same inodes, since a copied file is known."""

    def __init__(self, scene, office):
        self.office, self.base = office, scene.path("kept")
        shutil.copytree(office.folder, self.base)
        self.witness = office.folder + ".witness"
        shutil.copy(self.witness, self.base + ".witness")

    def put_back(self):
        for root, _, names in os.walk(self.office.folder):
            for name in names:
                if not os.path.exists(self.base + os.path.join(root, name)[len(self.office.folder):]):
                    os.remove(os.path.join(root, name))
        for root, _, names in os.walk(self.base):
            os.makedirs(self.office.folder + root[len(self.base):], exist_ok=True)
            for name in names:
                self.write(os.path.join(root, name), os.path.join(self.office.folder + root[len(self.base):], name))
        self.write(self.base + ".witness", self.witness)

    @staticmethod
    def write(source, target):
        with open(source, "rb") as was, open(target, "r+b" if os.path.exists(target) else "wb") as now:
            now.write(was.read())
            now.truncate()
        shutil.copymode(source, target)


def flip(path, at, count=64):
    with open(path, "r+b") as file:
        file.seek(at)
        was = file.read(count)
        file.seek(at)
        file.write(bytes(byte ^ 0xff for byte in was))


def attempt(scene, office, settle=0.2):
    """Starts the office; (exit code, or None when it runs and still does a moment later, what it said)."""
    log = scene.path("attempt.log")
    with contextlib.suppress(FileNotFoundError):
        os.remove(log)

    def said():
        with open(log, encoding="utf-8", errors="replace") as lines:
            return lines.read()
    process = scene.start([scene.program("tiepsuc-office"), "-f", office.conf("office")], "attempt.log",
                          {"LANGUAGE": "en", "LC_ALL": "C.UTF-8"})
    wait_for(lambda: process.poll() is not None or "node_start" in said(), 30, lambda: f"starts or says why not: {said()}", 0.02)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(settle)
    scene.processes.remove(process)
    if process.poll() is not None:
        return process.returncode, said()
    expect(end(process) == 0, "ended with", process.returncode, said()[-500:])
    return None, said()


def damaged_custody(scene, commune, copy):
    """Every page: nothing that counts was in it, or others hold what is lost and it is asked for, or the start is refused with what is
    lost; never a crash, never a deletion."""
    custody = os.path.join(commune.folder, "custody.sqlite")
    size = os.path.getsize(custody)
    refused = 0
    mended = []
    places = [0, 20, 100] + [page * 4096 + 4096 - 40 for page in range(1, size // 4096)] + [page * 4096 for page in range(1, size // 4096, 4)]
    for at in places:
        copy.put_back()
        flip(custody, at, 40)
        with open(custody, "rb") as file:
            before = file.read()
        code, said = attempt(scene, commune)
        expect(code in (None, 1), "flipped at", at, "exit", code, said[-600:])
        if code == 1:
            refused += 1
            with open(custody, "rb") as file:
                expect(file.read() == before, "flipped at", at, "the file was changed")
            expect("start_failed" in said and "custody.sqlite" in said and "damaged" in said, "flipped at", at, said)
            expect("start_help" in said and "comes back by itself" in said and "into another folder" in said, "flipped at", at, said)
        elif "segment_damaged" in said:
            mended.append(at)
            expect("node_start" in said and "regainable=0" not in said, "flipped at", at, "started with", said)
        else:
            expect("node_start" in said and "CORRUPT" not in said, "flipped at", at, "started with", said)
    expect(refused + len(mended) > len(places) // 3, "only", refused, "and", len(mended), "of", len(places), "places were noticed")
    return refused, mended, len(places)


def mend(commune, copy, district, place):
    """What the district holds as well comes back by itself, byte for byte."""
    copy.put_back()
    flip(os.path.join(commune.folder, "custody.sqlite"), place, 40)
    commune.start()
    wait_for(lambda: "segment_mended" in commune.log() and "left=0" in commune.log(), 30, lambda: "it is mended: " + commune.log()[-800:])
    wait_for(lambda: commune.digest("90101") == district.digest("90101"), 30, "same ledger as before")
    done = commune.try_to("verify", "--wait", "60")
    expect(done.returncode == 0, "verify", done.stdout, done.stderr)
    commune.stop()


def cut_and_lost(scene, commune, copy):
    custody = os.path.join(commune.folder, "custody.sqlite")
    size = os.path.getsize(custody)
    for what, size_left in (("cut to half", size // 2), ("cut by a page", size - 4096), ("emptied", 0)):
        copy.put_back()
        os.truncate(custody, size_left)
        code, said = attempt(scene, commune)
        if code is None and what == "cut by a page":  # SQLite leaves free pages at the end: then all must be there
            commune.start()
            commune.verify()
            commune.stop()
            continue
        expect(code == 1 and "damaged" in said and "start_help" in said, what, code, said)
        expect(os.path.getsize(custody) == size_left, what, "was written to")
    copy.put_back()
    os.remove(custody)
    code, said = attempt(scene, commune)
    expect(code == 1 and "is missing" in said and "put it back" in said and "start_help" in said, "lost", code, said)
    expect(not os.path.exists(custody), "a lost store was made anew")


def made_anew(scene, commune, copy, needs):
    """ledger and scratch are derived: whatever happens to them, the start makes them anew and all entries are there."""
    ledger, scratch = (os.path.join(commune.folder, name + ".sqlite") for name in ("ledger", "scratch"))
    size = os.path.getsize(ledger)
    ways = [("ledger, header", lambda: flip(ledger, 0, 100)), ("ledger, first page", lambda: flip(ledger, 100, 1000)),
            ("ledger, pages in the middle", lambda: flip(ledger, size // 8 * 4096 // 4096, size // 2)),
            ("ledger, cut", lambda: os.truncate(ledger, 5000)), ("ledger, emptied", lambda: os.truncate(ledger, 0)),
            ("ledger, lost", lambda: os.remove(ledger)), ("scratch, rubbish", lambda: flip(scratch, 0, 9999)),
            ("scratch, lost", lambda: os.remove(scratch)), ("scratch, cut", lambda: os.truncate(scratch, 3000))]
    for what, harm in ways:
        copy.put_back()
        harm()
        commune.start()
        wait_for(lambda: count_needs(commune) == needs, 20, f"{what}: all entries are there again")
        commune.stop()
    return len(ways)


def count_needs(office):
    with contextlib.suppress(Exception):
        return office.rows("ledger", "SELECT count(*) FROM need")[0][0]
    return -1


def witness(scene, commune, copy, district):
    """A lost or torn witness, and a store that went back behind it: new logs, nothing lost, nothing twice."""
    for what, harm in (("lost", lambda: os.remove(copy.witness)), ("rubbish", lambda: flip(copy.witness, 0, 999999)),
                       ("of a file that was copied", lambda: swap(commune))):
        copy.put_back()
        harm()
        code, said = attempt(scene, commune)
        expect(code is None and "witness verdict=" in said, "witness", what, code, said)
    # Killed, and the WAL lost: back to the last checkpoint.
    copy.put_back()
    commune.start()
    for month in (1, 2):
        commune.need(month=f"{month:02d}/2012")
    wait_for(lambda: district.digest("90101") == commune.digest("90101"), 20, "the district has them")
    expect(os.path.getsize(os.path.join(commune.folder, "custody.sqlite-wal")) > 0, "there is no WAL to lose")
    want = commune.digest("90101")
    commune.kill("node")
    for name in ("custody.sqlite-wal", "custody.sqlite-shm"):
        os.remove(os.path.join(commune.folder, name))
    commune.start()
    wait_for(lambda: commune.digest("90101") == want, 30, "what was lost with the WAL comes back from the district")
    expect("witness verdict=" in commune.log(), "nothing is told of the store that went back")
    commune.stop()


def swap(office):
    path = os.path.join(office.folder, "custody.sqlite")
    shutil.copy(path, path + ".new")
    os.replace(path + ".new", path)


def advice(scene, commune, copy, district, province):
    """What the message tells: move the store and the witness away, start: all that was held comes back, and work goes on."""
    copy.put_back()
    custody = os.path.join(commune.folder, "custody.sqlite")
    want = district.digest("90101")
    flip(custody, os.path.getsize(custody) // 2, 4096 * 4)
    code, said = attempt(scene, commune)
    expect(code == 1, "damaged and started", said)
    aside = scene.path("aside")
    os.mkdir(aside)
    for name in os.listdir(commune.folder):
        if name.startswith(("custody.sqlite", "ledger.sqlite")):
            shutil.move(os.path.join(commune.folder, name), aside)
    # Half of the advice is not enough: the witness still knows of the store.
    code, said = attempt(scene, commune)
    expect(code == 1 and "is missing" in said, "started beside its witness", said)
    shutil.move(copy.witness, aside)
    commune.start()
    wait_for(lambda: commune.digest("90101") == want, 40, "everything that the district holds comes back: " + commune.log()[-500:])
    commune.need(month="12/2012")
    wait_for(lambda: province.digest("90101") == commune.digest("90101") != want, 30, "work goes on")
    commune.stop()


def second_process(scene, commune, district, province):
    commune.start()
    for program, conf, folder in (("office", commune.conf("office"), commune.folder), ("office", district.conf("office"), district.folder),
                                  ("aggregator", province.conf("aggregator"), province.folder)):
        done = scene.call(scene.program("tiepsuc-" + program), "-f", conf, check=False)
        expect(done.returncode == 1 and folder in done.stderr and "in use by another process" in done.stderr, program, done)
    done = scene.call(scene.program("tiepsuc-gate"), "-f", district.conf("gate"), check=False)
    expect(done.returncode == 1 and "is taken: another program, perhaps a second gate" in done.stderr, "gate", done)
    commune.need(month="11/2012")
    wait_for(lambda: province.digest("90101") == commune.digest("90101"), 30, "the first ones work on")


def founded_again(scene, commune, copy):
    """The folder is gone, its witness is not."""
    commune.stop()
    tiepsuc, invite = scene.program("tiepsuc"), scene.path("commune.invite")
    # An office stands there: neither joining nor founding touches it.
    key = os.path.join(commune.folder, "keys", "node.key")
    with open(key, "rb") as file:
        before = file.read()
    done = scene.call(tiepsuc, "join", invite, commune.folder, check=False)
    expect(done.returncode == 1 and "belongs to an office already" in done.stderr, done)
    with open(key, "rb") as file:
        expect(file.read() == before, "the key was changed")
    shutil.move(commune.folder, scene.path("was-commune"))
    for words in (["join", invite, commune.folder], ["join", invite, commune.folder + "/"],
                  ["init", commune.folder, "--name", "x", "--unit", "90", "--unit-name", "x", "--body", "x", "--body-name", "x",
                   "--endpoint", "tcp://127.0.0.1:7"]):
        done = scene.call(tiepsuc, *words, check=False)
        expect(done.returncode == 1 and "there was an installation before" in " ".join(done.stderr.split()), words, done)
        expect(not os.path.exists(key), "keys were made")
    os.replace(copy.witness, copy.witness + ".old")
    done = scene.call(tiepsuc, "join", invite, commune.folder, check=False)
    expect(done.returncode == 0 and os.path.exists(key), "after following the advice:", done)


def test(scene, given):
    province, district, commune = scene.tree()
    for month in range(1, 9):
        commune.need(month=f"{month:02d}/2014", note="x" * 1500)
    wait_for(lambda: province.digest("90101") == commune.digest("90101") == district.digest("90101"), 30, "all is at the province")
    time.sleep(0.5)
    commune.stop()
    needs = count_needs(commune)
    expect(needs == 8, "needs:", needs)
    copy = Copy(scene, commune)
    refused, mended, places = damaged_custody(scene, commune, copy)
    expect(mended, "no place was one of those that can be mended")
    mend(commune, copy, district, mended[len(mended) // 2])
    cut_and_lost(scene, commune, copy)
    anew = made_anew(scene, commune, copy, needs)
    advice(scene, commune, copy, district, province)
    witness(scene, commune, copy, district)
    second_process(scene, commune, district, province)
    founded_again(scene, commune, copy)
    return f"{refused} of {places} damaged places refused, {len(mended)} mended, {anew} derived stores made anew"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
