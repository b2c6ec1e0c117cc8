"""Case numbers: the form that a unit gives them, and the first character that is wrong."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.casenumbers import (
    CaseForms,
    CaseFormUnfit,
    CaseNumberLong,
    CaseNumberShort,
    CaseNumberUnfit,
    Misfit,
    case_forms,
    form,
)
from evidence.errors import Exit

POLICE = "A{4d}-{6d}"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (POLICE, "A2026-000017"),
        ("A{12d}{6d}{4d}", "A3101010000002026110001"),
        ("（{4d}）{1h}{4d}{刑|行|民}{初|终}{1-6d}号", "（2026）沪0101刑初17号"),
        ("{1-3A}-{2x}{{{1L}}}", "AB-7Z{q}"),
        ("{刑事|治安}{4d}", "治安2026"),
    ],
)
def test_a_number_of_the_form_has_nothing_wrong(text: str, number: str) -> None:
    assert form(text).misfit(number) is None


@pytest.mark.parametrize(
    ("text", "number", "wrong"),
    [
        (POLICE, "B2026-000017", Misfit(1, "B", '"A"')),
        (POLICE, "a2026-000017", Misfit(1, "a", '"A"')),
        (POLICE, "A2O26-000017", Misfit(3, "O", "0–9")),
        (POLICE, "A2026/000017", Misfit(6, "/", '"-"')),
        (POLICE, "A20261000017", Misfit(6, "1", '"-"')),
        (POLICE, "A2026-00001", Misfit(12, None, "0–9")),
        (POLICE, "A2026-0000178", Misfit(13, "8", None)),
        (POLICE, "A2026-00001\uff17", Misfit(12, "\uff17", "0–9")),
        (POLICE, "", Misfit(1, None, '"A"')),
        ("{1-3d}号", "12", Misfit(3, None, '0–9 / "号"')),
        ("{1-3d}号", "12x", Misfit(3, "x", '0–9 / "号"')),
        ("{1-3d}号", "1234号", Misfit(4, "4", '"号"')),
        ("X{1-3d}", "X12z", Misfit(4, "z", "0–9")),
        ("{刑事|刑罚|治安}", "刑天", Misfit(2, "天", '"事" / "罚"')),
        ("{刑事|治安}", "民事", Misfit(1, "民", '"刑事" / "治安"')),
    ],
)
def test_the_first_wrong_character_is_named_with_what_belongs_there(text: str, number: str, wrong: Misfit) -> None:
    assert form(text).misfit(number) == wrong


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 1),
        ("A{4d", 2),
        ("A}4d", 2),
        ("A {4d}", 2),
        ("{0d}", 1),
        ("{3-2d}", 1),
        ("{65d}", 1),
        ("{4z}", 1),
        ("{one}", 1),
        ("{|a}", 1),
        ("{刑|刑事}", 1),
        ("{a|a}", 1),
        ("{1-3d}7", 7),
        ("{1-3d}{1d}", 7),
        ("{1-3x}{2A}", 7),
        ("{1-2d}{甲|7}", 7),
        ("A" * 257, 1),
    ],
)
def test_a_form_that_would_have_to_guess_is_refused_when_it_is_set(text: str, position: int) -> None:
    with pytest.raises(CaseFormUnfit) as caught:
        form(text)
    assert (caught.value.fields["position"], caught.value.status) == (position, Exit.USAGE)


def test_each_unit_has_the_forms_of_the_longest_beginning_of_its_code() -> None:
    forms = case_forms("*=C-{4d} 3101=A{4d}-{6d} 310101=D{2d} 310101=E{3d}")
    forms.check("C-2026", "320000")
    forms.check("A2026-000001", "310102")
    forms.check("D26", "310101")
    forms.check("E260", "310101")
    with pytest.raises(CaseNumberUnfit):
        forms.check("A2026-000001", "310101")


def test_of_several_forms_the_message_is_of_the_one_that_fits_longest() -> None:
    forms = case_forms("*=A{4d} *=AB-{4d}")
    with pytest.raises(CaseNumberUnfit) as caught:
        forms.check("AB-20x6", "1")
    assert caught.value.fields == {"number": "AB-20x6", "position": 6, "found": "x", "expected": "0–9", "form": "AB-{4d}"}


def test_too_short_and_too_long_are_said_as_such() -> None:
    forms = case_forms("*=A{4d}")
    with pytest.raises(CaseNumberShort) as short:
        forms.check("A20", "1")
    assert short.value.fields == {"number": "A20", "position": 4, "expected": "0–9", "form": "A{4d}"}
    with pytest.raises(CaseNumberLong) as long:
        forms.check("A20261", "1")
    assert long.value.fields == {"number": "A20261", "position": 6, "found": "1", "form": "A{4d}"}


def test_without_a_form_any_one_line_is_a_number() -> None:
    CaseForms().check("案件 7 / zwei", "1")
    for number in (" A", "A ", "A\n1", "A" * 129):
        with pytest.raises((CaseNumberUnfit, CaseNumberLong)):
            CaseForms().check(number, "1")


@pytest.mark.parametrize("text", ["A{4d}", "=A{4d}", "*=", "*=A{4d} B"])
def test_a_setting_that_is_no_list_of_forms_is_refused(text: str) -> None:
    with pytest.raises(CaseFormUnfit):
        case_forms(text)


@given(st.text(max_size=40))
def test_whatever_is_typed_the_position_lies_within_it_or_right_behind(number: str) -> None:
    wrong = form("{1-3A}{4d}-{1-6d}{号|#}").misfit(number)
    assert wrong is None or 1 <= wrong.position <= len(number) + 1
    assert wrong is None or (wrong.found is None) == (wrong.position == len(number) + 1)


def test_the_longest_number_against_the_longest_form_takes_no_time() -> None:
    hard = form("".join("{1-64d}-" for _ in range(32)))
    begun = time.process_time()
    for _ in range(100):
        hard.misfit("1" * 10_000)
        hard.misfit("1-" * 5_000)
    assert time.process_time() - begun < 1
