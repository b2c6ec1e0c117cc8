"""The settings file against the digest that was accepted last."""

from __future__ import annotations

from hashlib import sha256

from evidence.verify.verdict import Findings, Kind

SUBJECT = "station.toml"


def check_settings(untrusted_file: bytes | None, accepted: str | None, findings: Findings) -> None:
    """A file that nobody accepted is a problem until somebody does; so is one that is gone."""
    findings.checked["settings"] += 1
    if findings.doubt.log is not None or "settings" in findings.doubt.subjects:
        return
    if untrusted_file is None:
        if accepted is not None:
            findings.problem(Kind.SETTINGS_UNEXPLAINED, SUBJECT, "the settings file is gone")
    elif accepted is None:
        findings.problem(Kind.SETTINGS_UNEXPLAINED, SUBJECT, "no settings were ever accepted")
    elif (found := sha256(untrusted_file).hexdigest()) != accepted:
        findings.problem(Kind.SETTINGS_UNEXPLAINED, SUBJECT, f"digest {found}, accepted was {accepted}")
