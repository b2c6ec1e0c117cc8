"""Every page: where its screen is, who may see it, where it stands. A screen is named, not imported: it loads when it is first shown.

A new page is a line here, its screen's file, ``page-NAME`` and ``page-NAME-about`` in the words, and its test.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from evidence.access import Permission
from gui.here import Here
from gui.screen import Screen

Group = Literal["work", "proof", "station"]
GROUPS: tuple[Group, ...] = ("work", "proof", "station")


@dataclass(frozen=True, slots=True)
class Page:
    """A page. ``listed``: whether the list of pages has it; others are reached from a page."""

    name: str
    screen: str
    permission: Permission | None
    picture: str
    group: Group
    listed: bool = True

    @property
    def word(self) -> str:
        """The code of its name."""
        return f"page-{self.name}"

    def kind(self) -> type[Screen]:
        """The class of its screen, loaded now."""
        module, _, name = self.screen.partition(":")
        found: type[Screen] = getattr(import_module(module), name)
        assert issubclass(found, Screen), self.screen
        return found

    def made(self, here: Here) -> Screen:
        """Its screen, made now."""
        return self.kind()(here)


PAGES: tuple[Page, ...] = (
    Page("clips", "gui.work.clips:Clips", Permission.READ_CLIPS, "film", "work"),
    Page("untagged", "gui.work.untagged:Untagged", Permission.TAG, "tag", "work"),
    Page("cases", "gui.work.cases:Cases", Permission.READ_CASES, "case", "work"),
    Page("case", "gui.work.casefile:CaseFile", Permission.READ_CASES, "case", "work", listed=False),
    Page("incidents", "gui.work.incidents:Incidents", Permission.READ_CASES, "incident", "work"),
    Page("incident", "gui.work.incident:Incident", Permission.READ_CASES, "incident", "work", listed=False),
    Page("player", "gui.work.player:Player", Permission.PLAY, "play", "work", listed=False),
    Page("clip", "gui.work.clip:Clip", Permission.READ_CLIPS, "film", "work", listed=False),
    Page("verify", "gui.proof.verifying:Verification", Permission.VERIFY, "verify", "proof"),
    Page("custody", "gui.proof.custody:CustodyLog", Permission.READ_LOG, "log", "proof"),
    Page("approvals", "gui.proof.approvals:Approvals", Permission.ASK_APPROVAL, "approve", "proof"),
    Page("overview", "gui.running.overview:Overview", Permission.READ_ALARMS, "info", "station"),
    Page("alarms", "gui.running.alarms:Alarms", Permission.READ_ALARMS, "alarm", "station"),
    Page("registry", "gui.running.devices:Devices", Permission.READ_DEVICES, "device", "station"),
    Page("device", "gui.running.device:Device", Permission.READ_DEVICES, "device", "station", listed=False),
    Page("board", "gui.running.slots:Slots", Permission.READ_STATION, "grid", "station"),
)
"""In the order in which they are listed."""


def page(name: str) -> Page:
    """A page by its name. Raises ``KeyError``."""
    for one in PAGES:
        if one.name == name:
            return one
    raise KeyError(name)


def there(name: str) -> bool:
    """Whether there is such a page, in a list that others add to."""
    return any(one.name == name for one in PAGES)
