"""Entries and commitments: golden bytes, so that no later change of code changes what was signed."""

from __future__ import annotations

from hashlib import sha256

import pytest

from evidence.commitments import Personal, commitment
from evidence.custody.entry import (
    Act,
    ClockState,
    Draft,
    Moment,
    encode,
    rfc3339,
    subject_clip,
    subject_docking,
    subject_key,
)
from evidence.ids import ClipId, DockingId, EntryId, KeyId

SALT = bytes(range(16))
WHEN = Moment(1_795_255_200_123_456_789, 9_007_199_254_740_993, "1a05d22e-2096-4f49-a126-a65c5a86cf07", ClockState.SYNCHRONISED)
GOLDEN = (
    b'{"actor":{"person":{"commitment":"5d8e"},"role":"clerk"},"id":"0197f000-0000-7001-8000-000000000000","prev":null,'
    b'"salt":"000102030405060708090a0b0c0d0e0f","seq":7,"subject":"clip:0197f000-0000-7000-8000-000000000000","type":"tagged","v":1,'
    b'"what":{"changes":[{"field":"category","new":"evidence","old":"unclassified"}]},'
    b'"when":{"boot":"1a05d22e-2096-4f49-a126-a65c5a86cf07","clock":"synchronised","mono_ns":"9007199254740993",'
    b'"utc":"2026-11-21T10:00:00.123456Z"}}'
)


def test_an_entry_has_these_bytes() -> None:
    draft = Draft(
        Act.TAGGED,
        "clip:0197f000-0000-7000-8000-000000000000",
        {"changes": [{"field": "category", "old": "unclassified", "new": "evidence"}]},
    )
    made = encode(
        draft,
        seq=7,
        entry_id=EntryId("0197f000-0000-7001-8000-000000000000"),
        when=WHEN,
        prev=None,
        salt=SALT,
        actor={"person": {"commitment": "5d8e"}, "role": "clerk"},
    )
    assert made == GOLDEN
    assert sha256(b"\x00" + made).hexdigest() == "c44bae55d3e70e24296d738f6721f1d64ec56d33b87be5ede1a3522b2f8c96a8"


def test_the_acts_that_the_format_names() -> None:
    # These words stand in signed logs: none may ever be renamed or go.
    assert {act.value for act in Act} == {
        *("initialised", "recovered", "key-introduced", "key-revoked", "settings-changed", "clock-changed"),
        *("docked", "refused", "inventory", "copied", "verified", "empty", "damaged", "unreadable", "duplicate-seen", "sealed"),
        *("tagged", "viewed", "exported", "sent", "received", "time-stamped", "repaired"),
        *("erase-begun", "erase-ended", "evicted", "recalled", "disposed"),
        *("device-registered", "device-changed", "device-issued", "device-returned", "clock-measured"),
        *("alarm-raised", "alarm-acknowledged", "recorded", "noted"),
    }
    assert {state.value for state in ClockState} == {"synchronised", "unsynchronised", "unknown"}


def test_subjects() -> None:
    assert subject_clip(ClipId("x")) == "clip:x"
    assert subject_docking(DockingId("x")) == "docking:x"
    assert subject_key(KeyId("ab")) == "key:ab"


@pytest.mark.parametrize(
    ("unix_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (999, "1970-01-01T00:00:00.000000Z"),
        (1_000, "1970-01-01T00:00:00.000001Z"),
        (1_795_255_200_000_000_000, "2026-11-21T10:00:00.000000Z"),
        (1_709_210_096_999_999_999, "2024-02-29T12:34:56.999999Z"),
        (-1_000, "1969-12-31T23:59:59.999999Z"),
    ],
)
def test_moments_have_six_decimals_and_sort_as_text(unix_ns: int, text: str) -> None:
    assert rfc3339(unix_ns) == text
    assert WHEN.as_json() == {
        "utc": "2026-11-21T10:00:00.123456Z",
        "clock": "synchronised",
        "boot": "1a05d22e-2096-4f49-a126-a65c5a86cf07",
        "mono_ns": "9007199254740993",
    }


def test_a_commitment_is_the_digest_that_the_format_says() -> None:
    expected = sha256(b"evidence-station/commitment/v1\x00" + SALT + b"officer\x00" + "张 007".encode()).hexdigest()
    assert commitment("officer", "张 007", SALT) == expected
    assert expected == "a9c96cbbb44ffed7d2e56f4603be2fbaebb0c9081cdaac01560145db3045e405"
    assert Personal("officer", "张 007", SALT).committed() == {"commitment": expected}


def test_a_commitment_binds_value_field_and_salt() -> None:
    made = {
        commitment("officer", "a", SALT),
        commitment("officer", "b", SALT),
        commitment("actor", "a", SALT),
        commitment("officer", "a", bytes(16)),
        commitment("officer", "a\x00", SALT),
    }
    assert len(made) == 5


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_salt_has_sixteen_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        commitment("officer", "a", bytes(size))
