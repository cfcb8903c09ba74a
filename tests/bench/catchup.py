# SPDX-License-Identifier: MPL-2.0
"""catchup.py [--events N] [--runs N] [--thin] [--cuts | --cut-at S,S… [--cut-way up|down] [--cut-forgets]] [--keep] --programs DIR

A commune has N events queued, the link comes up; how long until the province holds them, durable at each hop, and how many bytes were on the wire. The limit is the same events, one row each, into one WAL database
with synchronous=FULL, 1000 a transaction, in the same run. One JSON line for each run."""
import argparse
import json
import os
import sqlite3
import subprocess
import time

from lab import Lab, wait_for
from tree import Tree


WAYS = {"both": "both", "up": "first", "down": "second"}


def limit_seconds(given, folder, events, event_bytes):
    """Raw SQLite on this disk, with the same number of rows of the same size; the better of three."""
    runs = [subprocess.run([os.path.join(given.programs, "bench_limit"), folder, str(events), str(event_bytes)], check=True,
                           capture_output=True, text=True).stdout for _ in range(3)]
    return min(float(seconds) for seconds in runs)


def one_run(given, number):
    thin = None
    cut_log = None
    with Lab("tsb", keep=given.keep) as lab:
        tree = Tree(lab, given.programs)
        tree.found()
        tree.start("B")
        tree.start("A")
        office = tree.office_number("A")
        if not wait_for(lambda: tree.tell("A", "list", "line", check=False).get("code", "OK") == "OK" and
                        tree.custody_events("A", 1) is not None and has_plan(tree), 60, 0.2):
            raise RuntimeError("the plan did not reach the commune")
        tree.stop("A")
        loaded = json.loads(lab.call("A", os.path.join(given.programs, "bench_load"), tree.folder("A"), given.events, number))
        lab.link(False)
        if given.keep:
            with open(f"{tree.folder('A')}/office.conf", "a", encoding="utf-8") as conf:
                conf.write("\nlog\n    trace = link\n")
        tree.start("A")
        time.sleep(1.5)
        queued = loaded["events"]
        before = tree.custody_events("C", office)
        bytes_before = tree.custody_bytes("C", office)
        limit = limit_seconds(given, lab.folder, queued, loaded["raw_bytes"] // queued)
        if given.thin:
            thin = ["--seed", str(number)]
            if given.cuts:
                cut_log = os.path.join(lab.folder, "cuts.log")
                thin += ["--cut-every", "30", "--cut-for", "10", "--cut-log", cut_log]
            elif given.cut_at:
                cut_log = os.path.join(lab.folder, "cuts.log")
                thin += ["--cut-at", given.cut_at, "--cut-way", WAYS[given.cut_way], "--cut-for", "10", "--cut-log", cut_log]
                thin += ["--cut-forgets"] if given.cut_forgets else []
            make_thin(lab, thin)
        counted = lab.counters()
        lab.link(True)
        begin = time.monotonic()
        if given.keep:
            print(f"{lab.folder}: link up at {begin:.3f}", flush=True)
        first = None
        bound = 900 if given.thin else 120
        while tree.custody_events("C", office) - before < queued:
            now = time.monotonic() - begin
            if now > bound:
                raise RuntimeError(f"only {tree.custody_events('C', office) - before} of {queued} after {bound} s; {lab.folder}")
            if first is None and sum(lab.counters()[:2]) - sum(counted[:2]) > 3000:
                first = now
            time.sleep(0.2 if given.thin else 0.005)
        seconds = time.monotonic() - begin
        time.sleep(0.5)
        bytes_now = [b - a for a, b in zip(counted, lab.counters())]
        return {"bench": "thin_cuts" if cut_log else "thin" if given.thin else "catchup", "run": number, "events": queued,
                "sent_bytes": bytes_now[0], "unique_bytes": tree.custody_bytes("C", office) - bytes_before, "seconds": round(seconds, 3), "first_data_seconds": round(first or 0, 3), "limit_seconds": round(limit, 3),
                "ratio": round(seconds / limit, 2), "bytes_per_event": round(bytes_now[0] / queued, 1),
                "back_per_event": round(bytes_now[1] / queued, 2), "bytes_per_event_2": round(bytes_now[2] / queued, 1),
                "back_per_event_2": round(bytes_now[3] / queued, 2), "raw_bytes_per_event": round(loaded["raw_bytes"] / queued, 1),
                "load_seconds": loaded["seconds"], "cuts": sum(1 for _ in open(cut_log, encoding="ascii")) if cut_log and os.path.exists(cut_log) else 0}


def has_plan(tree):
    with sqlite3.connect(f"file:{tree.folder('A')}/ledger.sqlite?mode=ro", uri=True) as base:
        try:
            return base.execute("SELECT count(*) FROM line").fetchone()[0] > 0 and base.execute("SELECT count(*) FROM office").fetchone()[0] > 2
        except sqlite3.OperationalError:
            return False


def make_thin(lab, options):
    """Puts the carrier into the A-B cable that stands: the open link served for joining."""
    import sys
    from lab import HERE, run
    run("ip", "netns", "add", lab.space("E"))
    run("ip", "-n", lab.space("E"), "link", "set", "lo", "up")
    run("ip", "-n", lab.space("A"), "link", "del", "ab")
    lab.cable("A", "ab", "10.88.1.1", "E", "ea", None)
    lab.cable("E", "eb", None, "B", "ba", "10.88.1.2")
    lab.link(False)
    lab.carrier = lab.start("E", [sys.executable, HERE + "/thin_link.py", "ea", "eb"] + options, "thin_link")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--thin", action="store_true")
    parser.add_argument("--cuts", action="store_true")
    parser.add_argument("--cut-at", default="")
    parser.add_argument("--cut-way", choices=sorted(WAYS), default="both")
    parser.add_argument("--cut-forgets", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--programs", required=True)
    given = parser.parse_args()
    given.thin = given.thin or given.cuts or given.cut_at != ""
    given.events = given.events or (3800 if given.thin else 100000)
    for number in range(1, given.runs + 1):
        try:
            print(json.dumps(one_run(given, number)), flush=True)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{error.cmd}: {error.stdout} {error.stderr}") from error


if __name__ == "__main__":
    main()
