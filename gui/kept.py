"""What a person chose for the window itself (language, colours, size, columns): one JSON file of this user's, written whole or not at all.

Nothing of it is evidence and nothing secret. Where it cannot be read or written the window does without.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

SOON_MS = 500
"""A column that is being dragged is not written at every pixel."""


def place() -> Path:
    """The file: below ``XDG_CONFIG_HOME``, else ``~/.config``."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".config"
    return base / "evidence-station" / "window.json"


class Kept(QObject):
    """Choices by name."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._values = _read(path)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.write)

    def get(self, name: str, otherwise: Any = None) -> Any:  # what JSON can hold
        """What was chosen, or something else where nothing was."""
        return self._values.get(name, otherwise)

    def put(self, name: str, value: object) -> None:
        """Keep a choice."""
        if self._values.get(name) != value:
            self._values[name] = value
            self._soon.start()

    def write(self) -> None:
        """Write what was chosen. The file of before stays whole until the new one is."""
        self._soon.stop()
        new = self._path.with_name(f"{self._path.name}.new")
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.write_text(json.dumps(self._values, ensure_ascii=False, indent=1), encoding="utf-8")
            new.replace(self._path)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
