#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""steps.py FOLDER [--jobs N]: the tests that stop a program at each change of its disk, at every one of them.

In tests/run.sh they take every sixth. FOLDER is a build's folder of tests. The last line is one JSON object."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STEPS = '#include "support/steps.h"'


def tests():
    return sorted(path.stem for path in (ROOT / "tests").glob("*/test_*.c") if STEPS in path.read_text(encoding="utf-8"))


def run(folder, name):
    done = subprocess.run([str(folder / name)], cwd=ROOT, capture_output=True, text=True, check=False,
                          env=dict(os.environ, TS_STRIDE="1"))
    return name, done.returncode, done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    names = tests()
    changes = passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for name, code, text in pool.map(lambda name: run(given.folder.resolve(), name), names):
            ok = len(re.findall(r"^\[ +OK \]", text, re.M))
            changes += sum(int(count) for count in re.findall(r"(\d+) changes of node", text))
            passed += ok
            failed += code != 0
            print("%s: %d cases passed, ended with %d" % (name, ok, code))
            if code != 0:
                print(text)
    print(json.dumps({"proof": "steps", "tests": len(names), "tests_failed": failed, "cases_passed": passed,
                      "ladder_changes": changes}))
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
