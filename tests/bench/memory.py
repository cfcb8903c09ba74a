# SPDX-License-Identifier: MPL-2.0
"""memory.py [--events N] [--keep] --programs DIR

Resident memory of a commune's office as it is run: joined by the command line, with the plan, linked to its district. Idle; at rest with N events of
its own (all folded, all held by the district); and the peak while it folds them from nothing. One JSON line each, in KiB: rss (VmRSS), pss (shared
pages divided among those who share them), anon (its own, not backed by a file), peak (VmHWM). Last line: turns of that office's loop and the longest one, by the clock. Needs root for the namespaces."""
import argparse
import json
import os
import sqlite3
import time

from catchup import has_plan
from lab import Lab, wait_for
from tree import Tree

LIMIT_IDLE = 12 * 1024
LIMIT_EVENTS = 24 * 1024
REST_SECONDS = 8


def memory(pid):
    found = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM", "RssAnon", "Threads"):
                found[name] = int(value.split()[0])
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("Pss:"):
                found["Pss"] = int(line.split()[1])
    return {"rss_kib": found["VmRSS"], "pss_kib": found["Pss"], "anon_kib": found["RssAnon"], "peak_kib": found["VmHWM"]}


def number(path, sql):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        try:
            row = base.execute(sql).fetchone()
            return row[0] if row and row[0] is not None else 0
        except sqlite3.OperationalError:
            return 0


def folded(folder):
    ledger = f"{folder}/ledger.sqlite"
    return (os.path.exists(ledger) and number(ledger, "SELECT value FROM meta WHERE name = 'phase'") == 3 and
            number(ledger, "SELECT value FROM meta WHERE name = 'arrival'") ==
            number(f"{folder}/custody.sqlite", "SELECT max(arrival) FROM segment"))


def tell(bench, events, pid, limit, seconds):
    print(json.dumps({"bench": bench, "events": events, "seconds": round(seconds, 2), **memory(pid), "limit_kib": limit}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100000)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--programs", required=True)
    given = parser.parse_args()
    with Lab("tsm", keep=given.keep) as lab:
        tree = Tree(lab, given.programs)
        tree.found()
        tree.start("B")
        tree.start("A")
        if not wait_for(lambda: has_plan(tree), 60, 0.2):
            raise RuntimeError("the plan did not reach the commune")
        tree.stop("A")
        tree.start("A")
        time.sleep(REST_SECONDS)
        tell("memory_idle", 0, tree.running["A"][0].pid, LIMIT_IDLE, 0)
        tree.stop("A")
        loaded = json.loads(lab.call("A", os.path.join(given.programs, "bench_load"), tree.folder("A"), given.events, 1))
        for end in ("", "-wal", "-shm"):
            if os.path.exists(f"{tree.folder('A')}/ledger.sqlite{end}"):
                os.unlink(f"{tree.folder('A')}/ledger.sqlite{end}")
        begin = time.monotonic()
        tree.start("A")
        office = tree.office_number("A")
        if not wait_for(lambda: folded(tree.folder("A")), 300, 0.05):
            raise RuntimeError(f"the office did not fold its events; {lab.folder}")
        seconds = time.monotonic() - begin
        tell("memory_folding", loaded["events"], tree.running["A"][0].pid, None, seconds)
        if not wait_for(lambda: tree.custody_events("B", office) >= loaded["events"], 300, 0.2):
            raise RuntimeError(f"the district does not hold the events; {lab.folder}")
        time.sleep(REST_SECONDS)
        tell("memory_events", loaded["events"], tree.running["A"][0].pid, LIMIT_EVENTS, seconds)
        tree.stop("A")
        with open(os.path.join(lab.folder, "nodeA.log"), encoding="utf-8") as lines:
            stops = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines if "node_stop" in line]
        print(json.dumps({"bench": "turns", "events": loaded["events"],
                          **{name: int(stops[-1][name]) for name in ("turns", "turns_long", "turn_ms_max")}}), flush=True)
        if loaded["parked"] != 0:
            raise RuntimeError(f"{loaded['parked']} of the made-up events are parked")


if __name__ == "__main__":
    main()
