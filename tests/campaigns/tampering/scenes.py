"""What the other commands do about a log that was turned back, a store that cannot be asked, a disposal and a certificate that are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.tampering.cases.columns import OTHER_ID
from tests.campaigns.tampering.cases.disposals import WAITS
from tests.campaigns.tampering.cases.sheets import said_otherwise, sheet
from tests.campaigns.tampering.cases.turned_back import OUT_OF_REACH, gone_on, restored
from tests.campaigns.tampering.command import run
from tests.campaigns.tampering.forging import forged
from tests.campaigns.tampering.homes import Pattern, clone, make_card
from tests.campaigns.tampering.judging import clean, complaints
from tests.campaigns.tampering.kept import FIRST, OVER, RUN, acting, later
from tests.campaigns.tampering.victim import ORIGIN, Victim, differences, state_of
from tests.evidence.verify.sample import note

TURNED_BACK = "log-turned-back"


@dataclass(frozen=True, slots=True)
class Scene:
    """A story about one home; ``tell`` yields what is wrong with how it went."""

    name: str
    tell: Callable[[Victim], Iterator[str]]
    quick: bool = False
    pattern: str = "main"

    def play(self, patterns: dict[str, Pattern], folder: Path) -> Iterator[str]:
        yield from self.tell(Victim(patterns[self.pattern], folder))


def _refuses(victim: Victim) -> Iterator[str]:
    """Neither sends nor takes anything, and leaves the store and the vault as they are."""
    card = make_card(victim.folder / "new card", {b"new.mp4": b"never taken"})
    for command in (("upload", "--until-idle"), ("upload",), ("ingest", str(card))):
        places = (victim.home / "store", victim.home / "vault", victim.second)
        before = [state_of(place) for place in places]
        rows = victim.rows("SELECT count(*) FROM custody_entry")
        said = victim.run(*command)
        if said.status != 3 or said.error() != TURNED_BACK:
            yield f"{command[0]}: {TURNED_BACK} with status 3 was due: {said.told()}"
        for place, was in zip(places, before, strict=True):
            yield from (f"{command[0]} wrote {path}" for path in differences(was, state_of(place)))
        if victim.rows("SELECT count(*) FROM custody_entry") != rows:
            yield f"{command[0]} wrote to the log"


def _recovers(victim: Victim) -> Iterator[str]:
    """A reason given, a new epoch begun; verify is clean and says what was lost, and work goes on."""
    said = victim.run("recover", "--reason", "restored after the disk died")
    if said.status != 0:
        yield f"recover: {said.told()}"
        return
    yield from (f"verify after recover: {one}" for one in complaints(clean("recovered", anchored=True), victim.verify()))
    card = make_card(victim.folder / "newer card", {b"newer.mp4": b"taken after all"})
    for command in (("ingest", str(card)), ("upload", "--until-idle")):
        said = victim.run(*command)
        if said.status != 0:
            yield f"{command[0]} after recover: {said.told()}"
    yield from (f"verify in the new epoch: {one}" for one in complaints(clean("recovered", anchored=True), victim.verify()))


def _rolled_back(victim: Victim) -> Iterator[str]:
    restored("before-settings", victim)
    yield from _refuses(victim)
    yield from _recovers(victim)


def _forked(victim: Victim) -> Iterator[str]:
    gone_on(victim, further=True)
    yield from _refuses(victim)
    yield from _recovers(victim)


def _recovered_without_a_reason(victim: Victim) -> Iterator[str]:
    restored("before-settings", victim)
    said = victim.run("recover")
    if said.status != 2:
        yield f"recover needs its reason: {said.told()}"


def _turned_back_after_recovering(victim: Victim) -> Iterator[str]:
    """Once recovered and sent, the station is turned back to before: that is seen too, though the first epoch is whole."""
    victim.must("upload", "--until-idle")
    old = victim.folder / "old"
    clone(victim.home, old / "home")
    clone(victim.second, old / "second")
    victim.must("recover", "--reason", "a new disk")
    victim.must("tag", victim.one("SELECT id FROM clip ORDER BY id"), "--category", "patrol")
    victim.must("upload", "--until-idle")
    victim.restore(old)
    yield from _refuses(victim)


def _nonsense_on_top(victim: Victim) -> Iterator[str]:
    """Whoever can write to the store lays nonsense over the heads there: what lies below still bears witness."""
    restored("before-settings", victim)
    (victim.far / ORIGIN / "999999").write_bytes(b"\xff nonsense \n")
    yield from _refuses(victim)


def _recovers_despite_nonsense(victim: Victim) -> Iterator[str]:
    restored("before-settings", victim)
    (victim.far / ORIGIN / "999999").write_bytes(b"\xff nonsense \n")
    signer = forged("ed25519", forged("p256", authority=True))
    (victim.far / ORIGIN / "888888").write_text(note(ORIGIN, 888888, bytes(32), signer))
    said = victim.run("recover", "--reason", "restored after the disk died")
    if said.status != 0 or said.document.get("witnessed") == 888888:
        yield f"recover was to pass over what nobody signed: {said.told()}"


def _recovers_from_before_a_recovery(victim: Victim) -> Iterator[str]:
    """The second epoch is lost altogether; the next one must not take its name."""
    for _ in _turned_back_after_recovering(victim):
        pass  # told by a scene of its own
    yield from _recovers(victim)


UNREACHABLE: dict[str, dict[str, str]] = {
    "a file where the store's folder was": {},
    "an S3 store that does not answer": OUT_OF_REACH,
}


def _unreachable(environment: dict[str, str]) -> Callable[[Victim], Iterator[str]]:
    def tell(victim: Victim) -> Iterator[str]:
        if environment:
            victim.environment.update(environment)
        else:
            (victim.home / "store").rename(victim.folder / "store")
            (victim.home / "store").write_bytes(b"")
        yield from (f"verify: {one}" for one in complaints(clean("store-not-asked"), victim.verify()))
        said = victim.run("ingest", str(make_card(victim.folder / "card", {b"clip.mp4": b"taken all the same"})))
        if said.status != 0 or not said.document.get("warnings"):
            yield f"ingest was to warn and to go on: {said.told()}"
        said = victim.run("upload")
        if said.status not in {5, 6}:
            yield f"upload was to say that the store is out of reach: {said.told()}"

    return tell


def _begun_in_the_table(victim: Victim) -> Iterator[str]:
    """A disposal that only its row says has begun is carried out by nobody, nor is any other."""
    disposal = sheet(victim, "disposal", "pending")
    said_otherwise(victim, disposal, state="begun")
    victim.sql("UPDATE sheet_index SET value = 'begun' WHERE sheet = ? AND name = 'state'", disposal)
    said = run(victim.home, *RUN, settings={**victim.settings, **acting(FIRST)}, broken=later(OVER))
    if (said.status, said.error()) != (3, "keeping-doubted"):
        yield f"keeping-doubted with status 3 was due: {said.told()}"
    if not victim.blob(WAITS).exists():
        yield "it removed the footage all the same"


def _certificates(victim: Victim) -> Iterator[str]:
    """A certificate of a disposal that never was, and one of a disposal that went otherwise."""

    def named() -> list[tuple[str, str]]:
        return [
            (one["kind"], one["subject"]) for one in victim.run("disposals", "check").document.get("problems", [("none", "")])
        ]

    disposal = sheet(victim, "disposal", "carried-out")
    genuine = victim.home / "certificates" / f"{disposal}.json"
    if found := named():
        yield f"nothing was touched, and it says {found}"
    genuine.with_stem(OTHER_ID).write_bytes(genuine.read_bytes().replace(disposal.encode(), OTHER_ID.encode()))
    if (found := named()) != [("certificate-unfounded", f"sheet:{OTHER_ID}")]:
        yield f"a certificate without a disposal: {found}"
    genuine.with_stem(OTHER_ID).unlink()
    victim.edit(genuine, lambda held: held.replace(b"its time is over", b"its time was over"))
    if (found := named()) != [("certificate-differs", f"sheet:{disposal}")]:
        yield f"a certificate that was changed: {found}"


SCENES = (
    Scene("rolled back: upload and ingest refuse, recover heals", _rolled_back, quick=True),
    Scene("forked: upload and ingest refuse, recover heals", _forked),
    Scene("recover asks for a reason", _recovered_without_a_reason),
    Scene("turned back to before a recovery: upload and ingest refuse", _turned_back_after_recovering),
    Scene("turned back to before a recovery: recover heals", _recovers_from_before_a_recovery),
    Scene("nonsense in the store: upload and ingest refuse", _nonsense_on_top),
    Scene("nonsense in the store: recover passes over it", _recovers_despite_nonsense),
    Scene("a disposal begun in the table only: nobody carries it out", _begun_in_the_table, pattern="kept"),
    Scene("certificates of nothing: disposals check names them", _certificates, quick=True, pattern="kept"),
    *(Scene(f"out of reach: {name}", _unreachable(environment)) for name, environment in UNREACHABLE.items()),
)
