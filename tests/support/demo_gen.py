#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Made-up sheets of the 14 communes of the Hà Nội plan, as different as offices make them.

Goal: something to show and to import that holds no real child, donor or figure. Every row and every
file name says DỮ LIỆU GIẢ ĐỊNH. Method: unit, line, band and heading names come from the plan's own
tables; everything else from a generator seeded per sheet, so that the same seed gives the same bytes on
every machine and one sheet does not change when another does.

    demo_gen.py --out DIR [--seed N] [--children 60] [--fund CODE]      ({unit} in CODE becomes the commune's code)

Writes into DIR (made when missing; files of the same name are replaced):
    <code>-nhu-cau-DU-LIEU-GIA-DINH.csv    need sheet of every commune: children, head counts, one site
    <code>-dan-so-DU-LIEU-GIA-DINH.csv     population table of every commune
    <code>-trao-DU-LIEU-GIA-DINH.csv       handover sheet of every second commune
    <code>-nhu-cau-MAT-DAU-DU-LIEU-GIA-DINH.csv   a need sheet whose accents were lost: must be refused
    index.csv                              file, sheet, unit, form, and totals that an import must find
    figures.sh                             donors, gifts and amounts of the demo as shell variables, fitting the sheets
"""

import argparse
import csv
import hashlib
import io
import pathlib
import random
import shlex
import sys
import unicodedata

MARK = "DỮ LIỆU GIẢ ĐỊNH"
MARK_FILE = "DU-LIEU-GIA-DINH"
PLANS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "plans"
PLAN = "ha-noi-588"
REVIEW = (2019, 10)          # month of the review round "2019-1"
BROKEN = "09706"             # Vân Hòa: many accents to lose
TITLES = {"need": "PHIẾU NHU CẦU", "population": "DÂN SỐ TRẺ EM", "handover": "PHIẾU TRAO"}
SEXES = (("boys", "Nam"), ("girls", "Nữ"))

# One office, one way of working. Keys: the text's form (enc, sep, eol, nfd), how things are written (date,
# number, tone, unit, line, words of the headings) and what stands above the heading (top).
STYLES = {
    "09697": dict(enc="utf-8", sep=",", eol="\n", date="dmy", number="vn", unit="full"),
    "09703": dict(enc="utf-8-sig", sep=";", eol="\r\n", date="dmy", number="vn-decimal", unit="name", words="own"),
    "09712": dict(enc="utf-16-le", sep="\t", eol="\r\n", date="dmy", number="en", unit="full"),
    "09700": dict(enc="utf-8", sep=";", eol="\n", date="iso", number="en", unit="code"),
    "09694": dict(enc="utf-8-sig", sep=",", eol="\r\n", date="dmy", number="vn", unit="alias"),
    "09706": dict(enc="utf-8", sep=",", eol="\n", date="iso", number="en-decimal", unit="full", tone="new"),
    "09709": dict(enc="utf-8", sep=";", eol="\r\n", date="dmy", number="vn", unit="alias", nfd=True),
    "10099": dict(enc="utf-16-le", sep="\t", eol="\r\n", date="iso", number="vn-decimal", unit="name", words="own", tone="new"),
    "10504": dict(enc="utf-8", sep="\t", eol="\n", date="iso", number="plain", unit="code", line="key"),
    "04939": dict(enc="utf-8-sig", sep=";", eol="\r\n", date="dmy", number="vn", unit="full", nfd=True, tone="new"),
    "09940": dict(enc="utf-8-sig", sep=",", eol="\r\n", date="dmy", number="vn", unit="name", words="own", top="title"),
    "04936": dict(enc="utf-8", sep=";", eol="\r\n", date="dmy", number="plain", unit="full", top="sep"),
    "04930": dict(enc="utf-8", sep=",", eol="\n", date="iso", number="en", unit="upper"),
    "04927": dict(enc="utf-16-le", sep=";", eol="\r\n", date="dmy", number="vn", unit="full", tone="new"),
}

# What a child of an age band may need, with its weight. Bands are those of the plan's reports.
CHILD_NEEDS = {
    "under3m": (("exam", 1),),
    "preschool": (("exam", 3), ("nutrition", 4), ("warm", 3)),
    "primary": (("exam", 3), ("nutrition", 3), ("warm", 4), ("books", 2), ("scholarship", 1)),
    "age11to15": (("warm", 4), ("books", 3), ("scholarship", 2), ("vocation-fee", 1), ("legal-aid", 1)),
}
BAND_WEIGHTS = (("under3m", 1), ("preschool", 34), ("primary", 38), ("age11to15", 27))
MEALS = 20                   # meals asked for one child
HEAD_LINES = ("culture", "skills", "nutrition", "exam")
SITE_LINES = ("health-station", "teaching", "play-equipment", "health-point")
# item, line, unit of measure, value of one in đồng
GOODS = (
    ("Bộ áo khoác ấm", "warm", "bộ", 350000),
    ("Sách giáo khoa và vở", "books", "bộ", 180000),
    ("Bữa ăn bán trú", "nutrition", "bữa", 15000),
    ("Ba lô học sinh", "books", "cái", 120000),
    ("Bộ đồ chơi ngoài trời", "play-equipment", "bộ", 12500000),
)
SIGNATORIES = "Phó Chủ tịch UBND xã; Hiệu trưởng"
WITNESS = "Trưởng thôn"

OLD_TONE = ("òa", "óa", "ỏa", "õa", "ọa", "òe", "óe", "ỏe", "õe", "ọe", "ùy", "úy", "ủy", "ũy", "ụy")
NEW_TONE = ("oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ")


class Dice:
    """Draws from random() alone, whose sequence Python promises to keep for a seed."""

    def __init__(self, *name):
        self._random = random.Random("/".join(str(part) for part in name)).random

    def below(self, n):
        return int(self._random() * n)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        at = self.below(sum(weight for _, weight in pairs))
        for item, weight in pairs:
            at -= weight
            if at < 0:
                return item
        raise AssertionError("weights")


def read_table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Plan:
    """The tables that the sheets take their words from."""

    def __init__(self, plans):
        folder = plans / PLAN
        units = {row["key"]: row for row in read_table(folder / "units.csv")}
        self.communes = []
        for row in read_table(folder / "scope.csv"):
            unit = units[row["unit"]]
            self.communes.append((unit, units[unit["parent"]]))
        self.lines = {row["key"]: row for row in read_table(folder / "lines.csv")}
        self.bands = [
            (row["key"], int(row["from_month"]), int(row["to_month"]))
            for row in read_table(folder / "bands.csv")
            if row["purpose"] == "report"
        ]
        self.headings = {}
        for row in read_table(plans / "sheets.csv"):
            self.headings.setdefault(row["sheet"], []).append((row["field"], row["header_vi"].split(";")))


def heads_of(counts):
    """{band: (boys, girls)} as fields of a row."""
    return {f"{SEXES[i][0]}_{band}": n for band, pair in counts.items() for i, n in enumerate(pair)}


class Office:
    """Writes values and files the way one commune does."""

    def __init__(self, unit, district, style):
        self.unit, self.district, self.style = unit, district, style
        self.code = unit["code"]

    def text(self, value):
        if self.style.get("tone") == "new":
            for old, new in zip(OLD_TONE, NEW_TONE):
                for case in (str.lower, str.upper, str.title):
                    value = value.replace(case(old), case(new))
        return value

    def date(self, year, month, day):
        if self.style["date"] == "iso":
            return f"{year:04d}-{month:02d}-{day:02d}"
        return f"{day:02d}/{month:02d}/{year:04d}"

    def month(self, year, month):
        return f"{year:04d}-{month:02d}" if self.style["date"] == "iso" else f"{month:02d}/{year:04d}"

    def number(self, value, counted=False):
        """Whole numbers; offices with a "-decimal" habit write a zero behind amounts, never behind people."""
        style = self.style["number"]
        if style == "plain":
            return str(value)
        english = f"{value:,}"
        decimal = style.endswith("-decimal") and not counted
        if style.startswith("en"):
            return english + (".0" if decimal else "")
        return english.replace(",", ".") + (",0" if decimal else "")

    def unit_name(self):
        way = self.style["unit"]
        full = self.unit["name"]
        return {
            "full": full,
            "name": full.partition(" ")[2],
            "code": self.code,
            "upper": full.upper(),
            "alias": (self.unit["aliases"].split(";") + [full])[0],
        }[way]

    def line_name(self, line):
        return line["key"] if self.style.get("line") == "key" else line["name"]

    def render(self, headings, sheet, rows):
        """The bytes of a sheet: rows are {field: text}; columns that no row fills are left out."""
        filled = {field for row in rows for field, value in row.items() if value != ""}
        used = [(field, names) for field, names in headings if field in filled]
        other = 1 if self.style.get("words") == "own" else 0
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.style["sep"], lineterminator=self.style["eol"])
        if self.style.get("top") == "sep":
            out.write("sep=" + self.style["sep"] + self.style["eol"])
        if self.style.get("top") == "title":
            writer.writerow(["UBND " + self.unit["name"].replace("Xã", "xã")])
            writer.writerow([f"{TITLES[sheet]} - {MARK}"])
        writer.writerow([self.text(names[min(other, len(names) - 1)]) for _, names in used])
        for row in rows:
            writer.writerow([self.text(str(row.get(field, ""))) for field, _ in used])
        text = unicodedata.normalize("NFD" if self.style.get("nfd") else "NFC", out.getvalue())
        bom = b"\xff\xfe" if self.style["enc"] == "utf-16-le" else b""
        return bom + text.encode(self.style["enc"])


def child_row(plan, dice, row):
    """Fills in age, sex and need of one made-up child; returns the line's key."""
    band = dice.weighted(BAND_WEIGHTS)
    low, high = next((low, high) for key, low, high in plan.bands if key == band)
    age = dice.between(low, high - 1)
    month = REVIEW[0] * 12 + REVIEW[1] - 1 - age
    row["birth"] = (month // 12, month % 12 + 1)
    row["sex"] = dice.pick(SEXES)[1]
    return dice.weighted(CHILD_NEEDS[band])


def sites(dice):
    """Places that exist nowhere; one holds every separator, so that it has to be quoted."""
    return [f"Điểm trường Giả Định {n}" for n in range(1, dice.between(3, 5))] + ["Điểm trường Giả Định 9, thôn 2; khu B"]


def need_sheet(plan, office, seed, children):
    dice = Dice(seed, office.code, "need")
    places = sites(dice)
    rows, totals = [], dict(children=0, head_count=0, quantity=0, lines={})

    def add(line_key, quantity, **more):
        line = plan.lines[line_key]
        totals["quantity"] += quantity
        totals["lines"][line_key] = totals["lines"].get(line_key, 0) + quantity
        row = dict(row_id=f"{office.code}-N{len(rows) + 1:03d}", unit=office.unit_name(),
                   district=office.district["name"], site=dice.pick(places), line=office.line_name(line),
                   quantity=office.number(quantity), unit_of_measure=line["unit_name"],
                   occurred_on=office.date(REVIEW[0], REVIEW[1], dice.between(1, 31)), round="2019-1", note=MARK)
        row.update(more)
        rows.append(row)

    for _ in range(children - 4 + dice.below(9)):
        child = {}
        line_key = child_row(plan, dice, child)
        add(line_key, MEALS if line_key == "nutrition" else 1,
            birth_month=office.month(*child["birth"]), sex=child["sex"])
        totals["children"] += 1
    for line_key in HEAD_LINES[: dice.between(2, len(HEAD_LINES))]:
        counts = {band: (dice.between(8, 60), dice.between(8, 60)) for band in ("preschool", "primary")}
        if line_key in ("culture", "skills"):
            counts["age11to15"] = (dice.between(8, 60), dice.between(8, 60))
        number = sum(sum(pair) for pair in counts.values())
        totals["head_count"] += number
        add(line_key, number * (MEALS if line_key == "nutrition" else 1), **heads_of(counts))
    add(dice.pick(SITE_LINES), dice.between(1, 3))
    return rows, totals


def population_sheet(plan, office, seed):
    dice = Dice(seed, office.code, "population")
    counts = {}
    for band, low, high in plan.bands:
        middle = (high - low) * dice.between(9, 14) // 2
        counts[band] = (middle + dice.below(middle // 10 + 2), middle)
    row = dict(row_id=f"{office.code}-P001", unit=office.unit_name(), district=office.district["name"],
               as_of_on=office.date(2019, 10, 1), source="Số liệu giả định", note=MARK)
    row.update({field: office.number(n, counted=True) for field, n in heads_of(counts).items()})
    return [row], dict(children=0, head_count=sum(sum(pair) for pair in counts.values()), quantity=0)


def handover_sheet(plan, office, seed, fund):
    dice = Dice(seed, office.code, "handover")
    places = sites(dice)
    rows, totals = [], dict(children=0, head_count=0, quantity=0, value_vnd=0, items={})
    for number in range(1, dice.between(6, 10)):
        item, line_key, measure, price = dice.pick(GOODS)
        line = plan.lines[line_key]
        row = dict(row_id=f"{office.code}-T{number:03d}", unit=office.unit_name(),
                   district=office.district["name"], site=dice.pick(places), line=office.line_name(line),
                   item=item, unit_of_measure=measure, fund=fund.replace("{unit}", office.code),
                   occurred_on=office.date(2019, 11, dice.between(2, 14)),
                   paper_number=f"{number:02d}/BB-GĐ-{office.code}",
                   signatories=SIGNATORIES, witness=WITNESS, note=MARK)
        if line["target_kind"] == "child":
            counts = {band: (dice.between(2, 14), dice.between(2, 14)) for band in ("preschool", "primary")}
            heads = sum(sum(pair) for pair in counts.values())
            totals["head_count"] += heads
            row.update(heads_of(counts))
            quantity = heads * (MEALS if line_key == "nutrition" else 1)
        else:
            quantity = dice.between(1, 2)
        row.update(quantity=office.number(quantity), value_vnd=office.number(quantity * price))
        totals["quantity"] += quantity
        totals["value_vnd"] += quantity * price
        stock = totals["items"].setdefault(item, dict(measure=measure, quantity=0, value=0))
        stock["quantity"] += quantity
        stock["value"] += quantity * price
        rows.append(row)
    return rows, totals


def item_text(item, quantity, measure, value, **more):
    """A row of --items as the command line takes it."""
    fields = dict(item=item, quantity=quantity, unit_of_measure=measure, value_vnd=value, **more)
    return ";".join(f"{name}={value}" for name, value in fields.items())


COAT, COAT_VND = "Bộ áo khoác ấm", 350000
GIVEN_COAT, GIVEN_COAT_VND = "Áo ấm được tặng", 300000
PLAY_SET, PLAY_SET_VND = "Bộ đồ chơi ngoài trời", 12500000
AWARD_VND = 1500000
COAT_COMMUNES = ("09697", "04939", "04936", "10099", "10504")  # one of each district
GIFT_COMMUNE = "09703"       # in the district that the restricted gift is for
AWARD_COMMUNE = "09712"


def round_up(value, step):
    return (value // step + 1) * step


def figures(seed, needs, stocks):
    """The money story of the demo: every amount is drawn, and all fit the needs of the sheets."""
    dice = Dice(seed, "figures")
    own = "hội đồng định giá (giả định)"
    play = next((code for code, lines in sorted(needs.items()) if "play-equipment" in lines), "")
    coats = {code: needs[code]["warm"] for code in COAT_COMMUNES}
    bought = sum(coats.values()) + dice.between(4, 9)
    spent = bought * COAT_VND
    advanced = round_up(spent, 10_000_000)
    pledged = 1_000_000 * dice.between(350, 500)
    received = 1_000_000 * dice.between(200, 300)
    dollars = 1000 * dice.between(18, 30)
    rate = 23000 + 5 * dice.below(60)
    given = needs[GIFT_COMMUNE]["warm"] + dice.between(3, 8)
    sets = needs[play]["play-equipment"] + 2 if play else 0
    awards = needs[AWARD_COMMUNE]["scholarship"]
    out = dict(
        MARK=MARK, DONOR_A=f"Công ty Giả Định A ({MARK})", DONOR_B=f"Tổ chức quốc tế Giả Định B ({MARK})",
        DONOR_C=f"Nhóm thiện nguyện Giả Định C ({MARK})", DONOR_D=f"Hội phụ huynh Giả Định D ({MARK})",
        PLEDGED=pledged, RECEIVED=received, DOLLARS=dollars, RATE=rate, DOLLARS_VND=dollars * rate,
        DOLLARS_ITEM=item_text("VND", dollars * rate, "VND", dollars * rate, currency="USD", foreign_minor=dollars * 100,
                               rate=rate, rate_on="2019-11-05", rate_source="tỷ giá giả định"),
        BOUGHT=bought, SPENT=spent, ADVANCED=advanced, CHANGE=advanced - spent,
        BOUGHT_ITEM=item_text(COAT, bought, "bộ", spent, valued_by="hóa đơn (giả định)"),
        COAT_COMMUNES=" ".join(COAT_COMMUNES), COATS_LEFT=bought - sum(coats.values()),
        COATS_LEFT_ITEM=item_text(COAT, bought - sum(coats.values()), "bộ", (bought - sum(coats.values())) * COAT_VND),
        GIFT_COMMUNE=GIFT_COMMUNE, GIVEN=given,
        GIVEN_ITEM=item_text(GIVEN_COAT, given, "bộ", given * GIVEN_COAT_VND, valued_by=own),
        GIFT_ITEM=item_text(GIVEN_COAT, needs[GIFT_COMMUNE]["warm"], "bộ", needs[GIFT_COMMUNE]["warm"] * GIVEN_COAT_VND),
        WRONG_ITEM=item_text(GIVEN_COAT, 2, "bộ", 2 * GIVEN_COAT_VND),
        PLAY_COMMUNE=play, SETS=sets, SETS_ITEM=item_text(PLAY_SET, sets, "bộ", sets * PLAY_SET_VND, valued_by=own),
        SETS_NEEDED=sets - 2, SETS_NEEDED_ITEM=item_text(PLAY_SET, sets - 2, "bộ", (sets - 2) * PLAY_SET_VND),
        SETS_BEYOND_ITEM=item_text(PLAY_SET, 2, "bộ", 2 * PLAY_SET_VND),
        AWARD_COMMUNE=AWARD_COMMUNE, AWARDS=awards, AWARDS_VND=awards * AWARD_VND,
        AWARDS_ITEM=item_text("VND", awards * AWARD_VND, "VND", awards * AWARD_VND),
        AWARD_VND=AWARD_VND, COAT_VND=COAT_VND, COAT=COAT)
    for code, quantity in coats.items():
        out[f"COATS_{code}"] = quantity
        out[f"COATS_ITEM_{code}"] = item_text(COAT, quantity, "bộ", quantity * COAT_VND)
    for code, stock in stocks.items():
        out[f"STOCK_{code}"] = "|".join(item_text(item, one["quantity"], one["measure"], one["value"], valued_by=own)
                                        for item, one in stock.items())
    return out


def lose_accents(text):
    """What saving as plain text does on a machine without Vietnamese letters: each becomes '?'."""
    return unicodedata.normalize("NFC", text).encode("ascii", "replace")


def main(argv):
    args = argparse.ArgumentParser(description="Made-up import sheets for the 14 communes of the Hà Nội plan.")
    args.add_argument("--out", type=pathlib.Path, required=True, help="folder to write into")
    args.add_argument("--seed", default="588", help="same seed, same bytes")
    args.add_argument("--children", type=int, default=60, help="children of a commune, give or take 4 (10..500)")
    args.add_argument("--fund", default="", help="code of the fund that the handovers name; none when not given")
    args.add_argument("--plans", type=pathlib.Path, default=PLANS, help="folder with the plans' tables")
    args = args.parse_args(argv)
    if not 10 <= args.children <= 500:
        print("--children must lie between 10 and 500", file=sys.stderr)
        return 2

    plan = Plan(args.plans)
    if {unit["code"] for unit, _ in plan.communes} != set(STYLES):
        print("scope.csv and STYLES name different communes", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    index = []
    needs, stocks = {}, {}

    def write(office, sheet, word, rows, totals, broken=False):
        data = office.render(plan.headings[sheet], sheet, rows)
        if broken:
            data = lose_accents(data.decode("utf-8"))
        name = f"{office.code}-{word}-{'MAT-DAU-' if broken else ''}{MARK_FILE}.csv"
        (args.out / name).write_bytes(data)
        style = office.style
        index.append(dict(
            file=name, sheet=sheet, unit=office.code, expect="refuse" if broken else "accept", rows=len(rows),
            children=totals["children"], head_count=totals["head_count"], quantity=totals["quantity"],
            value_vnd=totals.get("value_vnd", ""), encoding="lost" if broken else style["enc"],
            separator={",": "comma", ";": "semicolon", "\t": "tab"}[style["sep"]], date=style["date"],
            number=style["number"], form="NFD" if style.get("nfd") else "NFC", tone=style.get("tone", "old"),
            sha256=hashlib.sha256(data).hexdigest(), note=MARK))

    for at, (unit, district) in enumerate(plan.communes):
        office = Office(unit, district, STYLES[unit["code"]])
        rows, totals = need_sheet(plan, office, args.seed, args.children)
        write(office, "need", "nhu-cau", rows, totals)
        needs[office.code] = totals["lines"]
        if unit["code"] == BROKEN:
            write(office, "need", "nhu-cau", rows, totals, broken=True)
        write(office, "population", "dan-so", *population_sheet(plan, office, args.seed))
        if at % 2 == 0:
            rows, totals = handover_sheet(plan, office, args.seed, args.fund)
            write(office, "handover", "trao", rows, totals)
            stocks[office.code] = totals["items"]
    with open(args.out / "index.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(index[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(index)
    lines = [f"# {MARK}"] + [f"{name}={shlex.quote(str(value))}" for name, value in figures(args.seed, needs, stocks).items()]
    (args.out / "figures.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(index)} sheets in {args.out}, {MARK}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
