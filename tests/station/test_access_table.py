"""Every command against every role, and those that reach for a clip against whose clip it is: as ``evidence/ACCESS.md`` says, and as it really comes out.

``python -m tests.station.test_access_table`` writes the file anew from what comes out. It is read, line by line, before it is committed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from evidence.access import APPROVERS, Role, allowed
from evidence.catalogue.acts import desk
from evidence.custody.entry import Actor
from evidence.errors import Fault
from evidence.ids import ClipId, DockingId
from evidence.people import Person
from station import packages, wire
from station.client import InProcess
from station.commands import (
    KINDS,
    Command,
    Custody,
    Erase,
    Export,
    Ingest,
    ListClips,
    ListDockings,
    ListReceipts,
    Package,
    Play,
    PrintSlip,
    Recall,
    Recover,
    RevokeKey,
    RotateKey,
    SettingsCommand,
    ShowClip,
    ShowDocking,
    Tag,
    silent,
)
from station.commands.derived import ListDerivatives, ListRedactions
from station.engine import Engine
from station.home import Home
from station.papers import slip
from station.rooms import Rooms
from station.setup import init
from tests.contract.test_client import EVERY

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "evidence" / "ACCESS.md"
UNIT, ELSEWHERE = "310101", "310999"
COLLEAGUE = "009999"
PARENTS = {UNIT: "310000", ELSEWHERE: "310000", "310000": None}
SCOPES = ("own", "unit", "other", "restricted", "granted")
REFUSED = {"permission-denied", "clip-out-of-reach", "clip-restricted", "docking-out-of-reach", "reason-needed"}
NAMES_A_CLIP = {"clip", "clips", "docking", "subject", "recording", "like", "same_as"}
"""Members of commands that name a clip, or what holds one."""
ANOTHER_WAY = {
    "seal": "names an open docking; asked of the docking as 'print-slip' is",
    "show-recording": "asked of the recording's docking as 'show-docking' is",
    "list-stamps": "names seals, and nobody",
    "ask-approval": "asks; whoever gives it sees the clip (tests/station/test_approvals.py)",
    **dict.fromkeys(("derive", "take-still", "cut-clip"), "its clip is asked for as that of 'list-derivatives' is"),
    "show-link": "a link is opened as its clip is (tests of links)",
    "split-case": "its clips are tagged, and asked for as those of 'tag' are",
    "ask-disposal": "what is asked for here is decided by who sees it (tests of keeping)",
    "add-redaction": "its clip is asked for as that of 'list-redactions' is",
    "show-history": "its clip is asked for as that of 'tag' is",
    "list-matches": "shows matches of clips in reach alone (tests of matching)",
}
"""Commands with such a member that are not tried here, and why that is enough."""


@dataclass(frozen=True)
class Scene:
    """One clip and its docking, and by whom they are looked at."""

    clip: str
    docking: str


Make = Callable[[Scene, Path], Command]
REACHING: dict[type[Command], Make] = {
    ShowClip: lambda scene, _: ShowClip(scene.clip),
    Play: lambda scene, _: Play(scene.clip, reason="a complaint"),
    ListClips: lambda *_: ListClips(),
    ListDockings: lambda *_: ListDockings(),
    ShowDocking: lambda scene, _: ShowDocking(scene.docking),
    Tag: lambda scene, _: Tag((scene.clip,), note="seen"),
    Export: lambda scene, folder: Export(scene.clip, os.fsencode(folder)),
    Package: lambda scene, folder: Package(os.fsencode(folder / "bag"), clips=(scene.clip,)),
    Recall: lambda scene, _: Recall((scene.clip,)),
    Custody: lambda scene, _: Custody(scene.clip),
    ListReceipts: lambda scene, _: ListReceipts(scene.clip),
    PrintSlip: lambda scene, folder: PrintSlip(scene.docking, os.fsencode(folder / "slip.pdf")),
    Erase: lambda scene, folder: Erase(scene.docking, os.fsencode(folder)),
    ListDerivatives: lambda scene, _: ListDerivatives(scene.clip),
    ListRedactions: lambda scene, _: ListRedactions(scene.clip),
}
TWO: dict[str, Command] = {
    "recover": Recover("drill"),
    "rotate-key": RotateKey("seal"),
    "revoke-key": RevokeKey("", "lost"),
    "settings set": SettingsCommand("set", "session_hours", "24"),
}
"""Commands of the main line that take two people, as they would be carried out."""


def person(role: Role, scope: str) -> Person:
    """Who looks at a clip in a scope."""
    unit = ELSEWHERE if scope == "other" else UNIT
    granted = frozenset({"minors"}) if scope == "granted" else frozenset[str]()
    return Person("004567", role, unit, sensitivities=granted)


def actor(role: Role, scope: str) -> Actor:
    return person(role, scope).actor(PARENTS)


class Stage:
    """A station with one clip of each kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        init(Home(folder / "home"), "s1", UNIT)
        self.rooms = Rooms.open(Home(folder / "home"))
        self._count = 0
        own, unit = self._taken("004567"), self._taken(COLLEAGUE)
        restricted = self._taken(COLLEAGUE)
        with self.rooms.ledger.commit() as commit:
            desk.tagged(commit, ClipId(restricted.clip), {"sensitivity": "minors"}, self.rooms.operator)
        self.scenes = {"own": own, "unit": unit, "other": unit, "restricted": restricted, "granted": restricted}

    def _taken(self, officer: str) -> Scene:
        self._count += 1
        card = self.folder / f"card-{self._count}"
        card.mkdir()
        (card / "a.mp4").write_bytes(b"footage %d" % self._count)
        client = InProcess(Engine(self.rooms), self.rooms.operator)
        docking = str(client.call(Ingest((os.fsencode(card),), officer)).document["docking"])
        with self.rooms.queries() as queries:
            (clip,) = queries.clips(docking=DockingId(docking))
        return Scene(clip.id, docking)

    def comes_out(self, kind: type[Command], role: Role, scope: str) -> str:
        """``yes``, ``two`` (a second person is missing) or ``no``; faults that have nothing to do with rights are a ``yes``."""
        scene = self.scenes[scope]
        self._count += 1
        folder = self.folder / f"out-{self._count}"
        folder.mkdir()
        try:
            answer = Engine(self.rooms).carry_out(REACHING[kind](scene, folder), actor(role, scope), silent)
        except Fault as fault:
            return "two" if fault.code == "approval-missing" else "no" if fault.code in REFUSED else "yes"
        for name, wanted in (("clips", scene.clip), ("dockings", scene.docking)):
            if kind in {ListClips, ListDockings} and name in answer.document:
                rows = answer.document[name]
                assert isinstance(rows, list)
                return "yes" if wanted in str(rows) else "no"
        return "yes"

    def takes_two(self, name: str, role: Role) -> bool:
        command = TWO[name]
        if isinstance(command, RevokeKey):
            with self.rooms.queries() as queries:
                known = queries.keys()
            key = next(row.id for row in known if row.role == "seal" and row.revoked_at is None)
            command = RevokeKey(key, "lost")
        try:
            Engine(self.rooms).carry_out(command, actor(role, "unit"), silent)
        except Fault as fault:
            return fault.code == "approval-missing"
        return False


def label(command: Command) -> str:
    """A command's name, with the verb of one that has several."""
    return " ".join(filter(None, (wire.name_of(type(command)), str(getattr(command, "verb", "")))))


def commands() -> dict[str, Command]:
    """One of every kind, and of every verb."""
    return {label(one): one for one in EVERY}


def first_table(stage: Stage) -> list[str]:
    rows = ["| command | needs | " + " | ".join(Role) + " |", "|---|---|" + "---|" * len(Role)]
    for name, command in sorted(commands().items()):
        cells = []
        for role in Role:
            may = allowed(actor(role, "unit"), command.permission)
            cells.append("–" if not may else "two" if name in TWO and stage.takes_two(name, role) else "yes")
        rows.append(f"| `{name}` | {command.permission.value} | " + " | ".join(cells) + " |")
    return rows


def second_table(stage: Stage) -> list[str]:
    rows = ["| command | " + " | ".join(Role) + " |", "|---|" + "---|" * len(Role)]
    for kind in sorted(REACHING, key=wire.name_of):
        cells = []
        for role in Role:
            found = {scope: stage.comes_out(kind, role, scope) for scope in SCOPES}
            told = [scope if out == "yes" else f"{scope}²" for scope, out in found.items() if out != "no"]
            cells.append(" ".join(told) or "–")
        rows.append(f"| `{wire.name_of(kind)}` | " + " | ".join(cells) + " |")
    return rows


def third_table() -> list[str]:
    rows = ["| act | given by |", "|---|---|"]
    return rows + [f"| `{act}` | {', '.join(sorted(roles))} |" for act, roles in APPROVERS.items()]


def written(stage: Stage) -> str:
    return "\n".join(
        [
            "# Who may do what",
            "",
            "Once there are accounts. Every command as the API names it (`wire.name_of`), every role: `two` is yes with a second person's word.",
            "",
            *first_table(stage),
            "",
            "## Whose clip it is",
            "",
            "`own`: he recorded it; `unit`: a colleague of his unit did; `other`: somebody of another unit did; `restricted`: his unit's, with a sensitivity that he was not",
            "granted; `granted`: the same, and he was. What is named is answered, `²` with a second person's word, all else is refused, and the refusal is an entry.",
            "",
            *second_table(stage),
            "",
            "## Who agrees",
            "",
            "Never who asked. About a clip only who sees that clip.",
            "",
            *third_table(),
            "",
        ]
    )


@pytest.mark.timeout(300)
def test_the_table_says_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Who may have a paper is asked here; to print one takes half a second, and what stands in it is asked elsewhere.
    monkeypatch.setattr(slip, "printed", lambda *_: b"%PDF")
    monkeypatch.setattr(packages, "papers", lambda *_: {})
    stage = Stage(tmp_path)
    try:
        assert written(stage).splitlines() == TABLE.read_text(encoding="utf-8").splitlines()
    finally:
        stage.rooms.close()


def test_every_command_is_in_the_table_and_every_one_that_names_a_clip_is_tried_on_one() -> None:
    assert {type(one) for one in commands().values()} == set(KINDS)
    named = {wire.name_of(kind) for kind in KINDS if NAMES_A_CLIP & {one.name for one in fields(kind)}}
    tried = {wire.name_of(kind) for kind in REACHING}
    assert named - tried == set(ANOTHER_WAY) & named
    assert set(ANOTHER_WAY) <= named


def rows(heading: str) -> dict[str, list[str]]:
    """A table of the file, by its first column."""
    part = TABLE.read_text(encoding="utf-8").split(heading, 1)[1].split("\n## ", 1)[0]
    found = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| `")]
    return {row[0]: row[1:] for row in found}


ROLES = list(Role)


@pytest.mark.parametrize("command", ["tag", "export", "package", "recall", "play", "erase"])
def test_no_administrator_touches_evidence(command: str) -> None:
    assert rows("## Whose clip it is")[command][ROLES.index(Role.ADMINISTRATOR)] == "–"


def test_an_officer_has_his_own_clips_and_no_others() -> None:
    for command, cells in rows("## Whose clip it is").items():
        assert cells[ROLES.index(Role.OFFICER)] in {"–", "own"}, command


def test_a_restricted_clip_is_for_those_alone_who_were_granted_it_and_known_to_auditors() -> None:
    for command, cells in rows("## Whose clip it is").items():
        for role, cell in zip(ROLES, cells, strict=True):
            of_docking = command in {"list-dockings", "show-docking", "print-slip", "erase"}
            assert "restricted" not in cell.split() or role is Role.AUDITOR or of_docking, (command, role)


def test_an_auditor_plays_nothing_alone_and_changes_nothing() -> None:
    play = rows("## Whose clip it is")["play"][ROLES.index(Role.AUDITOR)]
    assert play.split() == [f"{scope}²" for scope in SCOPES]
    auditor = {name for name, cells in rows("# Who may do what").items() if cells[1 + ROLES.index(Role.AUDITOR)] != "–"}
    assert not auditor & {"tag", "export", "package", "erase", "recall", "settings set", "add-person", "grant", "give-approval"}


def rewrite() -> None:
    """Write the file from what comes out."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        TABLE.write_text(written(stage), encoding="utf-8")
        stage.rooms.close()


if __name__ == "__main__":
    rewrite()
