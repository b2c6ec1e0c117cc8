"""Every attack of the campaign, one module for each sort of thing that is attacked."""

from __future__ import annotations

from tests.campaigns.tampering.cases import (
    columns,
    cosignatures,
    disposals,
    gm,
    keys,
    log,
    manifests,
    pairs,
    pairs_of_footage,
    registry,
    rewritten,
    room,
    rows,
    sheets,
    succession,
    tokens,
    turned_back,
    vault,
)
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case

PARTS = (
    vault,
    room,
    columns,
    rows,
    log,
    manifests,
    tokens,
    gm,
    keys,
    succession,
    turned_back,
    cosignatures,
    rewritten,
    pairs,
    pairs_of_footage,
    registry,
    sheets,
    disposals,
)


def every_case(patterns: dict[str, Pattern]) -> list[Case]:
    """All of them. The generated ones are made from what the clean homes hold."""
    found = [case for module in PARTS for case in module.cases(patterns)]
    titles = [case.title for case in found]
    doubled = {title for title in titles if titles.count(title) > 1}
    if doubled:
        raise ValueError(f"two cases of one name: {', '.join(sorted(doubled))}")
    return found
