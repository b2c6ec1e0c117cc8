"""The settings file against the digest that was accepted last."""

from __future__ import annotations

from hashlib import sha256

from evidence.verify.verdict import Findings, Kind, NoteKind

SUBJECT = "station.toml"


def check_settings(
    untrusted_file: bytes | None, untrusted_draft: bytes | None, accepted: str | None, before: str | None, findings: Findings
) -> None:
    """A file that nobody accepted is a problem until somebody does; so is one that is gone.

    No problem is the file accepted ``before``, while the one accepted last waits as a draft: a power cut came between the two.
    """
    findings.checked["settings"] += 1
    if findings.doubt.log is not None or "settings" in findings.doubt.subjects:
        return
    if untrusted_file is None:
        if accepted is not None:
            findings.problem(Kind.SETTINGS_UNEXPLAINED, SUBJECT, "the settings file is gone")
    elif accepted is None:
        findings.problem(Kind.SETTINGS_UNEXPLAINED, SUBJECT, "no settings were ever accepted")
    elif (found := sha256(untrusted_file).hexdigest()) == accepted:
        return
    elif found == before and untrusted_draft is not None and sha256(untrusted_draft).hexdigest() == accepted:
        findings.note(NoteKind.SETTINGS_PENDING, SUBJECT, "an accepted change takes its place with the next command that writes")
    else:
        findings.problem(Kind.SETTINGS_UNEXPLAINED, SUBJECT, f"digest {found}, accepted was {accepted}")
