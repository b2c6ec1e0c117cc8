"""Attacks on footage: bytes changed, gone, exchanged, and files that nobody accounts for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from ingest.copying.facts import FileOutcome, State
from ingest.vault import Intent, Vault
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import Victim

PLANTED = b"footage that no camera took"
PLANTED_SHA256 = sha256(PLANTED).hexdigest()
BLOCK = 2 << 20


def flipped(place: int) -> Callable[[bytes], bytes]:
    """One bit of one byte."""

    def change(content: bytes) -> bytes:
        at = place % len(content)
        return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

    return change


def largest(victim: Victim) -> str:
    return str(victim.one("SELECT sha256 FROM blob ORDER BY size DESC"))


def smallest(victim: Victim) -> str:
    return str(victim.one("SELECT sha256 FROM blob ORDER BY size"))


def _altered(
    which: Callable[[Victim], str], change: Callable[[bytes], bytes], *, second: bool = False
) -> Callable[[Victim], Expected]:
    def plant(victim: Victim) -> Expected:
        digest = which(victim)
        path = victim.blob(digest, second=second)
        facts = path.stat()
        victim.edit(path, change)
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # nobody who is any good leaves the time of change behind
        return tampered(("vault-digest", f"second:{digest}" if second else digest))

    return plant


def _another_s_bytes(victim: Victim) -> Expected:
    one, other = largest(victim), smallest(victim)
    victim.edit(victim.blob(one), lambda _: victim.blob(other).read_bytes())
    return tampered(("vault-digest", one))


def _swapped(victim: Victim) -> Expected:
    one, other = largest(victim), smallest(victim)
    here, there, aside = victim.blob(one), victim.blob(other), victim.folder / "aside"
    here.rename(aside)
    there.rename(here)
    aside.rename(there)
    return tampered(("vault-digest", one), ("vault-digest", other), causes=2)


def _both_copies(victim: Victim) -> Expected:
    digest = largest(victim)
    for second in (False, True):
        victim.edit(victim.blob(digest, second=second), flipped(77))
    return tampered(("vault-digest", digest), ("vault-digest", f"second:{digest}"))


def _zeroed_tail(content: bytes) -> bytes:
    return content[: len(content) // 2] + bytes(len(content) - len(content) // 2)


def _damaged_part_filled(victim: Victim) -> Expected:
    """Bytes put where a damaged clip has the zeros of what could not be read."""
    digest = str(victim.one("SELECT sha256 FROM clip WHERE state = 'damaged'"))
    victim.edit(victim.blob(digest), lambda content: content[:131072] + b"x" * 65536 + content[131072 + 65536 :])
    return tampered(("vault-digest", digest))


def _removed(*, second: bool = False) -> Callable[[Victim], Expected]:
    def plant(victim: Victim) -> Expected:
        digest = smallest(victim)
        victim.blob(digest, second=second).unlink()
        return tampered(("vault-missing", f"second:{digest}" if second else digest))

    return plant


def _replaced(by: Callable[[Path, Path], None]) -> Callable[[Victim], Expected]:
    def plant(victim: Victim) -> Expected:
        digest = smallest(victim)
        path, aside = victim.blob(digest), victim.folder / "aside"
        path.rename(aside)
        by(path, aside)
        return tampered(("vault-missing", digest))

    return plant


def _folder_of_blobs_removed(victim: Victim) -> Expected:
    digest = largest(victim)
    shutil.rmtree(victim.blob(digest).parent)
    return tampered(
        *(("vault-missing", digest) for (digest,) in victim.rows("SELECT sha256 FROM blob WHERE sha256 LIKE ?", digest[:2] + "%"))
    )


def _folder_of_blobs_a_link(victim: Victim) -> Expected:
    """The bytes are all there, but where somebody else decides what they are."""
    folder = victim.blob(largest(victim)).parent
    folder.rename(victim.folder / "elsewhere")
    folder.symlink_to(victim.folder / "elsewhere")
    gone = [
        ("vault-missing", digest) for (digest,) in victim.rows("SELECT sha256 FROM blob WHERE sha256 LIKE ?", folder.name + "%")
    ]
    return tampered(*gone, ("vault-extra", f"blobs/{folder.name}"))


def _everything_removed(victim: Victim) -> Expected:
    shutil.rmtree(victim.home / "vault" / "blobs")
    gone = [("vault-missing", str(digest)) for (digest,) in victim.rows("SELECT sha256 FROM blob")]
    return tampered(*gone, causes=len(gone))


def _planted(where: str, subject: str | None = None, *, second: bool = False) -> Callable[[Victim], Expected]:
    def plant(victim: Victim) -> Expected:
        path = (victim.second if second else victim.home / "vault") / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PLANTED)
        path.chmod(0o440)
        named = subject or where
        return tampered(("vault-extra", f"second:{named}" if second else named))

    return plant


HOME_OF_PLANTED = f"blobs/{PLANTED_SHA256[:2]}/{PLANTED_SHA256}"


def _genuine_under_wrong_folder(victim: Victim) -> Expected:
    digest = smallest(victim)
    wrong = victim.home / "vault" / "blobs" / f"{int(digest[:2], 16) ^ 1:02x}" / digest
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_bytes(victim.blob(digest).read_bytes())
    return tampered(("vault-extra", f"blobs/{wrong.parent.name}/{digest}"))


def _genuine_moved_to_wrong_folder(victim: Victim) -> Expected:
    digest = smallest(victim)
    wrong = victim.home / "vault" / "blobs" / f"{int(digest[:2], 16) ^ 1:02x}" / digest
    wrong.parent.mkdir(exist_ok=True)
    victim.blob(digest).rename(wrong)
    return tampered(("vault-missing", digest), ("vault-extra", f"blobs/{wrong.parent.name}/{digest}"))


def _linked(link: Callable[[Path, Path], None]) -> Callable[[Victim], Expected]:
    def plant(victim: Victim) -> Expected:
        path = victim.home / "vault" / HOME_OF_PLANTED
        path.parent.mkdir(exist_ok=True)
        link(path, victim.blob(smallest(victim)))
        return tampered(("vault-extra", PLANTED_SHA256))

    return plant


def _planted_with_an_intent(docking: Callable[[Victim], str], *, explained: bool = False) -> Callable[[Victim], Expected]:
    """An intent explains a blob of an interrupted docking; one that somebody wrote for a docking that is not open explains none."""

    def plant(victim: Victim) -> Expected:
        _planted(HOME_OF_PLANTED)(victim)
        named, vault = docking(victim), Vault(victim.home / "vault")
        os.makedirs(vault.docking_folder(named), exist_ok=True)
        taken = FileOutcome(0, b"clip.mp4", State.VERIFIED, len(PLANTED), PLANTED_SHA256, 0, 0, vaults=1)
        vault.write_intent(Intent(named, "0", (taken,)))
        if explained:
            return clean("not-yet-in-log")
        return tampered(("vault-extra", PLANTED_SHA256), also={"vault-extra"})

    return plant


def _the_open_docking(victim: Victim) -> str:
    return str(victim.one("SELECT id FROM docking WHERE state = 'open'"))


def _a_sealed_docking(victim: Victim) -> str:
    return str(victim.one("SELECT id FROM docking WHERE state = 'sealed'"))


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    digest = [
        Case("vault-digest", "one bit in the middle of a large blob", _altered(largest, flipped(3_000_001)), quick=True),
        Case("vault-digest", "the first byte", _altered(largest, flipped(0))),
        Case("vault-digest", "the last byte", _altered(largest, flipped(-1)), quick=True),
        Case("vault-digest", "the last byte of the first block", _altered(largest, flipped(BLOCK - 1))),
        Case("vault-digest", "the first byte of the second block", _altered(largest, flipped(BLOCK))),
        Case("vault-digest", "one bit of the smallest blob", _altered(smallest, flipped(1))),
        Case("vault-digest", "the last byte cut off", _altered(largest, lambda content: content[:-1])),
        Case("vault-digest", "cut to whole blocks", _altered(largest, lambda content: content[: 2 * BLOCK])),
        Case("vault-digest", "cut to nothing", _altered(smallest, lambda _: b"")),
        Case("vault-digest", "a byte put on", _altered(largest, lambda content: content + b"\0"), quick=True),
        Case("vault-digest", "a block of zeros put on", _altered(largest, lambda content: content + bytes(BLOCK))),
        Case("vault-digest", "the second half zeroed", _altered(largest, _zeroed_tail)),
        Case("vault-digest", "another genuine blob's bytes", _another_s_bytes),
        Case("vault-digest", "two genuine blobs in each other's place", _swapped, quick=True),
        Case("vault-digest", "the copy in the second vault", _altered(largest, flipped(5), second=True), quick=True),
        Case("vault-digest", "both copies alike", _both_copies),
        Case("vault-digest", "the unreadable part of a damaged clip filled in", _damaged_part_filled),
    ]
    missing = [
        Case("vault-missing", "a blob removed", _removed(), quick=True),
        Case("vault-missing", "the copy in the second vault removed", _removed(second=True)),
        Case("vault-missing", "a folder of blobs removed", _folder_of_blobs_removed),
        Case("vault-missing", "everything removed", _everything_removed),
        Case(
            "vault-missing",
            "a link to the same bytes in its place",
            _replaced(lambda path, aside: path.symlink_to(aside)),
            quick=True,
        ),
        Case("vault-missing", "a folder in its place", _replaced(lambda path, _: path.mkdir())),
        Case("vault-missing", "a FIFO in its place", _replaced(lambda path, _: os.mkfifo(path))),
        Case("vault-missing", "a link to nowhere in its place", _replaced(lambda path, _: path.symlink_to("nowhere"))),
        Case("vault-missing", "a folder of blobs is a link", _folder_of_blobs_a_link),
    ]
    extra = [
        Case("vault-extra", "a blob under its own digest", _planted(HOME_OF_PLANTED, PLANTED_SHA256), quick=True),
        Case("vault-extra", "in the second vault", _planted(HOME_OF_PLANTED, PLANTED_SHA256, second=True)),
        Case("vault-extra", "a name that is no digest", _planted("blobs/00/clip.mp4"), quick=True),
        Case("vault-extra", "a digest in capitals", _planted(f"blobs/{PLANTED_SHA256[:2]}/{PLANTED_SHA256.upper()}")),
        Case("vault-extra", "a file beside the folders of blobs", _planted("blobs/clip.mp4")),
        Case("vault-extra", "in a folder that is none of ours", _planted("blobs/zz/clip.mp4", "blobs/zz")),
        Case("vault-extra", "deeper than blobs lie", _planted("blobs/00/deep/clip.mp4", "blobs/00/deep")),
        Case("vault-extra", "a hidden name", _planted("blobs/00/.hidden")),
        Case("vault-extra", "a genuine blob also in a wrong folder", _genuine_under_wrong_folder),
        Case("vault-extra", "a genuine blob moved to a wrong folder", _genuine_moved_to_wrong_folder),
        Case("vault-extra", "a link under a digest nobody knows", _linked(lambda path, blob: path.symlink_to(blob))),
        Case("vault-extra", "a genuine blob under a second name", _linked(lambda path, blob: os.link(blob, path))),
        Case("vault-extra", "in the work in progress of no docking", _planted("partial/0/clip.mp4", "partial/0"), lenient=True),
        Case("vault-extra", "loose in the work in progress", _planted("partial/clip.mp4"), lenient=True),
        Case("vault-extra", "explained by an intent of a sealed docking", _planted_with_an_intent(_a_sealed_docking)),
        Case(
            "vault-extra",
            "explained by an intent of no docking",
            _planted_with_an_intent(lambda _: "01a00000-0000-7000-8000-000000000000"),
        ),
    ]
    explained = _planted_with_an_intent(_the_open_docking, explained=True)
    extra.append(Case("nothing", "a blob that the intent of the interrupted docking explains", explained, lenient=True))
    return [replace(case, on_disk=True) for case in (*digest, *missing, *extra)]
