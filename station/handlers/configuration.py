"""Settings: show, set, accept. A change is an act in the log."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from evidence.access import Guarded
from evidence.canonical import digest
from evidence.catalogue.acts import foundation
from evidence.catalogue.acts.foundation import SettingChange
from evidence.catalogue.connect import reading
from evidence.catalogue.keyring import certificate_in_force
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import Digest
from station import approvals, durable
from station.commands import Answer, Report, SettingsCommand
from station.home import StationError
from station.rooms import Rooms
from station.settings import (
    HELP,
    KEYS,
    NAMES,
    PRIVATE,
    Settings,
    SettingsNotAccepted,
    as_text,
    from_text,
    parse,
    shown,
    with_value,
)
from station.weakening import weakens


class GmKeyNeeded(StationError):
    """The suite ``gm`` was asked for, and no SM2 key is in force. No fields."""

    code = "gm-key-needed"
    status = Exit.REFUSED


def settings(rooms: Rooms, command: SettingsCommand, actor: Actor, _report: Report) -> Answer:
    """One of three verbs."""
    if command.verb == "show":
        return _show(rooms)
    rooms.prepare_to_write()
    with rooms.home.faults(), rooms.home.exclusive():
        if command.verb == "set" and command.name is not None and command.value is not None:
            return _set(rooms, command.name, command.value, actor)
        return _accept(rooms, actor)


def change(rooms: Rooms, name: str, renewed: Callable[[str], str], actor: Actor) -> str:
    """Change a setting to what ``renewed`` makes of it; nobody else changes it meanwhile. Returns its new text."""
    rooms.prepare_to_write()
    with rooms.home.faults(), rooms.home.exclusive():
        text = renewed(_value(rooms.home.settings.read_bytes(), name))
        _set(rooms, name, text, actor)
    return text


def _show(rooms: Rooms) -> Answer:
    file = rooms.home.settings.read_bytes()
    accepted = _is_accepted(rooms, file)
    values: list[Any] = [
        {
            "name": name,
            "value": shown(name, getattr(rooms.settings, name)),
            "default": getattr(Settings(), name),
            "en": HELP[name].en,
            "zh": HELP[name].zh,
        }
        for name in NAMES
    ]
    return Answer({"accepted": accepted, "settings": values})


def _set(rooms: Rooms, name: str, text: str, actor: Actor) -> Answer:
    """The changed file waits beside the old one until its entry is committed, so that a power cut leaves both or neither."""
    before = rooms.home.settings.read_bytes()
    if not _is_accepted(rooms, before):
        raise SettingsNotAccepted(path=rooms.home.settings.name)
    after = with_value(before, name, from_text(name, text))
    old, new = _value(before, name), _value(after, name)
    if name in KEYS and after != before:
        check_same_key(rooms, name, new)
    if parse(before, {}).suite != parse(after, {}).suite:
        _check_suite(rooms, parse(after, {}))
    if after != before:
        durable.replace(rooms.settings_draft, after, 0o640)
        guarded = f"setting:{name}" if weakens(name, parse(before, {}), parse(after, {})) else None
        _commit(rooms, after, [SettingChange(name, old, new, private=name in PRIVATE)], actor, guarded)
        rooms.settings_draft.replace(rooms.home.settings)
        durable.sync_folder(rooms.home.root)
        rooms.settings = parse(after, os.environ)
    return Answer({"name": name, "old": old, "new": new})


def check_same_key(rooms: Rooms, name: str, uri: str) -> None:
    """A key may be found at another place; another key comes with ``key rotate``. Raises ``KeyUnusable`` and ``KeyNotInForce``."""
    from evidence.signing import key_id, open_signer

    key = key_id(open_signer(uri, rooms.home.root).public_der())
    with reading(rooms.catalogue) as connection:
        certificate_in_force(connection, rooms.station, key, name.removesuffix("_key").replace("_", "-"))


def _check_suite(rooms: Rooms, wanted: Settings) -> None:
    """In the suite ``gm`` nothing could be sealed without its key: said here, and not when a card was taken. Raises ``GmKeyNeeded``."""
    if wanted.suite == "gm":
        with rooms.queries() as queries:
            keys = queries.keys()
        if not any(row.role == "seal-gm" and row.revoked_at is None for row in keys):
            raise GmKeyNeeded


def _accept(rooms: Rooms, actor: Actor) -> Answer:
    file = rooms.home.settings.read_bytes()
    edited = parse(file, os.environ)
    _check_suite(rooms, edited)
    changed = not _is_accepted(rooms, file)
    if changed:
        _commit(rooms, file, [], actor, "setting:file")
    rooms.settings = edited
    return Answer({"accepted": digest(file), "changed": changed})


def _is_accepted(rooms: Rooms, file: bytes) -> bool:
    with rooms.queries() as queries:
        return queries.settings_sha256() == digest(file)


def _commit(rooms: Rooms, file: bytes, changes: list[SettingChange], actor: Actor, guarded: str | None) -> None:
    """``guarded``: what a second person has to agree to, if that is needed."""
    with rooms.queries() as queries:
        previous = queries.settings_sha256()
    with rooms.ledger.commit() as commit:
        if guarded is not None:
            approvals.required(commit, Guarded.WEAKEN_SETTING.value, guarded, actor)
        foundation.settings_changed(commit, digest(file), None if previous is None else Digest(previous), changes, actor)


def _value(file: bytes, name: str) -> str:
    return as_text(getattr(parse(file, {}), name))
