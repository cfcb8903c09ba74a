#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Plants the bugs of this folder one by one and tells which test kills each.

    run.py BUILD               every patch; the page is written with --page
    run.py BUILD 06 31         those patches only
    run.py BUILD --some 3      so many that die soon, other ones with each change of the sources
    run.py --check             every patch still applies and says what it breaks

BUILD is a build folder of Ninja with the tests built. Neither the tree nor the build is changed: what a
patch touches is copied, compiled with the flags of the build and put into copies of the libraries, and a
copy of each test is linked with them. A bug is killed when a test that passes without it fails, aborts or does not end.

    --seeds N     also by the simulator, up to N seeds or five minutes for each bug (0: not at all)
    --sim-only    by the simulator alone
    --first       stop at the first test that kills (without it the simulator runs as well)
    --seconds S   begin no further patch after so long
    --jobs N      so many patches at a time
    --page FILE   write the page there
    --kept FILE   results of earlier runs: those of other patches go onto the page too
The last line of the output is one JSON object with the figures.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib

from planting import HERE, INVARIANTS, ROOT, Build, Patch, machine, patches, run_sim

PROGRAMS = ("tiepsuc", "tiepsuc-office", "tiepsuc-aggregator", "tiepsuc-gate", "tiepsuc-reporter")
TEST_SECONDS = 240


def check():
    bad = 0
    seen = set()
    known = patches()
    for patch in known:
        seen.add(patch.head.get("Invariant", "").split(" ")[0])
        faults = list(patch.faults())
        with tempfile.TemporaryDirectory(prefix="planted-") as folder:
            fault = patch.apply(pathlib.Path(folder)) if not faults else None
        for text in faults + ([fault] if fault else []):
            print("%s: %s" % (patch.name, text))
            bad += 1
    later = Patch(HERE.parent / "upgrade" / "next.patch")
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        fault = later.apply(pathlib.Path(folder))
    if fault:
        print("tests/upgrade/next.patch: " + fault)
        bad += 1
    for invariant in INVARIANTS:
        if invariant not in seen:
            print("no bug is planted against %s" % invariant)
            bad += 1
        if [patch.in_simulator()[0] for patch in known].count(invariant) != 1:
            print("%s needs one bug that says “In the simulator: %s”" % (invariant, invariant))
            bad += 1
    if len(known) < 40:
        print("only %d patches" % len(known))
        bad += 1
    print("%d patches, %d faults" % (len(known), bad))
    return bad == 0


def run_test(command, seconds, folder):
    """(passed, how it ended, seconds)."""
    began = time.monotonic()
    environment = dict(os.environ, TS_STRIDE=os.environ.get("TS_STRIDE", "7"), TMPDIR=str(folder))
    with open(folder / "output", "wb") as output:
        try:
            done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  timeout=seconds, env=environment, check=False)
        except subprocess.TimeoutExpired:
            return False, "does not end", time.monotonic() - began
    took = time.monotonic() - began
    if done.returncode == 0:
        return True, "passes", took
    return False, "signal %d" % -done.returncode if done.returncode < 0 else "fails", took


class Runner:
    def __init__(self, build, options):
        self.build = build
        self.options = options
        self.base = {}
        self.lock = threading.Lock()

    def is_judge(self, name):
        """Without a bug it passes: otherwise it cannot tell one."""
        with self.lock:
            known = self.base.get(name)
        if known is None:
            with tempfile.TemporaryDirectory(prefix="planted-") as folder:
                command = self.command(name, None, pathlib.Path(folder))
                known, how, took = run_test(command, TEST_SECONDS, pathlib.Path(folder))
            if not known:
                print("no judge now: %s %s after %.0f s without any bug" % (name, how, took), flush=True)
            with self.lock:
                self.base[name] = known
        return known

    def sim_is_judge(self):
        """Without a bug the simulator finds nothing in as many seeds."""
        with self.lock:
            if "ts_sim" not in self.base:
                program = self.build.folder / "bin" / "ts_sim"
                with tempfile.TemporaryDirectory(prefix="planted-") as folder:
                    seed = run_sim(program, self.options.seeds, folder)[0] if program.exists() else 0
                self.base["ts_sim"] = seed is None
                if seed is not None:
                    print("no judge now: ts_sim without any bug, seed %d" % seed, flush=True)
            return self.base["ts_sim"]

    def command(self, name, objects, folder):
        """The test with the bug (objects None: without); None when this build does not have it."""
        if not name.startswith("upgrade_"):
            if objects is None:
                return [str(self.build.folder / "tests" / name)]
            program = self.build.link("tests/" + name, objects, folder)
            return None if program is None else [str(program)]
        later = self.build.folder / "next"
        if not (later / "mark").exists():
            return None
        programs = self.build.folder / "bin" if objects is None else folder / "bin"
        for program in PROGRAMS if objects is not None else ():
            self.build.link("bin/" + program, objects, folder)
        return [sys.executable, str(ROOT / "tests" / "upgrade" / "test_upgrade.py"), str(programs), str(later)]

    def plant(self, patch):
        began = time.monotonic()
        result = {"name": patch.name, "killer": None, "how": "", "seconds": 0.0, "seeds": None, "broke": "", "fault": None}
        with tempfile.TemporaryDirectory(prefix="planted-") as text:
            folder = pathlib.Path(text)
            result["fault"] = patch.apply(folder)
            try:
                if result["fault"] is None:
                    self.judge(patch, folder, result)
            except RuntimeError as error:
                result["fault"] = str(error)
        result["all"] = time.monotonic() - began
        word = result["fault"] or ("killed by %s (%s, %.1f s)" % (result["killer"], result["how"], result["seconds"])
                                   if result["killer"] else "SURVIVES")
        if result["seeds"] is not None:
            word += ", %d seeds (%s)" % (result["seeds"], result["broke"])
        print("%-34s %-4s %s" % (patch.name, patch.head["Invariant"].split(" ")[0], word), flush=True)
        return result

    def judge(self, patch, folder, result):
        objects = [self.build.compile(source, folder) for source in self.build.sources_of(patch.files)]
        for name in [] if self.options.sim_only else patch.head["Killed by"].split():
            command = self.command(name, objects, folder)
            if command is None:
                continue
            passed, how, took = run_test(command, TEST_SECONDS, folder)
            if not passed and self.is_judge(name):
                result.update(killer=name, how=how, seconds=took)
                break
        if self.options.seeds > 0 and not (self.options.first and result["killer"]):
            program = self.build.link("bin/ts_sim", objects, folder) if self.sim_is_judge() else None
            if program is not None:
                seeds, broke, took = run_sim(program, self.options.seeds, folder)
                result.update(seeds=seeds, broke=broke)
                if seeds is not None and result["killer"] is None:
                    result.update(killer="ts_sim", how="%d seeds" % seeds, seconds=took)


def figures(results, known):
    killed = [row for row in results if row["killer"]]
    seeds = [row["seeds"] for row in results if row["seeds"] is not None]
    return {
        "proof": "planted",
        "planted": len(results),
        "of": known,
        "killed": len(killed),
        "survivors": [row["name"] for row in results if not row["killer"]],
        "by_simulator": len(seeds),
        "median_seeds": statistics.median(seeds) if seeds else None,
        "median_seconds": round(statistics.median([row["seconds"] for row in killed]), 2) if killed else None,
    }


def write_page(path, results, rows, options):
    numbers = figures(results, len(rows))
    command = "tests/planted/run.py BUILD --seeds %d --page tests/planted/RESULTS.md" % options.seeds
    joined = " Results of several runs are joined (--kept)." if options.kept else ""
    lines = [
        "# Planted bugs",
        "",
        "Generated, not written: `%s`, %s, on %s.%s" % (command, time.strftime("%Y-%m-%d", time.gmtime()), machine(), joined),
        "",
        "%d bugs planted, %d killed. " % (numbers["planted"], numbers["killed"]) +
        ("The simulator alone finds %d of them, the median after %s seeds. " %
         (numbers["by_simulator"], numbers["median_seeds"]) if numbers["by_simulator"] else "") +
        "The first named test that kills is told, with its own time.",
        "",
        "| bug | what it breaks | invariant | killed by | how | s | seeds of the simulator (what it named) |",
        "|---|---|---|---|---|---|---|",
    ]
    by_name = {row["name"]: row for row in results}
    for patch in rows:
        row = by_name.get(patch.name)
        if row is None:
            lines.append("| %s | %s | %s | not run | | | |" %
                         (patch.name, patch.head["Breaks"], patch.head["Invariant"]))
            continue
        lines.append("| %s | %s | %s | %s | %s | %.1f | %s |" % (
            patch.name, patch.head["Breaks"], patch.head["Invariant"],
            "`%s`" % row["killer"] if row["killer"] else "**survives**", row["fault"] or row["how"], row["seconds"],
            "%d (%s)" % (row["seeds"], row.get("broke", "")) if row["seeds"] is not None else "–"))
    lines += ["", "## Invariants", "", "| invariant | bugs planted | killed |", "|---|---|---|"]
    kinds = {}
    for patch in rows:
        kinds.setdefault(patch.head["Invariant"].split(" ")[0], []).append(patch)
    for kind in sorted(kinds, key=lambda k: (k[0] not in "SL", k[0] != "S", k[0], int(k[1:] or 0))):
        killed = [p for p in kinds[kind] if by_name.get(p.name, {}).get("killer")]
        lines.append("| %s | %d | %d |" % (kind, len(kinds[kind]), len(killed)))
    pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def keep(path, results, rows):
    """Joins these results with those of before, of patches that are still there; one of the simulator stays."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for row in results:
        former = before.get(row["name"], {})
        if row["seeds"] is None:
            row.update(seeds=former.get("seeds"), broke=former.get("broke", ""))
        if row["killer"] in (None, "ts_sim") and former.get("killer") not in (None, "ts_sim"):
            row.update(killer=former["killer"], how=former["how"], seconds=former["seconds"])
        before[row["name"]] = row
    path.write_text(json.dumps(before), encoding="utf-8")
    return [before[row.name] for row in rows if row.name in before]


def rotate(rows, count):
    """Of those that die soon. Neither by date nor by chance: by what the sources are, so that each change of
    them plants others."""
    crc = 0
    for folder in ("common", "services"):
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            crc = zlib.crc32(path.read_bytes(), crc)
    rows = [row for row in rows if not re.match(r"test_(node|commands|fold|custody_fault)|scenario|upgrade|ts_", row.head["Killed by"])]
    step = max(1, len(rows) // count)
    return [rows[(crc + i * step) % len(rows)] for i in range(count)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?")
    parser.add_argument("numbers", nargs="*")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--some", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--sim-only", action="store_true")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--page")
    parser.add_argument("--kept")
    options = parser.parse_args()
    if options.check or options.build is None:
        return 0 if check() else 1
    if shutil.which("ninja") is None or not (pathlib.Path(options.build) / "build.ninja").exists():
        print("needs a build folder of Ninja")
        return 77
    began = time.monotonic()
    rows = patches()
    chosen = [row for row in rows if not options.numbers or row.number in options.numbers]
    if options.some:
        chosen = rotate(rows, min(options.some, len(rows)))
    runner = Runner(Build(options.build), options)
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        def one(patch):
            return runner.plant(patch) if time.monotonic() - began < options.seconds else None
        results = [row for row in pool.map(one, chosen) if row is not None]
    if options.kept:
        results = keep(pathlib.Path(options.kept), results, rows)
    if options.page:
        write_page(options.page, results, rows, options)
    numbers = figures(results, len(rows))
    numbers["seconds"] = round(time.monotonic() - began, 1)
    print(json.dumps(numbers, ensure_ascii=False))
    return 0 if numbers["killed"] == numbers["planted"] and results else 1


if __name__ == "__main__":
    sys.exit(main())
