"""A UDisks2 of python-dbusmock on a message bus of its own: its methods are UDisks2's, and what it mounts is mounted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from ingest.docks.facts import Volume
from tests.pieces import missing, need_program

NAME = "org.freedesktop.UDisks2"
ROOT = "/org/freedesktop/UDisks2"
SYSTEMD = "org.freedesktop.systemd1"
SYSTEMD_PATH = "/org/freedesktop/systemd1"
_SYSTEM_PYTHON = "/usr/bin/python3"
_MOUNT = """
import subprocess
left = objects[{manager!r}].props['test']['refusals']
if len(left):
    kind, _, text = str(left.pop(0)).partition(': ')
    raise dbus.exceptions.DBusException(text or 'as the test said', name='{name}.Error.' + kind)
if not subprocess.run(['findmnt', '--source', {node!r}], capture_output=True).returncode:
    raise dbus.exceptions.DBusException('mounted', name='{name}.Error.AlreadyMounted')
kind = {fs_type!r}
os.makedirs({point!r}, exist_ok=True)
command = ['mount', '-t', 'ntfs-3g' if kind == 'ntfs' else kind, '-o', str(args[0]['options']), {node!r}, {point!r}]
done = subprocess.run(command, capture_output=True, text=True)
if done.returncode:
    raise dbus.exceptions.DBusException(done.stderr, name='{name}.Error.Failed')
ret = {point!r}
"""
_UNMOUNT = """
import subprocess
if subprocess.run(['umount', *(['--lazy'] if 'force' in args[0] else []), {point!r}], capture_output=True).returncode:
    raise dbus.exceptions.DBusException('target is busy', name='{name}.Error.DeviceBusy')
"""
_UNIT = """
import subprocess
name = str(args[0]).partition('@')[2].partition('.')[0]
subprocess.run(['blockdev', {flag!r}, '/dev/' + name], check=True)
ret = dbus.ObjectPath('/job')
"""
_RESOLVE = """
path = '{root}/block_devices/' + str(args[0]['path']).rpartition('/')[2]
ret = dbus.Array([path] if path in objects else [], signature='o')
"""


class UDisks:
    """The running service."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self._folder = folder
        self._there: set[str] = set()

    def _ask(
        self, path: str, interface: str, method: str, signature: str, *arguments: object, service: str = NAME
    ) -> tuple[Any, ...]:
        message = new_method_call(DBusAddress(path, service, interface), method, signature, arguments)
        with open_dbus_connection(self.address) as connection:
            reply = connection.send_and_get_reply(message, timeout=20)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return tuple(reply.body)

    def add(self, volume: Volume) -> Path:
        """A block device is plugged in; where it will be mounted."""
        name = Path(volume.node).name
        point = self._folder / name
        words = {"name": NAME, "manager": f"{ROOT}/Manager", "node": volume.node, "fs_type": volume.fs_type, "point": str(point)}
        mount = ("Mount", "a{sv}", "s", _MOUNT.format(**words))
        unmount = ("Unmount", "a{sv}", "", _UNMOUNT.format(**words))
        path = f"{ROOT}/block_devices/{name}"
        for old in {path, f"{ROOT}/drives/{name}"} & self._there:
            self._ask(ROOT, "org.freedesktop.DBus.Mock", "RemoveObject", "s", old)
        self._there |= {path, f"{ROOT}/drives/{name}"}
        self._ask(
            ROOT, "org.freedesktop.DBus.Mock", "AddObject", "ssa{sv}a(ssss)", path, f"{NAME}.Filesystem", {}, [mount, unmount]
        )
        properties = {"Drive": ("o", f"{ROOT}/drives/{name}")}
        self._ask(path, "org.freedesktop.DBus.Mock", "AddProperties", "sa{sv}", f"{NAME}.Block", properties)
        off = ("PowerOff", "a{sv}", "", "")
        drive = f"{ROOT}/drives/{name}"
        self._ask(ROOT, "org.freedesktop.DBus.Mock", "AddObject", "ssa{sv}a(ssss)", drive, f"{NAME}.Drive", {}, [off])
        return point

    def refuse_next(self, *errors: str) -> None:
        """The next mounts are refused with these errors, one each."""
        interface = "org.freedesktop.DBus.Mock"
        self._ask(f"{ROOT}/Manager", interface, "UpdateProperties", "sa{sv}", "test", {"refusals": ("as", list(errors))})

    def lends_write_access(self) -> None:
        """From now on the station's unit does what it is there for."""
        for verb, flag in (("StartUnit", "--setrw"), ("StopUnit", "--setro")):
            code = _UNIT.format(flag=flag)
            added = (f"{SYSTEMD}.Manager", verb, "ss", "o", code)
            self._ask(SYSTEMD_PATH, "org.freedesktop.DBus.Mock", "AddMethod", "sssss", *added, service=SYSTEMD)

    def calls(self, path: str, service: str = NAME) -> list[tuple[str, list[Any]]]:
        """Method and arguments of every call of an object."""
        (found,) = self._ask(path, "org.freedesktop.DBus.Mock", "GetCalls", "", service=service)
        return [(method, [value for _, value in arguments]) for _, method, arguments in found]


@contextmanager
def running(folder: Path) -> Iterator[UDisks]:
    """A message bus with nothing but this service on it; mounts lie in ``folder``."""
    daemon = need_program("dbus-daemon", "dbus-daemon")
    if not Path("/usr/lib/python3/dist-packages/dbusmock").exists():
        missing("dbusmock for the system's Python (Debian package python3-dbusmock)")
    listen = f"unix:path={folder / 'bus'}"
    bus = subprocess.Popen([daemon, "--session", "--nofork", "--nopidfile", f"--address={listen}", "--print-address"], stdout=-1)
    try:
        assert bus.stdout is not None
        assert bus.stdout.readline().startswith(b"unix:")
        environment = {
            "DBUS_SESSION_BUS_ADDRESS": listen,
            "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin",
            "PYTHONUNBUFFERED": "1",
        }
        arguments = [_SYSTEM_PYTHON, "-m", "dbusmock", "--session", NAME, ROOT, f"{NAME}.Root"]
        mock = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        manager = [_SYSTEM_PYTHON, "-m", "dbusmock", "--session", SYSTEMD, SYSTEMD_PATH, f"{SYSTEMD}.Manager"]
        systemd = subprocess.Popen(manager, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for_name(listen, NAME, mock)
            _wait_for_name(listen, SYSTEMD, systemd)
            service = UDisks(listen, folder)
            resolve = ("ResolveDevice", "a{sv}a{sv}", "ao", _RESOLVE.format(root=ROOT))
            arguments_: tuple[object, ...] = (f"{ROOT}/Manager", f"{NAME}.Manager", {}, [resolve])
            service._ask(ROOT, "org.freedesktop.DBus.Mock", "AddObject", "ssa{sv}a(ssss)", *arguments_)
            service._ask(
                f"{ROOT}/Manager", "org.freedesktop.DBus.Mock", "AddProperties", "sa{sv}", "test", {"refusals": ("as", [])}
            )
            yield service
        finally:
            for one in (mock, systemd):
                one.terminate()
                one.wait(20)
    finally:
        bus.terminate()
        bus.wait(20)
        assert bus.stdout is not None
        bus.stdout.close()


def _wait_for_name(address: str, name: str, mock: subprocess.Popen[bytes]) -> None:
    """Wait until the service has its name on the bus: the bus says so."""
    from jeepney import MatchRule
    from jeepney.bus_messages import message_bus

    with open_dbus_connection(address) as connection:
        rule = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged", path="/org/freedesktop/DBus")
        rule.add_arg_condition(0, name)
        connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=20)
        with connection.filter(rule) as owners:
            if connection.send_and_get_reply(message_bus.NameHasOwner(name), timeout=20).body[0]:
                return
            while connection.recv_until_filtered(owners, timeout=30).body[2] == "":
                assert mock.poll() is None
