#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: on a full disk new entries are refused before anything typed is lost, with words that a clerk understands; what was saved is
safe; the program goes on by itself as soon as there is room, also when it was killed and started meanwhile; a district or province
whose disk fills in the middle of a transfer takes the rest when there is room.
Method: small file systems in memory, mounted by the test (needs root, exit 77 without), filled and emptied while real offices work.

    test_bad_disk.py PROGRAMS"""
import contextlib
import json
import os
import subprocess
import sys
import time

from scene import Failed, Office, expect, options, run, wait_for

SKIP = 77
RESERVE = 8 << 20  # a command is refused below so much, so that what was typed is never half written


class Disk:
    """A small file system; full() takes all that is left, room() gives it back."""

    def __init__(self, scene, name, mebibytes):
        self.path = scene.path("disk-" + name)
        os.mkdir(self.path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", self.path], check=True)
        self.filler = os.path.join(self.path, "filler")

    def full(self, leave=0):
        with open(self.filler, "ab", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(65536))
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(512))
            if leave:
                file.truncate(max(0, os.path.getsize(self.filler) - leave))

    def room(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.filler)

    def free(self):
        facts = os.statvfs(self.path)
        return facts.f_bavail * facts.f_frsize

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False)


def status(office):
    said = office.tell("status")["tables"]["status"]
    return said[0] if isinstance(said, list) else said


def needs(office):
    return office.rows("ledger", "SELECT count(*) FROM need")[0][0]


def one_need(office, number):
    return office.try_to("add", "need", "--line", "warm", "--quantity", "1", "--unit_of_measure", "bộ", "--birth_month",
                         f"{1 + number % 12:02d}/{2006 + number // 12 % 10}", "--sex", "Nam", "--occurred_on", "2019-10-14", "--note", "x" * 900)


def fill_by_hand(office, disk):
    """Adds needs until one is refused; the number of those that were accepted."""
    accepted = 0
    for number in range(400):
        done = one_need(office, number)
        if done.returncode != 0:
            said = json.loads(done.stdout)
            text = json.dumps(said, ensure_ascii=False)
            expect(done.returncode == 1 and said.get("code") == "FULL", "refused with", text)
            expect("disk" in text and "room" in text, "not clear to a clerk:", text)
            return accepted
        accepted += 1
    raise Failed(f"never refused; {disk.free()} bytes are free")


def clerk(scene, province, district, commune, disk):
    before = needs(commune)
    disk.full(leave=RESERVE + 300000)
    accepted = fill_by_hand(commune, disk)
    expect(accepted > 0, "refused although there was room")
    disk.full()
    expect(commune.processes["node"].poll() is None, "the office ended:", commune.log()[-1500:])
    have = before + accepted
    expect(needs(commune) == have, "accepted", accepted, "shows", needs(commune) - before)
    # Reading works, and says how it stands.
    expect(status(commune)["disk_free_mib"] == 0, "status says", status(commune)["disk_free_mib"])
    expect(len(commune.tell("list", "need", "--limit", "1000")["tables"]) > 0, "nothing can be listed")
    for number in range(3):
        expect(one_need(commune, number).returncode == 1, "accepted although there is no room")
    expect(needs(commune) == have, "a refused entry stands in the ledger")
    # Killed and started on the full disk: it runs, or says why not and runs when there is room.
    commune.kill("node")
    node = scene.start([scene.program("tiepsuc-office"), "-f", commune.conf("office")], "commune-node.log",
                       {"LANGUAGE": "en", "LC_ALL": "C.UTF-8"})
    wait_for(lambda: node.poll() is not None or commune.try_to("status").returncode == 0, 30, "it runs, or says why not")
    refused = node.poll() is not None
    if refused:
        expect(node.returncode == 1 and "The disk is full; nothing is lost" in commune.log()[-800:], "ended with", node.returncode, commune.log()[-800:])
    disk.room()
    if refused:
        commune.start()
    else:
        commune.processes["node"] = node
        commune.wait_until_it_answers()
    wait_for(lambda: needs(commune) == have, 20, "all that was accepted is there")
    expect(one_need(commune, 77).returncode == 0, "still refused although there is room", commune.log()[-500:])
    wait_for(lambda: province.digest("90101") == commune.digest("90101"), 40, "everything reaches the province")
    expect(needs(province) == have + 1, "province has", needs(province))
    return accepted, refused


def mid_sync(scene, victim, disk, commune, province, events):
    """The victim's disk fills while it takes in what the commune had queued."""
    commune.stop()
    commune.load(events, seed=events)
    disk.full(leave=150000)
    commune.start()
    wait_for(lambda: "disk_full" in victim.log() or "FULL" in victim.log(), 30, lambda: f"{victim.name} notices: {victim.log()[-800:]}")
    time.sleep(1)
    expect(victim.processes["node"].poll() is None, victim.name, "ended:", victim.log()[-1500:])
    held = victim.segments_of(commune.number)
    expect(set(held) <= set(commune.segments_of(commune.number)), victim.name, "holds what nobody wrote")
    disk.room()
    wait_for(lambda: province.digest("90101") == commune.digest("90101") == victim.digest("90101"), 60,
             lambda: "all arrives without help: " + ", ".join(
                 f"{office.name} {office.digest('90101')} {len(office.segments_of(commune.number))} segments, to fold "
                 f"{status(office)['to_fold']}, {disk.free()} free, "
                 f"{ {name: os.path.getsize(os.path.join(victim.folder, name)) >> 10 for name in os.listdir(victim.folder)} } KiB" for office in (commune, victim, province)) + victim.log()[-800:])
    return len(held)


def test(scene, given):
    disks = {name: Disk(scene, name, size) for name, size in (("province", 200), ("district", 200), ("commune", 28))}
    was = Office.__init__

    def init(self, scene_, name, *more):
        was(self, scene_, name, *more)
        if name in disks:
            self.folder = os.path.join(disks[name].path, name)
    Office.__init__ = init
    try:
        province, district, commune = scene.tree()
        accepted, refused = clerk(scene, province, district, commune, disks["commune"])
        at_district = mid_sync(scene, district, disks["district"], commune, province, 4000)
        at_province = mid_sync(scene, province, disks["province"], commune, province, 4001)
        for office in (commune, district, province):
            done = office.try_to("verify", "--wait", "100")
            expect(done.returncode == 0, office.name, done.stdout, done.stderr)
            office.stop()
    finally:
        Office.__init__ = was
        for process in scene.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        for disk in disks.values():
            disk.close()
    return (f"{accepted} needs into the last free space, started on a full disk: {'no' if refused else 'yes'}; "
            f"{at_district} and {at_province} segments held when full")


if __name__ == "__main__":
    given = options(__doc__)
    if os.geteuid() != 0:
        print("test_bad_disk.py: skipped: only root may mount a small disk")
        sys.exit(SKIP)
    sys.exit(run(test, given, __doc__))
