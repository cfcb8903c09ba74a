#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: over a line as villages have it everything arrives once, whatever the line does, and little is sent twice.
Method: commune, district and province in network namespaces; the frames between commune and district are carried at 64 kbit/s with 300 ms
each way, two of a hundred lost. Three times a backlog is queued and the line fails in the middle of it: dead without a word and
the connection of before never carries a byte again; only what the commune sends is swallowed; only what comes back is. Bytes are those
of whole Ethernet frames. The longer run with a cut every minute is tests/proof/thin.py. The external checker judges.
Needs root and iproute2; else 77. The last line is one JSON object.

    test_thin.py PROGRAMS"""
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bench"))
from lab import HERE, Lab, wait_for  # noqa: E402
from tree import Tree  # noqa: E402
import catchup  # noqa: E402
import checker  # noqa: E402

EVENTS = 900
LINE = ["--rate", "64000", "--delay", "0.3", "--loss", "0.02"]
CUTS = (("dead", ["--cut-at", "3", "--cut-for", "5", "--cut-forgets"]), ("up", ["--cut-at", "3", "--cut-for", "5", "--cut-way", "first"]),
        ("down", ["--cut-at", "3", "--cut-for", "5", "--cut-way", "second"]))
RATIO_MAX = 1.15
SESSION_BYTES = 5000  # upward, for each connection of a batch: handshakes, greeting, tips, and what TCP sent into the cut
SESSIONS_MAX = 3


def can_make_namespaces():
    if os.getuid() != 0 or any(shutil.which(tool) is None for tool in ("ip", "ethtool")):
        return False
    name = f"ts-try{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return made


def carry(lab, number, cuts):
    """Another carrier between the same cables; what was on its way is lost."""
    if lab.carrier is not None:
        lab.stop(lab.carrier)
    lab.carrier = lab.start("E", [sys.executable, HERE + "/thin_link.py", "ea", "eb", "--seed", number, *LINE, *cuts], "thin_link")


def one_batch(lab, tree, number, way, cuts):
    office = tree.office_number("A")
    tree.stop("A")
    queued = json.loads(lab.call("A", os.path.join(tree.programs, "bench_load"), tree.folder("A"), EVENTS, number))["events"]
    carry(lab, number, cuts)
    before, stored, counted = tree.custody_events("C", office), tree.custody_bytes("B", office), lab.counters()
    begin = time.monotonic()
    tree.start("A")
    if not wait_for(lambda: tree.custody_events("C", office) - before >= queued, 120, 0.2):
        raise RuntimeError(f"{way}: only {tree.custody_events('C', office) - before} of {queued} arrived; {lab.folder}")
    seconds = time.monotonic() - begin
    sent, unique = lab.counters()[0] - counted[0], tree.custody_bytes("B", office) - stored
    if sent > RATIO_MAX * unique + SESSIONS_MAX * SESSION_BYTES:
        raise RuntimeError(f"{way}: {sent} bytes sent for {unique}")
    return {"cut": way, "events": queued, "seconds": round(seconds, 1), "sent_bytes": sent, "unique_bytes": unique}


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    if not can_make_namespaces():
        print("needs root, iproute2, ethtool and the right to make network namespaces")
        return 77
    with Lab("tst") as lab:
        tree = Tree(lab, os.path.abspath(sys.argv[1]))
        tree.found()
        tree.start("B")
        tree.start("A")
        if not wait_for(lambda: catchup.has_plan(tree), 60, 0.2):
            raise RuntimeError("the plan did not reach the commune")
        tree.stop("A")
        catchup.make_thin(lab, LINE)
        lab.link(True)
        batches = [one_batch(lab, tree, number + 1, way, cuts) for number, (way, cuts) in enumerate(CUTS)]
        tree.stop("A")
        tree.stop("B")
        tree.stop("C")
        findings, counted = checker.judge([tree.folder(host) for host in "ABC"])
    for finding in findings:
        print(finding)
    sent, unique = (sum(batch[what] for batch in batches) for what in ("sent_bytes", "unique_bytes"))
    print(json.dumps({"test": "thin", "batches": batches, "sent_bytes": sent, "unique_bytes": unique, "ratio": round(sent / unique, 3),
                      "segments_judged": counted["segments"], "findings": len(findings)}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
