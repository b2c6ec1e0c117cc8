"""Attacks on disposals: footage that goes without two people, without an entry, or by the entry of another; certificates of nothing."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from tests.campaigns.tampering.cases.columns import OTHER_ID
from tests.campaigns.tampering.cases.sheets import KEPT, said_otherwise, sheet
from tests.campaigns.tampering.forging import Heads, body_of, chain, entries, first_seq, put_body, rebuild
from tests.campaigns.tampering.homes import EVENING, SHOP, Pattern
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.kept import LAST, OVER, RUN, SECOND, done_later
from tests.campaigns.tampering.victim import Victim

(_EVENING,) = EVENING.values()
WAITS = sha256(_EVENING).hexdigest()
"""The content whose disposal has been agreed on."""
STAYS = sha256(SHOP[b"readme.txt"]).hexdigest()
"""One that nobody asked to dispose of."""


def clip_of(victim: Victim, content: str) -> str:
    return str(victim.one("SELECT id FROM clip WHERE sha256 = ?", content))


def _gone_by_its_row(victim: Victim) -> Expected:
    """Footage is removed, and its rows say that it was disposed of."""
    clip = clip_of(victim, STAYS)
    victim.sql("UPDATE clip SET disposed_at = taken_at WHERE id = ?", clip)
    victim.sql("UPDATE blob SET evicted_at = placed_at WHERE sha256 = ?", STAYS)
    victim.blob(STAYS).unlink()
    victim.blob(STAYS, second=True).unlink()
    missing = [("vault-missing", STAYS), ("vault-missing", f"second:{STAYS}")]
    return tampered(("catalogue-differs", f"clip:{clip}"), ("catalogue-differs", f"blob:{STAYS}"), *missing, causes=2)


def _gone_before_its_time(victim: Victim) -> Expected:
    """What two people agreed on goes by hand, before anybody carries it out."""
    victim.blob(WAITS).unlink()
    return tampered(("vault-missing", WAITS))


def _agreed_in_the_table(victim: Victim) -> Expected:
    """What waits to be carried out has begun, the sheet says."""
    disposal = sheet(victim, "disposal", "pending")
    said_otherwise(victim, disposal, state="begun")
    victim.sql("UPDATE sheet_index SET value = 'begun' WHERE sheet = ? AND name = 'state'", disposal)
    return tampered(("catalogue-differs", f"sheet:{disposal}"))


def _more_than_was_asked_for(victim: Victim) -> Expected:
    """The sheet names another content than the log does."""
    disposal = sheet(victim, "disposal", "pending")
    victim.sql("UPDATE sheet SET said = replace(said, ?, ?) WHERE id = ?", WAITS, STAYS, disposal)
    return tampered(("catalogue-differs", f"sheet:{disposal}"))


def _word_removed(victim: Victim) -> Expected:
    """That a second person agreed to what is gone."""
    approval = victim.one(
        "SELECT json_extract(said, '$.approval') FROM sheet WHERE id = ?", sheet(victim, "disposal", "carried-out")
    )
    victim.sql("DELETE FROM sheet WHERE id = ?", approval)
    return tampered(("catalogue-missing-row", f"sheet:{approval}"))


def _entry_removed(victim: Victim) -> Expected:
    seq = first_seq(victim, "disposed")
    victim.sql("DELETE FROM custody_entry WHERE epoch = 1 AND seq = ?", seq)
    return tampered(("log-missing", f"entry:1/{seq}"))


def _entry_of_another(victim: Victim) -> Expected:
    """The entry that disposes of one clip speaks of another one: the first went by no entry then."""
    seq = first_seq(victim, "disposed")
    body = body_of(victim, seq)
    put_body(victim, seq, {**body, "subject": f"clip:{clip_of(victim, STAYS)}", "what": {**body["what"], "sha256": STAYS}})
    beside = {"log-missing", "catalogue-differs", "vault-missing"}
    return tampered(("log-altered", f"entry:1/{seq}"), also=beside, causes=2)


def _replayed(victim: Victim) -> Expected:
    """The same entry once more, for another clip, and its rows and copies to suit it."""
    bodies = entries(victim)
    genuine = body_of(victim, first_seq(victim, "disposed"))
    what = {**genuine["what"], "sha256": STAYS, "size": len(SHOP[b"readme.txt"])}
    clip = clip_of(victim, STAYS)
    bodies.append({**genuine, "id": OTHER_ID, "subject": f"clip:{clip}", "what": what, "when": bodies[-1]["when"]})
    rebuild(victim, chain(bodies), Heads())
    at = bodies[-1]["when"]["utc"]
    victim.sql("UPDATE clip SET disposed_at = ? WHERE id = ?", at, clip)
    victim.sql("UPDATE blob SET evicted_at = ? WHERE sha256 = ?", at, STAYS)
    victim.blob(STAYS).unlink()
    victim.blob(STAYS, second=True).unlink()
    beside = {"catalogue-differs", "catalogue-missing-row", "log-missing", "vault-missing"}
    return tampered(either={"log-altered"}, also=beside, causes=3)


def _more_by_software(victim: Victim) -> Expected:
    """Altered software, with the station's keys, disposes of something else as well, by the entry of this disposal."""
    done_later(victim, *RUN, breaking=_taking_more)
    return tampered(("log-missing", f"clip:{clip_of(victim, STAYS)}"))


def _taking_more() -> None:
    from evidence.catalogue.acts import keeping

    whole = keeping.disposed

    def disposed(commit: Any, disposal: Any, sha256: Any, size: int, *by: Any) -> object:  # noqa: ANN401  # what it takes
        whole(commit, disposal, STAYS, len(SHOP[b"readme.txt"]), *by)  # type: ignore[arg-type]  # a digest as text
        return whole(commit, disposal, sha256, size, *by)

    keeping.disposed = disposed  # type: ignore[assignment]  # broken on purpose


def _alone_by_software(victim: Victim) -> Expected:
    """Altered software, with the station's keys, lets one person ask and agree: nobody else's word is spent."""
    waiver = ("--waiver", "000009 knows of it")
    asked = done_later(victim, "disposals", "ask", clip_of(victim, STAYS), "--reason", "x", *waiver, days=OVER)
    done_later(victim, "disposals", "approve", asked["id"], days=OVER, breaking=_agreeing_alone)
    done_later(victim, *RUN, days=LAST)
    return tampered(("log-missing", f"sheet:{asked['id']}"))


def _agreeing_alone() -> None:
    from evidence.catalogue.sheets import Sheets
    from station import disposals

    def asked(commit: Any, _act: str, subject: str, _actor: object) -> str:  # noqa: ANN401  # a commit of the ledger
        (word,) = Sheets(commit.connection, commit.station).found("approval", "about", f"dispose {subject}")
        return word.id

    # what the module calls by these names, in this process only
    vars(disposals)["agreed"] = lambda *_: SimpleNamespace(decided_by=SECOND)
    vars(disposals)["approvals"] = SimpleNamespace(spend=asked)


def _carried_out(victim: Victim) -> Expected:
    """What two people agreed on goes, by the station itself."""
    done_later(victim, *RUN)
    return clean("disposed")


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    found: list[tuple[str, str, Callable[[Victim], Expected], bool]] = [
        ("nothing", "a disposal carried out", _carried_out, False),
        ("vault-missing", "a clip gone, and disposed of by its row only", _gone_by_its_row, True),
        ("vault-missing", "a clip gone before its disposal is carried out", _gone_before_its_time, False),
        ("catalogue-differs", "a disposal begun in the table only", _agreed_in_the_table, False),
        ("catalogue-differs", "a disposal of more than was asked for", _more_than_was_asked_for, False),
        ("catalogue-missing-row", "the second person's word for a disposal", _word_removed, False),
        ("log-missing", "the entry disposed", _entry_removed, False),
        ("log-missing", "a disposal of more by altered software", _more_by_software, True),
        ("log-missing", "a disposal that one person agreed with himself on, by altered software", _alone_by_software, True),
        ("log-altered", "a disposal's entry turned to another clip", _entry_of_another, False),
        ("log-altered", "a disposal's entry replayed for another clip", _replayed, False),
    ]
    return [Case(group, name, plant, KEPT, quick=quick) for group, name, plant, quick in found]
