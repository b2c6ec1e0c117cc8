"""A roster of people, from a drop folder, an HTTP source and a view, in both catalogues: who comes, who leaves, and what is not believed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from evidence.access import PermissionDenied
from evidence.custody.entry import Actor
from station.commands import silent
from station.commands.matching import RunFeeds
from station.engine import Engine
from station.home import Home
from station.setup import init
from tests.station.feeds.test_sources import said, serving
from tests.station.stations import Document, Station

MAPPING = """
kind = "person"
delivers = "all"
[columns]
badge = "no"
name = "who"
unit = "dept"
"""
CSV = '[csv]\nfolder = "drop"\n'
Line = tuple[str, str, str]
Give = Callable[[Sequence[Line]], None]
EIGHT: list[Line] = [(f"00410{number}", f"Officer {number}", "310101") for number in range(8)]


def mapped(station: Station, source: str) -> Station:
    (station.folder / "feeds").mkdir()
    (station.folder / "feeds" / "roster.toml").write_text(MAPPING + source)
    (station.folder / "drop").mkdir()
    return station


def dropped(station: Station, lines: Sequence[Line]) -> None:
    path = station.folder / "drop" / "people.csv"
    path.write_text("\n".join(",".join(one) for one in [("no", "who", "dept"), *lines]) + "\n")
    os.utime(path, (1e9, 1e9))


@pytest.fixture
def house(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Station:
    """A station whose catalogue is on either database."""
    monkeypatch.setenv("EVIDENCE_STATION_CATALOGUE_URL", database_url)
    init(Home(tmp_path / "home"), "s1", "unit-1")
    return Station(tmp_path / "home", capsysbinary)


@pytest.fixture(params=["csv", "http", "sql"])
def give(request: pytest.FixtureRequest, house: Station, database_url: str) -> Iterator[Give]:
    """Has the roster be these lines, wherever it comes from."""
    if request.param == "csv":
        mapped(house, CSV)
        yield lambda lines: dropped(house, lines)
    elif request.param == "http":
        now: list[Line] = []

        def put(lines: Sequence[Line]) -> None:
            now[:] = lines

        with serving(lambda *_: said([dict(zip(("no", "who", "dept"), one, strict=True)) for one in now])) as url:
            mapped(house, f'[http]\nurl = "{url}/people"\n')
            yield put
    else:
        engine = create_engine(database_url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE hr (no VARCHAR(9), who VARCHAR(20), dept VARCHAR(9))"))
            connection.execute(text("CREATE VIEW hr_people AS SELECT * FROM hr"))

        def stored(lines: Sequence[Line]) -> None:
            with engine.begin() as connection:
                connection.execute(text("DELETE FROM hr"))
                for no, who, dept in lines:
                    connection.execute(text("INSERT INTO hr VALUES (:no, :who, :dept)"), {"no": no, "who": who, "dept": dept})

        mapped(house, f'[sql]\nurl = "{database_url}"\nview = "hr_people"\n')
        yield stored
        engine.dispose()


def ran(station: Station, *more: str, status: int = 0) -> Document:
    ((delivery,),) = [one["deliveries"] for one in station.json("feeds", "run", "roster", *more, status=status)["feeds"]]
    found: Document = delivery
    return found


def states(station: Station) -> dict[str, str]:
    return {one["badge"]: one["state"] for one in station.json("people", "list")["people"]}


def counted(delivery: Document) -> tuple[object, ...]:
    return tuple(delivery[name] for name in ("outcome", "added", "changed", "same", "gone"))


def test_newcomers_are_entered_who_is_gone_is_disabled_and_a_roster_cut_short_disables_nobody(house: Station, give: Give) -> None:
    give(EIGHT)
    tried = house.json("feeds", "check", "roster")["deliveries"][0]
    assert counted(tried) == ("would-be-taken", 8, 0, 0, 0)
    assert states(house) == {}
    assert counted(ran(house)) == ("taken", 8, 0, 0, 0)
    assert set(states(house).values()) == {"active"}
    moved = [*EIGHT[1:7], ("004107", "Officer 7", "310102"), ("004199", "New", "310101")]
    give(moved)
    assert house.json("feeds", "check", "roster")["deliveries"][0]["leaving"] == ["004100"]
    done = ran(house)
    assert (counted(done), done["leaving"]) == (("taken", 1, 1, 6, 1), ["004100"])
    assert states(house) == {one[0]: "disabled" if one[0] == "004100" else "active" for one in [*EIGHT, *moved]}
    give(moved[:2])
    tried = house.json("feeds", "check", "roster", status=4)["deliveries"][0]
    assert (tried["outcome"], len(tried["leaving"])) == ("would-be-refused", 6)
    refused = ran(house, status=4)
    assert (counted(refused), refused["refused"][0]["column"]) == (("refused", 0, 0, 0, 0), "no")
    assert "--sure" in refused["refused"][0]["rule"]
    assert list(states(house).values()).count("disabled") == 1
    give(moved[:2])
    assert counted(ran(house, "--sure")) == ("taken", 0, 0, 2, 6)
    assert list(states(house).values()).count("active") == 2
    give([])
    house.json("feeds", "run", "roster", "--sure")
    assert list(states(house).values()).count("active") == 2, "an empty roster means nothing"
    assert house.json("verify")["problems"] == []


@pytest.fixture
def desk(station: Station) -> Station:
    return mapped(station, CSV)


def test_nobody_leaves_for_a_roster_of_which_a_line_could_not_be_read(desk: Station) -> None:
    dropped(desk, EIGHT)
    ran(desk)
    dropped(desk, [*EIGHT[:6], ("", "nobody", "310101"), ("004106", "no unit", "")])
    refused = ran(desk, status=4)
    assert [(one["row"], one["column"]) for one in refused["refused"]] == [(8, "no"), (9, "dept")]
    (desk.folder / "feeds" / "roster.toml").write_text('refuse = "row"\n' + MAPPING + CSV)
    dropped(desk, [*EIGHT[:6], ("", "nobody", "310101"), ("004150", "New", "310101")])
    assert counted(ran(desk, status=4)) == ("taken", 1, 0, 6, 0)
    assert set(states(desk).values()) == {"active"}


def test_whom_the_desk_entered_stays_and_who_comes_back_stays_disabled(desk: Station) -> None:
    desk.json("people", "add", "009000", "--role", "clerk")
    dropped(desk, EIGHT)
    ran(desk)
    dropped(desk, EIGHT[1:])
    assert ran(desk)["leaving"] == ["004100"]
    dropped(desk, EIGHT)
    assert counted(ran(desk)) == ("taken", 0, 0, 8, 0)
    assert states(desk)["004100"] == "disabled"
    assert states(desk)["009000"] == "active"


def test_only_who_may_disable_people_says_that_a_roster_is_sure(desk: Station) -> None:
    rooms = desk.rooms()
    with pytest.raises(PermissionDenied):
        Engine(rooms).carry_out(RunFeeds("roster", sure=True), Actor("004711", "clerk"), silent)
    rooms.close()


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ('delivers = "all"', 'delivers = "period"', "people have no period"),
        ('delivers = "all"', "merge = true", "merge: of incidents only"),
        ('unit = "dept"', "", "unit: needed"),
        ('unit = "dept"', 'role = "dept"', "role: no member of person"),
    ],
)
def test_a_mapping_of_people_says_what_is_wrong_with_it(desk: Station, before: str, after: str, rule: str) -> None:
    """A role above all: no roster makes anybody more than an officer."""
    (desk.folder / "feeds" / "roster.toml").write_text(MAPPING.replace(before, after) + CSV)
    assert rule in desk.json("feeds", "check", "roster", status=2)["rule"]
