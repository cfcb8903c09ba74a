#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: founding, joining, the first start, the first connection and a ledger that is made anew may be killed at any instant; saying
or starting it once more goes on, and nothing is there twice or from two different attempts.
Method: kill -9 after 0, 1, 2 … parts of the time that the whole takes, each time in a fresh folder, then once more to the end; and
many kills in a row in one folder.

    test_bad_start.py PROGRAMS [--points N]"""
import contextlib
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import peer
from scene import PATIENCE, expect, options, run, wait_for

INIT = ["--name", "Sở Thử", "--unit", "90", "--unit-name", "Tỉnh Thử", "--body", "so-thu", "--body-name", "Sở Thử",
        "--endpoint", "tcp://127.0.0.1:7500"]


def killed(scene, words, seconds):
    """Runs that long, then kill -9; true when it was not done yet."""
    process = scene.start(words, "killed.log", {"LANGUAGE": "en", "LC_ALL": "C.UTF-8"})
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    alive = process.poll() is None
    if alive:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    scene.processes.remove(process)
    return alive


def points(scene, words_for, count):
    """Kill times spread over the time that the whole takes; words_for(folder)."""
    times = []
    for _ in range(4):
        folder = scene.path("measure")
        begin = time.monotonic()
        scene.call(*words_for(folder))
        times.append(time.monotonic() - begin)
        shutil.rmtree(folder)
    whole = min(times)
    return [whole * 1.1 * at / count for at in range(count)]


def check_set_up(scene, folder, files):
    for name in files:
        path = os.path.join(folder, name)
        expect(os.path.exists(path) and os.path.getsize(path) > 0, "missing or empty:", path)
    expect(not os.path.exists(os.path.join(folder, "keys", "unfinished")), "the mark was left")
    node = peer.read_key(os.path.join(folder, "keys", "node.key"))
    return node


def setups(scene, given, what, words_for, files, check):
    tiepsuc = scene.program("tiepsuc")
    interrupted = 0
    for at, seconds in enumerate(points(scene, lambda folder: [tiepsuc, *words_for(folder)], given.points)):
        folder = scene.path(f"{what}{at}")
        interrupted += killed(scene, [tiepsuc, *words_for(folder)], seconds)
        done = scene.call(tiepsuc, *words_for(folder), check=False)
        expect(done.returncode == 0 or "belongs to an office already" in done.stderr, what, "after", seconds, "s:", done)
        if done.returncode != 0:
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(folder, "keys", "unfinished"))  # killed between the last key and the end
        check(check_set_up(scene, folder, files), folder)
        shutil.rmtree(folder)
    expect(interrupted > 2, what, "was interrupted only", interrupted, "times")
    return interrupted


def founding(scene, given):
    def check(node, folder):
        keys = {name: peer.read_key(os.path.join(folder, "keys", name + ".key")) for name in ("root", "registrar", "gate")}
        deployment = hashlib.blake2b(bytes.fromhex(keys["root"]["sign_public"]), digest_size=32).digest()[:16].hex()
        expect(node["deployment"] == deployment, "root and node keys are of two attempts")
        expect(node["registrar_key"] == keys["registrar"]["sign_public"], "registrar and node keys are of two attempts")
    return setups(scene, given, "init", lambda folder: ["init", folder, *INIT],
                  ["keys/root.key", "keys/registrar.key", "keys/gate.key", "keys/node.key", "keys/founding.key", "aggregator.conf",
                   "gate.conf", "reporter.conf"], check)


def joining(scene, given, invite):
    def check(node, folder):
        with open(invite, encoding="utf-8") as text:
            expect(node["invite_key"] in text.read(), "not of this invite")
    return setups(scene, given, "join", lambda folder: ["join", invite, folder],
                  ["keys/node.key", "keys/founding.key", "office.conf", "reporter.conf"], check)


def rows(folder, database, query):
    with contextlib.closing(sqlite3.connect(f"file:{folder}/{database}.sqlite?mode=ro", uri=True, timeout=20)) as base:
        return base.execute(query).fetchall()


def first_starts(scene, given):
    """A province that was just founded: one unit, body and office of its own, one of each log; after all kills."""
    tiepsuc, program = scene.program("tiepsuc"), scene.program("tiepsuc-aggregator")

    def found(folder):
        scene.call(tiepsuc, "init", folder, *INIT)
        return [program, "-f", os.path.join(folder, "aggregator.conf")]

    def goes_on(folder, words, tries):
        process = scene.start(words, "goes-on.log", {"LANGUAGE": "en", "LC_ALL": "C.UTF-8"})

        def answers():
            if process.poll() is not None:
                with open(scene.path("goes-on.log"), encoding="utf-8") as log:
                    expect(False, "does not start after", tries, log.read()[-1500:])
            return scene.call(tiepsuc, "--json", "-d", folder, "status", check=False).returncode == 0
        wait_for(answers, 30, "it starts after " + tries)
        done = scene.call(tiepsuc, "--json", "-d", folder, "verify", "--wait", "60", check=False)
        expect(done.returncode == 0, "verify after", tries, done)
        os.killpg(process.pid, signal.SIGTERM)
        expect(process.wait(20 * PATIENCE) == 0, "ended with", process.returncode)
        scene.processes.remove(process)
        for kind in ("unit", "body", "office"):
            expect(rows(folder, "ledger", f"SELECT count(*) FROM {kind}") == [(1,)], kind, "is there",
                   rows(folder, "ledger", f"SELECT count(*) FROM {kind}"), "times after", tries)
        active = rows(folder, "custody", "SELECT purpose, count(*) FROM log WHERE own = 1 GROUP BY purpose ORDER BY purpose")
        expect([purpose for purpose, _ in active][:3] == [1, 2, 3] and all(count == 1 for _, count in active), "own logs:", active)

    folder = scene.path("first")
    begin = time.monotonic()
    words = found(folder)
    process = scene.start(words, "goes-on.log")
    wait_for(lambda: "founded" in open(scene.path("goes-on.log"), encoding="utf-8").read(), 30, "founded", 0.002)
    whole = time.monotonic() - begin
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    scene.processes.remove(process)
    goes_on(folder, words, "a kill right after founding")
    interrupted = 0
    for at in range(given.points):
        folder = scene.path(f"start{at}")
        words = found(folder)
        interrupted += killed(scene, words, whole * 1.2 * at / given.points)
        goes_on(folder, words, f"a kill after {whole * 1.2 * at / given.points:.4f} s")
        shutil.rmtree(folder)
        os.remove(folder + ".witness")
    folder = scene.path("often")
    words = found(folder)
    for at in range(given.points):
        interrupted += killed(scene, words, whole * 1.2 * (at * 7 % given.points) / given.points)
    goes_on(folder, words, f"{given.points} kills in a row")
    expect(interrupted > given.points, "starts interrupted:", interrupted)
    return interrupted


def first_connection(scene, given, province, district):
    """A commune that is killed again and again while it joins, fetches registry and plan, and sends its first needs."""
    commune = scene.enrol("newcomer", "commune", "90101", "xa-an", district)
    words = [scene.program("tiepsuc-office"), "-f", commune.conf("office")]
    for at in range(given.points):
        killed(scene, words, 0.01 + 0.25 * (at * 5 % given.points) / given.points)
    commune.start()
    commune.wait_for_plan()
    for month in (1, 2, 3):
        commune.need(month=f"{month:02d}/2014")
    for at in range(given.points // 2):
        commune.kill("node")
        killed(scene, words, 0.01 + 0.25 * at / given.points)
        commune.start()
    offices = (commune, district, province)
    wait_for(lambda: len({office.digest("90101") for office in offices}) == 1 and commune.digest("90101")[2] > 0, 40,
             lambda: f"all ledgers agree: {[office.digest('90101') for office in offices]} {commune.log()[-500:]}")
    for office in offices:
        expect(office.rows("ledger", "SELECT count(*) FROM need") == [(3,)], office.name, "needs")
    return commune


def ledger_of_other_rules(scene, given, commune):
    """As after an upgrade: the ledger is made anew, however often that is cut off."""
    commune.stop()
    want = commune.digest("90101")
    with contextlib.closing(sqlite3.connect(os.path.join(commune.folder, "ledger.sqlite"))) as base:
        changed = base.execute("UPDATE meta SET value = value + 1000 WHERE name = 'rules'").rowcount
        base.commit()
    expect(changed == 1, "the ledger's rules are not told in meta")
    words = [scene.program("tiepsuc-office"), "-f", commune.conf("office")]
    for at in range(given.points):
        killed(scene, words, 0.005 + 0.15 * at / given.points)
    commune.start()
    wait_for(lambda: commune.digest("90101") == want, 30, "the ledger is as before")
    commune.stop()


def test(scene, given):
    init = founding(scene, given)
    start = first_starts(scene, given)
    province = scene.found()
    district = scene.enrol("district", "district", "901", "huyen-mot", province)
    join = joining(scene, given, scene.path("district.invite"))
    district.start()
    district.wait_for_plan()
    commune = first_connection(scene, given, province, district)
    ledger_of_other_rules(scene, given, commune)
    return f"interrupted: {init} × init, {join} × join, {start} × first start"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, lambda parser: parser.add_argument("--points", type=int, default=16)), __doc__))
