"""Catalogues full of clips, made fast: for benchmarks, and for tests that need more clips than the ledger writes in a moment.

Deterministic by its seed, and shaped as a police station's years are: a few officers record most, most clips are traffic and patrols, notes
are Chinese or English or missing, 97 % have arrived at the store, some clocks are wrong. No log explains these clips, and the verifier
would say so; only what is searched for is real. They come in groups, as the copy engine brings them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Engine, insert

from evidence.catalogue import schema
from evidence.catalogue.connect import writing
from evidence.catalogue.search import projection
from evidence.ids import StationId, uuid7

GROUP = 512
BEGUN = datetime(2023, 6, 1, tzinfo=UTC)
YEARS = 3
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建文国志海"
STREETS = ("中山路", "人民路", "解放大道", "北京西路", "文化街", "长江路", "滨河东路", "火车站广场", "Station Road", "Mill Lane")
CATEGORIES = (
    ("traffic", 30),
    ("traffic/drink-driving", 8),
    ("traffic/collision", 9),
    ("patrol", 22),
    ("theft", 7),
    ("theft/burglary", 4),
    ("dispute", 9),
    ("domestic", 3),
    ("public-order", 2),
    ("unclassified", 25),
)
CHINESE = (
    "{street}查获酒驾, 驾驶人{name}, 车牌{plate}",
    "{name}报警称在{street}被盗电动车一辆",
    "{street}发生交通事故, {plate}与{plate2}相撞, 无人受伤",
    "处理{name}与{name2}纠纷, 双方同意调解",
    "夜间巡逻{street}, 未发现异常",
    "酒后驾驶, 吹气检测超标, {name}拒绝签字",
    "{name}酒后滋事, 强制约束至酒醒",
    "家庭暴力警情, 当事人:{name}, 已出具告诫书",
)
ENGLISH = (
    "burglary at {street}, suspect {name}, black sedan {plate}",
    "stop and search near {street}, nothing found",
    "traffic stop, driver {name} refused breath test",
    "black bag handed in, owner sedan {plate}",
)


class Maker:
    """Makes the rows of clips, one docking after another."""

    def __init__(self, station: StationId, count: int, seed: int = 7) -> None:
        self._station = station
        self._count = count
        self._chance = random.Random(seed)
        officers = max(12, min(800, count // 800))
        self._badges = [f"{12000 + 37 * number:06d}" for number in range(officers)]
        self._skew = list(accumulate(1 / (number + 3) for number in range(officers)))
        self._kinds = [name for name, _ in CATEGORIES]
        self._often = list(accumulate(weight for _, weight in CATEGORIES))
        self._ids = 0
        self._before = 0

    def dockings(self) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]]:
        """A docking, its clips, their receipts."""
        chance, made = self._chance, 0
        while made < self._count:
            files = min(self._count - made, 1 + int(chance.expovariate(1 / 18)))
            taken = BEGUN + timedelta(days=365 * YEARS * made / self._count, seconds=chance.random())
            officer = chance.choices(range(len(self._badges)), cum_weights=self._skew)[0]
            self._before = self._ids
            docking = self._id(taken)
            device = f"dsj:T{400000 + officer}"
            yield (
                self._docking(docking, device, self._badges[officer] if chance.random() < 0.98 else None, taken),
                *self._clips(docking, device, taken, files, made),
            )
            made += files

    def _clips(
        self, docking: str, device: str, taken: datetime, files: int, made: int
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        chance = self._chance
        wrong_clock, late = chance.random() < 0.02, chance.random() < 0.06
        begun = datetime(2000, 1, 1, tzinfo=UTC) if wrong_clock else taken - timedelta(hours=40 if late else 9)
        case = self._case(taken) if chance.random() < 0.3 else None
        clips, receipts = [], []
        for number in range(files):
            clip = self._id(taken)
            recorded = begun + timedelta(minutes=20 * number + 10 * chance.random())
            clips.append(self._clip(clip, docking, device, taken, recorded, made + number, case))
            if chance.random() < 0.97:
                receipts.append(
                    {"station": self._station, "id": self._id(taken), "subject": f"clip:{clip}", "body": "{}", "at": _text(taken)}
                )
        return clips, receipts

    def _clip(
        self, clip: str, docking: str, device: str, taken: datetime, recorded: datetime, number: int, case: str | None
    ) -> dict[str, Any]:
        chance = self._chance
        category = chance.choices(self._kinds, cum_weights=self._often)[0]
        known = chance.random() < 0.98
        return {
            "station": self._station,
            "id": clip,
            "device": device,
            "path": f"DCIM/{recorded:%Y%m%d}/DSJ_{recorded:%Y%m%d_%H%M%S}_{number % 10000:04d}.MP4".encode(),
            "sha256": f"{chance.getrandbits(256):064x}",
            "size": int(chance.lognormvariate(18.5, 1.1)) if chance.random() < 0.995 else 0,
            "state": "verified" if chance.random() < 0.998 else "damaged",
            "docking": docking,
            "taken_at": _text(taken),
            "recorded_at": _text(recorded) if known else None,
            "duration_ms": 1_200_000 if known else None,
            "recording": None,
            "category": category,
            "case_number": case if chance.random() < 0.8 else None,
            "note": self._note() if chance.random() < 0.6 else None,
            "recorded_by": chance.choice(self._badges) if chance.random() < 0.03 else None,
            "incident": self._id(taken) if chance.random() < 0.15 else None,
            "importance": chance.choice("1223") if chance.random() < 0.2 else None,
            "sensitivity": "minors" if chance.random() < 0.01 else None,
            "place": chance.choice(STREETS) if chance.random() < 0.3 else None,
        }

    def _note(self) -> str:
        chance = self._chance
        form = chance.choice(CHINESE if chance.random() < 0.75 else ENGLISH)
        street = chance.choice(STREETS) + (f"{chance.randrange(1, 400)}号" if chance.random() < 0.5 else "")
        return form.format(street=street, name=self._name(), name2=self._name(), plate=self._plate(), plate2=self._plate())

    def _name(self) -> str:
        chance = self._chance
        return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))

    def _plate(self) -> str:
        chance = self._chance
        return chance.choice("京沪苏浙粤皖") + chance.choice("ABCDE") + "".join(chance.choices("0123456789ABCDEFGHJK", k=5))

    def _case(self, taken: datetime) -> str:
        return f"A3205{taken:%Y%m%d}{self._chance.randrange(400):04d}"

    def _docking(self, docking: str, device: str, officer: str | None, taken: datetime) -> dict[str, Any]:
        return {
            "station": self._station,
            "id": docking,
            "device": device,
            "source": "body-camera",
            "profile": "dsj",
            "officer": officer,
            "acquisition": "{}",
            "state": "sealed",
            "opened_at": _text(taken),
            "sealed_at": _text(taken),
        }

    def _id(self, at: datetime) -> str:
        self._ids += 1
        return uuid7(int(at.timestamp() * 1000) * 1_000_000, self._ids.to_bytes(8), self._ids - self._before)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fill(engine: Engine, station: StationId, count: int, seed: int = 7) -> Iterator[int]:
    """Put clips into a catalogue whose log has begun, the search index with them: how many there are after each group."""
    clips: list[dict[str, Any]] = []
    dockings: list[dict[str, Any]] = []
    receipts: list[dict[str, Any]] = []
    made = 0
    for docking, its_clips, its_receipts in Maker(station, count, seed).dockings():
        dockings.append(docking)
        clips += its_clips
        receipts += its_receipts
        if len(clips) >= GROUP or made + len(clips) == count:
            with writing(engine) as connection:
                for table, rows in ((schema.docking, dockings), (schema.clip, clips), (schema.receipt, receipts)):
                    if rows:
                        connection.execute(insert(table), rows)
                projection.refresh(connection, station, [clip["id"] for clip in clips])
            made += len(clips)
            yield made
            clips, dockings, receipts = [], [], []
