#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: a stranger can follow the feed with what Debian has, misses nothing, and never sees anything of a person.
Method: feed_client.py (python3-zmq, python3-protobuf, protoc at test time) over CURVE against a real province with district and
commune. It falls behind, is stopped, meets killed gates and nodes, joins late, asks for JSON, comes with wrong keys.

    test_feed.py PROGRAMS"""
import json
import os
import re
import subprocess
import sys

import zmq

from scene import ROOT, expect, options, run, wait_for

PERSONAL = re.compile(r"name|birth|sex|beneficiar|child_id|guardian|address|phone|author|account|person|personal|note|site", re.IGNORECASE)
NOTE = "Nguyễn Văn Thử, thôn 3 (không có thật)"


def protoc(folder):
    subprocess.run(["protoc", "-I", os.path.join(ROOT, "proto"), "--python_out", folder, "tiepsuc/v1/feed.proto"], check=True)
    os.environ["FEED_PROTO"] = folder
    sys.path.insert(0, folder)


class Watcher:
    """Everything that a subscriber ever got, checked as it comes."""

    def __init__(self):
        self.events = []
        self.texts = []

    def take(self, events):
        for event in events:
            last = self.events[-1].number if self.events else 0
            expect(event.number == last + 1, "a gap: after", last, "comes", event.number)
            self.events.append(event)
            self.texts.append(str(event))
        return len(self.events)


def texts_of(message):
    """All text values of a message, with the names of their fields."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.label == field.LABEL_REPEATED else [value]:
                yield from texts_of(item)
        elif field.cpp_type == field.CPPTYPE_STRING:
            for item in value if field.label == field.LABEL_REPEATED else [value]:
                yield field.name, str(item)


def fields_of(descriptor):
    for field in descriptor.fields:
        yield field.name
        if field.message_type is not None:
            yield from fields_of(field.message_type)


def newest(province):
    return province.rows("ledger", "SELECT coalesce(max(number), 0) FROM feed")[0][0]


def check_nothing_personal(client, commune, received):
    from tiepsuc.v1 import feed_pb2
    for name in fields_of(feed_pb2.BusinessEvent.DESCRIPTOR):
        expect(name == "unit_of_measure" or not PERSONAL.search(name), "a field that sounds personal:", name)
    children = commune.rows("ledger", "SELECT record, birth_month, birth_year FROM beneficiary")
    expect(len(children) > 100, "too few made-up children to look for:", len(children))
    codes = set()
    for page in range(0, len(children), 1000):
        listed = commune.tell("list", "beneficiary", "--limit", "1000") if page == 0 else None
        if listed:
            for table in listed["tables"].values():
                codes |= {row["record"] for row in table if "record" in row} if isinstance(table, list) else set()
    expect(codes, "no short codes of children")
    everything = "\n".join(received)
    for code in codes:
        expect(code not in everything, "the code of a child was told:", code)
    births = {f"{year}-{month:02d}" for _, month, year in children if month and year} | \
             {f"{month:02d}/{year}" for _, month, year in children if month and year}
    dates = set(re.findall(r'\b\d{4}-\d{2}-\d{2}\b', everything))
    for birth in births:
        expect(not any(date.startswith(birth) and date[5:7] != "10" for date in dates if date < "2018"), "a month of birth:", birth)
    for word in NOTE.replace(",", "").split()[:3]:
        expect(word not in everything, "what was noted of a person was told:", word)
    small = [event for event in client.events if 0 < event.children < 5]
    expect(not small, "counts under five were told:", small[:1])


def check_refused(Feed, key, publish, fetch, province, what):
    """The handshake fails; libzmq tells so, once: who listens must listen before it connects."""
    feed = Feed(key, None, fetch)
    feed.close()
    pages = feed.socket(zmq.DEALER)
    monitor = pages.get_monitor_socket()
    pages.connect(fetch)
    pages.send(b"")
    seen = set()
    def refused():
        while monitor.poll(50):
            from zmq.utils.monitor import recv_monitor_message
            seen.add(recv_monitor_message(monitor)["event"])
        expect(zmq.EVENT_HANDSHAKE_SUCCEEDED not in seen, what, "was let in")
        return zmq.EVENT_HANDSHAKE_FAILED_AUTH in seen
    wait_for(refused, 10, f"{what} is refused in the handshake")
    pages.disable_monitor()
    pages.close()


def test(scene, given):
    protoc(scene.folder)
    from feed_client import NOTFOUND, Feed, Refused, read_key
    province, district, commune = scene.tree(feed=True)
    publish, fetch = (f"tcp://127.0.0.1:{port}" for port in (province.publish, province.fetch))
    province.tell("enrol", "--subscriber", "--name", "Bảng theo dõi", "-o", scene.path("reader.key"))
    key = read_key(scene.path("reader.key"))

    # ---- from the beginning, then as it rings
    first, watcher = Feed(key, publish, fetch), Watcher()
    watcher.take(first.rest())
    before = len(watcher.events)
    commune.need(note=NOTE)
    commune.tell("add", "need", "--line", "warm", "--quantity", "40", "--unit_of_measure", "bộ", "--occurred_on", "2019-10-14",
                 "--heads", "band=under6;sex=female;count=40")
    rings = wait_for(lambda: first.rings(1), 30, "the doorbell rings")
    expect(all(topic == bell.event.topic for topic, bell in rings), "topic and event of a ring differ")
    wait_for(lambda: watcher.take(first.rest()) >= before + 2, 30, "both needs are told")
    heads = [event for event in watcher.events if event.kind == "need" and event.children == 40]
    expect(len(heads) == 1 and heads[0].unit == "90101" and heads[0].quantity == 40 and heads[0].line == "warm", heads)
    first.save(scene.path("position"))

    # ---- falls behind: thousands of events while it does not read, gate and node killed meanwhile
    commune.stop()
    queued = commune.load(3000)["events"]
    commune.start()
    wait_for(lambda: province.events_of(commune.number) > queued // 3, 60, "a part has arrived")
    for office, service in ((province, "gate"), (province, "node")):
        office.kill(service)
        office.start(only=service)
    total = len(commune.rows("ledger", "SELECT record FROM need UNION SELECT record FROM handover"))
    wait_for(lambda: province.digest("90101") == commune.digest("90101"), 120, "the ledgers agree")
    expect(newest(province) >= total, "feed", newest(province), "of", total)
    wait_for(lambda: watcher.take(first.rest()) >= newest(province), 60, "it has caught up")
    expect(watcher.events[-1].number == newest(province), "numbers go to the newest one")

    # ---- stopped, started again with its position: exactly the rest, once
    first.close()
    commune.need(note=NOTE)
    wait_for(lambda: province.digest("90101") == commune.digest("90101"), 60, "one more")
    expect(newest(province) > len(watcher.events), "nothing new was told")
    second = Feed(key, publish, fetch)
    second.load(scene.path("position"))
    expect(0 < second.number < len(watcher.events), "the kept position is", second.number)
    again = list(second.rest(limit=77))
    kept = len(watcher.events)
    expect([event.number for event in again] == list(range(again[0].number, newest(province) + 1)), "a gap after the restart")
    watcher.take(event for event in again if event.number > kept)
    expect([str(event) for event in again[:5]] == watcher.texts[again[0].number - 1:again[0].number + 4], "replay differs")

    # ---- a late joiner: totals as of a position, then what follows
    late = Feed(key, publish, fetch)
    snapshot = late.snapshot()
    expect(late.number == newest(province), "the snapshot is of", late.number)
    expect(list(late.rest()) == [], "nothing follows yet")
    needed = sum(total.value for total in snapshot.totals if total.measure == "need_quantity" and total.unit == "90101")
    typed = commune.rows("ledger", "SELECT sum(quantity) FROM need WHERE void = 0")[0][0]
    expect(needed == typed and typed > 0, "snapshot says", needed, "needs say", typed)
    distinct = [total.value for total in snapshot.totals if total.measure.startswith("distinct")]
    children = len(commune.rows("ledger", "SELECT record FROM beneficiary"))
    expect(distinct and max(distinct) <= children, "distinct children beyond all children:", distinct[:5], children)
    commune.need()
    tail = wait_for(lambda: list(late.rest()), 30, "the tail after the snapshot")
    expect([event.number for event in tail] == [snapshot.number + 1], "tail", [event.number for event in tail])
    watcher.take(second.rest())

    # ---- JSON
    as_json = Feed(key, None, fetch)
    page = as_json.page(limit=50, json=True)
    events = json.loads(page.json)["events"]
    expect(len(events) == 50 and not page.events, "JSON page has", len(events))
    for told, event in zip(events, watcher.events):
        expect(told["number"] == event.number and told["topic"] == event.topic and told.get("quantity", 0) == event.quantity,
               "JSON and protobuf differ:", told, event)
    watcher.texts.append(page.json)
    if given.show:
        print(page.json[:900])

    # ---- the example of the manual, as it stands there
    with open(os.path.join(ROOT, "proto", "README.md"), encoding="utf-8") as manual:
        example = re.search(r"```python\n(.*?)```", manual.read(), re.DOTALL).group(1)
    for old, new in (('"out"', repr(scene.folder)), ('"reader.key"', repr(scene.path("reader.key"))),
                     ("tcp://province.example:7511", fetch)):
        expect(old in example, "the manual's example has no", old)
        example = example.replace(old, new)
    least = newest(province)
    printed = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False, timeout=60)
    expect(printed.returncode == 0, printed.stderr)
    lines = printed.stdout.splitlines()
    expect(len(lines) >= least and lines[0].startswith("1 "), "the manual's example printed", len(lines), "lines")

    # ---- positions of another feed, wrong requests
    from tiepsuc.v1 import feed_pb2
    for request, code in ((feed_pb2.FeedRequest(version=1, feed=b"x" * 16, after=3, limit=10), NOTFOUND),
                          (feed_pb2.FeedRequest(version=1, feed=as_json.feed, after=10 ** 9, limit=10), NOTFOUND),
                          (feed_pb2.FeedRequest(version=9, limit=10), None), (feed_pb2.FeedRequest(version=1, limit=10 ** 6), None)):
        try:
            as_json.ask(request)
            expect(False, "answered:", request)
        except Refused as refusal:
            expect(code in (None, refusal.code), "code", refusal.code, "for", request)

    # ---- a key for some topics only
    province.tell("enrol", "--subscriber", "--name", "Chỉ trao tặng", "--topics", "handover.", "-o", scene.path("some.key"))
    some = Feed(read_key(scene.path("some.key")), None, fetch)
    kinds = {event.kind for event in some.rest()}
    expect(kinds == {"handover"}, "a key for handovers reads", kinds)

    # ---- keys that may not read
    public, secret = zmq.curve_keypair()
    from zmq.utils import z85
    stranger = {**key, "curve_public": z85.decode(public).hex(), "curve_secret": z85.decode(secret).hex()}
    check_refused(Feed, stranger, publish, fetch, province, "an unknown key")
    office = read_key(os.path.join(district.folder, "keys", "node.key"))
    check_refused(Feed, {**key, **{name: office[name] for name in ("curve_public", "curve_secret")}}, publish, fetch, province,
                  "the key of an office")
    province.tell("revoke", read_key(scene.path("some.key"))["office"] and
                  str(int.from_bytes(bytes.fromhex(read_key(scene.path("some.key"))["office"]), "little")), "--note", "xong việc")
    check_refused(Feed, read_key(scene.path("some.key")), publish, fetch, province, "a revoked key")
    try:
        page = some.ask(feed_pb2.FeedRequest(version=1, limit=1), seconds=2, tries=2)
        expect(False, "a revoked key still reads", page.number)
    except (TimeoutError, Refused):
        pass

    watcher.texts += [text for total in snapshot.totals for _, text in texts_of(total)]
    watcher.texts += [f"{topic} {bell}" for topic, bell in rings]
    check_nothing_personal(watcher, commune, watcher.texts)
    for feed in (second, late, as_json, some):
        feed.close()
    return f"{len(watcher.events)} events without a gap, {len(snapshot.totals)} totals"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, lambda parser: parser.add_argument("--show", action="store_true", help="print a JSON page")),
                  __doc__))
