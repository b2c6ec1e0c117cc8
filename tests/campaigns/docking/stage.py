"""Where a scenario plays: a guest with the station installed and running, and whatever is plugged into it.

The guest is made ready once, by ``packaging/run install`` itself, and kept as a saved state under a digest of everything that went
into it: the product, its packaging, the lab and the image. Each scenario goes on from that state, so none sees another's cards.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.campaigns.docking.judging import digest
from tests.campaigns.docking.station import ACCOUNT, HOME, Station
from tests.dock.image import Image, cache, image
from tests.dock.machine import SHARE, Machine, Saved, booted
from tests.dock.media import USUAL, Card, FileSystem, Format, make, make_in_guest
from tests.dock.plugs import Medium, Plugs
from tests.dock.wheels import wheels

CHECKOUT = Path(__file__).resolve().parents[3]
PRODUCT = ("evidence", "gui", "ingest", "packaging", "station", "uploader", "pyproject.toml", "README.md", "LICENSE")
INSTALL = f"cd {SHARE}/checkout && packaging/run install --wheels {SHARE}/wheels"
INSTALL_SECONDS = 1800.0
SETTINGS: Mapping[str, str] = {"vault_reserve": "0", "unknown_devices": "take"}
EMULATED = "[Service]\nWatchdogSec=10min\nEnvironment=PYTHONFAULTHANDLER=1\n"
"""A drop-in of the guest's: an emulated processor may stand still for longer than a service of a kiosk may. And a crash of the
interpreter itself shall leave its stack in the journal."""
GUESTS_OWN = {FileSystem.EXFAT: Card("EXF0001"), FileSystem.NTFS: Card("NTF0001")}
"""Cards whose images only the guest's own drivers can write: made before the station protects its ports."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A guest with the station installed and running, as a state to go on from; ``seconds`` is what its installation took."""

    image: Image
    state: Saved
    seconds: float

    def medium(self, system: FileSystem) -> Path:
        """The image of the card that the guest wrote in this file system."""
        return self.state.folder / f"{system}.img"


class Stage:
    """One guest, for one scenario."""

    def __init__(self, machine: Machine, folder: Path, installed: Installed) -> None:
        self.machine, self.folder, self.installed = machine, folder, installed
        self.plugs = Plugs(machine.qmp)
        self.station = Station(machine.shell)
        self._digests: dict[Path, str] = {}

    def card(self, card: Card, how: Format = USUAL) -> Path:
        """The image of a card: written on first use, when its digest is taken; whatever happened to it since stays."""
        place = self.folder / f"{card.device}.img"
        if place in self._digests:
            return place
        if how.system in GUESTS_OWN:
            shutil.copy(self.installed.medium(how.system), place)
        else:
            make(card, place, how)
        self._digests[place] = digest(place)
        return place

    def changed(self) -> list[str]:
        """The images that are not what they were. Everything is pulled out for it, so that QEMU has written what it holds."""
        for name in self.plugs.names():
            self.plugs.pull(name)
        return [image.stem for image, before in self._digests.items() if digest(image) != before]

    def plug(self, port: str, card: Card, how: Format = USUAL, **medium: object) -> str:
        """Plug a card in, made first if it is new; the name of the plug. ``medium`` are members of :class:`Medium`."""
        name = f"cam-{card.device.lower()}"
        told: dict[str, object] = {"serial": card.device, **medium}
        self.plugs.disk(name, port, Medium(self.card(card, how), **told))  # type: ignore[arg-type]  # the dataclass checks the names
        return name


def prepare() -> Installed:
    """The installed guest, made on first use. Raises :class:`~tests.dock.faults.LabError`."""
    base = image()
    packages = wheels()
    folder = cache() / f"installed-{_made_of(base, packages)}"
    state, took = Saved(folder), folder / "seconds"
    if not state.there:
        for old in cache().glob("installed-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="docklab-share-") as name:
            share = Path(name)
            fill(share)
            seconds, media = _install(base, share, state)
        for file, content in media.items():
            (folder / file).write_bytes(content)
        took.write_text(f"{seconds:.1f}")
    return Installed(base, state, float(took.read_text()))


@contextmanager
def stage(installed: Installed) -> Iterator[Stage]:
    """A guest that goes on from the installed state, for one scenario."""
    with tempfile.TemporaryDirectory(prefix="docklab-stage-") as name:
        folder = Path(name)
        share = folder / "share"
        share.mkdir()
        machine = Machine(installed.image, share, installed.state)
        try:
            yield Stage(machine, folder, installed)
        finally:
            machine.stop()


def fill(share: Path) -> None:
    """What the guest sees of this machine: the product as it lies in the checkout, and the packages."""
    for name in PRODUCT:
        source, place = CHECKOUT / name, share / "checkout" / name
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place)
    shutil.copytree(wheels(), share / "wheels")


def _install(base: Image, share: Path, state: Saved) -> tuple[float, dict[str, bytes]]:
    """Install the station in a fresh guest, start it, and save it all. Seconds of the installation, and the media made before it."""
    machine = Machine(base, share, booted(base))
    try:
        media = {}
        for system, card in GUESTS_OWN.items():
            made = make_in_guest(machine, card, share / f"{system}.img", Format(system))
            media[made.name] = made.read_bytes()
        began = time.monotonic()
        machine.shell.run(INSTALL, timeout=INSTALL_SECONDS)
        seconds = time.monotonic() - began
        run_as = f"runuser -u {ACCOUNT} -- evidence-station --home {HOME}"
        machine.shell.run(f"{run_as} init --station docklab --unit 310000")
        for name, value in SETTINGS.items():
            machine.shell.run(f"{run_as} settings set {name} {value}")
        machine.shell.put(EMULATED, "/etc/systemd/system/evidence-station.service.d/emulated.conf")
        machine.shell.run("systemctl daemon-reload")
        Station(machine.shell).start()
        machine.save(state)
    except BaseException:
        machine.stop()
        raise
    return seconds, media


def _made_of(base: Image, packages: Path) -> str:
    total = sha256(f"{base.folder.name} {packages.name}".encode())
    for top in (*PRODUCT, "tests/dock", "tests/campaigns/docking/stage.py"):
        place = CHECKOUT / top
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(f"{file.relative_to(CHECKOUT)} {sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:16]
