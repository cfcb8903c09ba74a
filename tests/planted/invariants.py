#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Shows that each invariant of the simulator catches something: it is judged alone with bugs planted against it, and the
others are judged without it.

    invariants.py BUILD            every invariant; the page is written with --page
    invariants.py BUILD S7 L3      those alone
    --seeds N     up to so many seeds for each run (40)
    --jobs N      so many invariants at a time
    --page FILE   write the page there
    --kept FILE   results of earlier runs: those of other invariants go onto the page too

A patch names the invariant ("In the simulator: S7", and further options of ts_sim). What only it catches needs it; what the
others catch too is caught earlier or later. Where the program itself notices first and stops, that is told. The last line of
the output is one JSON object; the program ends with 1 when a bug was caught neither by its invariant nor by the program itself."""
import argparse
import concurrent.futures
import json
import pathlib
import sys
import tempfile
import time

from planting import INVARIANTS, SIM_SIZE, Build, machine, patches, run_sim


def try_bug(build, patch, seeds):
    """What the invariant alone, and all others without it, say to a program with the bug."""
    invariant, options = patch.in_simulator()
    row = {"bug": patch.name, "breaks": patch.head["Breaks"], "options": " ".join(options), "others": None, "other": ""}
    with tempfile.TemporaryDirectory(prefix="planted-") as text:
        folder = pathlib.Path(text)
        fault = patch.apply(folder)
        if fault is not None:
            raise RuntimeError(fault)
        objects = [build.compile(source, folder) for source in build.sources_of(patch.files)]
        program = build.link("bin/ts_sim", objects, folder)
        row["alone"], row["said"], _ = run_sim(program, seeds, folder, (*options, "--ask", invariant))
        if row["said"] == invariant:
            row["others"], row["other"], _ = run_sim(program, seeds, folder, (*options, "--but", invariant))
    print("%-4s %-32s alone: %s, others: %s" % (
        invariant, patch.name, told(row["alone"], row["said"], seeds), told(row["others"], row["other"], seeds)), flush=True)
    return row


def bugs():
    """invariant -> the patch that says that it is caught by it in the simulator."""
    found = {}
    for patch in patches():
        invariant, _ = patch.in_simulator()
        if invariant is not None:
            found[invariant] = patch
    return found


SAID = {"stop": "the program stops by itself", "crash": "the program crashes"}


def told(seed, word, seeds):
    return "nothing in %d seeds" % seeds if seed is None else "%s, seed %d" % (SAID.get(word, word), seed)


def write_page(path, rows, seeds):
    lines = [
        "# What each invariant catches",
        "",
        "Generated, not written: `tests/planted/invariants.py BUILD --seeds %d --page tests/planted/INVARIANTS.md`, %s, on %s." %
        (seeds, time.strftime("%Y-%m-%d", time.gmtime()), machine()),
        "",
        "A bug is planted in the program, then the simulator plays seeds from 1 on (`%s`): once with this invariant alone," %
        " ".join(SIM_SIZE),
        "once with all others. `tests/sim/checks.md` says what each of them means.",
        "",
        "| invariant | bug | what it breaks | the invariant alone | all others without it |",
        "|---|---|---|---|---|",
    ]
    for invariant in INVARIANTS:
        row = rows.get(invariant)
        if row is None:
            lines.append("| %s | – | | **no bug** | |" % invariant)
            continue
        alone = row["said"] == invariant
        others = told(row["others"], row["other"], seeds) if alone else ""
        lines.append("| %s | %s%s | %s | %s | %s |" % (
            invariant, row["bug"], " (`%s`)" % row["options"] if row["options"] else "", row["breaks"],
            told(row["alone"], row["said"], seeds), "**only it**: " + others if alone and row["others"] is None else others))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("invariants", nargs="*")
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--kept", type=pathlib.Path)
    given = parser.parse_args()
    unknown = [name for name in given.invariants if name not in INVARIANTS]
    if unknown:
        parser.error("there is no invariant %s" % " ".join(unknown))
    build = Build(given.build)
    planted = bugs()
    chosen = [name for name in given.invariants or INVARIANTS if name in planted]
    rows = json.loads(given.kept.read_text(encoding="utf-8")) if given.kept and given.kept.exists() else {}
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        rows.update(zip(chosen, pool.map(lambda name: try_bug(build, planted[name], given.seeds), chosen)))
    if given.kept:
        given.kept.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    if given.page:
        write_page(given.page, rows, given.seeds)
    alone = [name for name, row in rows.items() if row["said"] == name]
    by_itself = [name for name, row in rows.items() if row["said"] in SAID]
    print(json.dumps({
        "proof": "invariants", "invariants": len(INVARIANTS), "caught_alone": len(alone),
        "caught_by_nothing_else": [name for name in alone if rows[name]["others"] is None],
        "noticed_by_the_program_itself": by_itself,
        "not_caught": [name for name in INVARIANTS if name not in alone + by_itself]}, ensure_ascii=False))
    return 0 if len(alone) + len(by_itself) == len(chosen) == len(given.invariants or INVARIANTS) else 1


if __name__ == "__main__":
    sys.exit(main())
