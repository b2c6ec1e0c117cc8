"""The clean homes that are attacked: made once by the real command from made-up cards, never changed afterwards.

``main`` holds every kind of thing that can be tampered with; ``recovered`` is its own earlier backup, restored, recovered into
a second epoch and used further.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.catalogue.acts.space import LetGo, evicted
from evidence.ids import Digest
from station.home import Home
from station.rooms import Rooms
from tests.campaigns.tampering.command import Unexpected, must, run
from tests.servers.authority import make_authority, serving
from tests.servers.badcard import BadFile, mounted
from tests.station.confirmed import clips_of, confirm

STATION = "T-1"
UNIT = "U-7"
FIRST_MOMENT = 1_780_000_000
CASE = "A-2026-117"
CAMERA = "dsj:T000123"

_random = random.Random(6962)
_LARGE = _random.randbytes((5 << 20) + 12345)
_SMALL = {number: _random.randbytes(3000 + 517 * number) for number in range(12)}

Card = dict[bytes, bytes]

SHIFT: Card = {
    b"DCIM/20260528/T000123_004567_20260528080000_0001.MP4": _LARGE,
    b"DCIM/20260528/T000123_004567_20260528080500_0002.MP4": _SMALL[1],
    b"DCIM/20260528/T000123_004567_20260528081000_0003_IMP.MP4": _SMALL[2],
    b"DCIM/20260528/T000123_004567_20260528081000_0003_IMP.THM": _SMALL[3],
    b"DCIM/20260528/T000123_004567_20260528081100_0005.WAV": _SMALL[4],
    b"DCIM/20260528/T000123_004567_20260528081200_0006.MP4": b"",
    b"DCIM/copy of 0002.MP4": _SMALL[1],
    b"LOG/20260528.LOG": b"power on",
    b"LOG/\xb2\xe2\xca\xd4.LOG": b"a name in another encoding",
    b"System Volume Information/IndexerVolumeGuid": b"{0}",
}
"""A body camera after a shift: twins, an empty file, a name that is not UTF-8, a system folder that is skipped."""

LATER: Card = {
    **SHIFT,
    b"DCIM/20260529/T000123_004567_20260529080000_0007.MP4": _SMALL[5],
    b"DCIM/20260529/T000123_004567_20260529080400_0008.MP4": _SMALL[6],
}
"""The same card a day later: most of it was taken before."""

SHOP: Card = {b"camera 1/clip1.avi": _SMALL[7], b"camera 1/clip2.avi": _SMALL[8], b"readme.txt": b"from the shop"}
EVENING: Card = {b"DCIM/20260530/T000999_001234_20260530200000_0001.MP4": _SMALL[9]}
STRUCK: Card = {b"DCIM/20260601/T000999_001234_20260601200000_0001.MP4": _SMALL[10]}
STRUCK_STATUS = 77
TORN = {
    "DCIM/20260531/T000777_007777_20260531080000_0001.MP4": BadFile(300_000, seed=7, bad=((131072, 65536),)),
    "DCIM/20260531/T000777_007777_20260531080100_0002.MP4": BadFile(50_000, seed=8, bad=((0, 50_000),)),
    "DCIM/20260531/T000777_007777_20260531080200_0003.MP4": BadFile(60_000, seed=9),
}


@dataclass(frozen=True)
class Pattern:
    """A clean home that copies are made of. ``kept`` are checkpoints that lie outside, ``final`` is one of its very end.

    ``backups`` are earlier states of all of it.
    """

    name: str
    home: Path
    second: Path
    anchor: str
    kept: tuple[Path, ...]
    final: Path
    backups: Mapping[str, Path] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        return settings_for(self.second)


def settings_for(second: Path) -> dict[str, str]:
    """The second vault is named from outside, because a copied home must have a copy of it."""
    return {"EVIDENCE_STATION_SECOND_VAULT": str(second)}


def make_card(root: Path, card: Card) -> Path:
    """Write a card, a minute between files."""
    for number, (path, content) in enumerate(card.items()):
        file = os.fsencode(root) + b"/" + path
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as made:
            made.write(content)
        os.utime(file, (FIRST_MOMENT + 60 * number,) * 2)
    return root


def make_main(folder: Path) -> Pattern:
    """A station with dockings of every kind, tags, views, exports, changed settings, receipts; the last of it is not witnessed yet."""
    home, second, cards = folder / "home", folder / "second", folder / "cards"
    settings = settings_for(second)
    backups: dict[str, Path] = {}

    def station(*arguments: str, status: int = 0) -> dict[str, object]:
        return must(home, *arguments, settings=settings, status=status)

    def back_up(name: str) -> None:
        backups[name] = folder / f"backup-{name}"
        clone(home, backups[name] / "home")
        clone(second, backups[name] / "second")

    anchor = str(station("init", "--station", STATION, "--unit", UNIT)["anchor"])
    shift = must(home, "ingest", str(make_card(cards / "shift", SHIFT)), "--officer", "004567", settings=settings)
    clips = {clip["path"]: clip["id"] for clip in shift["clips"]}
    first, second_clip, third = list(clips.values())[:3]
    station("tag", first, second_clip, "--case", CASE, "--category", "assault", "--note", "seen by two")
    station("upload", "--until-idle")
    back_up("first-day")
    station("checkpoint", "--out", str(folder / "first-day.checkpoint"))
    station("ingest", str(make_card(cards / "later", LATER)), "--officer", "004567")
    with mounted(TORN, cards / "torn") as torn:
        station("ingest", str(torn.path), "--officer", "007777", "--source", "body-camera", status=4)
    station("tag", first, "--case", "", "--note", "seen by three")
    station("tag", third, "--category", "dispute")
    back_up("before-settings")
    station("settings", "set", "probe_seconds", "7")
    station("settings", "set", "operator", "night shift")
    station("show", first)
    station("export", first, str(folder / "exported"), "--purpose", "for the prosecutor")
    station("ingest", str(make_card(cards / "shop", SHOP)), "--source", "cctv", "--device", "shop:17")
    _keep_a_registry(home, settings)
    station("upload", "--until-idle")
    station("checkpoint", "--out", str(folder / "kept.checkpoint"))
    back_up("witnessed")
    station("ingest", str(make_card(cards / "evening", EVENING)), "--officer", "001234")
    struck = run(home, "ingest", str(make_card(cards / "struck", STRUCK)), settings=settings, broken=_struck_before_its_seal)
    if struck.status != STRUCK_STATUS:
        raise Unexpected(struck.told())
    station("tag", first, "--case", CASE)
    station("checkpoint", "--out", str(folder / "final.checkpoint"))
    kept = (folder / "first-day.checkpoint", folder / "kept.checkpoint")
    return Pattern("main", home, second, anchor, kept, folder / "final.checkpoint", backups)


def _keep_a_registry(home: Path, settings: dict[str, str]) -> None:
    """Two cameras: one that is issued, returned and issued again, with a clock that is wrong, and one that is an officer's own.

    The first docking left an alarm (a number is missing on the card); it is acknowledged. The next docking of the second camera
    leaves one that stays open: its card and the registry do not name the same officer.
    """
    for arguments in (
        ("add", CAMERA, "--make", "Falcon", "--model", "F2", "--serial", "T000123", "--note", "spare"),
        ("issue", CAMERA, "--officer", "004567", "--clock-shows", "2026-05-29T07:59:00"),
        ("return", CAMERA),
        ("issue", CAMERA, "--officer", "008888"),
        ("add", "dsj:T000999", "--assign", "005555"),
        ("change", "dsj:T000999", "--serial", "T000999", "--note", "a dent"),
        ("retire", "dsj:T000999"),
        ("admit", "dsj:T000999"),
    ):
        must(home, "devices", *arguments, settings=settings)
    first = must(home, "alarms", settings=settings)["alarms"][0]
    must(home, "alarms", "acknowledge", first["id"], "--note", "a photo that was deleted", settings=settings)
    must(home, "cases", "open", "A2026-000017", "--title", "red van", settings=settings)


def _struck_before_its_seal() -> None:
    """Power fails when every file is taken and nothing is sealed: the docking stays open."""
    from station.book import Book

    Book.seal = lambda *_: os._exit(STRUCK_STATUS)  # type: ignore[method-assign]  # that is what striking is


def make_recovered(folder: Path, main: Pattern) -> Pattern:
    """The home as it was backed up before the settings changed, restored with what the store has by now, and recovered."""
    home, second = folder / "home", folder / "second"
    settings = settings_for(second)
    clone(main.backups["before-settings"] / "home", home)
    clone(main.backups["before-settings"] / "second", second)
    shutil.rmtree(home / "store")
    clone(main.home / "store", home / "store")
    must(home, "recover", "--reason", "the disk died", settings=settings)
    must(home, "ingest", str(main.home.parent / "cards" / "evening"), "--officer", "001234", settings=settings)
    must(home, "upload", "--until-idle", settings=settings)
    must(home, "checkpoint", "--out", str(folder / "kept.checkpoint"), settings=settings)
    final = folder / "kept.checkpoint"
    return Pattern(
        "recovered", home, second, main.anchor, (*main.kept, final), final, {"before-recovery": main.backups["before-settings"]}
    )


def make_stamped(folder: Path) -> Pattern:
    """A station whose seals and checkpoints two authorities attested; their folders lie beside it, so that cases can ask for more."""
    home, second = folder / "home", folder / "second"
    settings = settings_for(second)

    def station(*arguments: str) -> dict[str, object]:
        return must(home, *arguments, settings=settings)

    anchor = str(station("init", "--station", STATION, "--unit", UNIT)["anchor"])
    city, national = make_authority(folder / "city"), make_authority(folder / "national", kind="rsa", second_certificate=True)
    with serving(city) as one, serving(national) as two:
        named = f"city={one.url};{one.root} national={two.url};{two.root}"
        station("settings", "set", "timestamp_authorities", named)
        station("ingest", str(make_card(folder / "cards" / "shop", SHOP)), "--source", "cctv", "--device", "shop:17")
        station("ingest", str(make_card(folder / "cards" / "evening", EVENING)), "--officer", "001234")
        station("upload", "--until-idle")
    station("upload", "--until-idle")
    station("checkpoint", "--out", str(folder / "kept.checkpoint"))
    final = folder / "kept.checkpoint"
    return Pattern("stamped", home, second, anchor, (final,), final)


def make_roomy(folder: Path) -> Pattern:
    """A station that erased a card and let go of two copies, one of which came back with another docking."""
    home, second, card = folder / "home", folder / "second", folder / "cards" / "evening"
    settings = settings_for(second)

    def station(*arguments: str, **more: str) -> dict[str, Any]:
        return must(home, *arguments, settings={**settings, **more})

    anchor = str(station("init", "--station", STATION, "--unit", UNIT)["anchor"])
    docking = str(station("ingest", str(make_card(card, {**EVENING, **SHOP})), "--officer", "001234")["docking"])
    station("upload", "--until-idle")
    os.environ.update(settings)
    rooms = Rooms.open(Home(home))
    rows = clips_of(rooms)
    confirm(rooms, rows.values())
    station("erase", docking, str(card), "--yes", EVIDENCE_STATION_ERASE="after-receipt")
    with rooms.queries() as queries:
        receipts = {row.subject.removeprefix("clip:"): row.body for row in queries.receipts()}
    leaving = [row for path, row in rows.items() if path.endswith(".avi")]
    gone = [
        LetGo(
            Digest(row.sha256),
            row.size,
            receipts[row.id]["id"],
            receipts[row.id]["store"],
            receipts[row.id]["object_key"],
            "1",
            "full",
        )
        for row in leaving
    ]
    with rooms.ledger.commit() as commit:
        evicted(commit, gone)
    rooms.close()
    for name in settings:
        del os.environ[name]
    for one in gone:
        for vault in (home / "vault", second):
            (vault / "blobs" / one.sha256[:2] / one.sha256).unlink()
    back = make_card(folder / "cards" / "back", {b"clip2.avi": SHOP[b"camera 1/clip2.avi"]})
    station("ingest", str(back), "--source", "cctv", "--device", "shop:18")
    station("checkpoint", "--out", str(folder / "kept.checkpoint"))
    final = folder / "kept.checkpoint"
    return Pattern("roomy", home, second, anchor, (final,), final)


def make_gm(folder: Path) -> Pattern:
    """A station in the suite gm: a card seen twice, an empty file, and a second SM2 key that succeeded the first between the two."""
    home, second = folder / "home", folder / "second"
    settings = {**settings_for(second), "EVIDENCE_STATION_SUITE": "gm"}

    def station(*arguments: str) -> dict[str, object]:
        return must(home, *arguments, settings=settings)

    anchor = str(station("init", "--station", STATION, "--unit", UNIT)["anchor"])
    card = str(make_card(folder / "cards" / "shop", {**SHOP, b"camera 1/clip3.avi": b""}))
    station("ingest", card, "--source", "cctv", "--device", "shop:17")
    station("key", "rotate", "--role", "seal-gm")
    station("ingest", card, "--source", "cctv", "--device", "shop:17")
    station("upload", "--until-idle")
    station("checkpoint", "--out", str(folder / "kept.checkpoint"))
    final = folder / "kept.checkpoint"
    return Pattern("gm", home, second, anchor, (final,), final)


def clone(source: Path, target: Path) -> None:
    """Copy a folder. Blobs and objects are linked where they can be, since all who would change one take it for their own first."""
    target.mkdir(parents=True)
    linked = target.stat().st_dev == source.stat().st_dev
    for folder, names, files in os.walk(source):
        here = target / os.path.relpath(folder, source)
        here.mkdir(parents=True, exist_ok=True)
        shutil.copymode(folder, here)
        for name in files + [name for name in names if (Path(folder) / name).is_symlink()]:
            original, copy = Path(folder, name), here / name
            if linked and "blobs" in original.parts and not original.is_symlink():
                os.link(original, copy)
            else:
                shutil.copy2(original, copy, follow_symlinks=False)
