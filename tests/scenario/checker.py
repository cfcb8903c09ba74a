#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""checker.py FOLDER FOLDER… [--quiet]: judges the stores of several offices from outside.

Written from the byte tables of proto/README.md, the schemas that the databases carry and proto/tiepsuc/v1/event.proto, not from the
program: BLAKE2b of Python, Ed25519 written out here after RFC 8032, envelopes by offsets. Reads databases only, also beside running
processes. The system's libzstd opens payloads. What it judges:

  of each store    every segment: layout, hash, payload hash, signature; certificates from the root over registrar and invite to the node
                   key; numbers and predecessors; forks are flagged and nothing else is; arrivals are dense; heads, tips and sums; every
                   event of custody stands in the ledger once, accepted or parked, and no other one does
  of two stores    the same bytes under the same hash; what one notes that the other's store holds is held there, and so is what the
                   other's own records of what it holds (holding) name; of a log that both hold whole the same events are accepted

One finding is one line; exit code 1 when there is any. Standard library only."""
import argparse
import contextlib
import ctypes
import ctypes.util
import functools
import hashlib
import os
import re
import sqlite3
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER, FIXED, GENESIS = 180, 244, 492
SEGMENT_MAX, RAW_MAX, RATIO_MAX, EVENTS_MAX, OFFICE_MAX = 65536, 1 << 20, 200, 4096, 262143
UP = 1


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


# ---- Ed25519, RFC 8032 section 5.1: points in extended coordinates

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = y - x, z - t, z + t, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    out = NEUTRAL
    while number:
        if number & 1:
            out = add(out, point)
        point = add(point, point)
        number >>= 1
    return out


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


@functools.lru_cache(maxsize=None)
def point_of(data):
    """The point that 32 bytes name; None when they name none, or not in the one allowed way."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
POWERS = [BASE]
for _ in range(255):
    POWERS.append(add(POWERS[-1], POWERS[-1]))


def times_base(number):
    out = NEUTRAL
    for at in range(256):
        if number >> at & 1:
            out = add(out, POWERS[at])
    return out


@functools.lru_cache(maxsize=None)
def is_signed(key, domain, data, signature):
    """sign(key, domain, parts) of proto/README.md: Ed25519 over the domain, one 0x00 and the parts."""
    point, nonce, scalar = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if point is None or nonce is None or scalar >= Q or same(times(8, point), NEUTRAL):
        return False
    message = domain.encode() + b"\0" + data
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    return same(times_base(scalar), add(nonce, times(challenge, point)))


# ---- payloads

@functools.lru_cache(maxsize=None)
def zstd():
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]
    return library


def fields(data):
    """Fields of a protobuf message in order: number, value (int or bytes)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        elif kind == 2:
            length = varint()
            if at + length > len(data):
                raise ValueError("cut short")
            yield key >> 3, data[at:at + length]
            at += length
        else:
            size = {1: 8, 5: 4}[kind]
            yield key >> 3, int.from_bytes(data[at:at + size], "little")
            at += size


def events_in(segment):
    """Bytes of each event; ValueError when the payload does not keep what the header says."""
    codec, encryption, raw_bytes = segment.bytes[108], segment.bytes[109], segment.raw_bytes
    payload = segment.bytes[FIXED:]
    if encryption or codec not in (0, 1):
        return None
    if codec == 1:
        out = ctypes.create_string_buffer(raw_bytes)
        got = zstd().ZSTD_decompress(out, ctypes.c_size_t(raw_bytes), payload, ctypes.c_size_t(len(payload)))
        if zstd().ZSTD_isError(got) or got != raw_bytes:
            raise ValueError("the zstd frame")
        payload = out.raw
    events = [value for number, value in fields(payload) if number == 1]
    if len(payload) != raw_bytes or len(events) != segment.count:
        raise ValueError("count or raw bytes")
    return events


class Segment:
    """One row of `segment`, its header read by the table of offsets."""

    def __init__(self, row):
        self.arrival, self.log_row, self.row_first, self.row_last, self.row_prev, self.row_hash, self.bytes = row
        data = self.bytes
        self.flags, self.deployment, self.log = struct.unpack_from("<H", data, 6)[0], data[8:24], data[24:56]
        self.first, self.count = struct.unpack_from("<QI", data, 56)
        self.prev, self.key_id = data[68:100], data[100:108]
        self.stored, self.raw_bytes = struct.unpack_from("<II", data, 120)
        self.hash = blake(data[:FIXED])
        self.genesis = bool(self.flags & 1)
        self.last = self.first + self.count - 1 if self.count else 0
        if self.genesis:
            self.log = self.hash


class Store:
    """Custody and ledger of one office."""

    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(os.path.normpath(folder))
        self.findings = []
        with self.open("custody") as base:
            self.meta = dict(base.execute("SELECT name, value FROM meta"))
            self.logs = {row[0]: row for row in base.execute(
                "SELECT id, log, office, purpose, audience, closed, fork_arrival, segments, events, bytes, hash_sum, last_seq, own FROM log")}
            self.segments = [Segment(row) for row in base.execute(
                "SELECT arrival, log, first_seq, last_seq, prev, hash, bytes FROM segment ORDER BY arrival")]
            self.tips = set(base.execute("SELECT log, hash FROM tip"))
            self.held = list(base.execute("SELECT o.store, s.hash FROM held h JOIN store o ON o.id = h.store JOIN segment s ON s.arrival = h.arrival"))
            self.tail = {row[0] for row in base.execute("SELECT event_id FROM tail")}
        self.id = self.meta["store_id"]
        self.by_hash = {segment.hash: segment for segment in self.segments}
        self.node_keys = {}
        self.events = {}  # log id → event ids
        self.holdings = []  # store, [(log, seq, hash)]
        self.accepted, self.parked = set(), set()

    @contextlib.contextmanager
    def open(self, name):
        path = os.path.join(os.path.abspath(self.folder), name + ".sqlite")
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
        base.execute("BEGIN")  # one moment for all that is read
        try:
            yield base
        finally:
            base.close()

    def find(self, *what):
        self.findings.append(f"{self.name}: " + " ".join(str(word) for word in what))

    # ---- custody

    def judge_segment(self, segment):
        data, place = segment.bytes, f"segment {segment.arrival}"
        rules = {
            "magic and header bytes": data[:6] == b"TSg\x01" + struct.pack("<H", HEADER),
            "flags": segment.flags in (0, 1, 2, 3), "reserved bytes": data[110:112] == b"\0\0",
            "deployment": segment.deployment == self.meta["deployment"],
            "length": len(data) == FIXED + segment.stored <= SEGMENT_MAX and segment.stored > 0,
            "raw bytes": 0 < segment.raw_bytes <= min(RAW_MAX, RATIO_MAX * segment.stored),
            "payload hash": blake(data[FIXED:]) == data[148:180],
            "hash in the row": segment.row_hash == segment.hash,
            "numbers in the row": (segment.row_first, segment.row_last) == (segment.first, segment.last),
            "log in the row": self.logs[segment.log_row][1] == segment.log}
        for rule, holds in rules.items():
            if not holds:
                self.find(place, "breaks:", rule)
        if segment.genesis:
            self.judge_genesis(segment, place)
        else:
            self.judge_place(segment, place)
        key = self.node_keys.get(segment.log)
        if key is None:
            self.find(place, "stands before its genesis")
        elif segment.key_id != blake(key)[:8] or not is_signed(key, "tiepsuc segment v1", data[:HEADER], data[HEADER:FIXED]):
            self.find(place, "has a wrong key id or signature")

    def judge_genesis(self, segment, place):
        data = segment.bytes[FIXED:]
        if len(data) != GENESIS:
            self.find(place, "has a genesis of", len(data), "bytes")
            return
        purpose, audience = data[1], data[2]
        office, unit = struct.unpack_from("<IQ", data, 4)
        root, registrar, invite, node = data[104:136], data[140:172], data[236:268], data[364:396]
        serial = data[136:140]
        deployment, number = segment.deployment, data[4:8]
        allowed = {1: (1,), 2: (1,), 3: (2,), 4: (2, 3), 5: (2, 3), 6: (4,)}
        rules = {
            "place": segment.bytes[24:56] == bytes(32) and segment.first == 0 and segment.count == 0 and segment.prev == bytes(32),
            "codec": segment.bytes[108] == 128 and segment.bytes[109] == 0 and segment.raw_bytes == GENESIS,
            "version and reserved byte": data[0] == 1 and data[3] == 0,
            "office number": 1 <= office <= OFFICE_MAX, "serial of the registrar": serial != bytes(4),
            "purpose and audience": audience in allowed.get(purpose, ()) and (unit != 0) == (audience == 3),
            "deployment of the root key": blake(root)[:16] == deployment,
            "certificate of the registrar": is_signed(root, "tiepsuc registrar v1", deployment + registrar + serial, data[172:236]),
            "certificate of the invite": is_signed(registrar, "tiepsuc invite v1", deployment + number + data[236:300], data[300:364]),
            "certificate of the node": is_signed(invite, "tiepsuc node v1", deployment + number + data[364:428], data[428:492]),
            "registry is the registrar's": purpose != 3 or node == registrar,
            "log in the row": self.logs[segment.log_row][2:5] == (office, purpose, audience)}
        for rule, holds in rules.items():
            if not holds:
                self.find(place, "genesis breaks:", rule)
        self.node_keys[segment.log] = node

    def judge_place(self, segment, place):
        prev = self.by_hash.get(segment.prev)
        if prev is None or prev.arrival >= segment.arrival or prev.log != segment.log:
            self.find(place, "follows what is not held before it")
        elif segment.first != prev.last + 1 or segment.row_prev != prev.arrival:
            self.find(place, "does not continue its predecessor:", prev.last, "then", segment.first)
        if not 1 <= segment.count <= EVENTS_MAX:
            self.find(place, "counts", segment.count, "events")
        try:
            events = events_in(segment)
        except (ValueError, IndexError, KeyError) as fault:
            self.find(place, "cannot be opened:", fault)
            return
        for event in events or ():
            self.events.setdefault(segment.log, set()).add(blake(event))
            header = dict(fields(event))
            if header.get(1) == 45:
                holding = list(fields(header.get(17, b"")))
                tips = [dict(fields(value)) for number, value in holding if number == 2]
                self.holdings.append((dict(holding).get(1, b""), [(tip[1], tip.get(2, 0), tip[3]) for tip in tips]))

    def judge_log(self, row):
        number, log, _, _, _, closed, fork, segments, events, stored, total, last, _ = row
        own = [segment for segment in self.segments if segment.log_row == number]
        followed = [segment.prev for segment in own if not segment.genesis]
        tips = {(number, segment.hash) for segment in own if segment.hash not in set(followed)}
        sums = sum(int.from_bytes(segment.hash, "little") for segment in own) % (1 << 256)
        forks = len(followed) != len(set(followed))
        rules = {
            "count of segments": segments == len(own), "count of events": events == sum(segment.count for segment in own),
            "stored bytes": stored == sum(len(segment.bytes) for segment in own),
            "sum of hashes": int.from_bytes(total, "little") == sums, "last number": last == max((s.last for s in own), default=0),
            "tips": {tip for tip in self.tips if tip[0] == number} == tips, "fork is flagged": bool(fork) == forks,
            "closing is flagged": not any(segment.flags & 2 for segment in own) or bool(closed)}
        for rule, holds in rules.items():
            if not holds:
                self.find("log", log.hex()[:16], "breaks:", rule)
        numbers = {}
        for segment in own:
            if numbers.setdefault(segment.first, segment.hash) != segment.hash and not forks:
                self.find("log", log.hex()[:16], "has two segments from number", segment.first, "and no fork")

    def judge_custody(self):
        if [segment.arrival for segment in self.segments] != list(range(1, self.meta["arrival"] + 1)):
            self.find("arrivals are not dense up to", self.meta["arrival"])
        for segment in self.segments:
            self.judge_segment(segment)
        for row in self.logs.values():
            self.judge_log(row)

    # ---- ledger

    def judge_ledger(self):
        """Every event of custody is in the ledger, accepted or parked; what is there stands in custody."""
        with open(os.path.join(ROOT, "proto", "tiepsuc", "v1", "event.proto"), encoding="utf-8") as proto:
            kinds = [name.lower() for name in re.findall(r"^  KIND_([A-Z_]+) = [1-9]\d*;", proto.read(), re.M)]
        with self.open("ledger") as base:
            for kind in kinds:
                self.accepted |= {row[0] for row in base.execute(f'SELECT event FROM "{kind}"')}
            self.accepted |= {row[0] for row in base.execute("SELECT event FROM event_more")}
            self.parked = {row[0] for row in base.execute("SELECT event FROM parked")}
            # A payload that nobody here can open is parked as one.
            closed = {row[0] for row in base.execute("SELECT event FROM parked WHERE kind = 0 AND reason IN (1, 11)")}
        known = {short(event) for events in self.events.values() for event in events}
        missing = known - self.accepted - self.parked
        if missing:
            self.find(len(missing), "events of custody are not in the ledger, so", hex(min(missing) & (1 << 64) - 1))
        invented = (self.accepted | self.parked) - known - closed - {short(event) for event in self.tail}
        if invented:
            self.find(len(invented), "events of the ledger are not in custody, so", hex(min(invented) & (1 << 64) - 1))

    def holds_all_of(self, log):
        """Hashes of a log's segments here; two stores with the same set have the same log."""
        return frozenset(segment.hash for segment in self.segments if segment.log == log)


def short(event):
    return struct.unpack("<q", event[:8])[0]


def judge_pair(one, two):
    """What `one` says of `two`, and what both have."""
    for hash_of, segment in one.by_hash.items():
        other = two.by_hash.get(hash_of)
        if other is not None and other.bytes != segment.bytes:
            one.find("segment", segment.arrival, "has other bytes at", two.name)
    for store, hash_of in one.held:
        if store == two.id and hash_of not in two.by_hash:
            one.find("notes as held by", two.name, "what is not in its custody:", hash_of.hex()[:16])
    for store, tips in one.holdings:
        for log, seq, hash_of in tips:
            if store == two.id and (hash_of not in two.by_hash or two.by_hash[hash_of].last != seq or two.by_hash[hash_of].log != log):
                two.find("says in a holding that it holds what is not in its custody:", hash_of.hex()[:16])
    for row in one.logs.values():
        log, audience = row[1], row[4]
        if audience == UP and one.holds_all_of(log) == two.holds_all_of(log):
            events = {short(event) for event in one.events.get(log, ())}
            here, there = events & one.accepted, events & two.accepted
            if here != there:
                one.find("accepts", len(here), "events of log", log.hex()[:16] + ",", two.name, "accepts", len(there), "of the same")


def judge(folders):
    """Findings as lines, and how much was looked at."""
    stores = [Store(folder) for folder in folders]
    for store in stores:
        store.judge_custody()
        store.judge_ledger()
    for one in stores:
        for two in stores:
            if one is not two:
                judge_pair(one, two)
    findings = [finding for store in stores for finding in store.findings]
    counted = {"stores": len(stores), "segments": sum(len(store.segments) for store in stores),
               "events": sum(len(events) for store in stores for events in store.events.values()),
               "held": sum(len(store.held) for store in stores), "holdings": sum(len(store.holdings) for store in stores),
               "forks": sum(1 for store in stores for row in store.logs.values() if row[6])}
    return findings, counted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", help="data folders")
    parser.add_argument("--quiet", action="store_true", help="findings only")
    given = parser.parse_args()
    findings, counted = judge(given.folders)
    for finding in findings:
        print(finding)
    if not given.quiet:
        print("checker:", ", ".join(f"{count} {what}" for what, count in counted.items()) + f"; {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
