"""The morning in small: eight clips, a case, a hold, a disposal by two people, through the API alone."""

from __future__ import annotations

from pathlib import Path

from tests.bench.mornings.story import OLD, morning, served, staffed, verified
from tests.station.papers.reading import need_font, words


def test_a_clerks_morning_is_done_through_the_api_alone(tmp_path: Path) -> None:
    need_font()
    with served(tmp_path, 8) as station:
        staffed(station)
        done = morning(station, 8, 1)
        assert verified(station) == []
    assert len(done.times.of("tag a clip")) == 8
    told = words(done.certificate)
    assert "处置销毁证明" in told
    vault = [path for path in (tmp_path / "home" / "vault" / "blobs").rglob("*") if path.is_file()]
    assert len(vault) == 8, f"{OLD} contents are gone, the night's are there"
