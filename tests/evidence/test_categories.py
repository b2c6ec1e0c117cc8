"""Categories: the tree that every station begins with, what may be given, what was meant by a wrong one, and how long each keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.categories import DEFAULT, DEPTH, Category, CategoryRetired, CategoryUnfit, CategoryUnknown, Tree, category_of, tree
from evidence.facts import UNCLASSIFIED
from evidence.retention import EMERGENCY, EVIDENCE, MAJOR_CALL, MASS_INCIDENT, OBSTRUCTION


def test_the_tree_of_the_beginning_is_whole() -> None:
    made = Tree((), own=False)
    for one in DEFAULT.categories:
        made = made.with_one(one)
    assert [one.code for one in DEFAULT.walk()] == [one.code for one in DEFAULT.categories], "each after what it belongs to"
    assert len({one.en for one in DEFAULT.categories}) == len({one.zh for one in DEFAULT.categories}) == len(DEFAULT.categories)
    assert not DEFAULT.own


def test_what_the_law_keeps_for_ever_is_kept_so_and_what_lies_below_is_too() -> None:
    assert DEFAULT.keep("obstruction") == "permanent"
    assert DEFAULT.keep("dispute") is None
    made = DEFAULT.with_one(Category("riot", "mass-incident", "Riot", "骚乱"))
    assert made.keep("riot") == "permanent"
    assert made.with_one(Category("riot", "mass-incident", "Riot", "骚乱", "P2Y")).keep("riot") == "P2Y"
    assert DEFAULT.keep("nowhere") is None


def test_every_category_that_a_rule_of_retention_names_is_in_the_tree_and_kept_for_ever_there() -> None:
    for code in (EVIDENCE, OBSTRUCTION, EMERGENCY, MASS_INCIDENT, MAJOR_CALL):
        assert DEFAULT.keep(code) == "permanent"


def test_a_category_of_the_tree_may_be_given_and_so_may_none() -> None:
    DEFAULT.check("drink-driving")
    DEFAULT.check(UNCLASSIFIED)


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("trafic", "traffic"),
        ("drunk-driving", "drink-driving"),
        ("酒驾", "drink-driving"),
        ("Use of Force", "use-of-force"),
        ("纠纷", "dispute"),
    ],
)
def test_an_unknown_one_is_refused_with_those_that_may_be_meant(given: str, nearest: str) -> None:
    with pytest.raises(CategoryUnknown) as caught:
        DEFAULT.check(given)
    assert nearest in str(caught.value.fields["nearest"])
    assert DEFAULT.nearest(given)[0].code == nearest


def test_an_unknown_one_that_is_like_nothing_names_nothing() -> None:
    with pytest.raises(CategoryUnknown) as caught:
        DEFAULT.check("qqqq")
    assert caught.value.fields["nearest"] == "–"


def test_a_retired_one_is_not_given_and_not_proposed() -> None:
    made = DEFAULT.with_one(replace(DEFAULT.by_code["dispute"], retired=True))
    with pytest.raises(CategoryRetired):
        made.check("dispute")
    assert "dispute" not in [one.code for one in made.nearest("disputes")]
    assert made.own


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (Category("", None, "a", "b"), "code"),
        (Category("c" * 65, None, "a", "b"), "code"),
        (Category(" c", None, "a", "b"), "code"),
        (Category("c\n", None, "a", "b"), "code"),
        (Category(UNCLASSIFIED, None, "a", "b"), "code"),
        (Category("c", None, "", "b"), "en"),
        (Category("c", None, "a", "b" * 65), "zh"),
        (Category("c", "nowhere", "a", "b"), "parent"),
        (Category("c", "c", "a", "b"), "parent"),
        (Category("call", "dispute", "a", "b"), "parent"),
        (Category("c", None, "a", "b", "6 months"), "keep"),
        (Category("c", None, "a", "b", "P0M"), "keep"),
    ],
)
def test_what_cannot_be_a_category_is_refused_by_the_member_that_is_wrong(one: Category, name: str) -> None:
    with pytest.raises(CategoryUnfit) as caught:
        DEFAULT.with_one(one)
    assert caught.value.fields["name"] == name


def test_a_tree_has_so_many_levels_and_no_more() -> None:
    made, above = DEFAULT, "call"
    for level in range(2, DEPTH + 1):
        made = made.with_one(Category(f"level-{level}", above, f"en {level}", f"zh {level}"))
        above = f"level-{level}"
    assert len(made.path(above)) == DEPTH
    with pytest.raises(CategoryUnfit):
        made.with_one(Category("deeper", above, "deeper", "更深"))


def test_paths_and_what_lies_below() -> None:
    assert [one.code for one in DEFAULT.path("assault")] == ["call", "assault"]
    assert DEFAULT.path("nowhere") == []
    assert DEFAULT.below("traffic") == {"traffic", "traffic-stop", "traffic-accident", "drink-driving"}


def test_sheets_lead_back_to_the_tree_and_none_is_that_of_the_beginning() -> None:
    assert tree(dict(one.said) for one in DEFAULT.categories) == Tree(DEFAULT.categories, own=True)
    assert tree([]) is DEFAULT
    assert category_of(dict(DEFAULT.categories[1].said)) == DEFAULT.categories[1]
