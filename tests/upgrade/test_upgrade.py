#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Goal: offices of two versions work together. What an older one cannot read it keeps, forwards unchanged and counts as parked; after its own upgrade
it folds it. The newer reads what the older writes. A database that a newer program wrote is refused by the older, which says so and changes nothing.
Method: a province, a district and two communes as processes of this version; then one commune, the province and the district get the later version
(next.patch: a kind, a field, a codec, rules of the ledger and a custody schema that this version does not know) one after the other.

    test_upgrade.py PROGRAMS LATER_PROGRAMS"""
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
from scene import Failed, expect, options, run, wait_for  # noqa: E402  pylint: disable=wrong-import-position

UNIT = "90101"
UNKNOWN_KIND, SEALED = "unknown", "sealed"


def restart(scene, office, programs, **more):
    office.stop()
    scene.programs = programs
    office.start(**more)


def visit(commune, children):
    commune.tell("add", "visit", "--unit", UNIT, "--children", children, "--occurred_on", "2019-10-15")


def parked(office):
    return office.rows("ledger", "SELECT count(*) FROM parked")[0][0]


def reasons(office):
    return [row[0] for row in office.rows("ledger", "SELECT DISTINCT reason FROM parked ORDER BY reason")]


def rules(office):
    return office.rows("ledger", "SELECT value FROM meta WHERE name = 'rules'")[0][0]


def schema(office):
    return office.rows("custody", "PRAGMA user_version")[0][0]


def status_parked(office):
    """What its own screen says."""
    return office.tell("status")["tables"]["status"][0]["parked"]


def files(office):
    out = []
    for name in ("custody.sqlite", "custody.sqlite-wal", "ledger.sqlite"):
        path = os.path.join(office.folder, name)
        if os.path.exists(path):
            with open(path, "rb") as data:
                out.append((name, hashlib.sha256(data.read()).hexdigest()))
    return out


def write_as_later(scene, later, commune, district):
    """A new field and a new kind, each on its own; then many entries at once in the new codec. The number of events."""
    scene.programs = later
    commune.need(urgency="gấp")
    visit(commune, 3)
    district.stop("gate")
    for _ in range(6):
        commune.need()
    scene.programs = scene.older
    district.start("gate")
    return 2 + 1 + 12


def forwards_unread(province, district, commune, neighbour, events):
    number = commune.number
    wait_for(lambda: province.events_of(number) == events, 60, lambda: f"{province.events_of(number)} of {events} events arrive")
    expect(province.segments_of(number) == commune.segments_of(number) == district.segments_of(number), "segments differ")
    codecs = {row[0] for row in province.rows("custody", "SELECT hex(substr(segment.bytes, 109, 1)) FROM segment JOIN log ON log.id = segment.log "
                                                         "WHERE log.office = ? AND segment.last_seq > 0", number)}
    expect("02" in codecs and len(codecs) > 1, "codecs", codecs)
    for office in (province, district):
        wait_for(lambda o=office: parked(o) >= 3, 30, lambda o=office: f"{o.name} has {parked(o)} parked")
        expect(len(reasons(office)) == 2, office.name, "parks for", reasons(office))
        expect(status_parked(office) == parked(office), office.name, "says", status_parked(office), "parked, not", parked(office))
    before = province.counts("need")
    neighbour.need()
    wait_for(lambda: province.counts("need") == before + 1, 30, "the neighbour's entry is folded all the same")
    return parked(province)


def follows(scene, later, province, district, commune, neighbour):
    """The province, then the district: what waited counts now."""
    restart(scene, province, later)
    wait_for(lambda: parked(province) == 0, 60, lambda: f"{parked(province)} still parked at the province")
    expect(rules(province) == 2 and schema(province) == 2, "rules", rules(province), "schema", schema(province))
    expect(province.counts("visit") == 1, "no visit at the province")
    expect(province.rows("ledger", "SELECT count(*) FROM need WHERE urgency = 'gấp'")[0][0] == 1, "the new field did not come through")
    expect(province.counts("need") == commune.counts("need") + neighbour.counts("need"), "needs differ")
    scene.programs = later
    visit(commune, 5)
    wait_for(lambda: province.counts("visit") == 2, 30, "a district of the older version goes on forwarding")
    expect(parked(district) > 0, "the district reads it")
    restart(scene, district, later)
    wait_for(lambda: parked(district) == 0, 60, lambda: f"{parked(district)} still parked at the district")
    wait_for(lambda: len({office.digest(UNIT) for office in (commune, district, province)}) == 1, 30, "the ledgers agree")


def refuses_downgrade(scene, older, later, district):
    district.stop()
    before = files(district)
    scene.programs = older
    try:
        district.start("node")
    except Failed as failure:
        expect("a newer program wrote it" in str(failure) or "chương trình mới hơn" in str(failure), "it says:", failure)
    else:
        raise Failed("the older program opened what a newer one wrote")
    expect(files(district) == before, "the older program changed the files")
    district.processes.pop("node")
    scene.programs = later
    district.start()


def test(scene, given):
    older, later = os.path.abspath(given.programs), os.path.abspath(given.later)
    scene.older = older
    province, district, commune = scene.tree()
    neighbour = scene.enrol("binh", "commune", "90102", "xa-binh", district)
    neighbour.start()
    neighbour.wait_for_plan()
    commune.need()
    neighbour.need()
    wait_for(lambda: province.counts("need") == 2, 30, "what this version writes arrives")
    restart(scene, commune, later)
    expect(rules(commune) == 2 and schema(commune) == 2 and commune.counts("need") == 1, "the commune's upgrade")
    events = 2 + write_as_later(scene, later, commune, district)
    scene.programs = older
    waited = forwards_unread(province, district, commune, neighbour, events)
    follows(scene, later, province, district, commune, neighbour)
    refuses_downgrade(scene, older, later, district)
    commune.need()
    neighbour.need()
    wait_for(lambda: province.counts("need") == commune.counts("need") + neighbour.counts("need"), 60, "they go on together")
    segments = province.verify()
    return f"{waited} parked and folded after the upgrade, {segments} segments verified"


if __name__ == "__main__":
    sys.exit(run(test, options(__doc__, lambda parser: parser.add_argument("later")), __doc__))
