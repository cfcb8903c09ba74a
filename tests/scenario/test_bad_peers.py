#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: whoever has no right to speak is refused in the handshake, told of once and counted; whoever speaks against the rules is cut
or banned; nobody makes the gate grow, and the offices that behave notice nothing.
Method: strangers in Python against the gate of a real district: an unknown and a revoked key, frames too big, several frames in a
message, a route of its own choice, frames that never end and noise over a plain TCP connection, a flood with and without credit; a
subscriber's key where offices sync.
All the while a commune adds needs that must arrive at the province.

    test_bad_peers.py PROGRAMS"""
import contextlib
import os
import socket
import sys
import time

import zmq
from zmq.utils import z85

import peer
from peer import BYE, FRAME_MAX, HELLO, REFUSE, Peer, RawCurve
from scene import Failed, expect, options, run, wait_for

RSS_MAX_KIB = 64 * 1024


class Bench:
    def __init__(self, scene):
        peer.protoc(scene.folder)
        self.scene = scene
        self.province, self.district, self.commune = scene.tree()
        self.gate_key = bytes.fromhex(peer.read_key(os.path.join(self.district.folder, "keys", "gate.key"))["curve_public"])
        self.endpoint = f"tcp://127.0.0.1:{self.district.port}"
        self.sodium = peer.sodium()
        self.sinners = 0
        self.most = self.rss()

    def rss(self):
        with open(f"/proc/{self.district.processes['gate'].pid}/status", encoding="ascii") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    def status(self):
        """The node asks its gate now and then: one figure may be some seconds old."""
        said = self.district.tell("status")["tables"]["status"]
        return said[0] if isinstance(said, list) else said

    def counted(self, what):
        """The figure of now: whoever asks makes the node ask its gate, for the next one."""
        self.status()
        time.sleep(0.3)
        return self.status()[what]

    def office(self):
        """Keys of one more commune that has joined and said hello once; its program does not run any more."""
        self.sinners += 1
        office = self.scene.enrol(f"sinner{self.sinners}", "commune", f"9010{1 + self.sinners % 2}", f"xa-{'ab'[self.sinners % 2]}n"
                                  if self.sinners % 2 == 0 else "xa-an", self.district)
        office.start()
        wait_for(lambda: self.district.rows("custody", "SELECT 1 FROM log WHERE office = ?", office.number), 30, "the sinner has joined")
        wait_for(lambda: "class=1" in self.district.log("gate").split("session_open")[-1], 30, "the sinner comes with its own key")
        office.stop()
        return office, peer.read_key(os.path.join(office.folder, "keys", "node.key"))

    def fine(self, what):
        """The gate lives, is small, and a need of the commune still reaches the province."""
        expect(self.district.processes["gate"].poll() is None, "the gate ended:", what, self.district.log("gate")[-1500:])
        expect(self.district.processes["node"].poll() is None, "the node ended:", what, self.district.log()[-1500:])
        self.most = max(self.most, self.rss())
        expect(self.rss() < RSS_MAX_KIB, what, "made the gate grow to", self.rss(), "KiB")
        before = self.province.digest("90101")
        self.commune.need(month="03/2013")
        wait_for(lambda: self.province.digest("90101") != before and self.province.digest("90101") == self.commune.digest("90101"), 20,
                 f"after {what} a need still arrives")


def refused(bench, key, what, times=5):
    """So many handshakes, all refused; one line in the log; all in the status."""
    counted = bench.counted("refused_keys")
    for _ in range(times):
        stranger = Peer(key, bench.gate_key, bench.endpoint)
        wait_for(lambda: zmq.EVENT_HANDSHAKE_FAILED_AUTH in stranger.happened(50), 10, f"{what} is refused in the handshake")
        expect(zmq.EVENT_HANDSHAKE_SUCCEEDED not in stranger.events, what, "was let in")
        stranger.close()
    name = z85.encode(bytes.fromhex(key["curve_public"])).decode()
    lines = [line for line in bench.district.log("gate").splitlines() if "peer_refused" in line and name in line]
    expect(len(lines) == 1, what, "is told of", len(lines), "times in the log", lines)
    wait_for(lambda: bench.status()["refused_keys"] == counted + times, 15,
             lambda: f"status counts {times} more than {counted}: {bench.status()['refused_keys']}")


def subscriber(bench):
    """A key that the province made, for reading the feed: it opens no session, neither at the province nor at a district."""
    path = bench.scene.path("board.key")
    bench.province.tell("enrol", "--subscriber", "--name", "bảng số liệu", "-o", path)
    key = peer.read_key(path)
    gates = ((bytes.fromhex(key["parent_gate_key"]), f"tcp://127.0.0.1:{bench.province.port}"), (bench.gate_key, bench.endpoint))
    for gate_key, endpoint in gates:
        stranger = Peer(key, gate_key, endpoint)
        wait_for(lambda stranger=stranger: zmq.EVENT_HANDSHAKE_FAILED_AUTH in stranger.happened(50), 10, "a subscriber is refused where offices sync")
        expect(zmq.EVENT_HANDSHAKE_SUCCEEDED not in stranger.events, "a subscriber was let in where offices sync")
        stranger.close()
    bench.fine("a subscriber at the wrong door")


def revoked(bench):
    office, key = bench.office()
    stranger = Peer(key, bench.gate_key, bench.endpoint)
    deployment = bytes.fromhex(key["deployment"])
    stranger.open(office.number, deployment)

    def cut():
        return bench.district.log().count("session_drop") + bench.district.log("gate").count("reason=revoked")
    before = cut()
    bench.province.tell("revoke", office.number, "--note", "máy bị mất")
    wait_for(lambda: cut() > before, 20, "the district hears of it and ends the session")
    stranger.take(0.5, answer=False)
    stranger.got.clear()
    with contextlib.suppress(zmq.Again):
        for _ in range(20):
            stranger.socket.send(stranger.frame(HELLO, b""), zmq.DONTWAIT)
    stranger.take(3, answer=False)
    expect(not [kind for kind, _ in stranger.got if kind not in (BYE, REFUSE)], "a revoked key is still answered:",
           [peer.NAMES[kind] for kind, _ in stranger.got])
    expect(cut() == before + 1, "told", cut() - before, "times")
    stranger.close()
    refused(bench, key, "a revoked key")


def banned(bench, what, reason, sin):
    """The sin of one key: it is cut or banned, told of, counted, and another key of the same kind works."""
    office, key = bench.office()
    lines = bench.district.log("gate").count(f"reason={reason}")
    stranger = Peer(key, bench.gate_key, bench.endpoint)
    stranger.open(office.number, bytes.fromhex(key["deployment"]))
    counted = bench.status()["banned_peers"]
    sin(stranger, key)
    wait_for(lambda: bench.district.log("gate").count(f"reason={reason}") > lines, 10,
             lambda: f"{what} is told of: {bench.district.log('gate')[-800:]}")
    stranger.close()
    refused(bench, key, what, times=2)
    wait_for(lambda: bench.status()["banned_peers"] > counted, 15, f"{what} is counted")
    bench.fine(what)


def several_frames(stranger, _key):
    stranger.socket.send_multipart([b"one", b"two"])


def own_route(stranger, _key):
    stranger.connect(routing_id=b"office-7")
    stranger.send(HELLO, b"")


def too_big(bench):
    office, key = bench.office()
    stranger = Peer(key, bench.gate_key, bench.endpoint)
    stranger.open(office.number, bytes.fromhex(key["deployment"]))
    stranger.socket.send(stranger.frame(HELLO, bytes(FRAME_MAX)))
    wait_for(lambda: zmq.EVENT_DISCONNECTED in stranger.happened(50), 10, "a frame beyond the limit ends the connection")
    stranger.close()
    bench.fine("a frame beyond the limit")
    # It was no crime: an honest program comes back.
    stranger = Peer(key, bench.gate_key, bench.endpoint)
    stranger.open(office.number, bytes.fromhex(key["deployment"]))
    stranger.close()


def not_a_frame(bench):
    """Bytes that are no frame of a session, messages that nobody may send now: the session ends, nobody is banned."""
    office, key = bench.office()
    for body in (b"", b"x", b"TS", os.urandom(3000), b"TS\x01\x63" + bytes(8), b"TS\x09\x01" + bytes(8)):
        stranger = Peer(key, bench.gate_key, bench.endpoint)
        stranger.open(office.number, bytes.fromhex(key["deployment"]))
        stranger.socket.send(body)
        stranger.take(0.3, answer=False)
        stranger.close()
    for kind, body in ((peer.HAVE, b"\xff" * 40), (peer.CHUNK, b"\1\0\0\0" + bytes(16) + b"y"), (peer.CREDIT, b"\x08" + b"\xff" * 9 + b"\1"),
                       (peer.WELCOME, b""), (peer.WANT, b"\x12\x40" + bytes(64)), (peer.CUSTODY, b"\x0a\xff\xff\xff\xff\x0f")):
        stranger = Peer(key, bench.gate_key, bench.endpoint)
        stranger.open(office.number, bytes.fromhex(key["deployment"]))
        stranger.send(kind, body)
        stranger.take(0.3, answer=False)
        stranger.close()
    bench.fine("bytes that are no frames")


def flood(bench):
    """Whole frames faster than the node confirms them; chunks beyond the credit."""
    office, key = bench.office()
    stranger = Peer(key, bench.gate_key, bench.endpoint)
    stranger.open(office.number, bytes.fromhex(key["deployment"]))
    frame = stranger.frame(peer.PING, b"\x12\x20" + bytes(32)) + bytes(0)
    big = stranger.frame(peer.CHUNK, b"\1\0\0\0" + bytes(8) + b"\0\xff\0\0" + bytes(4) + bytes(60000))
    end = time.monotonic() + 60
    sent = 0
    while time.monotonic() < end and zmq.EVENT_DISCONNECTED not in stranger.happened():
        with contextlib.suppress(zmq.Again):
            stranger.socket.send(big if sent % 3 == 0 else frame, zmq.DONTWAIT)
            sent += 1
    expect(zmq.EVENT_DISCONNECTED in stranger.happened(2000), "a flood of", sent, "frames goes on", bench.district.log("gate")[-500:])
    stranger.close()
    bench.fine("a flood")


def crowd(bench):
    """Two hundred connections of one key: the oldest give way."""
    office, key = bench.office()
    strangers = []
    for _ in range(60):
        stranger = Peer(key, bench.gate_key, bench.endpoint)
        stranger.hello(bytes.fromhex(key["deployment"]), office.number)
        strangers.append(stranger)
    time.sleep(1)
    bench.fine("a crowd of one key")
    for stranger in strangers:
        stranger.close()


def endless(bench):
    """One message whose frames never end, under CURVE; then a plain one before any handshake."""
    office, key = bench.office()
    raw = RawCurve(key, bench.gate_key, "127.0.0.1", bench.district.port, bench.sodium)
    sent = 0
    try:
        while sent < 200 << 20:
            raw.message(bytes(60000), more=True)
            sent += 60000
    except (OSError, Failed):
        pass
    raw.close()
    expect(sent < 100 << 20, "a message without end went on for", sent >> 20, "MiB")
    refused(bench, key, "the key of a message without end", times=2)
    bench.fine("a message without end")
    return sent >> 20


def noise(bench):
    """Plain TCP: nothing, rubbish, half a greeting, a greeting and rubbish, a first frame that never ends; the greetings of ZMTP 1.0, 2.0
    and 3.x for sockets of every kind, whole and half, and then silence or zeros."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + b"\0" + bytes(31)
    plain = greeting.replace(b"CURVE", b"NULL\0")
    longs = b"\x06" + (1 << 40).to_bytes(8, "big")
    beginnings = [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", os.urandom(500), greeting[:11], greeting + os.urandom(400), greeting + longs,
                  plain + longs, greeting + b"\x04\xc8\x05HELLO\x01\x00" + bytes(192), b"\xff" + bytes(7) + b"\xff\x7f" + os.urandom(300),
                  b"\x01\x00" * 400]
    for kind in range(12):
        older = b"\xff" + bytes(7) + b"\x01\x7f"
        beginnings += [b"\x05\x00name" + bytes([kind]), older + b"\x00", older + b"\x01" + bytes([kind]) + b"\x00\x04name",
                       older + b"\x01" + bytes([kind]) + b"\x02" + (1 << 62).to_bytes(8, "big"),
                       b"\xff" + bytes(8) + b"\x7f\x03" + bytes([kind]) + [b"NULL", b"PLAIN", b"GSSAPI"][kind % 3].ljust(20, b"\0") + bytes(32)
                       + b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03" + b"XYZ"]
    open_now = []
    for beginning in beginnings * 6:
        plug = socket.create_connection(("127.0.0.1", bench.district.port), 5)
        plug.setblocking(False)
        with contextlib.suppress(OSError):
            plug.send(beginning)
        open_now.append(plug)
    end = time.monotonic() + 3
    pushed = 0
    while time.monotonic() < end:
        for plug in open_now:
            with contextlib.suppress(OSError):
                pushed += plug.send(bytes(65536))
    bench.fine("noise over plain TCP")
    for plug in open_now:
        plug.close()
    return pushed >> 20


def test(scene, given):
    bench = Bench(scene)
    begin = bench.rss()
    public, secret = zmq.curve_keypair()
    refused(bench, {"curve_public": z85.decode(public).hex(), "curve_secret": z85.decode(secret).hex()}, "an unknown key")
    subscriber(bench)
    revoked(bench)
    banned(bench, "several frames in a message", "multipart", several_frames)
    banned(bench, "a route of its own choice", "multipart", own_route)
    too_big(bench)
    not_a_frame(bench)
    crowd(bench)
    flood(bench)
    length = endless(bench)
    pushed = noise(bench)
    return (f"gate {begin // 1024} MiB at first, at most {bench.most // 1024} MiB; message without end cut after {length} MiB, "
            f"{pushed} MiB of noise")


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
