"""Dispatch records on their way into the log: once, corrected where they changed, and never twice under one number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.catalogue.acts.incidents import IncidentKnown, NoSuchIncident, Put, added, changed, incident_sheet, put
from evidence.catalogue.acts.sheets import SheetChanged
from evidence.catalogue.connect import reading
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.incidents import Incident, incident_of
from tests.evidence.catalogue.worlds import CLERK, World

FIRST = Incident("17", "2026-11-21T02:00:03.000000Z", officers=("004567",), source="cad")


def put_in(world: World, one: Incident) -> Put:
    with world.ledger.commit() as commit:
        return put(commit, one, CLERK)


def sheet(world: World, named: str) -> SheetRow:
    with reading(world.engine) as connection:
        return incident_sheet(Sheets(connection, world.station), named)


def test_a_record_that_comes_again_is_written_once(world: World) -> None:
    made = put_in(world, FIRST)
    before = world.everything()
    again = put_in(world, FIRST)
    assert (made.outcome, again) == ("added", Put(made.id, "same", 1))
    assert world.everything() == before


def test_a_corrected_record_is_another_version_and_says_what_changed(world: World) -> None:
    made = put_in(world, FIRST)
    corrected = replace(FIRST, officers=("004568",), ends_at="2026-11-21T03:00:00.000000Z")
    again = put_in(world, corrected)
    assert (again.id, again.outcome, again.version) == (made.id, "changed", 2)
    assert [one.name for one in again.changes] == ["ends_at", "officers"]
    row = sheet(world, "17")
    assert row == sheet(world, made.id)
    assert incident_of(row.said, row.kept) == corrected
    with reading(world.engine) as connection:
        found = Sheets(connection, world.station)
        assert found.found("incident", "officer", "004567") == []
        assert [one.id for one in found.found("incident", "officer", "004568")] == [made.id]
    world.check_log()


def test_two_records_have_two_numbers(world: World) -> None:
    put_in(world, FIRST)
    other = put_in(world, replace(FIRST, number="18"))
    before = world.everything()
    with pytest.raises(IncidentKnown) as caught, world.ledger.commit() as commit:
        added(commit, replace(FIRST, place="elsewhere"), CLERK)
    assert caught.value.fields["number"] == "17"
    row = sheet(world, other.id)
    with pytest.raises(IncidentKnown), world.ledger.commit() as commit:
        changed(commit, row, FIRST, CLERK)
    assert world.everything() == before


def test_who_corrects_an_older_version_is_told(world: World) -> None:
    put_in(world, FIRST)
    old = sheet(world, "17")
    put_in(world, replace(FIRST, place="a"))
    with pytest.raises(SheetChanged), world.ledger.commit() as commit:
        changed(commit, old, replace(FIRST, place="b"), CLERK)
    with pytest.raises(SheetChanged), world.ledger.commit() as commit:
        changed(commit, sheet(world, "17"), replace(FIRST, place="b"), CLERK, version=1)


def test_no_such_incident_is_named(world: World) -> None:
    with pytest.raises(NoSuchIncident) as caught:
        sheet(world, "19")
    assert caught.value.fields == {"incident": "19"}
