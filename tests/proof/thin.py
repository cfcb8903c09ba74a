#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""thin.py PROGRAMS: bytes on a thin line against the bytes that had to go over it once.

Three hosts in network namespaces (tests/bench), 64 kbit/s and 300 ms each way, one frame of a hundred lost,
the line dead for ten seconds every minute. A commune with a backlog comes back. Counted are whole Ethernet
frames upward, so headers, acknowledgements, handshakes and what was sent again are all in it. Needs root.
The last line is one JSON object; 77: this machine cannot."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent.parent / "bench"
EVENTS = 60000
CUTS = "60,120,180,240,300,360"
LIMIT = 1.15


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    if os.getuid() != 0 or shutil.which("ip") is None:
        print("needs root and iproute2")
        return 77
    done = subprocess.run([sys.executable, str(BENCH / "catchup.py"), "--programs", sys.argv[1], "--runs", "1", "--thin",
                           "--events", str(EVENTS), "--cut-at", CUTS], stdout=subprocess.PIPE, text=True, check=False)
    rows = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not rows:
        print("the run failed: %d" % done.returncode)
        return 1
    row = json.loads(rows[-1])
    ratio = round(row["sent_bytes"] / row["unique_bytes"], 4)
    print(json.dumps({"proof": "thin", "ratio": ratio, "sent_bytes": row["sent_bytes"], "unique_bytes": row["unique_bytes"],
                      "events": row["events"], "seconds": row["seconds"], "cuts": row["cuts"]}))
    return 0 if ratio <= LIMIT and row["cuts"] >= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
