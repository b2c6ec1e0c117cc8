"""The real command, run in a forked process: everything is imported once, each run is a process of its own.

The forked process is what ``evidence-station`` would be. A deliberately broken build is made by a function that changes the
imported product in that process only, so nothing broken can outlive its run.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

LIMIT_SECONDS = 300
"""A command that takes longer, on a machine that others use too, hangs, and SIGALRM ends it."""

CRASHED = 70

Breaking = Callable[[], None]
"""Changes the product inside the forked process."""


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended. ``status`` is negative for the signal that ended it; ``document`` is empty without one."""

    status: int
    document: dict[str, Any] = field(default_factory=dict)
    diagnostics: str = ""

    def error(self) -> str | None:
        """The stable code of its error, if it has one."""
        found = self.document.get("error")
        return None if found is None else str(found["code"])

    def told(self) -> str:
        """For a report, in one line."""
        last = self.diagnostics.strip().splitlines()[-1:]
        return f"status {self.status}: {json.dumps(self.document, ensure_ascii=False)[:300]} {' '.join(last)[:300]}"


class Unexpected(Exception):
    """A command that the campaign itself needs did not succeed."""


def load_product() -> None:
    """Import everything that commands use, so that a forked process starts at once."""
    for package in ("station.cli", "station.handlers", "evidence.verify", "ingest", "ingest.copying", "uploader.stores"):
        found = importlib.import_module(package)
        for module in pkgutil.iter_modules(found.__path__):
            importlib.import_module(f"{package}.{module.name}")
    for module_name in ("station.setup", "station.verifying", "station.delivering", "station.storing", "station.witnessing"):
        importlib.import_module(module_name)


def run(home: Path, *arguments: str, settings: Mapping[str, str] | None = None, broken: Breaking | None = None) -> Said:
    """Run one command with ``--json``. ``settings`` are environment variables of the product, nothing else of ours reaches it."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as diagnostics:
        child = os.fork()
        if child == 0:
            _become([*arguments, "--json"], home, settings or {}, broken, output.fileno(), diagnostics.fileno())
        _, status = os.waitpid(child, 0)
        output.seek(0)
        diagnostics.seek(0)
        said, complained = output.read(), diagnostics.read().decode(errors="replace")
    try:
        document = json.loads(said)
    except ValueError:
        document = {}
    return Said(os.waitstatus_to_exitcode(status), document if isinstance(document, dict) else {}, complained)


def must(
    home: Path, *arguments: str, settings: Mapping[str, str] | None = None, status: int = 0, broken: Breaking | None = None
) -> dict[str, Any]:
    """Run a command that has to end with this status; returns its document. Raises :class:`Unexpected`."""
    said = run(home, *arguments, settings=settings, broken=broken)
    if said.status != status:
        raise Unexpected(f"{' '.join(arguments)}: {said.told()}\n{said.diagnostics[-2000:]}")
    return said.document


def _become(
    arguments: list[str], home: Path, settings: Mapping[str, str], broken: Breaking | None, output: int, diagnostics: int
) -> NoReturn:
    status: object = CRASHED
    try:
        signal.alarm(LIMIT_SECONDS)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(output, 1)
        os.dup2(diagnostics, 2)
        os.environ.clear()
        # An empty PATH: no ffprobe, which takes most of the time and explains nothing that can be tampered with.
        os.environ.update({"PATH": "/nonexistent", "LC_ALL": "C.UTF-8", "EVIDENCE_STATION_HOME": str(home), **settings})
        if broken is not None:
            broken()
        from station.cli import main

        main(arguments)
    except SystemExit as leaving:
        status = leaving.code
    except BaseException:  # noqa: BLE001  # a forked child must not return into the campaign
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else CRASHED)
