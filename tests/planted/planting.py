# SPDX-License-Identifier: MPL-2.0
"""A planted bug as it stands in this folder, and a build into which it can be put. Neither the tree nor the build is
changed: what a patch touches is copied, compiled with the flags of the build and put into copies of the libraries, and
a copy of a program is linked with them."""
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEAD = ("Breaks", "Invariant", "Killed by")
INVARIANTS = ["S%d" % n for n in range(1, 17)] + ["L%d" % n for n in range(1, 6)]
SIM_SECONDS = 300
SIM_SIZE = ("--days", "30", "--nodes", "7")  # many small worlds find more than few large ones


class Patch:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.number = path.stem.split("-")[0]
        text = path.read_text(encoding="utf-8")
        head, _, _ = text.partition("--- a/")
        self.head = dict(re.findall(r"^([A-Z][a-z ]+): (.+)$", head, re.M))
        self.hunks = read_hunks(text)
        self.files = list(self.hunks)

    def in_simulator(self):
        """(invariant that is to catch it there, further options of ts_sim); (None, []) when nothing is said."""
        words = self.head.get("In the simulator", "").split()
        return (words[0], words[1:]) if words else (None, [])

    def faults(self):
        for word in HEAD:
            if word not in self.head:
                yield "has no line “%s: …”" % word
        if not self.files:
            yield "changes nothing"

    def apply(self, to):
        """Copies the files that it touches and changes the copies. Returns what was wrong, or None."""
        for name, hunks in self.hunks.items():
            if not (ROOT / name).is_file():
                return "%s is not there" % name
            lines = (ROOT / name).read_text(encoding="utf-8").split("\n")
            moved = 0
            for start, rows in hunks:
                at = find_hunk(lines, rows, start - 1 + moved)
                if at is None:
                    return "%s: line %d is another now" % (name, start)
                where, rows = at
                old = [row[1:] for row in rows if row[:1] in " -"]
                new = [row[1:] for row in rows if row[:1] in " +"]
                lines[where:where + len(old)] = new
                moved = where + len(new) - len(old) - (start - 1)
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_text("\n".join(lines), encoding="utf-8")
        return None


def read_hunks(text):
    """file -> [(line, rows)] of a unified diff."""
    hunks = {}
    rows = None
    for line in text.split("\n"):
        if line.startswith("+++ b/"):
            name = line[6:].split("\t")[0]
            hunks[name] = []
        elif line.startswith("@@ "):
            rows = []
            hunks[name].append((int(re.match(r"@@ -(\d+)", line).group(1)), rows))
        elif rows is not None and line[:1] in (" ", "-", "+") and not line.startswith("--- a/"):
            rows.append(line)
    return hunks


def find_hunk(lines, rows, near):
    """Where the rows stand, nearest to where they stood: others change these files too. At most two
    lines of the surroundings may be others at either end; what is taken out must be there."""
    for fuzz in range(3):
        cut = list(rows)
        for _ in range(fuzz):
            cut = cut[1:] if cut[0][:1] == " " else cut
            cut = cut[:-1] if cut[-1][:1] == " " else cut
        old = [row[1:] for row in cut if row[:1] in " -"]
        found = [at for at in range(len(lines) - len(old) + 1) if old and lines[at:at + len(old)] == old]
        if found and (fuzz == 0 or len(found) == 1):
            return min(found, key=lambda at: abs(at - near)), cut
    return None


def patches():
    return [Patch(path) for path in sorted(HERE.glob("[0-9]*.patch"))]


class Build:
    """Commands of a build folder, and how to use them with a file that was changed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        rows = json.loads((self.folder / "compile_commands.json").read_text(encoding="utf-8"))
        self.rows = {}
        for row in rows:
            self.rows.setdefault(os.path.realpath(row["file"]), row)
        self.links = {}
        self.includers = None

    def link_line(self, target):
        if target not in self.links:
            done = subprocess.run(["ninja", "-C", str(self.folder), "-t", "commands", "-s", target],
                                  capture_output=True, text=True, check=False)
            lines = [line for line in done.stdout.splitlines() if " -o " in line]
            self.links[target] = lines[-1] if done.returncode == 0 and lines else None
        return self.links[target]

    def sources_of(self, files, more=()):
        """The .c files to compile for a change of these: themselves, or whatever includes a header; `more`:
        headers with their whole path."""
        out = [name for name in files if name.endswith(".c")]
        headers = [str(ROOT / name) for name in files if name.endswith(".h")] + list(more)
        if headers and self.includers is None:
            done = subprocess.run(["ninja", "-C", str(self.folder), "-t", "deps"], capture_output=True, text=True,
                                  check=True)
            self.includers = [block.split("\n") for block in done.stdout.split("\n\n")]
        for block in self.includers or [] if headers else []:
            used = {os.path.realpath(self.folder / line.strip()) for line in block[1:]}
            source = next((line.strip() for line in block[1:] if line.strip().endswith(".c")), None)
            if source and used.intersection(headers):
                name = os.path.relpath(os.path.realpath(self.folder / source), ROOT)
                if not name.startswith("..") and name not in out:
                    out.append(name)
        return out

    def compile(self, source, overlay, more=()):
        """Returns (object of the build, planted object), or raises with what the compiler said."""
        row = self.rows[os.path.realpath(ROOT / source)]
        words = shlex.split(row["command"])
        at = words.index("-o")
        original = words[at + 1]
        planted = overlay / (source.replace("/", "_") + ".o")
        words[at + 1] = str(planted)
        path = overlay / source if (overlay / source).exists() else ROOT / source
        words[words.index("-c") + 1] = str(path)
        words = [word for word in words if word != "-Werror"]
        # Neither date nor name of a copy matters; its folder comes before the tree's.
        words[1:1] = ["-w", *more, "-I", str(overlay / "common"), "-I", str(overlay / "services"), "-I", str(overlay / "tests")]
        done = subprocess.run(words, cwd=row["directory"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError("does not compile: " + done.stderr.strip()[-600:])
        return original, planted

    def libraries(self, objects, overlay):
        """library of the build -> a copy in which these objects stand in the place of the former ones."""
        inside = {}
        for original, planted in objects:
            found = re.match(r"(.*?)/?CMakeFiles/([^/]+)\.dir/", original)
            library = os.path.join(found.group(1), "lib%s.a" % found.group(2))
            if (self.folder / library).exists():
                inside.setdefault(library, []).append((os.path.basename(original), planted))
        copies = {}
        for library, members in inside.items():
            copy = overlay / "lib" / os.path.basename(library)
            copies[library] = copy
            if copy.exists():
                continue
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(self.folder / library, copy)
            with tempfile.TemporaryDirectory(dir=overlay) as named:
                for name, planted in members:
                    shutil.copyfile(planted, os.path.join(named, name))
                subprocess.run(["ar", "rs", str(copy)] + [name for name, _ in members], cwd=named, check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return copies

    def link(self, target, objects, overlay, out=None):
        """A copy of the program with the planted objects; None when this build has no such program."""
        line = self.link_line(target)
        if line is None:
            return None
        out = out or overlay / "bin" / os.path.basename(target)
        out.parent.mkdir(exist_ok=True)
        for original, planted in objects:
            line = line.replace(original, str(planted))
        for library, copy in self.libraries(objects, overlay).items():
            line = re.sub(r"(?<=\s)%s(?=\s)" % re.escape(library), str(copy), line)
        line = re.sub(r" -o \S+", " -o %s" % out, line, count=1)
        done = subprocess.run(["sh", "-c", line], cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError("does not link: " + done.stderr.strip()[-600:])
        return out


def run_sim(program, seeds, folder, more=()):
    """(seeds until one failed or None, what it broke, seconds); `more`: options of ts_sim."""
    began = time.monotonic()
    command = [str(program), "--seeds", "1..%d" % seeds, "--once", "--jobs", "1", *SIM_SIZE, *more]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", start_new_session=True,
                          env=dict(os.environ, TMPDIR=str(folder))) as run:
        # It forks a process for each seed: all of them end when it has told one, or when it takes too long.
        timer = threading.Timer(SIM_SECONDS, os.killpg, (run.pid, signal.SIGKILL))
        timer.start()
        found = None
        for line in run.stdout:
            found = re.match(r"seed (\d+): (\w+)", line)
            if found:
                break
        timer.cancel()
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
    took = time.monotonic() - began
    return (int(found.group(1)), found.group(2), took) if found else (None, "", took)


def machine():
    cpu = "?"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    kernel = os.uname()
    return "%d × %s, %s %s" % (os.cpu_count() or 1, cpu, kernel.sysname, kernel.release.split("-")[0])
