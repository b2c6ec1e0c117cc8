"""Mounting through UDisks2, and the one module that speaks D-Bus (by jeepney).

A polkit rule lets the service's user mount what hangs in a dock; nobody is ever asked for a password. Interfaces as UDisks2's
reference manual has them: ``Manager.ResolveDevice``, ``Filesystem.Mount`` and ``Unmount``, ``Drive.PowerOff``.

The write block of a device is root's to lift. For the erase step systemd does it (``Manager.StartUnit``): a unit of the station's
makes one device in a dock port writable for as long as it is started.
"""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ingest.docks.facts import Plugged, Volume
from ingest.docks.filesystems import options
from ingest.docks.mounting import Busy, Pause, check_mounted, mounts_at, patiently
from ingest.docks.writeblock import allow_writes, block_writes, is_write_blocked
from ingest.errors import MountFailed, MountNotAllowed, NoMounter, VolumeBusy

_NAME = "org.freedesktop.UDisks2"
_ROOT = "/org/freedesktop/UDisks2"
_SYSTEMD = "org.freedesktop.systemd1"
_WRITE_ACCESS = "evidence-station-blockdev@{}.service"
_SECONDS = 60.0
_UNIT_PAUSES = (0.1, 0.2, 0.4, 0.8, *(1.0,) * 30)
"""Seconds between two looks whether the unit lifted the write block: systemd answers before it has run, and a busy machine takes its time."""
CONNECT_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_ERROR = f"{_NAME}.Error."
_BUSY = frozenset((f"{_ERROR}DeviceBusy", f"{_ERROR}AlreadyMounted", f"{_ERROR}AlreadyUnmounting", f"{_ERROR}Timedout"))
_TAKEN_MEANWHILE = "Error creating mount point"
"""Two volumes with one label at the same moment (issue 1513 of UDisks2): it finds the name free for both, and makes it for one."""
_NOT_ALLOWED = frozenset(
    (
        f"{_ERROR}NotAuthorized",
        f"{_ERROR}NotAuthorizedCanObtain",
        f"{_ERROR}NotAuthorizedDismissed",
        f"{_ERROR}OptionNotPermitted",
        "org.freedesktop.DBus.Error.AccessDenied",
    )
)
_NOT_THERE = frozenset(
    (
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NoReply",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
    )
)


class Refusal(Exception):
    """UDisks2 said no. ``name`` is the D-Bus error's."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = " ".join(text.split())[:300]
        super().__init__(name, text)


class Bus:
    """Calls on a message bus. A connection of its own for each conversation, so that any thread may have one."""

    def __init__(self, address: str = "SYSTEM") -> None:
        self._address = address

    @contextmanager
    def conversation(self) -> Iterator[Conversation]:
        """Several calls in a row. Raises :class:`~ingest.errors.NoMounter` when there is no bus."""
        try:
            connection = self._connected()
        except (OSError, ValueError, KeyError) as error:
            raise NoMounter(detail=f"no message bus ({error})") from error
        with connection:
            yield Conversation(connection)

    def _connected(self) -> Any:  # noqa: ANN401 - jeepney's connection
        from jeepney.io.blocking import open_dbus_connection

        for pause in CONNECT_PAUSES:
            try:
                return open_dbus_connection(self._address, auth_timeout=_SECONDS)
            except BlockingIOError:  # its queue is full for a moment: many devices came at once (connect(2), EAGAIN)
                time.sleep(pause)
        return open_dbus_connection(self._address, auth_timeout=_SECONDS)


class Conversation:
    """Calls of methods over one connection; of UDisks2's, unless another service is named."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - jeepney's connection
        self._connection = connection

    def call(
        self, path: str, interface: str, method: str, signature: str = "", *arguments: object, service: str = _NAME
    ) -> tuple[Any, ...]:
        """Call a method and wait for its answer. Raises :class:`Refusal`."""
        from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call

        address = DBusAddress(path, service, interface)
        message = new_method_call(address, method, signature or None, arguments)
        try:
            reply = self._connection.send_and_get_reply(message, timeout=_SECONDS)
        except TimeoutError as error:
            raise Refusal("org.freedesktop.DBus.Error.NoReply", f"no answer in {_SECONDS:.0f} s") from error
        except OSError as error:
            raise NoMounter(detail=f"the message bus went away ({error})") from error
        if reply.header.message_type is MessageType.error:
            text = reply.body[0] if reply.body and isinstance(reply.body[0], str) else ""
            raise Refusal(str(reply.header.fields.get(HeaderFields.error_name)), text)
        return tuple(reply.body)


class UDisksMounter:
    """Mounts through UDisks2. ``waive_write_block``: go on where the block device's flag is not set."""

    name = "udisks2"

    def __init__(
        self, bus: Bus | None = None, *, waive_write_block: bool = False, pause: Pause = time.sleep, sysfs: Path = Path("/sys")
    ) -> None:
        self._bus = bus or Bus()
        self._waived = waive_write_block
        self._pause = pause
        self._sysfs = sysfs
        self._mounted: dict[bytes, Volume] = {}
        self._writable: set[bytes] = set()
        self._lifted: set[str] = set()
        """Device files whose write block the station's unit has lifted."""
        user = pwd.getpwuid(os.geteuid()).pw_name
        self._own = tuple(f"{above}/{user}/".encode() for above in ("/run/media", "/media"))

    def answers(self) -> bool:
        """Whether UDisks2 is there."""
        try:
            with self._bus.conversation() as talk:
                talk.call(_ROOT + "/Manager", "org.freedesktop.DBus.Peer", "Ping")
        except (NoMounter, Refusal):
            return False
        return True

    def owns(self, point: bytes) -> bool:
        """Whether a mount point is one that UDisks2 makes for this very user."""
        return point in self._mounted or point.startswith(self._own)

    def mount(self, volume: Volume) -> bytes:
        """Mount read-only; where it lies."""
        chosen = options(volume)
        block_writes(volume, waived=self._waived, sysfs=self._sysfs)
        return self._mount(volume, chosen, writable=False)

    def mount_writable(self, volume: Volume) -> bytes:
        """Mount for the erase step, where this process may lift the write block."""
        chosen = options(volume, writable=True)
        self._lift_write_block(volume)
        try:
            point = self._mount(volume, chosen, writable=True)
        except BaseException:
            self._put_write_block_back(volume)
            raise
        self._writable.add(point)
        return point

    def unmount(self, point: bytes) -> None:
        """Let a mount go, if need be by force: UDisks2 itself clears the mount of a device that was pulled out."""
        volume = self._mounted.pop(point, None)
        if volume is None or not mounts_at(point):
            return
        try:
            patiently(volume.node, lambda: self._unmount(point, volume, force=False), self._pause)
        except Exception:  # noqa: BLE001 - whatever keeps it: it must not lie under the next card
            with suppress(Refusal, Busy):
                self._unmount(point, volume, force=True)
        finally:
            if point in self._writable:
                self._writable.discard(point)
                self._put_write_block_back(volume)

    def power_off(self, plugged: Plugged) -> None:
        """Switch the drive off, where it can be."""
        if not plugged.volumes:
            return
        with suppress(Refusal, Busy, MountFailed), self._bus.conversation() as talk:
            path = self._object(talk, plugged.volumes[0])
            get = ("org.freedesktop.DBus.Properties", "Get", "ss", f"{_NAME}.Block", "Drive")
            (drive,) = talk.call(path, *get)
            if drive[1] != "/":
                talk.call(drive[1], f"{_NAME}.Drive", "PowerOff", "a{sv}", _quietly())

    def _lift_write_block(self, volume: Volume) -> None:
        if not is_write_blocked(volume, self._sysfs):
            return
        try:
            allow_writes(volume, self._sysfs)
        except OSError:  # not root: the station's unit may
            self._write_access(volume, "StartUnit")
            self._lifted.add(volume.node)

        def look() -> None:
            if is_write_blocked(volume, self._sysfs):
                raise Busy("the write block stays")

        try:
            patiently(volume.node, look, self._pause, pauses=_UNIT_PAUSES)
        except VolumeBusy as busy:
            self._put_write_block_back(volume)
            raise MountNotAllowed(node=volume.node, detail=str(busy.fields["detail"])) from busy

    def _put_write_block_back(self, volume: Volume) -> None:
        if volume.node in self._lifted:
            self._lifted.discard(volume.node)
            with suppress(MountNotAllowed, NoMounter):  # the unit ends with the device, and with the station, all the same
                self._write_access(volume, "StopUnit")
        else:
            block_writes(volume, waived=True, sysfs=self._sysfs)

    def _write_access(self, volume: Volume, verb: str) -> None:
        unit = _WRITE_ACCESS.format(Path(volume.node).name)
        try:
            with self._bus.conversation() as talk:
                talk.call("/org/freedesktop/systemd1", f"{_SYSTEMD}.Manager", verb, "ss", unit, "replace", service=_SYSTEMD)
        except Refusal as refusal:
            raise MountNotAllowed(node=volume.node, detail=f"the write block stays ({refusal.text})") from refusal

    def _mount(self, volume: Volume, chosen: tuple[str, ...], *, writable: bool) -> bytes:
        point = patiently(volume.node, lambda: self._try(volume, chosen), self._pause)
        self._mounted[point] = volume
        try:
            check_mounted(volume, point, writable=writable)
        except BaseException:
            self.unmount(point)
            raise
        return point

    def _try(self, volume: Volume, chosen: tuple[str, ...]) -> bytes:
        with self._bus.conversation() as talk:
            path = self._object(talk, volume)
            self._let_go_of_leftovers(talk, path, volume)
            asked: dict[str, tuple[str, object]] = {**_quietly(), "options": ("s", ",".join(chosen))}
            try:
                (point,) = talk.call(path, f"{_NAME}.Filesystem", "Mount", "a{sv}", asked)
            except Refusal as refusal:
                raise _translated(refusal, volume) from refusal
        return os.fsencode(point)

    def _object(self, talk: Conversation, volume: Volume) -> str:
        try:
            (found,) = talk.call(
                _ROOT + "/Manager", f"{_NAME}.Manager", "ResolveDevice", "a{sv}a{sv}", {"path": ("s", volume.node)}, {}
            )
        except Refusal as refusal:
            raise _translated(refusal, volume) from refusal
        if not found:
            raise Busy("UDisks2 has not seen it yet")  # it hears of a device when we do
        return str(found[0])

    def _let_go_of_leftovers(self, talk: Conversation, path: str, volume: Volume) -> None:
        """What a run that was killed had mounted. What somebody else mounted makes ``Mount`` refuse."""
        from ingest.docks.untouched import look_at_machine

        points = look_at_machine(()).points(volume.number)
        if any(self.owns(point) for point in points):
            with suppress(Refusal):
                talk.call(path, f"{_NAME}.Filesystem", "Unmount", "a{sv}", _quietly())

    def _unmount(self, point: bytes, volume: Volume, *, force: bool) -> None:
        if not mounts_at(point):
            return  # UDisks2 cleared it, since its device is gone
        with self._bus.conversation() as talk:
            path = self._object(talk, volume)
            asked = {**_quietly(), **({"force": ("b", True)} if force else {})}
            try:
                talk.call(path, f"{_NAME}.Filesystem", "Unmount", "a{sv}", asked)
            except Refusal as refusal:
                if refusal.name == f"{_ERROR}NotMounted":
                    return
                raise _translated(refusal, volume) from refusal


def _quietly() -> dict[str, tuple[str, object]]:
    return {"auth.no_user_interaction": ("b", True)}


def _translated(refusal: Refusal, volume: Volume) -> Exception:
    said = f"{refusal.name.removeprefix(_ERROR)}: {refusal.text}"
    if refusal.name in _BUSY or (refusal.name == f"{_ERROR}Failed" and refusal.text.startswith(_TAKEN_MEANWHILE)):
        return Busy(said)
    if refusal.name in _NOT_ALLOWED:
        return MountNotAllowed(node=volume.node, detail=said)
    if refusal.name in _NOT_THERE:
        return NoMounter(detail=said)
    return MountFailed(node=volume.node, fs_type=volume.fs_type, detail=said)
