#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: a configuration that is missing, unreadable or wrong ends every service, and “tiepsuc config check”, with exit 2 and a sentence
that names file, line and what is allowed; keys that others can read, that are torn or belong elsewhere end it with the file and what to do.
Method: the files that init and join wrote, spoilt in one place each, given to the real programs.

    test_bad_config.py PROGRAMS"""
import os
import sys

from scene import expect, options, run

INIT = ["--name", "Sở Thử", "--unit", "90", "--unit-name", "Tỉnh Thử", "--body", "so-thu", "--body-name", "Sở Thử",
        "--endpoint", "tcp://127.0.0.1:7500"]
# what is put behind (or before) the good file, and what must be said of it; {line} is the line of the fault
FAULTS = [
    ("behind", "no_such_key = 1\n", 1, ["no_such_key", "is unknown here; known are: data_dir"]),
    ("behind", "log\n    level = loud\n", 2, ["log/level", "loud", "debug info warn error"]),
    ("behind", "log\n    level = debug\n    level = info\n", 3, ["log/level", "twice"]),
    ("behind", "log\n\tlevel = debug\n", 2, ["a tab"]),
    ("behind", "log = 3\n", 1, ["log"]),
    ("behind", "data_dir = \"/other\"\n", 1, ["data_dir", "twice"]),
    ("before", "language = klingon\n", 1, ["language", "klingon"]),
    ("behind", "language = \"vi\n", 1, ["quotation mark"]),
    ("behind", "language = \"\0vi\"\n", 1, ["control character"]),
    ("behind", "x" * 5000 + " = 1\n", 1, []),
    ("behind", "        too = deep\n", 1, []),
]
OWN = {
    "office": [("behind", "sync\n    ping_seconds = soon\n", 2, ["sync/ping_seconds", "soon", "from 5 to 600"]),
               ("behind", "sync\n    ping_seconds = -7\n", 2, ["sync/ping_seconds", "-7", "from 5 to 600"]),
               ("behind", "parent\n    endpoint = \"http://x\"\n", 2, ["parent/endpoint", "tcp://host:port"])],
    "aggregator": [("before", "control = \"tcp://0.0.0.0:80\"\n", 1, ["control", "ipc://"]),
                   ("before", "control = \"ipc://relative/path\"\n", 1, ["control"]),
                   ("behind", "sync\n    holding_seconds = 99999999999999999999\n", 2, ["sync/holding_seconds"]),
                   ("behind", "parent\n    endpoint = \"tcp://a:1\"\n", 1, ["parent"])],
    "gate": [("before", "listen = \"tcp://*:99999\"\n", 1, ["listen", "tcp://*:99999", "from 1 to 65535"]),
             ("before", "listen = \"tcp://*:0\"\n", 1, ["listen", "from 1 to 65535"]),
             ("before", "sessions_max = 0\n", 1, ["sessions_max"]),
             ("behind", "sync\n    ping_seconds = 30\n", 1, ["sync", "unknown here"])],
    "reporter": [("before", "reminders_days = \"7 30\"\n", 1, ["reminders_days"]),
                 ("before", "out_dir = relative\n", 1, ["out_dir"])],
}


class Bench:
    def __init__(self, scene):
        self.scene = scene
        self.folder = scene.path("province")
        scene.call(scene.program("tiepsuc"), "init", self.folder, *INIT)
        self.texts = {}
        for service in ("aggregator", "gate", "reporter"):
            with open(os.path.join(self.folder, service + ".conf"), encoding="utf-8") as conf:
                self.texts[service] = conf.read()
        self.texts["office"] = self.texts["aggregator"].replace("aggregator", "office")

    def call(self, *words):
        done = self.scene.call(*words, check=False)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def service(self, service, conf, *more):
        return self.call("timeout", "20", self.scene.program("tiepsuc-" + service), "-f", conf, *more)


def wrong_lines(bench):
    told = 0
    for service, text in bench.texts.items():
        good = bench.scene.path(f"good-{service}.conf")
        with open(good, "w", encoding="utf-8") as conf:
            conf.write(text)
        for words in (["-n"], ["-nv"]):
            code, said = bench.service(service, good, *words)
            expect(code == 0, service, words, code, said)
            code, said = bench.call(bench.scene.program("tiepsuc"), "config", "check", *words, good)
            expect(code == 0 and ("-nv" not in words or "data_dir = " in said), service, words, code, said)
        for place, fault, line, parts in FAULTS + OWN[service]:
            path = bench.scene.path(f"bad-{service}.conf")
            spoilt = text.rstrip("\n") + "\n" + fault if place == "behind" else fault + "".join(
                row for row in text.splitlines(True) if not row.startswith(fault.split(" ")[0]))
            with open(path, "w", encoding="utf-8") as conf:
                conf.write(spoilt)
            at = line if place == "before" else len(text.rstrip("\n").splitlines()) + line
            tries = [bench.service(service, path), bench.service(service, path, "-n"),
                     bench.call(bench.scene.program("tiepsuc"), "config", "check", "-nv", "--service", service, path)]
            for code, said in tries:
                expect(code == 2, service, repr(fault[:60]), "exit", code, said[:500])
                for part in [path, f"line {at}:", *parts]:
                    expect(part in said, service, repr(fault[:60]), "does not say", part, "but", said[:500])
            told += 1
    return told


def no_file(bench):
    for service in bench.texts:
        for path, why in ((bench.scene.path("missing.conf"), "No such file"), (bench.scene.folder, "Is a directory"),
                          (bench.folder + "/aggregator.conf/x", "Not a directory")):
            for code, said in (bench.service(service, path), bench.service(service, path, "-n"),
                               bench.call(bench.scene.program("tiepsuc"), "config", "check", "--service", service, path)):
                expect(code == 2 and path in said and why in said, service, path, code, said)
    secret = bench.scene.path("secret-office.conf")
    with open(secret, "w", encoding="utf-8") as conf:
        conf.write(bench.texts["office"])
    os.chmod(secret, 0)
    os.chmod(bench.scene.folder, 0o755)
    if os.geteuid() == 0:  # root reads everything: as somebody else
        code, said = bench.call("setpriv", "--reuid=65534", "--clear-groups", bench.scene.program("tiepsuc-office"), "-f", secret)
        expect(code == 2 and secret in said and "Permission denied" in said, "unreadable", code, said)


def spoil(bench, name, change, service, parts):
    path = os.path.join(bench.folder, "keys", name)
    with open(path, encoding="utf-8") as key:
        text = key.read()
    mode = os.stat(path).st_mode
    change(path, text)
    code, said = bench.service(service, os.path.join(bench.folder, service + ".conf"))
    os.chmod(path, mode & 0o7777) if os.path.exists(path) else None
    with open(path, "w", encoding="utf-8") as key:
        key.write(text)
    os.chmod(path, mode & 0o7777)
    expect(code == 1, name, "exit", code, said[:600])
    for part in [path, *parts]:
        expect(part in said, name, "does not say", part, "but", said[:600])


def write(text_of):
    def change(path, text):
        with open(path, "w", encoding="utf-8") as key:
            key.write(text_of(text))
    return change


def without(name):
    return write(lambda text: "".join(row for row in text.splitlines(True) if not row.startswith(name)))


def keys(bench):
    again = ["setup was interrupted", "tiepsuc join", "tiepsuc init"]
    spoil(bench, "node.key", lambda path, text: os.chmod(path, 0o644), "aggregator", ["other people", "0644", "chmod 600"])
    spoil(bench, "node.key", lambda path, text: os.chmod(path, 0o660), "aggregator", ["other people", "0660", "chmod 600"])
    spoil(bench, "node.key", write(lambda text: text[:len(text) // 2]), "aggregator", [])
    spoil(bench, "node.key", write(lambda text: text[:20]), "aggregator", [])
    spoil(bench, "node.key", write(lambda text: ""), "aggregator", again)
    spoil(bench, "node.key", lambda path, text: os.remove(path), "aggregator", again)
    spoil(bench, "node.key", without("sign_secret"), "aggregator", ["not complete"])
    spoil(bench, "node.key", without("root_key"), "aggregator", ["not complete"])
    spoil(bench, "node.key", write(lambda text: text.replace("deployment = ", "deployment = zz")), "aggregator", ["line"])
    spoil(bench, "node.key", write(lambda text: text.replace("office = 01", "office = 02")), "aggregator", ["do not match"])
    spoil(bench, "node.key", write(lambda text: text + "surprise = 00\n" * 3), "aggregator", ["line"])
    spoil(bench, "registrar.key", write(lambda text: text[:60]), "aggregator", [])
    with open(os.path.join(bench.folder, "keys", "gate.key"), encoding="utf-8") as gate:
        other = gate.read()
    spoil(bench, "node.key", write(lambda text: other), "aggregator", [])
    spoil(bench, "gate.key", lambda path, text: os.chmod(path, 0o640), "gate", ["other people", "chmod 600"])
    spoil(bench, "gate.key", write(lambda text: text[:60]), "gate", [])
    spoil(bench, "gate.key", write(lambda text: ""), "gate", [])


def wrong_folder(bench):
    """The office's program on the province's folder, and a folder that is none."""
    scene = bench.scene
    for service in ("office", "aggregator"):
        path = scene.path(f"elsewhere-{service}.conf")
        with open(path, "w", encoding="utf-8") as conf:
            conf.write(bench.texts[service].replace(bench.folder, scene.path("nowhere")))
        code, said = bench.service(service, path)
        expect(code == 1 and scene.path("nowhere") in said and "tiepsuc join" in said, service, code, said)
    path = scene.path("office-at-province.conf")
    with open(path, "w", encoding="utf-8") as conf:
        conf.write(bench.texts["office"])
    code, said = bench.service("office", path)
    expect(code == 1 and "tiepsuc-aggregator" in said, "the office's program took the province's folder:", code, said)


def test(scene, given):
    bench = Bench(scene)
    told = wrong_lines(bench)
    no_file(bench)
    keys(bench)
    wrong_folder(bench)
    return f"{told} faults told with file and line, three ways each"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
