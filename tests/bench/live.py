# SPDX-License-Identifier: MPL-2.0
"""live.py [--runs N] --programs DIR: one need after the other recorded at a commune; how long until a subscriber at the province has it, through three
durable hops over an open link. The limit is 4 × the p50 of one fdatasync of this disk in the same run + 1.5 ms."""
import argparse
import json
import os

from catchup import has_plan
from lab import ADDRESS, Lab, wait_for
from tree import Tree


def key_of(path, name):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            word, _, value = line.partition("=")
            if word.strip() == name:
                return value.strip()
    raise RuntimeError(f"{path} has no {name}")


def one_run(given, number):
    with Lab("tsl") as lab:
        tree = Tree(lab, given.programs)
        tree.found(feed=True)
        tree.start("B")
        tree.start("A")
        if not wait_for(lambda: has_plan(tree), 60, 0.2):
            raise RuntimeError("the plan did not reach the commune")
        reader = os.path.join(lab.folder, "reader.key")
        tree.tell("C", "enrol", "--as", "1", "--role", "subscriber", "--name", "Bảng theo dõi", "-o", reader)
        server = key_of(f"{tree.folder('C')}/keys/gate.key", "curve_public")
        out = lab.call("C", os.path.join(given.programs, "bench_live"), f"ipc://{tree.folder('A')}/control.sock", f"tcp://{ADDRESS['C']}:7510",
                       server, reader, lab.folder, given.events, "09694", given.line)
        result = json.loads(out)
        result["run"] = number
        return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--line", default="warm")
    parser.add_argument("--programs", required=True)
    given = parser.parse_args()
    for number in range(1, given.runs + 1):
        print(json.dumps(one_run(given, number)), flush=True)


if __name__ == "__main__":
    main()
