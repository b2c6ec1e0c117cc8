"""A paper as others read it: its words by pdftotext, its picture by pdftoppm."""

from __future__ import annotations

import subprocess
from pathlib import Path

from station.papers.font import FILES, PACKAGE
from tests.pieces import missing, need_program


def need_font() -> None:
    """Skip this test without the font that papers are printed with, and name its package."""
    if not any(path.is_file() for path in FILES):
        missing(f"{FILES[0]} (Debian package {PACKAGE})")


def words(paper: bytes) -> str:
    """Everything that can be read on a paper, a page after the other, white space as single blanks."""
    program = need_program("pdftotext", "poppler-utils")
    read = subprocess.run([program, "-layout", "-", "-"], input=paper, capture_output=True, check=True)
    assert read.stderr == b""
    return " ".join(read.stdout.decode().split())


def pages(paper: bytes, folder: Path) -> list[tuple[int, int, bytes]]:
    """Each page as ``(width, height, grey bytes)`` at 72 dots an inch."""
    program = need_program("pdftoppm", "poppler-utils")
    (folder / "paper.pdf").write_bytes(paper)
    subprocess.run([program, "-gray", "-r", "72", str(folder / "paper.pdf"), str(folder / "page")], check=True)
    found = []
    for path in sorted(folder.glob("page-*.pgm")):
        head, size, _, data = path.read_bytes().split(b"\n", 3)  # netpbm's raw grey map
        assert head == b"P5"
        width, height = map(int, size.split())
        found.append((width, height, data))
    return found


def qr_codes(paper: bytes, folder: Path) -> list[str]:
    """What a scanner reads on a paper, printed at 150 dots an inch."""
    scanner = need_program("zbarimg", "zbar-tools")
    printer = need_program("pdftoppm", "poppler-utils")
    (folder / "paper.pdf").write_bytes(paper)
    subprocess.run([printer, "-gray", "-r", "150", str(folder / "paper.pdf"), str(folder / "scan")], check=True)
    scans = [str(path) for path in sorted(folder.glob("scan-*.pgm"))]
    read = subprocess.run([scanner, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", *scans], capture_output=True, check=True)
    return [read.stdout.decode().removesuffix("\n")]
