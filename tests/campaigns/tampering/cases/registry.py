"""Attacks on the registry of devices and on alarms: who had which camera, and what somebody should have looked at."""

from __future__ import annotations

from functools import partial

from tests.campaigns.tampering.forging import Heads, chain, entries, first_seq, rebuild
from tests.campaigns.tampering.homes import CAMERA, Pattern
from tests.campaigns.tampering.judging import Case, Expected, tampered
from tests.campaigns.tampering.victim import Victim


def _device(victim: Victim) -> str:
    return str(victim.one("SELECT id FROM device WHERE key = ?", CAMERA))


def _last_issue(victim: Victim) -> tuple[str, int]:
    found = victim.rows("SELECT id, seq FROM custody_entry WHERE type = 'device-issued' ORDER BY seq DESC")[0]
    return str(found[0]), int(found[1])


def _taken_by_another(victim: Victim) -> Expected:
    """Whoever had the camera never had it: the row and the value behind the entry say another."""
    entry, _ = _last_issue(victim)
    victim.sql("UPDATE device SET issued_to = '000001' WHERE key = ?", CAMERA)
    victim.sql("UPDATE personal_value SET value = '000001' WHERE entry = ? AND field = 'officer'", entry)
    return tampered(("catalogue-differs", f"personal_value:{entry}/officer"), also={"catalogue-differs"}, causes=2)


def _back_into_service(victim: Victim) -> Expected:
    """A camera that somebody took out of service passes the door again."""
    victim.sql("UPDATE device SET state = 'quarantined' WHERE key = ?", CAMERA)
    return tampered(("catalogue-differs", f"device:{_device(victim)}"))


def _another_s_footage(victim: Victim) -> Expected:
    """The registry's key is exchanged, so that what one camera recorded is sought under another."""
    victim.sql("UPDATE device SET key = 'dsj:T000124' WHERE key = ?", CAMERA)
    return tampered(("catalogue-differs", f"device:{_device_named(victim, 'dsj:T000124')}"))


def _device_named(victim: Victim, key: str) -> str:
    return str(victim.one("SELECT id FROM device WHERE key = ?", key))


def _an_alarm_away(acknowledged: bool, victim: Victim) -> Expected:
    """An alarm with the values behind it, as if nothing had ever been odd."""
    which = "NOT NULL" if acknowledged else "NULL"
    alarm = victim.one(f"SELECT id FROM alarm WHERE acknowledged_at IS {which} ORDER BY raised_at LIMIT 1")
    gone = victim.rows(
        "SELECT p.entry, p.field FROM personal_value p JOIN custody_entry e ON e.id = p.entry WHERE e.subject = ?",
        f"alarm:{alarm}",
    )
    victim.sql("DELETE FROM alarm WHERE id = ?", alarm)
    for entry, field in gone:
        victim.sql("DELETE FROM personal_value WHERE entry = ? AND field = ?", entry, field)
    named = [("catalogue-missing-row", f"alarm:{alarm}")]
    named += [("catalogue-missing-row", f"personal_value:{entry}/{field}") for entry, field in gone]
    return tampered(*named, causes=len(named))


def _seen_by_nobody(victim: Victim) -> Expected:
    """An open alarm that is made to look as if somebody had looked at it."""
    alarm = victim.one("SELECT id FROM alarm WHERE acknowledged_at IS NULL ORDER BY raised_at LIMIT 1")
    victim.sql(
        "UPDATE alarm SET acknowledged_at = raised_at, acknowledged_by = 'night shift', note = 'nothing' WHERE id = ?", alarm
    )
    return tampered(("catalogue-differs", f"alarm:{alarm}"))


def _issue_left_out(victim: Victim) -> Expected:
    """The entry of an issue is gone, with its value, and the row is as if it had not been."""
    entry, seq = _last_issue(victim)
    victim.sql("DELETE FROM custody_entry WHERE id = ?", entry)
    victim.sql("DELETE FROM personal_value WHERE entry = ?", entry)
    victim.sql("UPDATE device SET issued_to = NULL, issued_at = NULL WHERE key = ?", CAMERA)
    return tampered(("log-missing", f"entry:1/{seq}"))


def _issue_written_out(victim: Victim) -> Expected:
    """The log without the entry, numbered and linked anew under the old signatures."""
    seq = first_seq(victim, "device-issued")
    bodies = entries(victim)
    del bodies[seq]
    rebuild(victim, chain(bodies), Heads(), moved=lambda size: size - 1 if size > seq else size)
    return tampered(either={"log-altered"}, also={"catalogue-differs", "catalogue-extra-row", "log-missing"}, causes=2)


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    return [
        Case("catalogue-differs", "a camera that another officer had", _taken_by_another, quick=True),
        Case("catalogue-differs", "a camera put into another state", _back_into_service),
        Case("catalogue-differs", "a camera under another key", _another_s_footage),
        Case("catalogue-differs", "an alarm that nobody looked at", _seen_by_nobody, quick=True),
        Case("catalogue-missing-row", "an alarm deleted", partial(_an_alarm_away, False), quick=True),
        Case("catalogue-missing-row", "an alarm deleted that was acknowledged", partial(_an_alarm_away, True)),
        Case("log-missing", "an issue left out", _issue_left_out, quick=True),
        Case("log-altered", "an issue written out of the log", _issue_written_out),
    ]
