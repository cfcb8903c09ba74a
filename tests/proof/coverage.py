#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""coverage.py [--jobs N] [--build FOLDER] [--keep] [--lines FILE]: branches of the sources that tests take, by gcc and gcov.

Builds with TS_COVERAGE in a folder of its own, runs the tests of units and stores and the inputs that fuzzing kept, and counts, for each file,
the branches that were taken at least once. Not counted: TS_CHECK, whose other side ends the process (a
bug of ours), and what the compiler made without a branch in the source. --lines FILE lists the
branches that no test takes. --keep counts what is there without running again. The last line is one JSON object."""
import argparse
import collections
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# What offices trust with the only copy of their work: the goal is in percent of branches.
GROUPS = [
    ("custody", "common/store/custody*.c common/store/witness.c common/node/intake.c"),
    ("seal", "common/core/envelope.c common/core/genesis.c common/core/chain.c common/wire/segment.c common/crypto/sign.c"),
    ("sync", "common/core/sync_*.c common/core/session*.c common/core/retry.c common/core/pace.c"),
    ("fold", "common/node/fold*.c common/core/merge.c common/core/permit.c common/core/contribute.c common/core/distinct.c"),
]
# Each of the ladder's eight hundred restarts takes the same branches.
SKIPPED_TESTS = "^(test_node_ladder|test_commands_import|test_fold_permutation)$"
# A branch whose other side aborts, and the words that the compiler makes of a constant.
NOT_OURS = re.compile(r"\bTS_CHECK\(|\bstatic_assert\(")


def sources():
    found = {}
    for group, patterns in GROUPS:
        for pattern in patterns.split():
            for path in sorted(ROOT.glob(pattern)):
                found[str(path)] = group
    return found


def build(folder, jobs):
    steps = [
        ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DTS_COVERAGE=ON"],
        ["cmake", "--build", str(folder), "-j", str(jobs), "--target", "all"],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout[-2000:] + done.stderr[-2000:])
            return False
    return True


def run(folder, jobs):
    for path in folder.rglob("*.gcda"):
        path.unlink()
    done = subprocess.run(["ctest", "--test-dir", str(folder), "-j", str(jobs), "-L", "^(unit|store|golden|fuzz)$", "-E", SKIPPED_TESTS,
                           "--timeout", "900"], capture_output=True, text=True, check=False)
    print("\n".join(line for line in done.stdout.split("\n") if "Failed" in line or "tests passed" in line), flush=True)
    return done.returncode == 0


def count(folder, wanted):
    """file -> [branches, taken, [(line, text)] not taken], functions that no test calls."""
    notes = [path for path in folder.rglob("*.gcno") if "CMakeFiles/ts_" in str(path)]
    rows = {}
    with tempfile.TemporaryDirectory(prefix="coverage-") as out:
        for path in notes:
            source = re.sub(r"\.gcno$", "", path.name)
            if not any(name.endswith("/" + source) for name in wanted):
                continue
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", str(path)], cwd=out, check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for made in pathlib.Path(out).glob("*.gcov.json.gz"):
            with gzip.open(made, "rt", encoding="utf-8") as data:
                read(json.load(data), wanted, rows)
    return rows


def read(data, wanted, rows):
    for file in data["files"]:
        name = os.path.realpath(os.path.join(data["current_working_directory"], file["file"]))
        if name not in wanted:
            continue
        text = pathlib.Path(name).read_text(encoding="utf-8").split("\n")
        row = rows.setdefault(name, [0, 0, []])
        for line in file["lines"]:
            code = text[line["line_number"] - 1]
            branches = [branch for branch in line["branches"] if not branch.get("throw")]
            if not branches or NOT_OURS.search(code):
                continue
            taken = sum(1 for branch in branches if branch["count"] > 0)
            row[0] += len(branches)
            row[1] += taken
            if taken < len(branches):
                row[2].append((line["line_number"], len(branches) - taken, code.strip()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--build", default=str(ROOT / "build" / "coverage"))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--lines")
    given = parser.parse_args()
    folder = pathlib.Path(given.build).resolve()
    wanted = sources()
    well = True
    if not given.keep:
        well = build(folder, given.jobs) and run(folder, given.jobs)
    rows = count(folder, wanted)
    sums = collections.defaultdict(lambda: [0, 0])
    files = {}
    for name, (branches, taken, _) in sorted(rows.items()):
        short = os.path.relpath(name, ROOT)
        files[short] = "%.1f %% of %d" % (100 * taken / branches if branches else 100, branches)
        sums[wanted[name]][0] += branches
        sums[wanted[name]][1] += taken
        print("%-36s %5d of %5d  %5.1f %%" % (short, taken, branches, 100 * taken / branches if branches else 100))
    if given.lines:
        with open(given.lines, "w", encoding="utf-8") as out:
            for name, (_, _, missing) in sorted(rows.items()):
                for line, number, code in missing:
                    out.write("%s:%d: %d: %s\n" % (os.path.relpath(name, ROOT), line, number, code))
    groups = {name: round(100 * sums[name][1] / sums[name][0], 1) for name, _ in GROUPS if sums[name][0]}
    print(json.dumps({"proof": "coverage", "groups": groups, "files": files}))
    return 0 if well and groups else 1


if __name__ == "__main__":
    sys.exit(main())
