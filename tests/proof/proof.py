#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Runs the parts of the proof and writes tests/PROOF.md from what they measured. Started by tests/proof.sh.

Each part is a command whose last line of output is one JSON object {"proof": name, …figures…} and that
ends with 0 when all is well. What it printed stays in build/proof/<part>.log, its figures in
build/proof/<part>.json. Nothing on the page is typed by hand."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "build" / "proof"
PAGE = ROOT / "tests" / "PROOF.md"
BIN = "build/release/bin/"

# Name, title, weight in the time (0: takes what it takes), what must be there, command. {s}: its seconds, {m}: minutes,
# {calls}: of all calls to the disk (more than an hour's work) so few that they fit; {seeds}: of the simulator for a bug.
PARTS = [
    ("sim", "Simulator", 40, BIN + "ts_sim", [BIN + "ts_sim", "--minutes", "{m}", "--jobs", "{jobs}"]),
    ("crash", "Crash matrix", 20, "build/release/tests/ts_crash",
     ["build/release/tests/ts_crash", "--calls", "{calls}", "--page", "tests/crash/MATRIX.md"]),
    ("planted", "Planted bugs", 25, "tests/planted/run.py",
     ["tests/planted/run.py", "build/release", "--seeds", "{seeds}", "--seconds", "{s}", "--jobs", "{jobs}", "--kept",
      "build/proof/planted.results", "--page", "tests/planted/RESULTS.md"]),
    ("invariants", "What each invariant catches", 0, "tests/planted/invariants.py",
     ["tests/planted/invariants.py", "build/release", "--jobs", "{jobs}", "--page", "tests/planted/INVARIANTS.md"]),
    ("fuzz", "Fuzzing", 15, "tests/fuzz/long.sh", ["env", "FUZZ_KEEP=no", "tests/fuzz/long.sh", "{m}"]),
    ("steps", "Stopped at every change", 0, "build/release/tests/test_node_ladder",
     ["tests/proof/steps.py", "build/release/tests", "--jobs", "{jobs}"]),
    ("thin", "Thin link", 0, "tests/proof/thin.py", ["tests/proof/thin.py", "build/release/bin"]),
    ("coverage", "Coverage", 0, "tests/proof/coverage.py", ["tests/proof/coverage.py", "--jobs", "{jobs}"]),
]
FIXED_SECONDS = 1800


def machine():
    cpu = "?"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory = int(info.readline().split()[1]) // 1048576
    return "%d × %s, %d GiB, %s %s" % (os.cpu_count() or 1, cpu, memory, os.uname().sysname,
                                       os.uname().release.split("-")[0])


def compiler():
    done = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[0]


def version():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() or "no repository"


def last_object(text):
    for line in reversed(text.strip().split("\n")):
        if line.startswith("{"):
            try:
                return json.loads(line)
            except ValueError:
                return None
    return None


def run_part(part, seconds, jobs, build):
    name, title, _, needs, command = part
    needs = needs.replace("build/release", build)
    row = {"part": name, "date": time.strftime("%Y-%m-%d", time.gmtime()), "version": version(), "figures": {}}
    if not (ROOT / needs).exists():
        row["state"] = "missing: %s" % part[3]
        print("== %s: %s" % (title, row["state"]), flush=True)
        return row
    given = {"s": int(seconds), "m": max(1, round(seconds / 60)), "jobs": jobs, "calls": max(1, round(12000 / seconds)),
             "seeds": min(2000, max(10, round(seconds / 150)))}
    words = [word.format(**given).replace("build/release", build) for word in command]
    row["command"] = " ".join(words).replace(build, "build/release")
    row["seconds_given"] = int(seconds)
    print("== %s: %s" % (title, row["command"]), flush=True)
    began = time.monotonic()
    log = KEPT / (name + ".log")
    with open(log, "wb") as output:
        try:
            code = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, timeout=seconds * 2 + 1800, check=False).returncode
        except (subprocess.TimeoutExpired, OSError) as error:
            code = str(error)
    row["seconds"] = round(time.monotonic() - began)
    text = log.read_text(encoding="utf-8", errors="replace")
    found = last_object(text)
    row["figures"] = found or {}
    row["state"] = "ok" if code == 0 and found is not None else \
        "could not run (%s)" % text.strip().split("\n")[-1][:120] if code == 77 else \
        "no figures" if code == 0 else "failed: %s" % code
    print("\n".join(text.strip().split("\n")[-3:]), flush=True)
    print("== %s: %s, %d s" % (title, row["state"], row["seconds"]), flush=True)
    return row


# ---- the page

def pick(rows, part, *names):
    """The first of these figures that the part told."""
    figures = rows.get(part, {}).get("figures", {})
    for name in names:
        at = figures
        for step in name.split("."):
            at = at.get(step) if isinstance(at, dict) else None
        if at is not None:
            return at
    return None


def shown(value, unit=""):
    if value is None:
        return "not measured"
    if isinstance(value, float):
        value = round(value, 3 if abs(value) < 10 else 1)
    return "%s%s" % (format(value, ",") if isinstance(value, int) and not isinstance(value, bool) else value, unit)


def met(value, good):
    return "–" if value is None else "yes" if good(value) else "**no**"


def ratio(rows, part, over, under):
    a = pick(rows, part, *over)
    b = pick(rows, part, *under)
    return None if a is None or not b else round(a / b, 4)


def targets(rows):
    """Figure, value, target, met."""
    out = []
    rate = pick(rows, "sim", "office_years_per_minute", "office_years_per_core_minute")
    out.append(("Simulated office-years a minute, one core", shown(rate), "≥ 1,000", met(rate, lambda v: v >= 1000)))
    out.append(("Seeds run", shown(pick(rows, "sim", "seeds")), "", "–"))
    out.append(("Simulated office-years", shown(pick(rows, "sim", "office_years")), "", "–"))
    broken = pick(rows, "sim", "violations")
    out.append(("Invariants violated (S1, S2: an acknowledged event was lost)", shown(broken), "0",
                met(broken, lambda v: v == 0)))
    passed = pick(rows, "crash", "passed")
    can = None if passed is None else pick(rows, "crash", "cells") - (pick(rows, "crash", "not_applicable") or 0)
    out.append(("Cells of the crash matrix passed, of those that can be", "not measured" if can is None else
                "%d of %d" % (passed, can), "all", met(passed, lambda v: v == can)))
    killed = ratio(rows, "planted", ("killed",), ("planted",))
    text = "%s of %s" % (shown(pick(rows, "planted", "killed")), shown(pick(rows, "planted", "planted")))
    out.append(("Planted bugs killed", text if killed is not None else "not measured", "≥ 95 %",
                met(killed, lambda v: v >= 0.95)))
    out.append(("Of them by the simulator alone", shown(pick(rows, "planted", "by_simulator")), "", "–"))
    out.append(("Median seeds to kill", shown(pick(rows, "planted", "median_seeds")), "≤ 2,000",
                met(pick(rows, "planted", "median_seeds"), lambda v: v <= 2000)))
    alone = pick(rows, "invariants", "caught_alone")
    out.append(("Invariants that catch a planted bug when judged alone", "not measured" if alone is None else "%d of %d" %
                (alone, pick(rows, "invariants", "invariants")), "", "–"))
    for name, title, goal in (("custody", "custody", 100), ("seal", "envelope and seal", 100), ("sync", "sync halves", 95),
                              ("fold", "fold", 95)):
        value = pick(rows, "coverage", "groups." + name)
        out.append(("Branches covered: " + title, shown(value, " %"), "%d %%" % goal, met(value, lambda v, g=goal: v >= g)))
    out.append(("Fuzz executions", shown(pick(rows, "fuzz", "executions")), "", "–"))
    bytes_ratio = pick(rows, "thin", "ratio")
    out.append(("Thin link, cut every 60 s: bytes ÷ unique bytes", shown(bytes_ratio), "≤ 1.15",
                met(bytes_ratio, lambda v: v <= 1.15)))
    return out


def write_values(lines, values, depth=0):
    for key, value in values.items():
        if key == "proof":
            continue
        if isinstance(value, dict) and value and not any(isinstance(v, (dict, list)) for v in value.values()):
            lines += ["", "%s:" % key.replace("_", " "), "", "| | |", "|---|---|"]
            lines += ["| %s | %s |" % (name, shown(number)) for name, number in value.items()]
            lines.append("")
        elif isinstance(value, dict):
            write_values(lines, value, depth + 1)
        elif isinstance(value, list):
            lines.append("- %s: %s" % (key.replace("_", " "), ", ".join(str(item) for item in value) or "none"))
        else:
            lines.append("- %s: %s" % (key.replace("_", " "), shown(value)))


def write_page(rows):
    lines = [
        "# Proof",
        "",
        "Generated, not written: `tests/proof.sh`, on %s, %s." % (machine(), compiler()),
        "",
        "| figure | value | target | met |",
        "|---|---|---|---|",
    ]
    lines += ["| %s | %s | %s | %s |" % row for row in targets(rows)]
    lines += ["", "## Parts", "", "| part | state | command | s | date | version |", "|---|---|---|---|---|---|"]
    for name, title, _, _, _ in PARTS:
        row = rows.get(name)
        if row is None:
            lines.append("| %s | **never run** | | | | |" % title)
            continue
        state = row["state"] if row["state"] == "ok" else "**%s**" % row["state"]
        lines.append("| %s | %s | `%s` | %s | %s | %s |" % (
            title, state, row.get("command", ""), row.get("seconds", ""), row["date"], row["version"]))
    for name, title, _, _, _ in PARTS:
        if rows.get(name, {}).get("figures"):
            lines += ["", "## " + title, ""]
            write_values(lines, rows[name]["figures"])
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    PAGE.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def kept():
    rows = {}
    for name, _, _, _, _ in PARTS:
        path = KEPT / (name + ".json")
        if path.exists():
            rows[name] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=60)
    parser.add_argument("--only", nargs="+", choices=[part[0] for part in PARTS])
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--build", default="build/release", help="a build of all programs and tests")
    given = parser.parse_args()
    if given.list:
        print("\n".join("%-9s %s" % part[:2] for part in PARTS))
        return 0
    KEPT.mkdir(parents=True, exist_ok=True)
    if given.page:
        write_page(kept())
        return 0
    seconds = given.minutes * 60
    shared = max(seconds / 2, seconds - FIXED_SECONDS)
    weights = sum(part[2] for part in PARTS)
    bad = 0
    for part in PARTS:
        if given.only and part[0] not in given.only:
            continue
        share = shared * part[2] / weights if part[2] else FIXED_SECONDS / 2
        row = run_part(part, max(20, share), given.jobs, given.build)
        (KEPT / (part[0] + ".json")).write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
        write_page(kept())
        bad += row["state"] != "ok"
    print("%s: %d parts not well" % (PAGE.relative_to(ROOT), bad) if bad else "%s is written" % PAGE.relative_to(ROOT))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
