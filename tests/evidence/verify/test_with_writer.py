"""A home that the station itself wrote, under both verifiers: the two sides of ``FORMATS.md`` mean the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.ids import StationId
from evidence.verify import Home, Verdict, verify
from tests import independent_verifier


def station(home: Path, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-c", "from station.cli import main; main()", "--home", str(home), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("written")
    card, home = folder / "card", folder / "home"
    (card / "DCIM").mkdir(parents=True)
    for number in range(5):
        (card / "DCIM" / f"{number}.MP4").write_bytes(bytes([number]) * 10_000 * number)
    anchor: str = station(home, "init", "--station", "S-9", "--unit", "U-1")["anchor"]
    clips = station(home, "ingest", card, "--officer", "12345")["clips"]
    (card / "DCIM" / "9.MP4").write_bytes(b"new on the card")
    station(home, "ingest", card, "--officer", "12345")  # everything else is seen a second time
    station(home, "tag", clips[1]["id"], "--case", "C-1", "--category", "assault", "--note", "seen")
    station(home, "upload", "--until-idle")
    return home, anchor


def verdict(home: Path, anchor: str) -> Verdict:
    catalogue = ReadOnlyCatalogue(f"sqlite:///{home / 'catalogue.sqlite3'}", StationId("S-9"))
    return verify(catalogue, StationId("S-9"), Home((home / "vault",), home / "station.toml"), anchors=(anchor,))


def test_what_the_station_wrote_is_whole_to_both(written: tuple[Path, str]) -> None:
    home, anchor = written
    found = verdict(home, anchor)
    assert found.problems == ()
    assert found.anchored
    assert found.checked["clips"] == 6
    assert found.checked["sightings"] == 11
    assert found.checked["receipts"] > 0
    assert independent_verifier.Verification(home, [anchor]).kinds([]) == set()


def test_one_byte_of_it_changed_is_found_by_both(written: tuple[Path, str]) -> None:
    home, anchor = written
    blob = min(home.glob("vault/blobs/*/*"))
    whole, mode = blob.read_bytes(), blob.stat().st_mode
    blob.chmod(0o640)
    blob.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert [problem.kind.value for problem in verdict(home, anchor).problems] == ["vault-digest"]
    assert independent_verifier.Verification(home, [anchor]).kinds([]) == {"vault-digest"}
    blob.write_bytes(whole)
    blob.chmod(mode)
    assert verdict(home, anchor).ok
