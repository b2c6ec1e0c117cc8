"""The rule of the self-check: what passes, what warns, what stops."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence.catalogue.acts import desk
from evidence.custody.entry import ClockState, Moment
from station.client import InProcess
from station.commands import Upload
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from station.service.selfcheck import CHECKS, LIGHT, Checked, Outcome, light_check, self_check
from station.storing import open_store
from station.witness.home import WitnessHome
from tests.station.service.serving import Serving
from tests.station.test_cosigning import answers_with
from uploader import witness

README = Path(__file__).parents[3] / "station" / "README.md"


@pytest.fixture(scope="module")
def sent_home(stocked_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose footage lies in the store; nobody writes to it."""
    folder = tmp_path_factory.mktemp("sent") / "home"
    shutil.copytree(stocked_home, folder)
    opened = Rooms.open(Home(folder))
    InProcess(Engine(opened), opened.operator).call(Upload())
    opened.close()
    return folder


@pytest.fixture
def rooms(sent_home: Path, tmp_path: Path) -> Iterator[Rooms]:
    shutil.copytree(sent_home, tmp_path / "home")
    opened = Rooms.open(Home(tmp_path / "home"))
    opened.clock = synchronised
    yield opened
    opened.close()


def synchronised() -> Moment:
    return Moment(int(datetime.now(UTC).timestamp() * 1e9), 1, "boot", ClockState.SYNCHRONISED)


def found(rooms: Rooms) -> dict[str, Checked]:
    return {one.check: one for one in self_check(rooms)}


def outcomes(rooms: Rooms) -> dict[str, tuple[Outcome, str]]:
    """Every check that does not pass, with the code of its fault."""
    return {
        name: (one.outcome, one.fault.code)
        for name, one in found(rooms).items()
        if one.outcome is not Outcome.PASSES and one.fault is not None
    }


def test_a_sound_station_passes_every_check(rooms: Rooms) -> None:
    assert {name for name, one in found(rooms).items() if one.outcome is Outcome.PASSES} == {
        name for name, _ in (*CHECKS, *LIGHT)
    }


def execute(rooms: Rooms, statement: str) -> None:
    with sqlite3.connect(rooms.home.catalogue) as connection:
        connection.execute(statement)
    connection.close()


def edit_settings(rooms: Rooms) -> None:
    with rooms.home.settings.open("a", encoding="utf-8") as file:
        file.write("# by hand\n")


def lose_seal_key(rooms: Rooms) -> None:
    rooms.home.private_key("seal").unlink()


def another_log_key(rooms: Rooms) -> None:
    shutil.copy(rooms.home.private_key("seal"), rooms.home.keys / "log.new")
    (rooms.home.keys / "log.new").replace(rooms.home.private_key("log"))


def forget_an_entry(rooms: Rooms) -> None:
    execute(rooms, "DELETE FROM custody_entry WHERE seq = 3")


def alter_a_hash(rooms: Rooms) -> None:
    execute(rooms, "UPDATE custody_entry SET hashes = zeroblob(length(hashes)) WHERE seq = (SELECT max(seq) FROM custody_entry)")


def forge_a_checkpoint(rooms: Rooms) -> None:
    execute(rooms, "UPDATE checkpoint SET note = replace(note, '— evidence-station/s1/1 ', '— evidence-station/s1/1 AAAA')")


def lose_a_docking(rooms: Rooms) -> None:
    execute(rooms, "PRAGMA foreign_keys = OFF")
    execute(rooms, "DELETE FROM docking")


def lose_a_receipt(rooms: Rooms) -> None:
    execute(rooms, "DELETE FROM receipt WHERE id = (SELECT min(id) FROM receipt)")


def turn_the_log_back(rooms: Rooms) -> None:
    """The store keeps a checkpoint of a longer log."""
    with rooms.queries() as queries:
        size = queries.head().size
    with rooms.ledger.commit() as commit:
        desk.paper_printed(commit, "station", "shift", rooms.operator)
    with rooms.queries() as queries:
        head = queries.head()
    with open_store(rooms) as store:
        witness.put_checkpoint(store, head.origin, head.size, head.note, None)
    execute(rooms, f"DELETE FROM custody_entry WHERE seq >= {size}")
    execute(rooms, f"DELETE FROM checkpoint WHERE size > {size}")


def no_store(rooms: Rooms) -> None:
    rooms.settings = type(rooms.settings)(station="s1", store="s3")


def dead_store(rooms: Rooms) -> None:
    keys = rooms.home.root / "keys" / "s3.json"
    keys.write_text('{"access_key":"a","secret_key":"b"}', encoding="utf-8")
    keys.chmod(0o600)
    rooms.settings = type(rooms.settings)(station="s1", store="s3", store_endpoint="http://127.0.0.1:9", store_bucket="b")


def full_disk(rooms: Rooms) -> None:
    rooms.settings = type(rooms.settings)(station="s1", vault_reserve=1 << 60)


def vault_is_a_file(rooms: Rooms) -> None:
    shutil.rmtree(rooms.home.vault)
    rooms.home.vault.write_bytes(b"")


def clock_unsynchronised(rooms: Rooms) -> None:
    rooms.clock = lambda: Moment(int(datetime.now(UTC).timestamp() * 1e9), 1, "boot", ClockState.UNSYNCHRONISED)


def clock_behind(rooms: Rooms) -> None:
    rooms.clock = lambda: Moment(1_700_000_000_000_000_000, 1, "boot", ClockState.SYNCHRONISED)


WARNS, STOPS = Outcome.WARNS, Outcome.STOPS
DAMAGE: list[tuple[Callable[[Rooms], None], str, Outcome, str]] = [
    (edit_settings, "settings", WARNS, "settings-not-accepted"),
    (lose_seal_key, "keys", STOPS, "key-unusable"),
    (another_log_key, "keys", STOPS, "key-not-in-force"),
    (forget_an_entry, "log", STOPS, "catalogue-contradicts"),
    (alter_a_hash, "log", STOPS, "catalogue-contradicts"),
    (forge_a_checkpoint, "log", STOPS, "log-turned-back"),
    (lose_a_docking, "facts", STOPS, "catalogue-contradicts"),
    (lose_a_receipt, "facts", STOPS, "catalogue-contradicts"),
    (turn_the_log_back, "store", STOPS, "log-turned-back"),
    (no_store, "store", WARNS, "store-not-set"),
    (dead_store, "store", WARNS, "store-unreachable"),
    (full_disk, "disk", WARNS, "space-short"),
    (vault_is_a_file, "vaults", STOPS, "vault-failed"),
    (clock_unsynchronised, "clock", WARNS, "clock-doubtful"),
    (clock_behind, "clock", WARNS, "clock-doubtful"),
]


@pytest.mark.parametrize(("damage", "check", "outcome", "code"), DAMAGE, ids=lambda one: getattr(one, "__name__", str(one)))
def test_each_kind_of_trouble_is_found_by_its_check(
    rooms: Rooms, damage: Callable[[Rooms], None], check: str, outcome: Outcome, code: str
) -> None:
    damage(rooms)
    assert outcomes(rooms)[check] == (outcome, code)


def test_a_witness_that_saw_another_history_stops(rooms: Rooms, tmp_path: Path) -> None:
    key = WitnessHome(tmp_path / "witness").create("city.example/w1")
    server = answers_with(409, "text/x.tlog.size", b"99999\n")
    rooms.settings = type(rooms.settings)(station="s1", witnesses=f"{key.text()} http://127.0.0.1:{server.server_address[1]}")
    assert outcomes(rooms)["witnesses"] == (STOPS, "log-turned-back")
    server.shutdown()
    server.server_close()
    assert "witnesses" not in outcomes(rooms), "one that is silent stops nothing"


def test_every_check_can_fail_and_its_rule_is_written_down() -> None:
    names = {name for name, _ in (*CHECKS, *LIGHT)}
    text = README.read_text(encoding="utf-8")
    assert {name for name in names if f"| `{name}` |" not in text} == set()
    tried = {check for _, check, _, _ in DAMAGE}
    assert names - tried == {"catalogue", "witnesses"}, "these have tests of their own"


def test_what_changes_by_itself_is_looked_at_again(rooms: Rooms) -> None:
    assert {one.outcome for one in light_check(rooms)} == {Outcome.PASSES}
    edit_settings(rooms)
    assert {one.check for one in light_check(rooms) if one.outcome is Outcome.WARNS} == {"settings"}


def test_a_service_says_why_it_does_not_begin_and_leaves_with_that_status(rooms: Rooms) -> None:
    forget_an_entry(rooms)
    edit_settings(rooms)
    serving = Serving(rooms.home.root)
    status, out, err = serving.ended()
    assert status == 3
    assert "self-check of log" in out
    assert "self-check of settings" in out, "everything is shown at once"
    assert "do not agree" in err
    assert not (rooms.home.run / "service.json").exists()


def test_a_catalogue_of_another_version_stops(rooms: Rooms) -> None:
    execute(rooms, "UPDATE alembic_version SET version_num = '9999'")
    assert outcomes(rooms)["catalogue"] == (STOPS, "catalogue-newer")
