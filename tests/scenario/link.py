# SPDX-License-Identifier: MPL-2.0
"""A link that fails on purpose: a TCP relay on 127.0.0.1 between a child and the gate of its parent. It can be slow, cut with a
reset, cut after so many bytes, frozen (one way or both), or dead without a word. No rights needed. Standard library only.

A frozen connection goes on where it stood when it thaws, as TCP does after a short outage; one that was left in a black hole never
carries a byte again and neither end is told. UP is towards the parent."""
import asyncio
import contextlib
import socket
import struct
import threading
import time

UP, DOWN = 0, 1
PIECE = 1024


class Link:
    def __init__(self, target, rate=0, delay=0.0):
        """target: port of the gate; rate: bytes per second and direction, 0 = no limit; delay: seconds, one way."""
        self.target = target
        self.rate = rate
        self.delay = delay
        self.up = True          # False: whoever connects is refused
        self.frozen = [False, False]
        self.cut_after = None   # function without arguments: bytes (both ways) after which a new connection is cut; None = never
        self.bytes = [0, 0]
        self.moved = [0.0, 0.0]  # when something last moved, monotonic
        self.connections = 0
        self.cuts = 0
        self.live = set()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the relay itself keeps next to nothing
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.create_task(self._accept())
        self.loop.run_forever()

    async def _accept(self):
        self.listener.setblocking(False)
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                child, _ = await self.loop.sock_accept(self.listener)
                if self.up:
                    self.loop.create_task(_Connection(self, child).run())
                else:
                    _reset(child)

    def _call(self, what):
        done = threading.Event()

        def doing():
            what()
            done.set()
        self.loop.call_soon_threadsafe(doing)
        done.wait(10)

    def cut(self, down=False):
        """Resets all connections; with down nobody can connect until join()."""
        self.up = not down
        self._call(lambda: [connection.cut() for connection in list(self.live)])

    def join(self):
        self.up = True

    def black_hole(self):
        """What stands now is dead, and neither end hears of it; new connections are carried."""
        self._call(lambda: [connection.vanish() for connection in list(self.live)])

    def quiet_for(self):
        """Seconds since the last byte upward."""
        return time.monotonic() - self.moved[UP]

    def close(self):
        self.cut(down=True)
        self._call(lambda: [task.cancel() for task in asyncio.all_tasks(self.loop)])
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.listener.close()


def _reset(one):
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


class _Connection:
    def __init__(self, link, child):
        self.link = link
        self.child = child
        self.parent = None
        self.left = link.cut_after() if link.cut_after else None
        self.dead = False
        self.ended = 0
        self.tasks = []

    async def run(self):
        link = self.link
        link.connections += 1
        link.live.add(self)
        self.child.setblocking(False)
        self.child.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.parent = socket.socket()
        self.parent.setblocking(False)
        self.parent.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await link.loop.sock_connect(self.parent, ("127.0.0.1", link.target))
        except OSError:
            self.cut()
            return
        self.tasks = [link.loop.create_task(self.pump(UP, self.child, self.parent)),
                      link.loop.create_task(self.pump(DOWN, self.parent, self.child))]

    async def pump(self, way, source, sink):
        link = self.link
        try:
            while True:
                while link.frozen[way] or self.dead:
                    await asyncio.sleep(0.01)
                data = await link.loop.sock_recv(source, PIECE if link.rate else 16384)
                if not data:
                    self.ended += 1
                    sink.shutdown(socket.SHUT_WR)
                    if self.ended == 2:
                        self.cut()
                    return
                if link.delay:
                    await asyncio.sleep(link.delay)
                while link.frozen[way] or self.dead:
                    await asyncio.sleep(0.01)
                if self.left is not None and len(data) >= self.left:
                    data = data[:self.left]
                    await link.loop.sock_sendall(sink, data)
                    self.count(way, data)
                    self.cut()
                    return
                if self.left is not None:
                    self.left -= len(data)
                await link.loop.sock_sendall(sink, data)
                self.count(way, data)
                if link.rate:
                    await asyncio.sleep(len(data) / link.rate)
        except (OSError, asyncio.CancelledError):
            pass
        self.cut()

    def count(self, way, data):
        self.link.bytes[way] += len(data)
        self.link.moved[way] = time.monotonic()

    def vanish(self):
        self.dead = True
        self.link.live.discard(self)
        self.link.cuts += 1

    def cut(self):
        if self in self.link.live:
            self.link.live.discard(self)
            self.link.cuts += 1
        for task in self.tasks:
            task.cancel()
        for one in (self.child, self.parent):
            if one is not None and one.fileno() >= 0:
                _reset(one)
