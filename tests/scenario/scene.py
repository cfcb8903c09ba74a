# SPDX-License-Identifier: MPL-2.0
"""Real offices on this machine for the scenario tests: a province, districts and communes as processes that talk over 127.0.0.1
with CURVE, founded and joined by the command line as in life. Standard library only.

Everything lives below one folder that goes away at the end (kept with --keep, or when the test failed); every process that was
started is ended by its own number. Nothing waits without a deadline: see wait_for."""
import argparse
import contextlib
import glob
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

from link import Link

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SMALL_PLAN = os.path.join(ROOT, "tests", "support", "small-plan")
PLAN_TABLES = ("unit", "body", "plan", "scope", "line", "band", "duty", "period")
PATIENCE = float(os.environ.get("SCENE_PATIENCE", "3"))  # deadlines times this: they are for what never comes, not for what comes late


class Failed(Exception):
    """What a test expected did not come."""


def expect(condition, *what):
    if not condition:
        raise Failed(" ".join(str(word) for word in what))


def wait_for(what, seconds, say, pause=0.05):
    """Calls `what` until it gives something true, which is returned; Failed after so many seconds."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {seconds * PATIENCE:g} s: {say() if callable(say) else say}")
        time.sleep(pause)


def free_port():
    """Below the range of outgoing connections, so that none of those takes it before the server does."""
    chance = random.SystemRandom()
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            port = chance.randrange(20000, 32000)
            probe.bind(("127.0.0.1", port))
            return port


def options(doc, more=None):
    """Arguments that all scenario tests have; more(parser) adds others."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help="folder of the built programs (build folder/bin)")
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    if more:
        more(parser)
    return parser.parse_args()


SKIPPED = 77  # exit code: what the test needs is not on this machine


def clock(at):
    """Environment under which a program starts with this wall clock ("2019-11-20 08:00:00", UTC+7); its monotonic clock stays right."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        print("libfaketime is not installed")
        sys.exit(SKIPPED)
    return {"LD_PRELOAD": found[0], "FAKETIME": "@" + at, "TZ": "Asia/Ho_Chi_Minh", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


class Scene:
    """All offices of one test."""

    def __init__(self, programs, keep=False):
        self.programs = os.path.abspath(programs)
        self.keep = keep
        self.folder = tempfile.mkdtemp(prefix="ts-scene-")
        self.processes = []
        self.offices = {}
        self.links = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        stuck = None
        for process in reversed(self.processes):
            try:
                end(process)
            except Failed as failure:
                stuck = failure
        for link in self.links:
            link.close()
        if self.keep or kind is not None:
            print(f"left in {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if stuck is not None and kind is None:
            raise stuck

    def program(self, name):
        return os.path.join(self.programs, name)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, words, log, environment=None):
        """A process of its own group; what it says goes to the end of <folder>/<log>."""
        with open(self.path(log), "ab") as out:
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       start_new_session=True, env={**os.environ, **(environment or {})})
        self.processes.append(process)
        return process

    def call(self, *words, check=True, environment=None):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False,
                              env={**os.environ, "LANGUAGE": "en", "LC_ALL": "C.UTF-8", **(environment or {})})
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def found(self, feed=False, plan=SMALL_PLAN, link=None, environment=None):
        """The province, running, with the plan loaded. link: arguments of a link.Link, through which its children reach it."""
        office = Office(self, "province", "aggregator", None)
        endpoint = office.make_gate_port(link)
        self.call(self.program("tiepsuc"), "init", office.folder, "--name", "Sở Thử", "--unit", "90", "--unit-name", "Tỉnh Thử",
                  "--body", "so-thu", "--body-name", "Sở Thử", "--endpoint", endpoint)
        office.listen_behind_link()
        if feed:
            office.publish, office.fetch = free_port(), free_port()
            office.configure("gate", f"\nfeed\n    publish = \"tcp://127.0.0.1:{office.publish}\"\n"
                                     f"    fetch = \"tcp://127.0.0.1:{office.fetch}\"\n")
        office.start(environment=environment)
        if plan:
            office.tell("plan", "load", plan)
        return office

    def enrol(self, name, role, unit, body, parent, link=None):
        """Enrols at the province, joins; not started. Its keys and configuration lie in its folder."""
        province = self.offices["province"]
        office = Office(self, name, "office", parent)
        words = ["enrol", "--role", role, "--unit", unit, "--body", body, "--name", name, "-o", self.path(name + ".invite"),
                 "--parent", parent.number]
        if role == "district":
            words += ["--endpoint", office.make_gate_port(link)]
        province.tell(*words)
        self.call(self.program("tiepsuc"), "join", self.path(name + ".invite"), office.folder)
        if role == "district":
            office.listen_behind_link()
        return office

    def tree(self, link=None, **more):
        """Province, district 901 and commune 90101, running, the plan arrived everywhere."""
        province = self.found(link=link, **more)
        district = self.enrol("district", "district", "901", "huyen-mot", province, link)
        commune = self.enrol("commune", "commune", "90101", "xa-an", district)
        district.start()
        commune.start()
        commune.wait_for_plan()
        return province, district, commune


def end(process, how=signal.SIGTERM, seconds=20):
    """Ends one process that we started; killed when it does not listen. Its exit code."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise Failed(f"{process.args[0]} did not end") from None
    return process.returncode


class Office:
    """One installation: its folder, its node process and, where it has children, its gate."""

    def __init__(self, scene, name, what, parent):
        self.scene = scene
        self.name = name
        self.what = what
        self.parent = parent
        self.folder = scene.path(name)
        self.port = None
        self.link = None
        self.processes = {}
        scene.offices[name] = self

    @property
    def number(self):
        with open(os.path.join(self.folder, "keys", "node.key"), encoding="utf-8") as lines:
            for line in lines:
                key, _, value = line.partition("=")
                if key.strip() == "office":
                    return int.from_bytes(bytes.fromhex(value.strip()), "little")
        raise Failed("no office number in node.key")

    def make_gate_port(self, link):
        """Where its children connect: its gate's port, or a link before it."""
        self.port = free_port()
        if link is not None:
            self.link = Link(self.port, **link)
            self.scene.links.append(self.link)
        return f"tcp://127.0.0.1:{self.link.port if self.link else self.port}"

    def listen_behind_link(self):
        if self.link:
            with open(self.conf("gate"), encoding="utf-8") as conf:
                text = conf.read()
            with open(self.conf("gate"), "w", encoding="utf-8") as conf:
                conf.write(text.replace(f":{self.link.port}\"", f":{self.port}\""))

    def conf(self, service):
        return os.path.join(self.folder, service + ".conf")

    def configure(self, service, text):
        with open(self.conf(service), "a", encoding="utf-8") as conf:
            conf.write(text)

    def services(self):
        return ["node"] + (["gate"] if os.path.exists(self.conf("gate")) else [])

    def start(self, only=None, environment=None, before=()):
        """Starts node and gate (or one of them) and waits until they answer."""
        for service in [only] if only else self.services():
            name = self.what if service == "node" else "gate"
            self.processes[service] = self.scene.start([*before, self.scene.program("tiepsuc-" + name), "-f", self.conf(name)],
                                                       f"{self.name}-{service}.log", environment)
        if only in (None, "node"):
            self.wait_until_it_answers()

    def wait_until_it_answers(self):
        def answers():
            if self.processes["node"].poll() is not None:
                raise Failed(f"{self.name} ended at once: {self.log()[-2000:]}")
            return self.scene.call(self.scene.program("tiepsuc"), "--json", "-d", self.folder, "status", check=False).returncode == 0
        wait_for(answers, 30, f"{self.name} answers")

    def stop(self, only=None):
        """Politely; exit code 0 is expected."""
        for service in [only] if only else reversed(self.services()):
            process = self.processes.pop(service, None)
            if process is not None:
                expect(end(process) == 0, self.name, service, "ended with", process.returncode, self.log(service)[-2000:])

    def kill(self, service):
        process = self.processes.pop(service)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, service="node"):
        try:
            with open(self.scene.path(f"{self.name}-{service}.log"), encoding="utf-8", errors="replace") as lines:
                return lines.read()
        except FileNotFoundError:
            return ""

    def try_to(self, *words, **more):
        """One command; the finished process."""
        return self.scene.call(self.scene.program("tiepsuc"), "--json", "-d", self.folder, "--as", "1", *words, check=False, **more)

    def tell(self, *words):
        """One command that must succeed; its JSON answer."""
        done = self.try_to(*words)
        if done.returncode != 0:
            raise Failed(f"{self.name}: tiepsuc {' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def need(self, month="05/2014", sex="Nam", **more):
        words = [word for name, value in more.items() for word in ("--" + name, value)]
        return self.tell("add", "need", "--line", "warm", "--quantity", "1", "--unit_of_measure", "bộ", "--birth_month", month,
                         "--sex", sex, "--occurred_on", "2019-10-14", *words)

    # ---- its databases, read from outside

    def rows(self, database, query, *values):
        path = os.path.join(self.folder, database + ".sqlite")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as base:
            return base.execute(query, values).fetchall()

    def wait_for_plan(self):
        """Until entries can be typed: its own registration and all of the province's plan are there. They come in several segments."""
        province = self.scene.offices["province"]

        def there():
            try:
                mine = [self.counts(table) for table in PLAN_TABLES]
                return mine == [province.counts(table) for table in PLAN_TABLES] and self.counts("line") > 0 and \
                    self.rows("ledger", "SELECT count(*) FROM office WHERE number = ?", self.number)[0][0] > 0
            except sqlite3.OperationalError:
                return False
        wait_for(there, 60, f"registration and plan reach {self.name}")

    def events_of(self, office):
        """Events of that office's records logs in custody here."""
        return self.rows("custody", "SELECT coalesce(sum(segment.last_seq - segment.first_seq + 1), 0) FROM segment JOIN log ON log.id = segment.log "
                                    "WHERE log.office = ? AND log.purpose = 2 AND segment.last_seq > 0", office)[0][0]

    def segments_of(self, office):
        """Hashes of all segments of that office's upward logs, in order of the logs."""
        return self.rows("custody", "SELECT hex(log.log), segment.first_seq, hex(segment.hash) FROM segment JOIN log ON log.id = segment.log "
                                    "WHERE log.office = ? AND log.audience = 1 ORDER BY log.log, segment.first_seq, segment.hash", office)

    def digest(self, unit):
        """Digest of a unit's records that go upward: low, high, events."""
        found = self.rows("ledger", "SELECT low, high, events FROM digest WHERE audience = 1 AND unit = "
                                    "(SELECT record FROM unit WHERE code = ?)", unit)
        return found[0] if found else (0, 0, 0)

    def counts(self, *tables):
        """Records of these kinds in its ledger."""
        return sum(self.rows("ledger", f"SELECT count(*) FROM {table}")[0][0] for table in tables)

    def verify(self):
        """Chains, signatures, a ledger made anew: no fault. The number of segments."""
        done = self.try_to("verify", "--wait", "300")
        expect(done.returncode == 0, self.name, "verify:", done.stdout, done.stderr)
        said = json.loads(done.stdout)["tables"]["verified"]
        row = said[0] if isinstance(said, list) else said
        expect(row["damaged"] == 0 and row["ledger"] == "same", self.name, "verify says", row)
        return row["segments"]

    def load(self, count, seed=1):
        """Queues made-up entries while the node is stopped; what bench_load says."""
        done = self.scene.call(self.scene.program("bench_load"), self.folder, count, seed)
        return json.loads(done.stdout)


def check_once(offices, number, unit, queued=None, others=0):
    """The first one's entries stand once at all of them: the same segments, the same ledger, nothing parked. others: so many records of
    other authors stand above it."""
    author = offices[0]
    segments = author.segments_of(number)
    expect(len(segments) == len(set(segments)), "a segment stands twice")
    for office in offices:
        wait_for(lambda o=office: o.segments_of(number) == segments, 20, f"{office.name} holds other segments than {author.name}")
        expect(office.digest(unit) == author.digest(unit), "ledgers differ:", office.name, office.digest(unit), author.digest(unit))
        expect(office.counts("parked") == 0, office.name, "parked something")
        if queued is not None:
            expect(office.events_of(number) == queued, office.name, "has", office.events_of(number), "of", queued, "events")
            records = office.rows("ledger", "SELECT sum(n) FROM (SELECT count(*) AS n FROM beneficiary UNION ALL SELECT count(*) FROM need "
                                            "UNION ALL SELECT count(*) FROM handover)")[0][0]
            more = 0 if office is author else others
            expect(records == queued + more, office.name, "shows", records, "of", queued + more, "records")


def judge(*offices):
    """What checker.py, which knows the formats only, finds in their stores; nothing is expected."""
    done = subprocess.run([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "checker.py"),
                           *(office.folder for office in offices)], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, "the external checker finds:\n" + done.stdout[-3000:] + done.stderr[-2000:])
    return done.stdout.strip().splitlines()[-1]


def settle(offices, number, unit, queued, seconds=120):
    """Waits until everything queued is held and folded at all of them."""
    top = offices[-1]
    wait_for(lambda: top.events_of(number) >= queued, seconds, f"{queued} events arrive at {top.name}", pause=0.2)
    wait_for(lambda: len({office.digest(unit) for office in offices}) == 1, seconds, "all ledgers have folded it", pause=0.2)


def run(test, given, doc):
    """Runs test(scene, given) and says how it went; exit code for the shell."""
    begin = time.monotonic()
    name = os.path.basename(sys.argv[0])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    try:
        with Scene(given.programs, given.keep) as scene:
            said = test(scene, given)
    except Failed as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        return 1
    print(f"{name}: passed in {time.monotonic() - begin:.1f} s{': ' + said if said else ''}")
    return 0
