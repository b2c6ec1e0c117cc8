"""Attacks on sheets: a hold that holds no more, a word that serves twice, a version that never was."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.campaigns.tampering.cases.log import COLUMNS
from tests.campaigns.tampering.forging import Heads, chain, entries, rebuild
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.kept import SECOND, done_later
from tests.campaigns.tampering.victim import Victim

KEPT = "kept"


def sheet(victim: Victim, kind: str, state: str) -> str:
    """The first sheet of a kind in a state."""
    return str(victim.one("SELECT id FROM sheet WHERE kind = ? AND json_extract(said, '$.state') = ? ORDER BY id", kind, state))


def _versions(victim: Victim, of: str) -> list[tuple[int, str]]:
    """Where in the log the versions of a sheet stand, and the ids of their entries."""
    found = victim.rows("SELECT seq, id FROM custody_entry WHERE subject = ? AND type = 'recorded' ORDER BY seq", f"sheet:{of}")
    return [(int(seq), str(entry)) for seq, entry in found]


def said_otherwise(victim: Victim, of: str, **members: Any) -> None:  # noqa: ANN401  # whatever JSON holds
    """Other members on a sheet, in the catalogue alone."""
    said = json.loads(victim.one("SELECT said FROM sheet WHERE id = ?", of))
    text = json.dumps({**said, **members}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    victim.sql("UPDATE sheet SET said = ? WHERE id = ?", text, of)


def _member_changed(victim: Victim) -> Expected:
    hold = sheet(victim, "hold", "in-force")
    said_otherwise(victim, hold, clause="none")
    return tampered(("catalogue-differs", f"sheet:{hold}"))


def _lifted_in_the_table(victim: Victim) -> Expected:
    """As the station would have left it, but for the log."""
    hold = sheet(victim, "hold", "in-force")
    said_otherwise(victim, hold, state="lifted")
    victim.sql("UPDATE sheet SET version = version + 1 WHERE id = ?", hold)
    victim.sql("UPDATE sheet_index SET value = 'lifted' WHERE sheet = ? AND name = 'state'", hold)
    return tampered(("catalogue-differs", f"sheet:{hold}"))


def _hidden_from_search(victim: Victim) -> Expected:
    """Where a sheet is looked for is operational: nothing is proven by it, and what decides is held against the log first."""
    victim.sql("DELETE FROM sheet_index WHERE sheet = ?", sheet(victim, "hold", "in-force"))
    return clean()


def _deleted(victim: Victim) -> Expected:
    """A hold with the values behind it."""
    hold = sheet(victim, "hold", "in-force")
    (_, entry), *_ = _versions(victim, hold)
    gone = victim.rows("SELECT field FROM personal_value WHERE entry = ?", entry)
    victim.sql("DELETE FROM sheet WHERE id = ?", hold)
    victim.sql("DELETE FROM sheet_index WHERE sheet = ?", hold)
    victim.sql("DELETE FROM personal_value WHERE entry = ?", entry)
    named = [("catalogue-missing-row", f"sheet:{hold}")]
    named += [("catalogue-missing-row", f"personal_value:{entry}/{field}") for (field,) in gone]
    return tampered(*named, causes=len(named))


def _swapped(victim: Victim) -> Expected:
    """Two holds in each other's place: the one in force is the one that was lifted."""
    one, other = sheet(victim, "hold", "in-force"), sheet(victim, "hold", "lifted")
    for before, after in ((one, "-"), (other, one), ("-", other)):
        victim.sql("UPDATE sheet SET id = ? WHERE id = ?", after, before)
    return tampered(("catalogue-differs", f"sheet:{one}"), ("catalogue-differs", f"sheet:{other}"))


def _kept_forged(behind: bool, victim: Victim) -> Expected:
    """Whom a hold is on: on the sheet, and ``behind`` it, where the entry commits to it."""
    hold = sheet(victim, "hold", "in-force")
    *_, (_, entry) = _versions(victim, hold)
    victim.sql("UPDATE sheet SET kept = replace(kept, '009999', '009998') WHERE id = ?", hold)
    if not behind:
        return tampered(("catalogue-differs", f"sheet:{hold}"))
    changed = "UPDATE personal_value SET value = replace(value, '009999', '009998') WHERE entry = ? AND field = 'kept'"
    victim.sql(changed, entry)
    return tampered(("catalogue-differs", f"personal_value:{entry}/kept"), also={"catalogue-differs"})


def _kept_of_another(victim: Victim) -> Expected:
    """The salted value of one version behind another one."""
    disposal = sheet(victim, "disposal", "carried-out")
    (_, first), (_, second), *_ = _versions(victim, disposal)
    victim.sql("DELETE FROM personal_value WHERE entry = ? AND field = 'kept'", second)
    victim.sql(
        "INSERT INTO personal_value (station, entry, field, value, salt)"
        " SELECT station, ?, field, value, salt FROM personal_value WHERE entry = ? AND field = 'kept'",
        second, first,
    )  # fmt: skip
    return tampered(("catalogue-differs", f"personal_value:{second}/kept"))


def _version_removed(victim: Victim) -> Expected:
    """That a disposal was agreed on, with the values behind it."""
    _, (seq, entry), *_ = _versions(victim, sheet(victim, "disposal", "carried-out"))
    victim.sql("DELETE FROM custody_entry WHERE id = ?", entry)
    victim.sql("DELETE FROM personal_value WHERE entry = ?", entry)
    return tampered(("log-missing", f"entry:1/{seq}"))


def _version_written_out(victim: Victim) -> Expected:
    """The same, and the log numbered and linked anew under the old signatures."""
    _, (seq, _), *_ = _versions(victim, sheet(victim, "disposal", "carried-out"))
    bodies = entries(victim)
    del bodies[seq]
    rebuild(victim, chain(bodies), Heads(), moved=lambda size: size - 1 if size > seq else size)
    return tampered(either={"log-altered"}, also={"catalogue-differs", "catalogue-extra-row", "log-missing"}, causes=2)


def _versions_reordered(victim: Victim) -> Expected:
    """Two versions of one sheet in each other's place: agreed on before it was asked for."""
    (first, _), (second, _), *_ = _versions(victim, sheet(victim, "disposal", "carried-out"))
    places = ", ".join(f"{column} = ?" for column in COLUMNS)
    with victim.database() as connection:
        query = f"SELECT {', '.join(COLUMNS)} FROM custody_entry WHERE seq = ?"
        one, other = (connection.execute(query, (seq,)).fetchone() for seq in (first, second))
        for seq, row in ((first, other), (second, one)):
            connection.execute(f"UPDATE custody_entry SET {places} WHERE seq = ?", (*row, seq))
    return tampered(("log-order", f"entry:1/{first},{second}"))


def _version_turned_back(victim: Victim) -> Expected:
    """The sheet as an earlier version said it: a lifted hold that was never lifted, a change that was never made."""
    case = victim.one("SELECT id FROM sheet WHERE kind = 'case'")
    (_, first), *_ = _versions(victim, case)
    kept = victim.one("SELECT value FROM personal_value WHERE entry = ? AND field = 'kept'", first)
    victim.sql("UPDATE sheet SET kept = ?, version = 1 WHERE id = ?", kept, case)
    return tampered(("catalogue-differs", f"sheet:{case}"))


def _to_be_spent_again(victim: Victim) -> Expected:
    """A word that was spent, made to look as if it still waited to be."""
    approval = sheet(victim, "approval", "spent")
    said_otherwise(victim, approval, state="given")
    victim.sql("UPDATE sheet SET version = version - 1 WHERE id = ?", approval)
    victim.sql("UPDATE sheet_index SET value = 'given' WHERE sheet = ? AND name = 'state'", approval)
    return tampered(("catalogue-differs", f"sheet:{approval}"))


def _spent_twice_by_software(victim: Victim) -> Expected:
    """Altered software, with the station's keys: what was given once is spent twice, each time in a genuine entry."""
    hold = sheet(victim, "hold", "in-force")
    done_later(victim, "holds", "lift", hold, "--reason", "x")
    done_later(victim, "holds", "lift", hold, "--reason", "x", person=SECOND, breaking=_spending_twice)
    approval = victim.one(
        "SELECT id FROM sheet WHERE kind = 'approval' AND json_extract(said, '$.state') = 'spent' ORDER BY at DESC"
    )
    return tampered(("log-missing", f"sheet:{approval}"))


def _spending_twice() -> None:
    from evidence.catalogue.acts.sheets import Sheet, written
    from evidence.catalogue.sheets import Sheets
    from station import approvals

    whole = approvals.spend

    def spend(commit: Any, act: str, subject: str, actor: Any) -> object:  # noqa: ANN401  # what it takes
        found = whole(commit, act, subject, actor)
        row = Sheets(commit.connection, commit.station).sheet(approvals.KIND, found)
        assert row is not None
        written(commit, Sheet(row.kind, row.said, row.kept), "spent", actor, of=row.id)
        return found

    approvals.spend = spend  # type: ignore[assignment]  # broken on purpose


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    sheets: list[tuple[str, str, Callable[[Victim], Expected], bool]] = [
        ("catalogue-differs", "a member of a hold", _member_changed, False),
        ("catalogue-differs", "a hold lifted in the table only", _lifted_in_the_table, True),
        ("catalogue-differs", "two holds exchanged", _swapped, False),
        ("catalogue-differs", "what is kept of a hold", partial(_kept_forged, False), False),
        ("catalogue-differs", "what is kept of a hold, and the value behind it", partial(_kept_forged, True), True),
        ("catalogue-differs", "what is kept of one version behind another", _kept_of_another, False),
        ("catalogue-differs", "a sheet turned back by a version", _version_turned_back, False),
        ("catalogue-differs", "a spent approval that can be spent again", _to_be_spent_again, False),
        ("catalogue-missing-row", "a hold deleted", _deleted, True),
        ("log-missing", "a version of a sheet removed", _version_removed, False),
        ("log-missing", "an approval spent twice by altered software", _spent_twice_by_software, True),
        ("log-altered", "a version of a sheet written out of the log", _version_written_out, False),
        ("log-order", "two versions of a sheet exchanged", _versions_reordered, False),
        ("nothing", "a hold that is not found is still proven", _hidden_from_search, False),
    ]
    return [Case(group, name, plant, KEPT, quick=quick) for group, name, plant, quick in sheets]
