"""The one font of all papers: a package of the system, because no font is part of this program.

WenQuanYi Zen Hei (Debian package ``fonts-wqy-zenhei``; GPL 2 with the exception for embedding) has Latin and 42,000
Chinese and other characters in one file, so that a rare character of a name is printed. A paper embeds only what it shows.
"""

from __future__ import annotations

from pathlib import Path

from evidence.errors import Exit
from station.home import StationError

PACKAGE = "fonts-wqy-zenhei"
FILES = (
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),  # Debian, Ubuntu
    Path("/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc"),  # Arch, Fedora's neighbours
)


class FontMissing(StationError):
    """The font that papers are printed with is not installed. Fields: ``package``, ``path``."""

    code = "font-missing"
    status = Exit.REFUSED


def font_file() -> Path:
    """Where the font lies. Raises :class:`FontMissing`."""
    for path in FILES:
        if path.is_file():
            return path
    raise FontMissing(package=PACKAGE, path=str(FILES[0]))
