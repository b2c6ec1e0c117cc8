"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

from evidence.catalogue.acts.desk import NoSuchClip
from evidence.errors import Exit
from station.commands import Command, ListClips
from station.commands.joining import IndexAnswer, IndexBatch, ListWebhooks, RetryWebhooks, ShowLink, TryWebhook
from station.handlers.cityindex import NoSuchBatch
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"


def clip_of(house: House) -> str:
    clips = house.ask(ListClips()).document["clips"]
    assert isinstance(clips, list)
    return str(clips[0]["id"])


def batch_of(house: House) -> str:
    return str(house.ask(IndexBatch()).document["batch"])


ASKED: Asked = {
    ListWebhooks: (lambda *_: ListWebhooks(), "notices", Exit.OK),
    IndexBatch: (lambda *_: IndexBatch(), "signature_b64", Exit.OK),
    IndexAnswer: (lambda house, _: IndexAnswer(batch_of(house), accepted=(clip_of(house),)), "settled", Exit.OK),
    ShowLink: (lambda house, _: ShowLink(clip_of(house)), "link", Exit.OK),
}
FAULTS: Faults = {IndexAnswer: (IndexAnswer(NOBODY), NoSuchBatch), ShowLink: (ShowLink(NOBODY), NoSuchClip)}
ELSEWHERE: frozenset[type[Command]] = frozenset({TryWebhook, RetryWebhooks})
EVERY: tuple[Command, ...] = (
    ListWebhooks(),
    TryWebhook(),
    RetryWebhooks(NOBODY),
    IndexBatch(),
    IndexAnswer(NOBODY),
    ShowLink(NOBODY),
)
