# SPDX-License-Identifier: MPL-2.0
"""Three hosts on one machine, in network namespaces, for the benchmarks and scenarios.

    commune A 10.88.1.1 ── 10.88.1.2 district B 10.88.2.1 ── 10.88.2.2 province C

Counters are those of the interfaces with offloads off: every frame with its Ethernet, IP and TCP headers. With `thin` the
frames between A and B are carried by thin_link.py (rate, delay, loss, cuts). Needs root. Everything that was started
is ended by its own process group; the namespaces are removed. Standard library only."""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ADDRESS = {"A": "10.88.1.1", "B": "10.88.1.2", "B-up": "10.88.2.1", "C": "10.88.2.2"}
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options).stdout


class Lab:
    def __init__(self, name="tsb", thin=None, keep=False):
        """thin: list of options of thin_link.py, or None for an open link. Two labs may stand at one time. keep: the folder stays, and every line
        of a log begins with the moment it came (seconds, time.monotonic)."""
        self.name = f"{name}{os.getpid()}"
        self.thin = thin
        self.keep = keep
        self.processes = []
        self.carrier = None
        self.folder = tempfile.mkdtemp(prefix="tiepsuc-bench-")

    def space(self, host):
        return self.name + host

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *unused):
        for process in reversed(self.processes):
            self.stop(process)
        for host in "ABCE":
            subprocess.run(["ip", "netns", "del", self.space(host)], capture_output=True, check=False)
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def build(self):
        for host in "ABCE" if self.thin is not None else "ABC":
            subprocess.run(["ip", "netns", "del", self.space(host)], capture_output=True, check=False)
            run("ip", "netns", "add", self.space(host))
            run("ip", "-n", self.space(host), "link", "set", "lo", "up")
            run("ip", "netns", "exec", self.space(host), "sh", "-c",
                "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")
        if self.thin is None:
            self.cable("A", "ab", ADDRESS["A"], "B", "ba", ADDRESS["B"])
        else:
            self.cable("A", "ab", ADDRESS["A"], "E", "ea", None)
            self.cable("E", "eb", None, "B", "ba", ADDRESS["B"])
            self.carrier = self.start("E", [sys.executable, HERE + "/thin_link.py", "ea", "eb"] + self.thin, "thin_link")
        self.cable("B", "bc", ADDRESS["B-up"], "C", "cb", ADDRESS["C"])

    def cable(self, host1, name1, address1, host2, name2, address2):
        run("ip", "-n", self.space(host1), "link", "add", name1, "type", "veth", "peer", "name", name2,
            "netns", self.space(host2))
        for host, name, address in ((host1, name1, address1), (host2, name2, address2)):
            run("ip", "netns", "exec", self.space(host), "ethtool", "-K", name, "tso", "off", "gso", "off", "gro", "off",
                "tx", "off", "rx", "off")
            if address:
                run("ip", "-n", self.space(host), "addr", "add", address + "/24", "dev", name)
            run("ip", "-n", self.space(host), "link", "set", name, "up")

    def start(self, host, words, log):
        """Starts a program in a host's namespace; its output goes to <folder>/<log>.log."""
        with open(os.path.join(self.folder, log + ".log"), "ab") as out:
            process = subprocess.Popen(["ip", "netns", "exec", self.space(host)] + [str(word) for word in words],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if self.keep else out, stderr=subprocess.STDOUT,
                                       start_new_session=True)
        if self.keep:
            threading.Thread(target=self.stamp, args=(process.stdout, log), daemon=True).start()
        self.processes.append(process)
        return process

    def stamp(self, lines, log):
        with open(os.path.join(self.folder, log + ".log"), "a", encoding="utf-8") as out:
            for line in lines:
                out.write(f"{time.monotonic():.3f} {line.decode('utf-8', 'replace')}")
                out.flush()

    def call(self, host, *words, **options):
        return run("ip", "netns", "exec", self.space(host), *words, **options)

    def stop(self, process, how=signal.SIGTERM, seconds=10):
        if process.poll() is None:
            try:
                os.killpg(process.pid, how)
                process.wait(seconds)
            except ProcessLookupError:
                pass
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process in self.processes:
            self.processes.remove(process)

    def link(self, up):
        """The link between A and B."""
        run("ip", "-n", self.space("A"), "link", "set", "ab", "up" if up else "down")

    def inside(self, host):
        return _Inside(self.space(host))

    def counters(self):
        """Bytes A→B, B→A, B→C, C→B since the cables were laid."""
        counts = []
        for host, name in (("A", "ab"), ("B", "bc")):
            with self.inside(host), open("/proc/thread-self/net/dev", encoding="ascii") as table:
                for line in table:
                    if line.strip().startswith(name + ":"):
                        words = line.split(":")[1].split()
                        counts += [int(words[8]), int(words[0])]
        return counts


class _Inside:
    """This thread's network namespace is the host's while it lasts."""

    def __init__(self, space):
        self.space = space

    def __enter__(self):
        self.before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open("/run/netns/" + self.space, os.O_RDONLY)
        if libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(there)

    def __exit__(self, *unused):
        libc.setns(self.before, CLONE_NEWNET)
        os.close(self.before)


def wait_for(what, seconds, pause=0.02):
    """Calls `what` until it is true; its value, or None when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(pause)
    return None
