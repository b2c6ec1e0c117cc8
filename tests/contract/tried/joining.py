"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

import os
from pathlib import Path

from evidence.catalogue.acts.desk import NoSuchClip
from evidence.errors import Exit
from station.brought.rows import MetadataUnreadable
from station.commands import Command, ListClips
from station.commands.joining import ImportFolder, IndexAnswer, IndexBatch, ListWebhooks, RetryWebhooks, ShowLink, TryWebhook
from station.handlers.cityindex import NoSuchBatch
from tests.contract.tried.form import Asked, Faults, House

NOBODY = "0197f000-0000-7000-8000-000000000000"


def clip_of(house: House) -> str:
    clips = house.ask(ListClips()).document["clips"]
    assert isinstance(clips, list)
    return str(clips[0]["id"])


MAPPING = b'[columns]\npath = "file"\n'


def table_in(card: Path) -> bytes:
    (card.parent / "table.csv").write_text("file\nb.mp4\n", encoding="utf-8")
    return os.fsencode(card.parent / "table.csv")


def batch_of(house: House) -> str:
    return str(house.ask(IndexBatch()).document["batch"])


ASKED: Asked = {
    ListWebhooks: (lambda *_: ListWebhooks(), "notices", Exit.OK),
    IndexBatch: (lambda *_: IndexBatch(), "signature_b64", Exit.OK),
    IndexAnswer: (lambda house, _: IndexAnswer(batch_of(house), accepted=(clip_of(house),)), "settled", Exit.OK),
    ImportFolder: (lambda _, card: ImportFolder(os.fsencode(card), table_in(card), MAPPING), "refused_rows", Exit.OK),
    ShowLink: (lambda house, _: ShowLink(clip_of(house)), "link", Exit.OK),
}
FAULTS: Faults = {
    ImportFolder: (ImportFolder(b"/nonexistent", b"/nonexistent.csv", MAPPING), MetadataUnreadable),
    IndexAnswer: (IndexAnswer(NOBODY), NoSuchBatch),
    ShowLink: (ShowLink(NOBODY), NoSuchClip),
}


ELSEWHERE: frozenset[type[Command]] = frozenset({TryWebhook, RetryWebhooks})
EVERY: tuple[Command, ...] = (
    ListWebhooks(),
    TryWebhook(),
    RetryWebhooks(NOBODY),
    IndexBatch(),
    IndexAnswer(NOBODY),
    ShowLink(NOBODY),
    ImportFolder(b"/nonexistent", b"/nonexistent.csv", MAPPING),
)
