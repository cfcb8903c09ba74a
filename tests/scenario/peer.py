# SPDX-License-Identifier: MPL-2.0
"""A foreign peer for the scenarios of bad input, written from proto/README.md alone: speaks the session with the key of an office
that has joined, offers it segments as they are or altered, and says what came back. python3-zmq, python3-protobuf and protoc's
output of sync.proto; libsodium, which the programs need anyway, for what a valid signature or a raw CURVE connection wants.

Nothing here knows the program's code: frames are built from the tables of the manual."""
import ctypes
import ctypes.util
import hashlib
import os
import socket
import struct
import subprocess
import sys
import time

import zmq
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

from scene import ROOT, Failed, expect

HEADER_BYTES, FIXED_BYTES = 180, 244
HELLO, WELCOME, HAVE, WANT, CREDIT, CHUNK, CUSTODY, REJECT, PING, PONG, REFUSE, BYE = range(1, 13)
NAMES = ["", "HELLO", "WELCOME", "HAVE", "WANT", "CREDIT", "CHUNK", "CUSTODY", "REJECT", "PING", "PONG", "REFUSE", "BYE"]
CODES = {"NOTFOUND": -10, "INVALID": -12, "TOOBIG": -13, "TRUNCATED": -14, "HASH": -15, "SIGNATURE": -16, "CHAIN": -17, "FOREIGN": -18,
         "UNKNOWN": -19, "DENIED": -20, "FULL": -3}
FRAME_MAX = 73728


def protoc(folder):
    """Generated modules of the session, made now."""
    subprocess.run(["protoc", "-I", os.path.join(ROOT, "proto"), "--python_out", folder, "tiepsuc/v1/sync.proto",
                    "tiepsuc/v1/event.proto"], check=True)
    if folder not in sys.path:
        sys.path.insert(0, folder)


def sodium():
    library = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
    expect(library.sodium_init() >= 0, "libsodium does not start")
    return library


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def read_key(path):
    """A key file: name = hex, texts in quotes."""
    values = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, sign, value = line.partition("=")
            if sign and not line.startswith("#"):
                values[name.strip()] = value.strip().strip('"')
    return values


def segments_of(office, purpose):
    """Stored segments of an office's own log, genesis first."""
    return [row[0] for row in office.rows(
        "custody", "SELECT segment.bytes FROM segment JOIN log ON log.id = segment.log WHERE log.own = 1 AND log.purpose = ? "
        "ORDER BY segment.arrival", purpose)]


def hash_of(segment):
    return blake(segment[:FIXED_BYTES])


def span_of(segment):
    """first_seq, last_seq"""
    first, count = struct.unpack_from("<QI", segment, 56)
    return first, first + count - 1 if count else 0


def altered(segment, **fields):
    """The segment with other header fields, not signed again: offset=bytes."""
    out = bytearray(segment)
    for name, value in fields.items():
        at = {"deployment": 8, "log": 24, "first_seq": 56, "count": 64, "prev": 68, "stored": 120, "payload_hash": 148,
              "signature": 180}[name]
        out[at:at + len(value)] = value
    return bytes(out)


def flipped(segment, at):
    out = bytearray(segment)
    out[at] ^= 0x40
    return bytes(out)


def signed(segment, secret_hex, library=None):
    """The segment with a right signature over its header and the right hash of its payload."""
    library = library or sodium()
    out = bytearray(segment)
    out[120:124] = struct.pack("<I", len(segment) - FIXED_BYTES)
    out[148:180] = blake(bytes(out[FIXED_BYTES:]))
    message = b"tiepsuc segment v1\0" + bytes(out[:HEADER_BYTES])
    signature = ctypes.create_string_buffer(64)
    secret = bytes.fromhex(secret_hex)
    if len(secret) == 32:
        public, pair = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        library.crypto_sign_seed_keypair(public, pair, secret)
        secret = pair.raw
    library.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), secret)
    out[180:244] = signature.raw
    return bytes(out)


def following(genesis, after, events, secret_hex):
    """A right segment of the log of `genesis` that follows `after` and carries these events."""
    from tiepsuc.v1 import event_pb2
    payload = event_pb2.Payload(events=events).SerializeToString() if isinstance(events, list) else events
    header = bytearray(genesis[:HEADER_BYTES])
    header[6:8] = b"\0\0"
    header[24:56] = hash_of(genesis)
    header[56:68] = struct.pack("<QI", span_of(after)[1] + 1, len(events) if isinstance(events, list) else 1)
    header[68:100] = hash_of(after)
    header[108] = 0
    header[124:128] = struct.pack("<I", len(payload))
    return signed(bytes(header) + bytes(64) + payload, secret_hex)


class Peer:
    """One connection with its session. take() reads what comes and answers WANT from what was put in with offer()."""

    def __init__(self, key, server_key, endpoint, context=None):
        self.context = context or zmq.Context.instance()
        self.key, self.server_key, self.endpoint = key, server_key, endpoint
        self.socket = self.monitor = None
        self.got = []
        self.logs = {}
        self.scripts = {}
        self.credit = self.sent = 0
        self.store = os.urandom(16)
        self.connect()

    def connect(self, routing_id=None):
        self.close()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.curve_publickey = z85.encode(bytes.fromhex(self.key["curve_public"]))
        self.socket.curve_secretkey = z85.encode(bytes.fromhex(self.key["curve_secret"]))
        self.socket.curve_serverkey = z85.encode(self.server_key)
        if routing_id:
            self.socket.setsockopt(zmq.ROUTING_ID, routing_id)
        self.monitor = self.socket.get_monitor_socket()
        self.socket.connect(self.endpoint)
        self.events = set()
        self.nonce = os.urandom(8)

    def close(self):
        if self.socket is not None:
            self.socket.disable_monitor()
            self.socket.close()
            self.socket = None

    def happened(self, milliseconds=0):
        """All events of the connection so far."""
        while self.monitor.poll(milliseconds):
            self.events.add(recv_monitor_message(self.monitor)["event"])
            milliseconds = 0
        return self.events

    # ---- frames

    def frame(self, kind, body):
        return b"\x54\x53\x01" + bytes([kind]) + self.nonce + body

    def send(self, kind, message):
        self.socket.send(self.frame(kind, message if isinstance(message, bytes) else message.SerializeToString()))

    def hello(self, deployment, office):
        from tiepsuc.v1 import sync_pb2 as sync
        self.send(HELLO, sync.Hello(proto_min=1, proto_max=1, deployment=deployment, store=self.store, office=office,
                                    chunk_bytes_max=65536, window_bytes_max=262144, software="foreign", digest=bytes(32),
                                    reason="manual"))
        self.send(CREDIT, sync.Credit(bytes_total=262144, chunk_bytes=65536))

    def have(self, *chains):
        """Tells the tips of these chains (lists of segments, genesis first) and remembers them for WANT."""
        from tiepsuc.v1 import sync_pb2 as sync
        tips = []
        for chain in chains:
            log = hash_of(chain[0])
            self.logs[log] = chain
            tips.append(sync.SyncTip(log=log, seq=span_of(chain[-1])[1], hash=hash_of(chain[-1]),
                                     bytes_ahead=sum(map(len, chain))))
        self.send(HAVE, sync.Have(tips=tips, arrival=1))

    def chunk(self, stream, segment, total=None, prefix=None):
        """A whole segment in pieces that the credit allows."""
        prefix = prefix or hash_of(segment)[:8]
        total = total or len(segment)
        for at in range(0, len(segment), 4096):
            data = segment[at:at + 4096]
            self.sent += max(2048, len(data))
            self.send(CHUNK, struct.pack("<HH", stream, 0) + prefix + struct.pack("<II", total, at) + data)

    def take(self, seconds, until=None, answer=True):
        """Reads for so long, or until the predicate holds for what came; WANTs of offered logs are answered."""
        from tiepsuc.v1 import sync_pb2 as sync
        types = {WELCOME: sync.Welcome, HAVE: sync.Have, WANT: sync.Want, CREDIT: sync.Credit, CUSTODY: sync.Custody,
                 REJECT: sync.Reject, PING: sync.Ping, PONG: sync.Ping, REFUSE: sync.Refuse, BYE: sync.Bye}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.socket.poll(50):
                if until and until(self.got):
                    return True
                continue
            frame = self.socket.recv()
            kind = frame[3]
            # What has no session is answered with BYE under its own nonce.
            expect(frame[:3] == b"\x54\x53\x01" and (frame[4:12] == self.nonce or kind == BYE), "a frame that is none:", frame[:12].hex())
            message = types[kind].FromString(frame[12:]) if kind in types else frame[12:]
            self.got.append((kind, message))
            if kind == CREDIT:
                self.credit = message.bytes_total
            elif kind == PING and answer:
                self.send(PONG, sync.Ping(nonce=message.nonce, digest=message.digest))
            elif kind == WANT and answer and not message.cancel:
                self.serve(message)
            if until and until(self.got):
                return True
        return False

    def serve(self, want):
        """Sends what follows the position, as long as there is such a thing; a script of the log does as it likes."""
        if want.log in self.scripts:
            self.scripts[want.log](want)
            return
        chain = self.logs.get(want.log)
        if chain is None:
            return
        hashes = [hash_of(segment) for segment in chain]
        after = hashes.index(want.after_hash) + 1 if want.after_hash in hashes else 0
        for segment in chain[after:]:
            self.chunk(want.stream, segment)

    def of(self, kind):
        return [message for found, message in self.got if found == kind]

    def open(self, office_number, deployment, seconds=15):
        """Session up to WELCOME; begins anew while the parent is not ready."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.hello(deployment, office_number)
            if self.take(3, lambda got: any(kind in (WELCOME, REFUSE, BYE) for kind, _ in got)) and self.of(WELCOME):
                return self.of(WELCOME)[-1]
            self.got.clear()
            self.connect()
        raise Failed("no WELCOME")


class RawCurve:
    """ZMTP 3.0 with CURVE by hand, for what a library does not let one send: frames that never end, several frames in a message."""

    def __init__(self, key, server_key, host, port, library):
        self.library = library
        self.socket = socket.create_connection((host, port), 10)
        self.socket.settimeout(10)
        public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
        library.crypto_box_keypair(public, secret)
        self.counter = 1
        self.socket.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + b"\0" + bytes(31))
        expect(self.exactly(64)[10:11] == b"\x03", "no ZMTP 3")
        hello = self.box(bytes(64), b"CurveZMQHELLO---", self.next(), server_key, secret.raw)
        body = b"\x05HELLO\x01\x00" + bytes(72) + public.raw + self.last + hello
        self.command(body)
        welcome = self.read_command()
        expect(welcome[:8] == b"\x07WELCOME", "instead of WELCOME:", welcome[:16])
        plain = self.unbox(welcome[24:], b"WELCOME-" + welcome[8:24], server_key, secret.raw)
        transient, cookie = plain[:32], plain[32:]
        mine, own = bytes.fromhex(key["curve_public"]), bytes.fromhex(key["curve_secret"])
        vouch_nonce = os.urandom(16)
        vouch = self.box(public.raw + server_key, b"VOUCH---", vouch_nonce, transient, own)
        meta = b"\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0"
        inner = mine + vouch_nonce + vouch + meta
        boxed = self.box(inner, b"CurveZMQINITIATE", self.next(), transient, secret.raw)
        self.command(b"\x08INITIATE" + cookie + self.last + boxed)
        ready = self.read_command()
        expect(ready[:6] == b"\x05READY", "instead of READY:", ready[:32])
        self.transient, self.secret = transient, secret.raw

    def next(self):
        self.last = struct.pack(">Q", self.counter)
        self.counter += 1
        return self.last

    def box(self, plain, prefix, tail, public, secret):
        out = ctypes.create_string_buffer(len(plain) + 16)
        self.library.crypto_box_easy(out, plain, ctypes.c_ulonglong(len(plain)), prefix + tail, public, secret)
        return out.raw

    def unbox(self, boxed, nonce, public, secret):
        out = ctypes.create_string_buffer(len(boxed))
        code = self.library.crypto_box_open_easy(out, boxed, ctypes.c_ulonglong(len(boxed)), nonce, public, secret)
        expect(code == 0, "cannot be opened")
        return out.raw[:len(boxed) - 16]

    def command(self, body):
        head = b"\x04" + bytes([len(body)]) if len(body) < 256 else b"\x06" + struct.pack(">Q", len(body))
        self.socket.sendall(head + body)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise Failed("the connection ended in the handshake")
            data += more
        return data

    def read_command(self):
        flags = self.exactly(1)[0]
        length = struct.unpack(">Q", self.exactly(8))[0] if flags & 2 else self.exactly(1)[0]
        return self.exactly(length)

    def message(self, data, more=False):
        boxed = self.box(bytes([1 if more else 0]) + data, b"CurveZMQMESSAGEC", self.next(), self.transient, self.secret)
        body = b"\x07MESSAGE" + self.last + boxed
        head = b"\x00" + bytes([len(body)]) if len(body) < 256 else b"\x02" + struct.pack(">Q", len(body))
        self.socket.sendall(head + body)

    def close(self):
        self.socket.close()
