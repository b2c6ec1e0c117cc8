"""One PostgreSQL catalogue for two kiosks and a reader, each a process of its own with a role of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers.postgresql import PostgreSQL
from tests.station.stations import ROOT

pytestmark = pytest.mark.postgresql
KIOSKS = {"harbour-1": ("kiosk-1", "310101"), "airport-1": ("kiosk-2", "320500")}
DOCKINGS = 4


@dataclass(frozen=True)
class City:
    """The database, its owner's address, a home for each kiosk, and where ``evidence-station`` lies."""

    url: str
    folder: Path
    program: Path

    def as_role(self, role: str) -> str:
        return self.url.replace("://station@", f"://{role}@")

    def start(self, *arguments: str, role: str | None = None) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EVIDENCE_STATION_")}
        environment = {**kept, "PYTHONPATH": str(ROOT), "EVIDENCE_STATION_CATALOGUE_URL": self.as_role(role or "station")}
        return subprocess.Popen(
            [self.program / "evidence-station", *arguments, "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
        )

    def ask(self, *arguments: str, role: str | None = None, status: int = 0) -> dict[str, Any]:
        process = self.start(*arguments, role=role)
        out, err = process.communicate()
        assert process.returncode == status, (arguments, out, err)
        found: dict[str, Any] = json.loads(out)
        return found

    def home(self, station: str) -> list[str]:
        return ["--home", str(self.folder / station)]

    def rows(self, role: str, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.as_role(role).replace("+psycopg", "")) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def city(postgresql: PostgreSQL, postgresql_url: str, tmp_path: Path, forked: Path) -> Iterator[City]:
    """A shared catalogue, two kiosks that began their logs in it, and a reader of the first one's district."""
    made = City(postgresql_url, tmp_path, forked)
    roles = [role for role, _ in KIOSKS.values()] + ["district"]
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as owner:
        for role in roles:
            owner.execute(f'DROP ROLE IF EXISTS "{role}"')
            owner.execute(f'CREATE ROLE "{role}" LOGIN')
    try:
        made.ask("catalogue", "prepare")
        for station, (role, unit) in KIOSKS.items():
            made.ask("catalogue", "admit", role, "--station", station)
            made.ask(*made.home(station), "init", "--station", station, "--unit", unit, role=role)
        made.ask("catalogue", "admit", "district", "--reads-units", "3101")
        yield made
    finally:
        with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as owner:
            for role in roles:
                owner.execute(f'DROP OWNED BY "{role}"')
                owner.execute(f'DROP ROLE "{role}"')


def card(folder: Path, number: int) -> str:
    (folder / "DCIM").mkdir(parents=True)
    (folder / "DCIM" / "A.MP4").write_bytes(os.urandom(50_000) + bytes([number]))
    return str(folder)


@pytest.mark.timeout(180)
def test_two_kiosks_write_at_once_and_lose_nothing(city: City) -> None:
    for turn in range(DOCKINGS):
        running = [
            city.start(*city.home(station), "ingest", card(city.folder / f"{station}-card-{turn}", turn), role=role)
            for station, (role, _) in KIOSKS.items()
        ]
        for process in running:
            out, err = process.communicate()
            assert process.returncode == 0, (out, err)
    for station, (role, _) in KIOSKS.items():
        verdict = city.ask(*city.home(station), "verify", role=role)
        assert verdict["ok"] is True
        assert verdict["checked"]["clips"] == verdict["checked"]["dockings"] == DOCKINGS
    assert [(one["station"], one["clips"]) for one in city.ask("catalogue", "stations")["stations"]] == [
        ("airport-1", DOCKINGS),
        ("harbour-1", DOCKINGS),
    ]


@pytest.mark.timeout(120)
def test_whoever_is_let_in_sees_and_changes_what_is_his(city: City) -> None:
    for station, (role, _) in KIOSKS.items():
        city.ask(*city.home(station), "ingest", card(city.folder / f"{station}-card", 1), role=role)
    assert [one["station"] for one in city.ask("catalogue", "stations", role="district")["stations"]] == ["harbour-1"]
    assert city.rows("district", "SELECT DISTINCT station FROM clip") == [("harbour-1",)]
    assert city.rows("kiosk-2", "SELECT DISTINCT station FROM clip") == [("airport-1",)]
    for forbidden in (
        "UPDATE clip SET note = 'x' RETURNING 1",
        "DELETE FROM custody_entry RETURNING 1",
        "SELECT value FROM personal_value",
        "SELECT kept FROM sheet",
        "SELECT assigned_to FROM device",
        "SELECT role FROM catalogue_access",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            city.rows("district", forbidden)
    assert city.rows("kiosk-1", "UPDATE clip SET note = 'x' WHERE station = 'airport-1' RETURNING 1") == []
    assert city.rows("kiosk-1", "DELETE FROM custody_entry WHERE station = 'airport-1' RETURNING 1") == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        city.rows("kiosk-1", "INSERT INTO log VALUES ('airport-1', 2, '310101', '') RETURNING 1")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        city.rows("kiosk-1", "DROP TABLE clip")
    for station, (role, _) in KIOSKS.items():
        assert city.ask(*city.home(station), "verify", role=role)["ok"] is True


def test_who_was_let_in_is_shown_and_can_be_sent_away_and_who_is_unfit_is_refused(city: City) -> None:
    assert city.ask("catalogue", "access")["roles"] == [
        {"role": "district", "station": None, "unit_prefix": "3101"},
        {"role": "kiosk-1", "station": "harbour-1", "unit_prefix": None},
        {"role": "kiosk-2", "station": "airport-1", "unit_prefix": None},
    ]
    city.ask("catalogue", "prepare")  # again changes nothing
    assert len(city.ask("catalogue", "stations", role="district")["stations"]) == 1
    assert city.ask("catalogue", "dismiss", "district")["dismissed"] is True
    assert city.ask("catalogue", "dismiss", "district")["dismissed"] is False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        city.rows("district", "SELECT station FROM clip")

    for arguments, code in (
        (("nobody-there", "--station", "x-1"), "role-unfit"),
        (("station", "--station", "x-1"), "role-unfit"),
        (("kiosk-1", "--station", "airport-1"), "role-unfit"),
        (("kiosk-1", "--reads-units", "31"), "role-unfit"),
        (("district", "--reads-units", "31%"), "role-unfit"),
        (('x"; DROP TABLE log; --', "--station", "x-1"), "role-unfit"),
        (("district", "--station", "two words"), "invalid-station-id"),
    ):
        (error,) = city.ask("catalogue", "admit", *arguments, status=2).values()
        assert error["code"] == code, arguments


def test_a_password_on_the_command_line_and_a_file_of_one_station_are_refused(tmp_path: Path, forked: Path) -> None:
    city = City("unused", tmp_path, forked)
    told = city.ask("catalogue", "stations", "--url", "postgresql+psycopg://a:s3cret@db/x", status=2)["error"]
    assert told["code"] == "secret-in-arguments"
    assert "s3cret" not in json.dumps(told)
    told = city.ask("catalogue", "prepare", "--url", f"sqlite:///{tmp_path}/c.sqlite3", status=5)["error"]
    assert told["code"] == "catalogue-not-shared"
