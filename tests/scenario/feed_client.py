#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""A subscriber of the province's feed, written from proto/README.md alone: python3-zmq, python3-protobuf and protoc's output of
feed.proto, nothing of this program. Missing nothing means: subscribe to the doorbell first, then fetch pages by position until
nothing is newer, then fetch again whenever it rings; keep the position where it survives.

    feed_client.py KEY tcp://HOST:PUBLISH tcp://HOST:FETCH [--position FILE] [--json] [--snapshot] [--until NUMBER]

prints one JSON object a line. The generated module is looked for in $FEED_PROTO (protoc --python_out=… feed.proto)."""
import argparse
import json
import os
import sys
import time

import zmq
from zmq.utils import z85

sys.path.insert(0, os.environ.get("FEED_PROTO", "."))
from tiepsuc.v1 import feed_pb2  # noqa: E402

VERSION = 1
NOTFOUND = -10  # position of another feed


def read_key(path):
    """Values of a subscriber file: name = value, text in quotes, keys in hex."""
    values = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, sign, value = line.partition("=")
            if sign and not line.startswith("#"):
                values[name.strip()] = value.strip().strip('"')
    return values


class Refused(Exception):
    """A page that says why not."""

    def __init__(self, page):
        super().__init__(page.say)
        self.code = page.code


class Feed:
    """One subscriber: position (feed id and number) and its two sockets."""

    def __init__(self, key, publish, fetch, topics=("",), context=None):
        self.context = context or zmq.Context.instance()
        self.key = key
        self.publish = publish
        self.fetch = fetch
        self.topics = topics
        self.feed = b""
        self.number = 0
        self.bell = None
        self.pages = None
        self.open()

    def open(self):
        """Fresh sockets. libzmq ends a connection that was refused for good, also when the gate had only just started and knew
        nobody yet: who gets no answer opens anew."""
        self.close()
        self.pages = self.socket(zmq.DEALER)
        self.pages.connect(self.fetch)
        if self.publish:
            self.bell = self.socket(zmq.SUB)
            self.bell.connect(self.publish)
            for topic in self.topics:
                self.bell.setsockopt(zmq.SUBSCRIBE, topic.encode())

    def socket(self, kind):
        socket = self.context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.curve_publickey = z85.encode(bytes.fromhex(self.key["curve_public"]))
        socket.curve_secretkey = z85.encode(bytes.fromhex(self.key["curve_secret"]))
        socket.curve_serverkey = z85.encode(bytes.fromhex(self.key["parent_gate_key"]))
        return socket

    def close(self):
        for socket in (self.bell, self.pages):
            if socket is not None:
                socket.close()
        self.bell = self.pages = None

    def ask(self, request, seconds=5, tries=6):
        """One page. A lost answer is asked for again on new sockets: asking changes nothing."""
        for _ in range(tries):
            if self.sent(request.SerializeToString(), seconds) and self.pages.poll(seconds * 1000):
                page = feed_pb2.FeedPage()
                page.ParseFromString(self.pages.recv())
                if page.code != 0:
                    raise Refused(page)
                return page
            self.open()
        raise TimeoutError("the feed does not answer")

    def sent(self, body, seconds):
        """Within so many seconds. A writable socket may lose its connection before we send, so the sending has the deadline, not a poll
        before it."""
        self.pages.setsockopt(zmq.SNDTIMEO, seconds * 1000)
        try:
            self.pages.send(body)
            return True
        except zmq.Again:
            return False

    def page(self, limit=1000, **more):
        """What follows our position; the position moves on."""
        page = self.ask(feed_pb2.FeedRequest(version=VERSION, feed=self.feed, after=self.number, limit=limit, **more))
        self.feed, self.number = page.feed, page.number
        return page

    def snapshot(self):
        """Totals as of a position, from which the events go on."""
        page = self.ask(feed_pb2.FeedRequest(version=VERSION, limit=1, snapshot=True))
        self.feed, self.number = page.feed, page.number
        return page

    def rest(self, **more):
        """All events up to the newest one."""
        while True:
            page = self.page(**more)
            yield from page.events
            if page.number >= page.newest:
                return

    def rings(self, seconds):
        """Waits for the doorbell; [(topic, Doorbell)], empty when it did not ring. Several rings are taken at once."""
        found = []
        end = time.monotonic() + seconds
        while self.bell.poll(max(0, 0 if found else (end - time.monotonic()) * 1000)):
            topic, _, body = self.bell.recv().partition(b"\0")
            doorbell = feed_pb2.Doorbell()
            doorbell.ParseFromString(body)
            found.append((topic.decode(), doorbell))
        return found

    def follow(self, seconds):
        """Events as they come, for ever; looks by itself every so many seconds, for a ring may be lost."""
        while True:
            rang = bool(self.rings(seconds))
            came = False
            for event in self.rest():
                came = True
                yield event
            if came and not rang:
                self.open()  # the doorbell is dead

    def save(self, path):
        with open(path + ".new", "w", encoding="utf-8") as out:
            json.dump({"feed": self.feed.hex(), "number": self.number}, out)
        os.replace(path + ".new", path)

    def load(self, path):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as lines:
                kept = json.load(lines)
            self.feed, self.number = bytes.fromhex(kept["feed"]), kept["number"]


def as_dict(message):
    return {field.name: value for field, value in message.ListFields()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key")
    parser.add_argument("publish")
    parser.add_argument("fetch")
    parser.add_argument("--position", help="file that remembers how far we are")
    parser.add_argument("--json", action="store_true", help="ask for JSON instead of protobuf")
    parser.add_argument("--snapshot", action="store_true", help="begin with totals")
    parser.add_argument("--until", type=int, help="end after this position")
    given = parser.parse_args()
    feed = Feed(read_key(given.key), given.publish, given.fetch)
    if given.position:
        feed.load(given.position)
    if given.snapshot and feed.number == 0:
        for total in feed.snapshot().totals:
            print(json.dumps(as_dict(total), ensure_ascii=False), flush=True)
    rang = True
    while True:
        before = feed.number
        page = feed.page(json=given.json)
        if page.number > before and not rang:
            feed.open()  # news without a ring: the doorbell is dead
        for event in json.loads(page.json)["events"] if given.json else map(as_dict, page.events):
            print(json.dumps(event, ensure_ascii=False), flush=True)
        if given.position:
            feed.save(given.position)
        if given.until is not None and feed.number >= given.until:
            return
        if page.number >= page.newest:
            rang = bool(feed.rings(30))


if __name__ == "__main__":
    main()
