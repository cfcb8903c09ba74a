#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: a segment that is changed, cut short, of another deployment or out of place is refused with its code, kept as evidence, and
stops its own log only; one whose predecessor is missing waits while that is asked for; a repeated one changes nothing; what cannot be
read inside a right envelope is parked and stops nothing.
Method: peer.py, a stranger's program with the real key of a commune that has joined, brings segments made from the commune's own
genesis and entries. At the end the real commune comes back, and all three ledgers agree.

    test_bad_segments.py PROGRAMS"""
import os
import struct
import sys

import peer
from peer import BYE, CODES, CUSTODY, REJECT, WANT, Peer, altered, flipped, following, hash_of, segments_of, signed
from scene import expect, options, run, wait_for


class Bench:
    """What all cases share: the keys, the genesis segments, and right segments with real entries."""

    def __init__(self, scene, given):
        peer.protoc(scene.folder)
        self.province, self.district, self.commune = scene.tree()
        self.district.stop("gate")
        for month in range(1, 7):
            self.commune.need(month=f"{month:02d}/2014")
        self.commune.stop()
        self.acts, self.records = segments_of(self.commune, 1)[0], segments_of(self.commune, 2)[0]
        events = [row[0] for row in self.commune.rows("custody", "SELECT event FROM tail ORDER BY counter")]
        expect(len(events) == 12, "entries that wait:", len(events))
        self.key = peer.read_key(os.path.join(self.commune.folder, "keys", "node.key"))
        gate = peer.read_key(os.path.join(self.district.folder, "keys", "gate.key"))
        self.gate_key = bytes.fromhex(gate["curve_public"])
        self.deployment = bytes.fromhex(self.key["deployment"])
        self.events = events
        self.chain = [self.records]
        for at in range(0, 12, 4):
            self.chain.append(self.next(self.records, self.chain[-1], events[at:at + 4]))
        self.acts_chain = [self.acts]
        self.seen = 0
        self.district.start("gate")

    def next(self, genesis, after, events):
        return following(genesis, after, events, self.key["sign_secret"])

    def session(self):
        stranger = Peer(self.key, self.gate_key, f"tcp://127.0.0.1:{self.district.port}")
        stranger.open(self.commune.number, self.deployment)
        return stranger

    def held(self):
        return self.district.rows("custody", "SELECT count(*) FROM segment JOIN log ON log.id = segment.log WHERE log.office = ?",
                                  self.commune.number)[0][0]

    def evidence(self):
        return self.district.rows("custody", "SELECT code, bytes FROM refused ORDER BY id")

    def status(self):
        said = self.district.tell("status")["tables"]["status"]
        return said[0] if isinstance(said, list) else said


def refused(bench, name, code, segment, total=None, prefix=None):
    """Brings the segment as the first one of the records; at the same time a right one of the acts."""
    stranger = bench.session()
    kept, held = len(bench.evidence()), bench.held()
    log = hash_of(bench.records)
    stranger.scripts[log] = lambda want: stranger.chunk(want.stream, segment, total, prefix)
    # In the acts log, one more entry that nobody can read: right envelope, so it is custody's.
    bench.acts_chain.append(bench.next(bench.acts, bench.acts_chain[-1], [b"not an event " + name.encode()]))
    stranger.have(bench.chain[:2], bench.acts_chain)
    good = hash_of(bench.acts_chain[-1])
    expect(stranger.take(8, lambda _: any(reject.log == log for reject in stranger.of(REJECT)) and
                         any(tip.hash == good for said in stranger.of(CUSTODY) for tip in said.tips)),
           name, "is not refused while the other log flows:", [(peer.NAMES[kind], str(said)[:80]) for kind, said in stranger.got],
           bench.district.log()[-800:])
    rejects = [reject for reject in stranger.of(REJECT) if reject.log == log]
    expect(rejects[0].code == CODES[code] and rejects[0].permanent and rejects[0].detail, name, "refused with", rejects[0])
    expect(not stranger.of(BYE), name, "ended the session")
    # The log has stopped: what is right now is not asked for any more in this session; the other log goes on.
    stranger.got.clear()
    bench.acts_chain.append(bench.next(bench.acts, bench.acts_chain[-1], [b"more " + name.encode()]))
    stranger.have(bench.chain[:2], bench.acts_chain)
    good = hash_of(bench.acts_chain[-1])
    expect(stranger.take(8, lambda _: any(tip.hash == good for said in stranger.of(CUSTODY) for tip in said.tips)),
           name, "stopped the other log too")
    expect(not [want for want in stranger.of(WANT) if want.log == log], name, "did not stop its log")
    stranger.close()
    now = bench.evidence()
    expect(len(now) == kept + 1 and now[-1][0] == CODES[code], name, "left as evidence", [row[0] for row in now[kept:]])
    expect(segment.startswith(now[-1][1][:180]) and len(now[-1][1]) >= 180, name, "evidence is not what was sent")
    expect(bench.held() == held + 2, name, "left segments", bench.held() - held)
    expect(bench.status()["refused_segments"] == len(now), "status counts", bench.status()["refused_segments"], "of", len(now))
    bench.seen += 1


def refusals(bench):
    first, secret = bench.chain[1], bench.key["sign_secret"]
    refused(bench, "a changed payload", "HASH", flipped(first, 300))
    refused(bench, "a changed signature", "SIGNATURE", flipped(first, 200))
    refused(bench, "a changed header", "SIGNATURE", altered(first, count=struct.pack("<I", 3)))
    refused(bench, "another author", "SIGNATURE", signed(first, os.urandom(32).hex()))
    refused(bench, "another deployment", "FOREIGN", signed(altered(first, deployment=os.urandom(16)), secret))
    refused(bench, "a number that leaps", "CHAIN", signed(altered(first, first_seq=struct.pack("<Q", 7)), secret))
    refused(bench, "one that is cut short", "INVALID", first[:-20], total=len(first) - 20)
    refused(bench, "one of a later format", "UNKNOWN", first[:3] + b"\x02" + first[4:])


def predecessor(bench):
    """The second comes without the first."""
    stranger = bench.session()
    log = hash_of(bench.records)
    wants = []

    def second_first(want):
        wants.append(want)
        stranger.chunk(want.stream, bench.chain[2] if len(wants) == 1 else bench.chain[1])
    stranger.scripts[log] = second_first
    stranger.have(bench.chain[:3])
    expect(stranger.take(10, lambda _: len(wants) >= 2, answer=True), "the predecessor is not asked for", bench.district.log()[-500:])
    expect(wants[1].after_hash == hash_of(bench.chain[0]), "asked from", wants[1])
    tip = hash_of(bench.chain[2])
    expect(stranger.take(10, lambda _: any(tip == held.hash for said in stranger.of(CUSTODY) for held in said.tips)) or
           bench.district.rows("custody", "SELECT 1 FROM segment WHERE hash = ?", tip), "the waiting one was not taken")
    expect(not [reject for reject in stranger.of(REJECT)], "refused:", stranger.of(REJECT)[:1])
    stranger.close()
    expect(bench.district.rows("custody", "SELECT count(*) FROM waiting")[0][0] == 0, "something still waits")
    # Alone it waits, is counted, and the session lives on.
    stranger = bench.session()
    orphan = bench.next(bench.records, bench.next(bench.records, bench.chain[2], [b"never sent"]), [b"orphan"])
    stranger.scripts[log] = lambda want: stranger.chunk(want.stream, orphan)
    stranger.have([bench.records, orphan])
    wait_for(lambda: (stranger.take(0.2), bench.status()["waiting_segments"] == 1)[1], 10, "the orphan waits, and status counts it")
    expect(not stranger.of(REJECT) and not stranger.of(BYE), "an orphan was refused")
    stranger.close()


def repeated(bench):
    stranger = bench.session()
    before = bench.district.segments_of(bench.commune.number)
    log = hash_of(bench.records)

    def again(want):
        for segment in (bench.chain[1], bench.chain[2], bench.chain[3], bench.chain[1], bench.chain[3]):
            stranger.chunk(want.stream, segment)
    stranger.scripts[log] = again
    stranger.have(bench.chain)
    tip = hash_of(bench.chain[3])
    expect(stranger.take(10, lambda _: any(tip == held.hash for said in stranger.of(CUSTODY) for held in said.tips)), "not taken")
    stranger.take(1)
    expect(not stranger.of(REJECT) and not stranger.of(BYE), "a repeated segment was refused", stranger.got[-1])
    after = bench.district.segments_of(bench.commune.number)
    expect(len(after) == len(before) + 1 and len(set(after)) == len(after), "held", len(before), "then", len(after))
    stranger.close()


def test(scene, given):
    bench = Bench(scene, given)
    refusals(bench)
    predecessor(bench)
    repeated(bench)
    status = bench.status()
    expect(status["parked"] >= bench.seen * 2, "what cannot be read is counted as parked:", status["parked"])
    # The real commune comes back: it meets entries of its own log that it never sealed, and nothing counts twice.
    offices = (bench.commune, bench.district, bench.province)
    bench.commune.start()
    wait_for(lambda: len({office.digest("90101") for office in offices}) == 1 and bench.commune.digest("90101")[2] > 0, 40,
             "all ledgers agree: " + str([office.digest("90101") for office in offices]))
    for office in offices:
        expect(office.rows("ledger", "SELECT count(*) FROM need")[0][0] == 6, office.name, "has needs",
               office.rows("ledger", "SELECT count(*) FROM need"))
    return f"{bench.seen} ways to be refused, {len(bench.evidence())} kept as evidence, {status['parked']} parked"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__), __doc__))
