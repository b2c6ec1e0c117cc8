from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from ingest.errors import ProfileInvalid
from ingest.profiles import load_profile, load_profiles, read_name
from ingest.profiles.library import LARGEST, SHIPPED
from ingest.profiles.parsing import parse

GOOD = """\
schema = 1
name = "acme"
title = "Acme"
source = "body-camera"

[[match]]
folder = "DCIM/*ACME"
score = 60

[[names]]
id = "time"
pattern = '^(?P<time>[0-9]{14})_(?P<sequence>[0-9]{1,4})\\.MP4$'
time = "%Y%m%d%H%M%S"
score = 90
"""


def profile_with(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("old", "new", "rule", "detail"),
    [
        ("schema = 1", "schema = 2", "schema", "schema = 1"),
        ('title = "Acme"\n', "", "file", "title"),
        ('title = "Acme"', 'titel = "Acme"', "file", "titel"),
        ('name = "acme"', 'name = "Acme 1"', "$.name", "matching"),
        ('source = "body-camera"', 'source = "drone"', "$.source", "drone"),
        ("score = 60", "score = 101", "$.match[0].score", "100"),
        ("score = 60", "score = 60\nfile = 'x'", "match[0]", "exactly one"),
        ('folder = "DCIM/*ACME"\n', "", "match[0]", "exactly one"),
        ('folder = "DCIM/*ACME"', 'folder = "x"\ncontains = "y"', "match[0]", "needs file"),
        ('folder = "DCIM/*ACME"', 'folder = "/DCIM"', "match[0]", "relative"),
        ('folder = "DCIM/*ACME"', 'folder = "DCIM/[z-a]"', "match[0]", "not a glob"),
        ("'^(?P<time>", "'(?P<time>", "names.time", "begins with ^"),
        ("MP4$'", "MP4'", "names.time", "ends with $"),
        ("(?P<sequence>", "(?P<seq>", "names.time", "unknown group seq"),
        ("(?P<sequence>", "((?P<sequence>", "names.time", "not a pattern"),
        ("[0-9]{1,4})", "(?:[0-9]+)+)", "names.time", "may not repeat inside"),
        ("[0-9]{1,4})", "(?:[0-9]{1,9}){2,})", "names.time", "may not repeat inside"),
        ("[0-9]{1,4})", "[0-9]{1,4})(?P=time)", "names.time", "backreferences"),
        ("[0-9]{1,4})", "[0-9]*.*[0-9]*)", "names.time", "at most 2"),
        ("[0-9]{1,4})", "[0-9]" * 80 + ")", "names.time", "300 characters"),
        ('time = "%Y%m%d%H%M%S"\n', "", "names.time", "go together"),
        ('"%Y%m%d%H%M%S"', '"%Y%m%d%p"', "names.time", "only"),
        ('"%Y%m%d%H%M%S"', '"%H%M%S"', "names.time", "year, month and day"),
        ('"%Y%m%d%H%M%S"', '"%Y%y%m%d"', "names.time", "year, month and day"),
        ('"%Y%m%d%H%M%S"', '"%Y%m%d%d"', "names.time", "each once"),
        ('"%Y%m%d%H%M%S"', '"%Y%m%d%"', "names.time", "only"),
        ("score = 90", 'score = 90\nzone = "CET"', "names.time", "zone"),
        ("score = 90", "score = 90\nmarks = { IMP = 'x' }", "names.time", "mark"),
        ("score = 90", "score = 90\n[[sidecars]]\nsidecar='^a$'\nclip='^b$'\nkind='proxy'", "sidecars[0]", "key"),
        ("score = 90", "score = 90\n[[identity]]\nfile='x'\npatterns=['(?P<name>x)']", "identity[0]", "unknown group name"),
        ("score = 90", "score = 90\n[segments]\nrule='sometimes'", "$.segments.rule", "sometimes"),
        ("schema = 1", "schema = ", "file", "line 1"),
    ],
)
def test_a_broken_profile_names_file_rule_and_way_out(old: str, new: str, rule: str, detail: str) -> None:
    with pytest.raises(ProfileInvalid) as refused:
        parse(profile_with(old, new), "acme.toml", "0" * 64)
    assert refused.value.fields["file"] == "acme.toml"
    assert refused.value.fields["rule"] == rule
    assert detail in str(refused.value.fields["detail"])


def test_not_even_text() -> None:
    with pytest.raises(ProfileInvalid):
        parse(b"\xff\xfe\x00", "acme.toml", "0" * 64)


def test_two_grammars_of_one_id() -> None:
    with pytest.raises(ProfileInvalid, match="own"):
        parse((GOOD + GOOD[GOOD.index("[[names]]") :]).encode(), "acme.toml", "0" * 64)


def test_a_good_profile_reads() -> None:
    profile = parse(GOOD.encode(), "acme.toml", "0" * 64)
    (reading,) = read_name(profile, b"DCIM/100ACME/20260115080000_0001.MP4")
    assert reading.sequence == 1


def test_a_wide_grammar_does_not_hide_a_narrow_one() -> None:
    wide = "[[names]]\nid = 'wide'\npattern = '^.*$'\nscore = 10\n\n[[names]]"
    profile = parse(GOOD.replace("[[names]]", wide).encode(), "acme.toml", "0" * 64)
    assert [reading.grammar for reading in read_name(profile, b"20260115080000_0001.MP4")] == ["time", "wide"]


def test_an_administrator_adds_a_profile_and_replaces_one(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD)
    (tmp_path / "mine.toml").write_text(GOOD.replace('"acme"', '"gopro"').replace("Acme", "Ours"))
    profiles = {profile.name: profile for profile in load_profiles(tmp_path)}
    assert profiles["acme"].title == "Acme"
    assert profiles["gopro"].title == "Ours"
    assert set(profiles) == {profile.name for profile in load_profiles()} | {"acme"}


def test_a_home_without_profiles_has_the_shipped_ones(tmp_path: Path) -> None:
    assert load_profiles(tmp_path / "profiles") == load_profiles()
    assert len(load_profiles()) == 5


def test_two_files_of_one_name_in_a_home(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(GOOD)
    with pytest.raises(ProfileInvalid) as refused:
        load_profiles(tmp_path)
    assert refused.value.fields["file"] == "b.toml"
    assert "a.toml" in str(refused.value.fields["detail"])


def test_a_profile_that_cannot_be_read_or_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_bytes(b"#" * (LARGEST + 1))
    for file in (tmp_path / "large.toml", tmp_path / "absent.toml"):
        with pytest.raises(ProfileInvalid):
            load_profile(file)


def test_globs(tmp_path: Path) -> None:
    text = GOOD.replace('"DCIM/*ACME"', '"**/BDMV/S?REAM[0-9]"')
    glob = parse(text.encode(), "x", "0" * 64).match[0].folder
    assert glob is not None
    assert [
        bool(glob.fullmatch(path))
        for path in ("BDMV/STREAM1", "a/b/bdmv/stream2", "BDMV/STREAMx", "xBDMV/STREAM1", "BDMV/S/REAM1")
    ] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_no_shipped_pattern_takes_long_on_a_name_made_for_it() -> None:
    hostile = [text * (255 // len(text)) for text in ("0", "A", "a_", "GOPR", "20260115", "/.", "_T1-T001_Tr")]
    names = [name[:250].encode() + b".MP4" for name in hostile] + [b"/".join([b"20260115"] * 400) + b".MP4"]
    started = time.process_time()
    for profile in load_profiles():
        for name in names:
            read_name(profile, name)
    assert time.process_time() - started < 2


def test_the_readme_shows_every_key_of_the_schema() -> None:
    prose = (SHIPPED / "README.md").read_text(encoding="utf-8")
    keys = re.findall(
        r"^    ([a-z_]+): ", (SHIPPED / "schema.py").read_text(encoding="utf-8").partition("class TimeFormat")[0], re.MULTILINE
    )
    assert {key for key in keys if not re.search(rf"\b{key}\b", prose)} == set()
