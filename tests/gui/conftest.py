"""Windows for tests, where the environment can draw any (``tests/gui/windows.py``)."""

from __future__ import annotations

import os
from importlib.util import find_spec

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if find_spec("PySide6") is not None and find_spec("pytestqt") is not None:
    from tests.gui.windows import (
        desk,
        door,
        kiosk,
        link,
        made_home,
        qapp_args,
        served,
        shown,
        stocked_home,
        theme,
        window_hatchery,
        words,
    )

    __all__ = [
        "desk",
        "door",
        "kiosk",
        "link",
        "made_home",
        "qapp_args",
        "served",
        "shown",
        "stocked_home",
        "theme",
        "window_hatchery",
        "words",
    ]
else:
    collect_ignore_glob = ["test_[!p]*.py"]
