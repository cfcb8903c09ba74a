#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""next.py BUILD OUT: the programs of a later version, from this one and next.patch.

As tests/planted/run.py does it: what the patch touches, and whatever includes that, is compiled anew with the
flags of the build, and put into copies of the libraries. Neither the tree nor the build is changed. Nothing is made
when OUT has already what these sources give."""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "planted"))
from run import PROGRAMS, ROOT, Build, Patch  # noqa: E402  pylint: disable=wrong-import-position

PROTO = "proto/tiepsuc/v1/event.pb-c"
OBJECT = "proto/CMakeFiles/ts_proto.dir/tiepsuc/v1/event.pb-c.c.o"


def mark_of(build):
    mark = hashlib.sha256()
    paths = [path for folder in ("common", "services", "proto") for path in (ROOT / folder).rglob("*")
             if path.suffix in (".c", ".h", ".proto", ".sql")]
    for path in sorted(paths) + [HERE / "next.patch", build.folder / "CMakeCache.txt"]:
        mark.update(str(path).encode() + b"\0" + path.read_bytes())
    return mark.hexdigest()


def generate(build, overlay):
    """C from the changed schema, by the command of the build."""
    for path in (ROOT / "proto" / "tiepsuc" / "v1").glob("*.proto"):
        target = overlay / "proto" / "tiepsuc" / "v1" / path.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    done = subprocess.run(["ninja", "-C", str(build.folder), "-t", "commands", "-s", PROTO + ".c"], capture_output=True,
                          text=True, check=True)
    line = done.stdout.strip().splitlines()[-1]
    line = re.sub(r"--c_out=\S+", "--c_out=%s" % (overlay / "gen"), line).replace(str(ROOT / "proto"), str(overlay / "proto"))
    (overlay / "gen").mkdir()
    subprocess.run(["sh", "-c", line], cwd=build.folder, check=True)


def compile_all(build, overlay, files):
    headers = [name for name in files if name.endswith(".h")]
    sources = [name for name in build.sources_of([name for name in files if name.endswith(".c")] + headers,
                                                 [str(build.folder / (PROTO + ".h"))])
               if name.startswith(("common/", "services/"))]

    def one(name):
        return build.compile(name, overlay, ["-I", str(overlay / "gen")])

    def schema():
        row = build.rows[os.path.realpath(build.folder / (PROTO + ".c"))]
        words = shlex.split(row["command"])
        out = overlay / "event.pb-c.o"
        words[words.index("-o") + 1] = str(out)
        words[words.index("-c") + 1] = str(overlay / "gen" / "tiepsuc" / "v1" / "event.pb-c.c")
        words[1:1] = ["-I", str(overlay / "gen")]
        subprocess.run(words, cwd=row["directory"], check=True)
        return OBJECT, out

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        made = [pool.submit(schema)] + [pool.submit(one, name) for name in sources]
        return [job.result() for job in made]


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    build = Build(sys.argv[1])
    out = pathlib.Path(sys.argv[2]).resolve()
    mark = mark_of(build)
    stamp = out / "mark"
    if stamp.exists() and stamp.read_text() == mark:
        return 0
    out.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    patch = Patch(HERE / "next.patch")
    with tempfile.TemporaryDirectory(prefix="next-") as text:
        overlay = pathlib.Path(text)
        fault = patch.apply(overlay)
        if fault is not None:
            print("next.patch: " + fault)
            return 1
        generate(build, overlay)
        objects = compile_all(build, overlay, patch.files)
        for program in PROGRAMS:
            build.link("bin/" + program, objects, overlay, out / program)
    stamp.write_text(mark)
    print("%d sources compiled anew, %d programs" % (len(objects), len(PROGRAMS)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
