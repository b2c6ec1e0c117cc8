"""Attacks on what was erased and let go of: the entries taken away, copies that are not where the log says, receipts that do not cover."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.campaigns.tampering.forging import body_of, first_seq, put_body
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import Victim

ROOMY = "roomy"


def away(victim: Victim) -> str:
    """The content that the store alone has."""
    return str(victim.one("SELECT sha256 FROM blob WHERE evicted_at IS NOT NULL"))


def here(victim: Victim) -> str:
    """One that never left."""
    left = "SELECT json_extract(body, '$.what.sha256') FROM custody_entry WHERE type = 'evicted'"
    return str(victim.one(f"SELECT sha256 FROM blob WHERE sha256 NOT IN ({left})"))


def came_back(victim: Victim) -> str:
    return str(victim.one("SELECT json_extract(body, '$.what.sha256') FROM custody_entry WHERE type = 'recalled'"))


def _entry_removed(act: str, victim: Victim) -> Expected:
    seq = first_seq(victim, act)
    victim.sql("DELETE FROM custody_entry WHERE epoch = 1 AND seq = ?", seq)
    return tampered(("log-missing", f"entry:1/{seq}"))


def _entry_altered(act: str, victim: Victim) -> Expected:
    seq = first_seq(victim, act)
    body = body_of(victim, seq)
    body["what"] |= {"bytes": 1} if "bytes" in body["what"] else {"size": 1}
    put_body(victim, seq, body, hashed=False)
    return tampered(("log-altered", f"entry:1/{seq}"))


def _said_to_be_away(victim: Victim) -> Expected:
    """Footage is removed, and its row says that the store has it."""
    digest = here(victim)
    victim.sql("UPDATE blob SET evicted_at = placed_at WHERE sha256 = ?", digest)
    victim.blob(digest).unlink()
    victim.blob(digest, second=True).unlink()
    missing = [("vault-missing", digest), ("vault-missing", f"second:{digest}")]
    return tampered(("catalogue-differs", f"blob:{digest}"), *missing)


def _said_to_be_here(victim: Victim) -> Expected:
    digest = away(victim)
    victim.sql("UPDATE blob SET evicted_at = NULL WHERE sha256 = ?", digest)
    return tampered(("catalogue-differs", f"blob:{digest}"))


def _away_at_another_time(victim: Victim) -> Expected:
    digest = away(victim)
    victim.sql("UPDATE blob SET evicted_at = placed_at WHERE sha256 = ?", digest)
    return tampered(("catalogue-differs", f"blob:{digest}"))


def _removed(which: Callable[[Victim], str], victim: Victim) -> Expected:
    digest = which(victim)
    victim.blob(digest).unlink()
    return tampered(("vault-missing", digest))


def _laid_in_its_place(victim: Victim) -> Expected:
    """Other bytes under the name of a content that was let go of."""
    digest = away(victim)
    victim.blob(digest).parent.mkdir(exist_ok=True)
    victim.blob(digest).write_bytes(b"what somebody would like it to have been")
    return tampered(("vault-digest", digest))


def _receipt_altered(victim: Victim) -> Expected:
    receipt = victim.one("SELECT json_extract(body, '$.what.receipt') FROM custody_entry WHERE type = 'evicted'")
    victim.sql('UPDATE receipt SET body = replace(body, \'"version":"1"\', \'"version":"2"\') WHERE id = ?', receipt)
    return tampered(("catalogue-differs", f"receipt:{receipt}"))


def _receipt_removed(victim: Victim) -> Expected:
    receipt = victim.one("SELECT json_extract(body, '$.what.receipt') FROM custody_entry WHERE type = 'evicted'")
    victim.sql("DELETE FROM receipt WHERE id = ?", receipt)
    return tampered(("catalogue-missing-row", f"receipt:{receipt}"))


def _back_on_disk(victim: Victim) -> Expected:
    """The very bytes lie there again: a crash leaves it so, and nothing is wrong with that."""
    kept = victim.pattern.home.parent / "cards" / "back"
    content = next(kept.glob("*.avi")).read_bytes()
    digest = came_back(victim)
    assert victim.blob(digest).read_bytes() == content
    return clean("evicted")


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    found = [
        Case("log-missing", f"the entry {act}", partial(_entry_removed, act), ROOMY, quick=act == "erase-ended")
        for act in ("erase-begun", "erase-ended", "evicted", "recalled")
    ]
    found += [
        Case("log-altered", f"the entry {act}", partial(_entry_altered, act), ROOMY)
        for act in ("erase-begun", "erase-ended", "evicted", "recalled")
    ]
    return [
        *found,
        Case("vault-missing", "a copy removed, and said to have been let go of", _said_to_be_away, ROOMY, quick=True),
        Case("vault-missing", "a copy that never left", partial(_removed, here), ROOMY),
        Case("vault-missing", "a copy that came back", partial(_removed, came_back), ROOMY),
        Case("vault-digest", "other bytes where a copy was let go of", _laid_in_its_place, ROOMY),
        Case("catalogue-differs", "a copy let go of and said to be here", _said_to_be_here, ROOMY),
        Case("catalogue-differs", "a copy let go of at another time", _away_at_another_time, ROOMY),
        Case("catalogue-differs", "the receipt that a copy was let go of by", _receipt_altered, ROOMY),
        Case("catalogue-missing-row", "the receipt that a copy was let go of by", _receipt_removed, ROOMY),
        Case("nothing", "a copy that came back is there", _back_on_disk, ROOMY),
    ]
