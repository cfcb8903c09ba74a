# SPDX-License-Identifier: MPL-2.0
"""thin_link.py IF1 IF2 [--rate BITS] [--delay S] [--loss P] [--queue N] [--seed N] [--cut-every S --cut-for S] [--cut-at S,S…] [--cut-way both|first|second]
[--cut-forgets] [--cut-log FILE]

Carries Ethernet frames between two interfaces of one namespace as a thin link would: each direction sends one frame at
a time at its rate, holds it for the delay, loses some at random and drops what does not fit into its queue. With cuts the link is dead
now and then: with exponential pauses, or at moments counted from the first frame. A one-way cut swallows only what comes in at the first or the
second interface. Nothing is reset, so TCP sees silence. With
--cut-forgets TCP connections from before a cut are dead after it, as when a modem comes back with another address. For kernels without sch_netem."""
import argparse
import collections
import heapq
import random
import select
import signal
import socket
import sys
import time


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("interfaces", nargs=2)
    parser.add_argument("--rate", type=float, default=64000)
    parser.add_argument("--delay", type=float, default=0.3)
    parser.add_argument("--loss", type=float, default=0.01)
    parser.add_argument("--queue", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cut-every", type=float, default=0)
    parser.add_argument("--cut-for", type=float, default=10)
    parser.add_argument("--cut-at", default="")
    parser.add_argument("--cut-way", choices=("both", "first", "second"), default="both")
    parser.add_argument("--cut-forgets", action="store_true")
    parser.add_argument("--cut-log")
    return parser.parse_args()


class Direction:
    def __init__(self, out):
        self.out = out
        self.busy_until = 0.0
        self.queue = collections.deque()  # when each waiting frame will have been sent

    def admit(self, now, size, rate, room):
        """When the frame arrives at the far end's input, without delay; None when the queue is full."""
        while self.queue and self.queue[0] <= now:
            self.queue.popleft()
        if len(self.queue) >= room:
            return None
        self.busy_until = max(self.busy_until, now) + (size * 8 / rate if rate else 0)
        self.queue.append(self.busy_until)
        return self.busy_until


class Flows:
    """Which TCP connections a cut has ended for ever."""

    def __init__(self):
        self.seen, self.dead = set(), set()

    def is_dead(self, frame):
        if len(frame) < 38 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
            return False
        ports = 14 + (frame[14] & 15) * 4
        key = frozenset((frame[26:30] + frame[ports:ports + 2], frame[30:34] + frame[ports + 2:ports + 4]))
        self.seen.add(key)
        return key in self.dead

    def cut_ended(self):
        self.dead |= self.seen
        self.seen = set()


class Cuts:
    def __init__(self, given, rng):
        self.given, self.rng = given, rng
        self.moments = [float(moment) for moment in given.cut_at.split(",") if moment]
        self.first_frame = None
        self.flows = Flows() if given.cut_forgets else None
        self.begin = self.next(time.monotonic()) if given.cut_every else float("inf")

    def next(self, now):
        if self.given.cut_every:
            return now + self.rng.expovariate(1 / self.given.cut_every)
        return self.first_frame + self.moments.pop(0) if self.moments else float("inf")

    def is_dead(self, now):
        """Called for every frame."""
        if self.first_frame is None:
            self.first_frame = now
            self.begin = min(self.begin, self.next(now))
        if now < self.begin:
            return False
        if now < self.begin + self.given.cut_for:
            return True
        if self.given.cut_log:
            with open(self.given.cut_log, "a", encoding="ascii") as out:
                out.write(f"{self.begin:.3f} {self.begin + self.given.cut_for:.3f}\n")
        self.begin = self.next(now)
        if self.flows:
            self.flows.cut_ended()
        return False


def main():
    given = options()
    rng = random.Random(given.seed)
    sockets = []
    for name in given.interfaces:
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        one.bind((name, 3))
        one.setblocking(False)
        sockets.append(one)
    directions = [Direction(sockets[1]), Direction(sockets[0])]
    cuts = Cuts(given, rng)
    ways = {"both": (0, 1), "first": (0,), "second": (1,)}[given.cut_way]
    count = collections.Counter()
    pending = []

    def finish(*_):
        print(dict(count), flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, finish)
    while True:
        now = time.monotonic()
        wait = max(0.0, pending[0][0] - now) if pending else 1.0
        for ready in select.select(sockets, [], [], wait)[0]:
            which = sockets.index(ready)
            for _ in range(64):
                try:
                    frame, address = ready.recvfrom(65600)
                except BlockingIOError:
                    break
                if address[2] == socket.PACKET_OUTGOING:
                    continue
                now = time.monotonic()
                if cuts.is_dead(now) and which in ways or cuts.flows and cuts.flows.is_dead(frame):
                    count["cut"] += 1
                elif rng.random() < given.loss:
                    count["lost"] += 1
                else:
                    sent = directions[which].admit(now, len(frame), given.rate, given.queue)
                    if sent is None:
                        count["full"] += 1
                    else:
                        count["carried"] += 1
                        heapq.heappush(pending, (sent + given.delay, count["carried"], which, frame))
        now = time.monotonic()
        while pending and pending[0][0] <= now:
            _, _, which, frame = heapq.heappop(pending)
            try:
                directions[which].out.send(frame)
            except OSError:
                count["send_error"] += 1


main()
