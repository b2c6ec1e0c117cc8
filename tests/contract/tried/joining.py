"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

from evidence.errors import Exit
from station.commands import Command
from station.commands.joining import ListWebhooks, RetryWebhooks, TryWebhook
from tests.contract.tried.form import Asked, Faults

NOBODY = "0197f000-0000-7000-8000-000000000000"

ASKED: Asked = {ListWebhooks: (lambda *_: ListWebhooks(), "notices", Exit.OK)}
FAULTS: Faults = {}
ELSEWHERE: frozenset[type[Command]] = frozenset({TryWebhook, RetryWebhooks})
EVERY: tuple[Command, ...] = (ListWebhooks(), TryWebhook(), RetryWebhooks(NOBODY))
