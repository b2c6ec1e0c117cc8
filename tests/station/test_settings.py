"""Settings: read, overridden, changed by line, and held to what was accepted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.settings import (
    HELP,
    NAMES,
    Settings,
    SettingsInvalid,
    UnknownSetting,
    as_text,
    from_text,
    initial,
    parse,
    with_value,
)
from tests.station.stations import ROOT, Station, run

FILE = initial("s1", "unit-1")


def test_a_fresh_file_is_read_back_with_every_default() -> None:
    found = parse(FILE, {})
    assert (found.station, found.unit) == ("s1", "unit-1")
    for name in set(NAMES) - {"station", "unit"}:
        assert getattr(found, name) == getattr(Settings(), name)


def test_a_fresh_file_shows_every_setting_with_its_help_and_default() -> None:
    text = FILE.decode()
    for name in NAMES:
        assert f"# {HELP[name].en} / {HELP[name].zh}" in text
    uncommented = "\n".join(line.removeprefix("#") for line in text.splitlines() if not line.startswith("# "))
    values = tomllib.loads(uncommented)
    assert set(values) == set(NAMES)
    assert parse(uncommented.encode(), {}) == parse(FILE, {})


def test_every_setting_has_a_line_of_help_in_both_languages() -> None:
    assert set(HELP) == set(NAMES)
    for help_ in HELP.values():
        assert help_.en
        assert help_.zh
        assert "\n" not in help_.en + help_.zh
        assert not help_.zh.isascii()


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("langauge", "language"),
        ("vault_reserv", "vault_reserve"),
        ("storeBucket", "store_bucket"),
        ("time-zone", "time_zone"),
        ("X", None),
    ],
)
def test_an_unknown_name_is_an_error_that_names_the_nearest(written: str, nearest: str | None) -> None:
    key = written if written.isidentifier() else repr(written)
    attempts: list[Callable[[], object]] = [
        lambda: parse(f'{key} = "x"'.encode(), {}),
        lambda: from_text(written, "x"),
        lambda: with_value(FILE, written, "x"),
    ]
    for attempt in attempts:
        with pytest.raises(UnknownSetting) as caught:
            attempt()
        assert caught.value.fields["name"] == written
        assert caught.value.fields["nearest"] in NAMES
        if nearest:
            assert caught.value.fields["nearest"] == nearest


def test_an_unknown_variable_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UnknownSetting) as caught:
        parse(FILE, {"EVIDENCE_STATION_LANGUAGES": "zh"})
    assert caught.value.fields == {"name": "languages", "where": "EVIDENCE_STATION_LANGUAGES", "nearest": "language"}


def test_the_environment_overrides_the_file() -> None:
    environment = {
        "EVIDENCE_STATION_LANGUAGE": "zh",
        "EVIDENCE_STATION_VAULT_RESERVE": "5",
        "EVIDENCE_STATION_DOUBLE_READ": "yes",
        "PATH": "/bin",
        "STATION": "x",
    }
    found = parse(FILE + b'\nlanguage = "en"\nvault_reserve = 7\n', environment)
    assert (found.language, found.vault_reserve, found.double_read) == ("zh", 5, True)


def test_where_the_home_lies_and_secrets_are_no_settings() -> None:
    environment = {f"EVIDENCE_STATION_{name}": "x" for name in ("HOME", "S3_ACCESS_KEY", "S3_SECRET_KEY")}
    assert parse(FILE, environment) == parse(FILE, {})
    assert not {"home", "s3_access_key", "s3_secret_key"} & set(NAMES)


def test_no_variable_that_our_own_scripts_set_is_taken_for_a_setting() -> None:
    script = (ROOT / "packaging" / "run").read_text(encoding="utf-8")
    names = set(re.findall(r"EVIDENCE_STATION_[A-Z0-9_]+", script))
    assert len(names) > 2
    parse(FILE, {name: "en" if name.endswith("LANGUAGE") else "x" for name in names})


WRONG = [
    b"language = 5",
    b'language = "fr"',
    b'vault_reserve = "5"',
    b"vault_reserve = -1",
    b"vault_reserve = 1.5",
    b"double_read = 1",
    b"probe_seconds = 0",
    b"store_part_size = 1048576",
    b"store_parts_in_flight = 3",
    b'store = "ftp"',
    b'operator_role = "root"',
    b'time_zone = "Nowhere/Land"',
    b'time_zone = "../etc"',
    b'time_zone = ""',
    b'time_zone = "Asia"',
    b'station = "a b"',
    b'station = ""',
    b"unit = '" + b"u" * 65 + b"'",
    b"language = [1]",
    b"not toml",
    b'unit = "\xff"',
    b'unit = "a"\nunit = "b"',
]


@pytest.mark.parametrize("file", WRONG, ids=repr)
def test_what_is_wrong_is_refused_with_its_rule(file: bytes) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        parse(file, {})
    assert caught.value.fields["where"] == "station.toml"
    assert caught.value.fields["rule"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("double_read", "true", True),
        ("double_read", "No", False),
        ("double_read", "1", True),
        ("vault_reserve", "0", 0),
        ("operator", "张三", "张三"),
        ("unit", "", ""),
    ],
)
def test_typed_values(name: str, text: str, value: object) -> None:
    assert from_text(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("double_read", "maybe"), ("vault_reserve", "-1"), ("vault_reserve", "1e3"), ("vault_reserve", ""), ("vault_reserve", "٣")],
)
def test_values_of_another_type_are_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsInvalid):
        from_text(name, text)


# Changing one line


def test_a_change_touches_its_line_and_no_comment() -> None:
    file = b'# head\nstation = "s1" # for good\n\n# above\n  language = "en"   # the tongue\nunit = "a # b" # with a mark\nvault_reserve = 5 # bytes\n'
    made = with_value(with_value(with_value(file, "language", "zh"), "unit", "c"), "vault_reserve", 9)
    assert made == (
        b'# head\nstation = "s1" # for good\n\n# above\nlanguage = "zh"   # the tongue\nunit = "c" # with a mark\nvault_reserve = 9 # bytes\n'
    )


def test_a_setting_that_has_no_line_gets_one_at_the_end() -> None:
    made = with_value(FILE, "vault_reserve", 5)
    assert made.startswith(FILE.rstrip())
    assert made.endswith(b"\nvault_reserve = 5\n")
    assert parse(made, {}).vault_reserve == 5


def test_the_station_is_decided_for_good() -> None:
    with pytest.raises(SettingsInvalid):
        with_value(FILE, "station", "s2")


@pytest.mark.parametrize(
    ("file", "name", "value"),
    [
        (FILE, "unit", "\x7f"),
        (FILE, "unit", "\udcff"),
        (FILE, "language", "fr"),
        (FILE, "unit", "u" * 65),
        (b'"unit" = "a"\n', "unit", "b"),
        (b'unit = """\na"""\n', "unit", "b"),
        (b"unit = '''\na'''\n", "unit", "b"),
        (FILE, "catalogue_url", "postgresql+psycopg://user:s3cret@db/x"),
    ],
    ids=["control", "no-utf8", "value", "length", "quoted-key", "many-lines", "many-literal-lines", "password"],
)
def test_what_cannot_be_written_is_a_fault_of_the_settings(file: bytes, name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        with_value(file, name, value)
    assert caught.value.fields["where"] == name
    assert "s3cret" not in str(caught.value)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=30)


@given(texts, texts, st.sampled_from(["", " # note", "# 'note\""]))
def test_any_text_is_written_and_read_back_and_its_comment_stays(first: str, second: str, comment: str) -> None:
    file = with_value(FILE, "operator", first)[:-1] + comment.encode() + b"\n# end\n"
    made = with_value(file, "operator", second)
    assert parse(made, {}).operator == second
    assert made.endswith(comment.encode() + b"\n# end\n")
    assert parse(made, {}).unit == "unit-1"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (5, "5"), ("a", "a")])
def test_values_as_a_person_types_them(value: object, text: str) -> None:
    assert as_text(value) == text
    assert from_text({bool: "double_read", int: "vault_reserve", str: "unit"}[type(value)], text) == value


# As commands


def test_setting_is_logged_with_old_and_new_and_by_whom(station: Station) -> None:
    assert station.json("settings", "set", "language", "zh") == {"name": "language", "old": "en", "new": "zh"}
    entry = station.log()[-1]
    assert (entry["type"], entry["personal"]) == ("settings-changed", {"actor": "operator"})
    assert entry["what"]["changes"] == [{"key": "language", "old": "en", "new": "zh"}]
    shown = station.json("settings", "show")
    assert shown["accepted"] is True
    assert {one["name"]: one["value"] for one in shown["settings"]}["language"] == "zh"
    assert station.json("status")["settings_accepted"] is True


def test_setting_what_is_set_already_is_no_act(station: Station) -> None:
    station.json("settings", "set", "language", "zh")
    before = len(station.log())
    assert station.json("settings", "set", "language", "zh")["old"] == "zh"
    assert len(station.log()) == before


def test_who_operates_is_in_the_log_only_as_a_commitment(station: Station) -> None:
    station.json("settings", "set", "operator", "Sergeant Ping")
    entry = station.log()[-1]
    (change,) = entry["what"]["changes"]
    assert change["key"] == "operator"
    assert set(change["new"]) == set(change["old"]) == {"commitment"}
    assert entry["personal"] == {"actor": "operator", "operator.old": "operator", "operator.new": "Sergeant Ping"}
    assert station.json("verify")["problems"] == []
    assert station.json("settings", "set", "language", "zh")
    assert station.log()[-1]["personal"]["actor"] == "Sergeant Ping"


def test_a_file_edited_by_hand_is_refused_until_it_is_accepted(station: Station) -> None:
    file = station.folder / "station.toml"
    file.write_bytes(file.read_bytes() + b"vault_reserve = 7\n")
    assert station.json("status")["settings_accepted"] is False
    assert station.json("settings", "show")["accepted"] is False
    refused = station.json("settings", "set", "language", "zh", status=5)
    assert refused["code"] == "settings-not-accepted"
    assert [one["kind"] for one in station.json("verify", status=3)["problems"]] == ["settings-unexplained"]
    accepted = station.json("settings", "accept")
    assert accepted["changed"] is True
    assert station.log()[-1]["what"]["sha256"] == accepted["accepted"]
    assert station.json("verify")["problems"] == []
    assert station.json("settings", "accept")["changed"] is False
    assert station.json("settings", "set", "language", "zh")["new"] == "zh"


def test_a_file_edited_into_nonsense_stops_every_command_and_can_be_mended(station: Station) -> None:
    file = station.folder / "station.toml"
    whole = file.read_bytes()
    file.write_bytes(whole + b'langauge = "zh"\n')
    for command in (["status"], ["settings", "accept"], ["clips"]):
        error = station.json(*command, status=2)
        assert (error["code"], error["nearest"]) == ("unknown-setting", "language")
    file.write_bytes(whole)
    assert station.json("status")["settings_accepted"] is True


def test_a_wrong_value_changes_nothing(station: Station) -> None:
    before = (station.folder / "station.toml").read_bytes()
    for arguments in (["language", "fr"], ["vault_reserve", "much"], ["nothing", "x"], ["station", "s2"]):
        station.json("settings", "set", *arguments, status=2)
    assert (station.folder / "station.toml").read_bytes() == before
    assert len(station.log()) == 5


@pytest.mark.parametrize("committed", [False, True])
def test_a_power_cut_between_draft_and_rename_leaves_both_or_neither(
    station: Station, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    from station.handlers import configuration

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = (station.folder / "station.toml").read_bytes()
    with monkeypatch.context() as patch:
        if committed:
            real = Path.replace
            patch.setattr(Path, "replace", lambda self, to: cut() if self.name == "station.toml.next" else real(self, to))
        else:
            patch.setattr(configuration, "_commit", cut)
        assert station("settings", "set", "language", "zh", "--json").error["code"] == "interrupted"
    assert (station.folder / "station.toml").read_bytes() == before
    assert (station.folder / "station.toml.next").exists()
    station.json("settings", "set", "vault_reserve", "7")
    values = {one["name"]: one["value"] for one in station.json("settings", "show")["settings"]}
    assert values["language"] == ("zh" if committed else "en")
    assert values["vault_reserve"] == 7
    assert not (station.folder / "station.toml.next").exists()
    assert station.json("verify")["problems"] == []


def test_changes_at_the_same_time_are_all_kept(station: Station) -> None:
    changes = {"language": "zh", "unit": "310115", "probe_seconds": "7", "scrub_budget": "1", "vault_reserve": "5"}
    with ThreadPoolExecutor() as pool:
        sets = [pool.submit(run, "--home", station.folder, "settings", "set", *change, "--json") for change in changes.items()]
        others = [pool.submit(run, "--home", station.folder, "scrub", "--json") for _ in range(3)]
    assert [one.result().status for one in (*sets, *others)] == [0] * 8, [one.result() for one in (*sets, *others)]
    found = parse((station.folder / "station.toml").read_bytes(), {})
    assert {name: str(getattr(found, name)) for name in changes} == changes
    told = run("--home", station.folder, "verify", "--json").document
    assert told["problems"] == []
    entries = run("--home", station.folder, "custody", "--json").document["entries"]
    assert sum(len(one["what"]["changes"]) for one in entries if one["type"] == "settings-changed") == len(changes)
