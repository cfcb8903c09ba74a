#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: whatever is typed behind a command, or sent to the control socket, ends with an exit code and a sentence that names the field
and the value; nothing crashes, nothing is written, the office goes on.
Method: every command of “tiepsuc --help” with words, options and values that are wrong in all usual ways, against a running province and
commune; expected sentences for the fields of a need; noise on the control sockets.

    test_bad_words.py PROGRAMS            every command with each kind of wrong word, some values (ctest)
    test_bad_words.py PROGRAMS --full     every value for every option (for sanitizers)"""
import contextlib
import os
import re
import subprocess
import sys
import time

import zmq

import peer
from scene import ROOT, expect, options, run, wait_for

ENGLISH = {"LANGUAGE": "en", "LC_ALL": "C.UTF-8"}
LONG = "x" * 100000
VALUES = ["", "-", "--", "=", "0", "-1", "99999999999999999999999", "1e309", "0x10", " ", "\t\n", LONG, "%s%s%n%n", "{1}{2}{9}", "../../etc/passwd",
          b"\xff\xfe\x80", b"a\xc3", "\u202eabc", "\x1b[31mred", "a=b;c=d;;=", "31/02/2019", "2019-13-45", "Đà́̂̃", "'; DROP TABLE need; --",
          "3-1D-2VPAX6", "[]{}", "/dev/zero", "."]
FEW = ["", "-1", b"\xff\xfe\x80", LONG, "{1}%s"]
ENDLESS = {"watch"}


class Bench:
    def __init__(self, scene):
        self.scene = scene
        self.province = scene.found()
        self.commune = scene.enrol("commune", "commune", "90101", "xa-an", self.province)
        self.commune.start()
        self.commune.wait_for_plan()
        self.tiepsuc = scene.program("tiepsuc")
        self.nest = scene.path("nest")
        os.mkdir(self.nest)
        self.calls = 0
        self.codes = {}
        done = scene.call(self.tiepsuc, "--help")
        self.commands = []
        for line in done.stdout.splitlines():
            found = re.match(r"^  ([a-z]+(?: [a-z]+)?)(?: [A-Z(].*| {2,}.*)?$", line)
            if found and found.group(1) != "tiepsuc":
                self.commands.append(found.group(1).split())
        expect(len(self.commands) > 40 and ["report", "seal"] in self.commands and ["status"] in self.commands, "commands:", self.commands)

    def call(self, *words, office=None, seconds=20):
        """(code, text) of one call; anything but an exit code of the manual is a failure."""
        office = office or self.commune
        self.calls += 1
        line = [self.tiepsuc.encode(), b"-d", office.folder.encode(), b"--as", b"1", *(word if isinstance(word, bytes) else word.encode()
                                                                                      for word in words)]
        try:
            done = subprocess.run(line, capture_output=True, check=False, cwd=self.nest, timeout=seconds, stdin=subprocess.DEVNULL,
                                  env={**os.environ, **ENGLISH})
        except subprocess.TimeoutExpired:
            expect(words and words[0] in ENDLESS, "does not end:", [str(word)[:60] for word in words])
            return 0, ""
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        short = [str(word)[:80] for word in words]
        expect("Sanitizer" not in text and "runtime error" not in text, short, text[-3000:])
        expect(done.returncode in (0, 1, 2, 4), short, "ended with", done.returncode, text[-600:])
        expect(done.returncode == 0 or text.strip(), short, "says nothing")
        expect("\x1b[31mred" not in text, short, "signs of the terminal are passed on")
        self.codes[done.returncode] = self.codes.get(done.returncode, 0) + 1
        return done.returncode, " ".join(text.split())

    def alive(self, what):
        for office in (self.commune, self.province):
            for service, process in office.processes.items():
                expect(process.poll() is None, office.name, service, "ended after", what, office.log(service)[-2500:])


def every_command(bench, full):
    for command in bench.commands:
        office = bench.province if command[0] in ("enrol", "revoke", "plan", "move") else bench.commune
        code, said = bench.call(*command, "--no-such-option", office=office)
        expect(code == 2 and "no-such-option" in said, command, "unknown option:", code, said[:300])
        code, said = bench.call(*command, "--wait", "soon", office=office, seconds=5)
        expect(code == 2 and "--wait" in said and "soon" in said, command, "--wait soon:", code, said[:300])
        code, said = bench.call(*command, *["word"] * 60, office=office, seconds=5)
        many = command[0] in ("help", "watch", "release") or command == ["bundle", "import"]
        expect(code == 2 or many, command, "too many words:", code, said[:300])
        for value in VALUES if full else FEW:
            bench.call(*command, value, office=office, seconds=3 if command[0] in ENDLESS else 20)
        if full:
            done = bench.scene.call(bench.tiepsuc, "help", *command, environment=ENGLISH)
            for option in sorted(set(re.findall(r"--[a-z][a-z_-]+", done.stdout)) - {"--help", "--wait", "--conf", "--dir", "--as"}):
                for value in VALUES:
                    words = [*command, option, value]
                    bench.call(*words, office=office, seconds=3 if command[0] in ENDLESS else 20)
        bench.alive(command)


FIELDS = [
    # words behind "add need", what the answer must say
    (["--occurred_on", "31/02/2019"], ["occurred", "31/02/2019"]),
    (["--occurred_on", "2019-13-01"], ["occurred", "2019-13-01"]),
    (["--occurred_on", "tomorrow"], ["occurred", "tomorrow"]),
    (["--quantity", "-5"], ["quantity", "-5"]),
    (["--quantity", "nhiều"], ["quantity", "nhiều"]),
    (["--quantity", "1.5"], ["quantity", "1.5"]),
    (["--quantity", "99999999999999999999"], ["quantity", "99999999999999999999"]),
    (["--unit", "99999"], ["unit", "99999"]),
    (["--unit", "Xã Ân"], ["unit", "Xã Ân", "Xã An"]),
    (["--line", "wram"], ["line", "wram", "tiepsuc list"]),
    (["--sex", "đàn ông"], ["sex", "đàn ông"]),
    (["--birth_month", "13/2014"], ["birth", "13/2014"]),
    (["--birth_month", "05/2914"], ["birth", "05/2914"]),
    (["--note", LONG], ["note"]),
    (["--note", b"xin ch\xc3"], ["note"]),
    (["--unit_of_measure", "x" * 5000], ["unit_of_measure"]),
    (["--beneficiary", "3-1D-2VPAX7"], ["beneficiary", "3-1D-2VPAX7"]),
    (["--heads", "band=none;sex=female;count=3"], ["band", "none"]),
    (["--heads", "band=under6;sex=female;count=-3"], ["count", "-3"]),
    (["--heads", "band"], ["heads", "band"]),
    (["--heads", "bnd=under6;count=3"], ["bnd"]),
    (["--qauntity", "3"], ["qauntity", "quantity"]),
    (["--verified_on", "30/30/2019"], ["verified_on", "30/30/2019"]),
    (["--state", "perhaps"], ["state", "perhaps", "reported"]),
]
GOOD = {"--line": "warm", "--quantity": "1", "--unit_of_measure": "bộ", "--birth_month": "05/2014", "--sex": "Nam", "--occurred_on": "2019-10-14"}


def fields(bench):
    for words, parts in FIELDS:
        good = {name: value for name, value in GOOD.items() if name != words[0] and not (words[0] in ("--heads", "--beneficiary") and
                                                                                          name in ("--birth_month", "--sex"))}
        code, said = bench.call("add", "need", *(word for pair in good.items() for word in pair), *words)
        short = [str(word)[:60] for word in words]
        expect(code in (1, 2), short, "was taken:", code, said[:300])
        plain = said.replace("-", "_") if "_" in parts[0] else said
        for part in parts:
            expect(part in said or part in plain, short, "does not say", repr(part), "but", said[:400])
    for words, parts in ((["add", "nedd", "--quantity", "1"], ["nedd", "need"]), (["statsu"], ["statsu", "status"]), (["report", "sael"], ["sael", "seal"]),
                         (["show", "3-1D-2VPAX7"], ["3-1D-2VPAX7"]), (["import", "missing.csv", "--sheet", "need"], ["missing.csv"]),
                         (["import", bench.nest, "--sheet", "need"], [bench.nest]), (["list", "need", "--limit", "-3"], ["limit", "-3"]),
                         (["list", "need", "--colour", "red"], ["colour"]), (["--as", "x", "status"], ["--as", "x"]),
                         (["--width", "3", "status"], ["--width"]), (["decode", "missing.bin"], ["missing.bin"]),
                         (["account", "add", "--number", "7", "--function", "y", "--role", "king"], ["king"]), (["account", "add", "--number", "x", "--function", "y", "--role", "recorder"], ["number", "x"])):
        code, said = bench.call(*words)
        expect(code in (1, 2), words, "was taken:", code, said[:300])
        for part in parts:
            expect(part in said, words, "does not say", repr(part), "but", said[:400])
    code, said = bench.call("status", "-d", bench.scene.path("nowhere"))
    expect(code == 2 or "nowhere" in said, "a folder that is none:", code, said)


def nobody_there(bench):
    bench.commune.stop()
    done = bench.scene.call(bench.tiepsuc, "-d", bench.commune.folder, "--wait", "1", "status", check=False)
    expect(done.returncode == 3 and done.stderr.strip(), "nobody is there:", done)
    bench.commune.start()


def control_noise(bench):
    """The socket that the command line uses, without the command line."""
    subprocess.run(["protoc", "-I", os.path.join(ROOT, "proto"), "--python_out", bench.scene.folder, "tiepsuc/v1/control.proto"], check=True)
    sys.path.insert(0, bench.scene.folder)
    from tiepsuc.v1 import control_pb2
    context = zmq.Context.instance()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect("ipc://" + os.path.join(bench.commune.folder, "control.sock"))

    def field(name, value):
        command = control_pb2.Command(version=1, request=1, name="add", account=1)
        item = command.fields.add()
        item.name, item.value = name, value
        return command.SerializeToString()
    frames = [b"", b"x", os.urandom(5000), b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x0a" * 3000, bytes(70000)]
    for name in ("", "status", "add", "x" * 5000, "no_such", "import", "report_seal", "plan_load", "show", "%s"):
        frames.append(control_pb2.Command(version=1, request=7, name=name, account=2 ** 32 - 1).SerializeToString())
    frames += [field("kind", "need"), field("x" * 5000, "y"), field("kind", "y" * 60000), field("kind", "need\0x")]
    many = control_pb2.Command(version=1, request=2, name="add", account=1)
    for number in range(3000):
        item = many.fields.add()
        item.name, item.value = f"f{number}", "v"
    frames.append(many.SerializeToString())
    good = control_pb2.Command(version=1, request=3, name="add", account=1).SerializeToString()
    frames += [good[:cut] for cut in range(1, len(good))]
    for frame in frames:
        with contextlib.suppress(zmq.Again):
            socket.send(frame, zmq.DONTWAIT)
    socket.send_multipart([b"a", b"b", b"c"])
    answers = 0
    end = time.monotonic() + 60
    while time.monotonic() < end and answers <= 10:
        if socket.poll(300):
            socket.recv_multipart()
            answers += 1
    socket.close()
    expect(answers > 10, "only", answers, "answers to noise")
    # Many at once, gone before the answer.
    for _ in range(40):
        rude = context.socket(zmq.DEALER)
        rude.linger = 0
        rude.connect("ipc://" + os.path.join(bench.commune.folder, "control.sock"))
        rude.send(control_pb2.Command(version=1, request=9, name="status", account=1).SerializeToString())
        rude.close()
    bench.alive("noise on the control socket")
    code, _ = bench.call("status")
    expect(code == 0, "the office does not answer after noise")
    return answers


def test(scene, given):
    bench = Bench(scene)
    before = [office.rows("ledger", "SELECT count(*) FROM need") for office in (bench.commune, bench.province)]
    fields(bench)
    every_command(bench, given.full)
    answers = control_noise(bench)
    nobody_there(bench)
    expect([office.rows("ledger", "SELECT count(*) FROM need") for office in (bench.commune, bench.province)] == before, "something was written")
    bench.commune.need()
    wait_for(lambda: bench.province.digest("90101") == bench.commune.digest("90101"), 30, "a good need still goes up")
    for office in (bench.commune, bench.province):
        office.stop()
    return f"{bench.calls} calls of {len(bench.commands)} commands, exit codes {dict(sorted(bench.codes.items()))}; {answers} answers to noise"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, lambda parser: parser.add_argument("--full", action="store_true")), __doc__))
