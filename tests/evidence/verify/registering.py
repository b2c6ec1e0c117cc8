"""Devices and alarms for a sample home, by ``FORMATS.md`` alone."""

from __future__ import annotations

from typing import Any

from tests.evidence.verify.sample import Sample, canonical, committed, moment

KEY = "cam-1"
ISSUED_TO = "12345"


def registered(made: Sample) -> tuple[str, str]:
    """A camera registered, changed, issued, returned and issued again; an alarm raised and acknowledged. Their ids."""
    device, alarm = made.id(), made.id()
    note, dent, owner = made.salt(), made.salt(), made.salt()
    what: dict[str, Any] = {"device": KEY, "kind": "body-camera", "state": "quarantined", "make": None, "model": "F2"}
    what |= {"serial": "7", "assigned_to": committed("assigned_to", "777", owner), "note": committed("note", "spare", note)}
    values = [("assigned_to", "777", owner), ("note", "spare", note)]
    made.entry("device-registered", f"device:{device}", what, person="clerk", personal=values)
    made.row(
        "device",
        id=device,
        key=KEY,
        kind="body-camera",
        state="in-service",
        make="Falcon",
        model="F2",
        serial="7",
        assigned_to="777",
        note="a dent",
        registered_at=moment(made.now),
    )
    made.commit()
    changes = [
        {"field": "state", "old": "quarantined", "new": "in-service"},
        {"field": "make", "old": None, "new": "Falcon"},
        {"field": "note", "old": committed("note.old", "spare", note), "new": committed("note.new", "a dent", dent)},
    ]
    told = [("note.old", "spare", note), ("note.new", "a dent", dent)]
    made.entry("device-changed", f"device:{device}", {"changes": changes}, person="clerk", personal=told)
    made.commit()
    issue(made, device, "999")
    made.entry("device-returned", f"device:{device}", {"clock": None}, person="clerk")
    made.commit()
    issue(made, device, ISSUED_TO)
    made.change("device", {"id": device}, issued_to=ISSUED_TO, issued_at=moment(made.now))
    made.entry("clock-measured", f"device:{device}", {"device": KEY, "clock": {"basis": "recorder", "at_least_ms": -3}})
    made.commit()
    named, looked = made.salt(), made.salt()
    fields = {"device": KEY, "taken": "card", "card": committed("fields.card", "12345", named), "gaps": 1}
    raised = {"kind": "officer-disagrees", "subject": f"device:{KEY}", "fields": fields}
    made.entry("alarm-raised", f"alarm:{alarm}", raised, personal=[("fields.card", "12345", named)])
    made.row(
        "alarm",
        id=alarm,
        kind="officer-disagrees",
        subject=f"device:{KEY}",
        fields=canonical(fields).decode(),
        raised_at=moment(made.now),
    )
    made.commit()
    heard = {"note": committed("note", "asked him", looked)}
    made.entry("alarm-acknowledged", f"alarm:{alarm}", heard, person="clerk", personal=[("note", "asked him", looked)])
    made.change("alarm", {"id": alarm}, acknowledged_at=moment(made.now), acknowledged_by="clerk", note="asked him")
    made.commit()
    return device, alarm


def case_sheet(made: Sample) -> str:
    """A case that was opened and changed; its id."""
    sheet = made.id()
    for version, state in enumerate(("open", "closed"), 1):
        salt, kept = made.salt(), canonical({"title": f"red van, {state}"}).decode()
        said = {"state": state, "category": None}
        what = {
            "kind": "case",
            "did": state,
            "version": version,
            "said": said,
            "kept": committed("kept", kept, salt),
            "reason": None,
        }
        made.entry("recorded", f"sheet:{sheet}", what, person="clerk", personal=[("kept", kept, salt)])
        values = {"version": version, "at": moment(made.now), "said": canonical(said).decode(), "kept": kept}
        if version == 1:
            made.row("sheet", id=sheet, kind="case", **values)
        else:
            made.change("sheet", {"id": sheet}, **values)
        made.commit()
    return sheet


def issue(made: Sample, device: str, officer: str) -> None:
    """An officer takes the camera."""
    salt = made.salt()
    what = {"officer": committed("officer", officer, salt), "clock": {"basis": "display", "at_least_ms": -70000, "wrong": False}}
    made.entry("device-issued", f"device:{device}", what, person="clerk", personal=[("officer", officer, salt)])
