"""Access keys: where they may come from, and that they show nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from uploader import credentials
from uploader.errors import CredentialsUnusable

SECRET = "hush-hush-hush"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s3.json"
    path.touch(mode=0o600)
    path.write_text(f'{{"access_key": "station", "secret_key": "{SECRET}"}}')
    return path


def test_from_a_file_of_ones_own(file: Path) -> None:
    found = credentials.load({}, file)
    assert (found.access_key, found.secret_key) == ("station", SECRET)
    assert SECRET not in repr(found)


def test_the_environment_goes_before_the_file(file: Path) -> None:
    found = credentials.load({credentials.ACCESS_KEY: "a", credentials.SECRET_KEY: "b"}, file)
    assert (found.access_key, found.secret_key) == ("a", "b")
    with pytest.raises(CredentialsUnusable):
        credentials.load({credentials.ACCESS_KEY: "a"}, file)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(CredentialsUnusable) as raised:
        credentials.load({}, file)
    assert "0600" in str(raised.value.fields["rule"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        f'"{SECRET}"',
        f'{{"access_key": "a", "secret_key": "{SECRET}", "more": 1}}',
        f'{{"access_key": "a", "secret_key": "{SECRET} "}}',
        f'{{"access_key": "", "secret_key": "{SECRET}"}}',
        f'{{"access_key": "a", "secret_key": {SECRET}}}',
        '{"access_key": "a\\u0000", "secret_key": "b"}',
    ],
)
def test_another_content_is_refused_and_not_repeated(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(CredentialsUnusable) as raised:
        credentials.load({}, file)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_file_no_keys(tmp_path: Path) -> None:
    with pytest.raises(CredentialsUnusable):
        credentials.load({}, tmp_path / "none")
    with pytest.raises(CredentialsUnusable):
        credentials.load({}, tmp_path)
