# SPDX-License-Identifier: MPL-2.0
"""A province, a district and a commune in the three hosts of lab.py, founded and joined by the command line as in life."""
import json
import os
import sqlite3
import subprocess

from lab import ADDRESS, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The units of the plan ended in 2025: who enrols offices for them must live before. Only the province's wall clock is moved, and only for that.
NOVEMBER_2019 = ["env", "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1", "FAKETIME=@2019-11-25 08:00:00", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
PLAN = os.path.join(ROOT, "deploy", "plans", "ha-noi-588")


class Tree:
    """Folders C (province), B (district), A (commune) below the lab's folder."""

    def __init__(self, lab, programs):
        self.lab = lab
        self.programs = programs
        self.running = {}

    def folder(self, host):
        return os.path.join(self.lab.folder, host)

    def program(self, name):
        return os.path.join(self.programs, name)

    def tell(self, host, *words, check=True):
        """One command of the command line in a host; its JSON answer."""
        done = subprocess.run(["ip", "netns", "exec", self.lab.space(host), self.program("tiepsuc"), "--json",
                               "-d", self.folder(host)] + [str(word) for word in words], capture_output=True, text=True,
                              check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"tiepsuc {' '.join(map(str, words))} at {host}: {done.returncode} {done.stdout} {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def start(self, host, clock=()):
        """Node and, where it has children, gate. clock: words before the node's own, to set its wall clock."""
        what = "aggregator" if host == "C" else "office"
        folder = self.folder(host)
        self.running[host] = [self.lab.start(host, [*clock, self.program("tiepsuc-" + what), "-f", f"{folder}/{what}.conf"], f"node{host}")]
        if os.path.exists(f"{folder}/gate.conf"):
            self.running[host].append(self.lab.start(host, [self.program("tiepsuc-gate"), "-f", f"{folder}/gate.conf"], f"gate{host}"))
        if not wait_for(lambda: self.answers(host), 20):
            raise RuntimeError(f"{host} does not answer: see {self.lab.folder}/node{host}.log")

    def answers(self, host):
        try:
            self.tell(host, "status")
            return True
        except (RuntimeError, ValueError):
            return False

    def stop(self, host, **how):
        for process in self.running.pop(host, []):
            self.lab.stop(process, **how)

    def found(self, commune="09694", district="271", feed=False):
        tiepsuc = self.program("tiepsuc")
        self.lab.call("C", tiepsuc, "init", self.folder("C"), "--name", "Sở LĐTBXH", "--unit", "01", "--unit-name", "Thành phố Hà Nội",
                      "--body", "so-ldtbxh", "--body-name", "Sở Lao động - Thương binh và Xã hội", "--endpoint", f"tcp://{ADDRESS['C']}:7500")
        if feed:
            with open(f"{self.folder('C')}/gate.conf", "a", encoding="utf-8") as conf:
                conf.write("\nfeed\n    publish = tcp://*:7510\n    fetch = tcp://*:7511\n")
        self.start("C", clock=NOVEMBER_2019)
        self.tell("C", "plan", "load", PLAN, "--as", "1")
        self.enrol("B", "district", district, f"hn-ubnd-{district}", ["--endpoint", f"tcp://{ADDRESS['B']}:7500"])
        number = self.office_number("B")
        self.enrol("A", "commune", commune, f"hn-ubnd-{commune}", ["--parent", number])
        self.stop("C")
        self.start("C")

    def enrol(self, host, role, unit, body, more):
        invite = os.path.join(self.lab.folder, f"{host}.invite")
        self.tell("C", "enrol", "--as", "1", "--role", role, "--unit", unit, "--body", body, "--name", f"{role} {unit}", "-o", invite, *more)
        self.lab.call(host, self.program("tiepsuc"), "join", invite, self.folder(host))

    def office_number(self, host):
        with open(os.path.join(self.folder(host), "keys", "node.key"), encoding="utf-8") as lines:
            for line in lines:
                name, _, value = line.partition("=")
                if name.strip() == "office":
                    return int.from_bytes(bytes.fromhex(value.strip()), "little")
        raise RuntimeError("no office number")

    def custody_bytes(self, host, office):
        """Bytes of all segments of that office in custody at a host: what had to go over the line once."""
        with sqlite3.connect(f"file:{self.folder(host)}/custody.sqlite?mode=ro", uri=True) as base:
            return base.execute("SELECT coalesce(sum(length(segment.bytes)), 0) FROM segment JOIN log ON log.id = segment.log "
                                "WHERE log.office = ?", (office,)).fetchone()[0]

    def custody_events(self, host, office):
        """Events of that office's records logs in custody at a host, read from its database."""
        with sqlite3.connect(f"file:{self.folder(host)}/custody.sqlite?mode=ro", uri=True) as base:
            row = base.execute("SELECT coalesce(sum(segment.last_seq - segment.first_seq + 1), 0) FROM segment JOIN log ON log.id = segment.log "
                               "WHERE log.office = ? AND log.purpose = 2 AND segment.last_seq > 0", (office,)).fetchone()
        return row[0]
