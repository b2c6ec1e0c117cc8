"""How the columns of an older system's table are called: a TOML file that a person writes. Pure.

[columns]
path = "文件名"            # below the folder; the only one that is needed
device = "设备编号"
recorded_by = "警号"
[claims]                   # anything else that is to be kept, by the name it is kept under
recorded_at = "拍摄时间"
[table]
encoding = "gb18030"       # utf-8 by default
delimiter = ","
[footage]
source = "body-camera"
system = "the older system's name"
"""

from __future__ import annotations

import codecs
import tomllib
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from evidence.errors import Exit
from evidence.facts import SourceKind
from evidence.learned import learned
from station.home import StationError

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Claimed = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]


class MappingMalformed(StationError):
    """The mapping is none. Fields: ``rule``."""

    code = "mapping-malformed"
    status = Exit.USAGE


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """Columns by what they hold. ``sha256`` is held against the file before anything is taken."""

    path: Name
    device: Name | None = None
    recorded_by: Name | None = None
    case_number: Name | None = None
    category: Name | None = None
    note: Name | None = None
    importance: Name | None = None
    place: Name | None = None
    sha256: Name | None = None


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """How the table is written."""

    encoding: str = "utf-8"
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","


class Footage(Struct, frozen=True, forbid_unknown_fields=True):
    """What all of it is."""

    source: SourceKind = SourceKind.OTHER
    system: Annotated[str, Meta(max_length=128)] = ""


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file."""

    columns: Columns
    claims: dict[Claimed, Name] = {}
    table: Shape = Shape()
    footage: Footage = Footage()


_MAPPING: Final = learned(Mapping)
TAGS = ("recorded_by", "case_number", "category", "note", "importance", "place")
"""Columns that become tags of the clip."""


def read_mapping(untrusted_file: bytes) -> Mapping:
    """The mapping in a file. Raises :class:`MappingMalformed`."""
    try:
        found = msgspec.convert(tomllib.loads(untrusted_file.decode()), _MAPPING)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MappingMalformed(rule=str(error)) from error
    try:
        codecs.lookup(found.table.encoding)
    except LookupError as error:
        raise MappingMalformed(rule=f"table.encoding: {found.table.encoding!r} is none") from error
    return found


def columns_of(mapping: Mapping) -> dict[str, str]:
    """Every column of the table that is read, by what it holds; claims under ``claim:``."""
    named = {name: getattr(mapping.columns, name) for name in Columns.__struct_fields__}
    claimed = {f"claim:{name}": column for name, column in mapping.claims.items()}
    return {**{name: column for name, column in named.items() if column is not None}, **claimed}
