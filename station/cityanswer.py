"""What the city's platform answered to a batch of the index, read from the file that somebody brought."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from evidence.errors import Exit
from evidence.learned import learned
from station.home import StationError

LARGEST = 4 << 20
Number = Annotated[str, Meta(min_length=1, max_length=64)]


class AnswerMalformed(StationError):
    """The file cannot be read, or is no answer. Fields: ``path``, ``rule``."""

    code = "answer-malformed"
    status = Exit.USAGE


class PlatformAnswer(Struct, frozen=True):
    """Numbers (``wjbh``) by what became of them; members that are not ours are passed over."""

    batch: Number
    accepted: list[Number] = []
    known: list[Number] = []
    failed: list[Number] = []


_ANSWER: Final = msgspec.json.Decoder(learned(PlatformAnswer))


def read_answer(path: Path) -> PlatformAnswer:
    """The answer in a file. Raises :class:`AnswerMalformed`."""
    try:
        with path.open("rb") as file:
            untrusted = file.read(LARGEST + 1)
        if len(untrusted) > LARGEST:
            raise AnswerMalformed(path=str(path), rule=f"at most {LARGEST} bytes")
        return _ANSWER.decode(untrusted)
    except OSError as error:
        raise AnswerMalformed(path=str(path), rule=error.strerror or "cannot be read") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AnswerMalformed(path=str(path), rule=str(error)) from error
