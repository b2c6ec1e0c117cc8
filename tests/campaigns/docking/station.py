"""The installed station in the guest, spoken to as a person does: through its command line, as a user of its group."""

from __future__ import annotations

import json
import queue
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from tests.campaigns.docking.judging import Unmet, must
from tests.dock.shell import Shell

ACCOUNT = "evidence-station"
HOME = "/var/lib/evidence-station"
UNIT = "evidence-station.service"
EVENT_SECONDS = 420.0
"""How long an event may take: an emulated machine that shares its processors is slow, and only what never comes is a finding."""
ERROR_SECONDS = 90.0
"""How long a slot may show an error that nobody waits for: what is not complete yet may look like one for a moment."""
Document = dict[str, Any]


class Station:
    """One installed station."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def ask(self, *arguments: str, statuses: tuple[int, ...] = (0,)) -> Document:
        """A command's one document. Raises :class:`Unmet` for any other exit status."""
        done = self.shell.run(_command(*arguments, "--json"), check=False, timeout=EVENT_SECONDS)
        must(done.returncode in statuses, f"{' '.join(arguments)} left with {done.returncode}: {done.stdout}{done.stderr}")
        return cast("Document", json.loads(done.stdout))

    def clips(self) -> list[Document]:
        """Every clip of the catalogue."""
        return cast("list[Document]", self.ask("clips")["clips"])

    def dockings(self) -> list[Document]:
        """Every docking."""
        return cast("list[Document]", self.ask("dockings")["dockings"])

    def must_verify(self) -> None:
        """``verify`` finds nothing."""
        told = self.ask("verify", statuses=(0, 1, 2, 3, 4, 5))
        must(told.get("ok") is True, f"verify: {told.get('problems', told)}")

    def main_process(self) -> int:
        """The process id of the service, 0 while there is none."""
        return int(self.shell.text(f"systemctl show --property MainPID --value {UNIT}"))

    def start(self) -> None:
        """Start the service, and wait until it is ready."""
        done = self.shell.run(f"systemctl start {UNIT}", check=False, timeout=EVENT_SECONDS)
        must(done.returncode == 0, f"the service does not start: {self.journal()}")

    def restart(self) -> None:
        """Stop and start it."""
        done = self.shell.run(f"systemctl restart {UNIT}", check=False, timeout=EVENT_SECONDS)
        must(done.returncode == 0, f"the service does not start: {self.journal()}")

    def kill(self) -> None:
        """SIGKILL to all of its processes; systemd starts it again. Returns when it is ready."""
        before = self.main_process()
        self.shell.run(f"systemctl kill --signal KILL {UNIT}")
        wait = f"until [ $(systemctl show -P MainPID {UNIT}) -gt 0 -a $(systemctl show -P MainPID {UNIT}) -ne {before} ]"
        self.shell.run(f"{wait}; do sleep 0.5; done; systemctl start {UNIT}", timeout=EVENT_SECONDS)

    def journal(self, lines: int = 40) -> str:
        """The last words of the service."""
        return self.shell.run(f"journalctl -u {UNIT} -n {lines} -o cat --no-pager", check=False).stdout

    @contextmanager
    def board(self) -> Iterator[Board]:
        """Look at the board, as ``watch`` shows it, from now on."""
        watching = self.shell.start(_command("watch", "--json"))
        try:
            yield Board(watching)
        finally:
            assert watching.stdin is not None
            watching.stdin.close()
            watching.wait()


def _command(*arguments: str) -> str:
    return shlex.join(("runuser", "-u", ACCOUNT, "--", "evidence-station", "--home", HOME, *arguments))


Wanted = Callable[[Document], bool]


class Board:
    """The slots as the board has shown them since somebody looked."""

    def __init__(self, watching: subprocess.Popen[str]) -> None:
        self.slots: dict[int, Document] = {}
        self.history: list[Document] = []
        """Every change of a slot, oldest first."""
        self._errors: dict[int, float] = {}
        """Since when a slot shows an error."""
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(watching,), daemon=True).start()
        self._take(time.monotonic() + EVENT_SECONDS)  # the snapshot: from now on nothing is missed

    def _read(self, watching: subprocess.Popen[str]) -> None:
        assert watching.stdout is not None
        for line in watching.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait(self, what: str, wanted: Wanted, *, seconds: float = EVENT_SECONDS, errors: bool = False) -> Document:
        """Wait until a slot is as wanted, and return it. Raises :class:`Unmet`, saying ``what`` was waited for."""
        return self.wait_for(what, 1, wanted, seconds=seconds, errors=errors)[0]

    def wait_for(
        self, what: str, count: int, wanted: Wanted, *, seconds: float = EVENT_SECONDS, errors: bool = False
    ) -> list[Document]:
        """Wait until so many slots are as wanted at the same time. With ``errors``, those of other slots do not end the waiting."""
        deadline = time.monotonic() + seconds
        while len(found := [slot for slot in self.slots.values() if wanted(slot)]) < count:
            lasting = (
                []
                if errors
                else [since + ERROR_SECONDS for number, since in self._errors.items() if not wanted(self.slots[number])]
            )
            until = min([deadline, *lasting])
            if not self._take(until) and time.monotonic() >= until:
                shown = [f"{slot['slot']} {slot['state']} {_why(slot)}".strip() for slot in self.slots.values()]
                raise Unmet(f"waited for {what}, and the board shows: {'; '.join(shown) or 'nothing'}")
        return found

    def states(self, slot: int) -> list[str]:
        """The states a slot went through, repetitions left out."""
        told = [str(one["state"]) for one in self.history if one["slot"] == slot]
        return [state for state, before in zip(told, [None, *told], strict=False) if state != before]

    def _take(self, deadline: float) -> bool:
        """Read one line of the board. False when none comes in time; raises :class:`Unmet` when the board ends."""
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return False
        if line is None:
            raise Unmet("the board ended")
        try:
            told = json.loads(line)
        except ValueError as error:
            raise Unmet(f"the board said {line.strip()!r}") from error
        if "error" in told:
            raise Unmet(f"the board ended: {told['error']['message']}")
        for slot in told.get("slots", [told]):
            self.slots[slot["slot"]] = slot
            if slot["state"] == "error":
                self._errors.setdefault(slot["slot"], time.monotonic())
            else:
                self._errors.pop(slot["slot"], None)
            self.history.append(slot)
        return True


def _why(slot: Document) -> str:
    return "" if slot["reason"] is None else f"{slot['reason']} {slot['fields']}"


def is_in(state: str) -> Wanted:
    """The slot shows this state."""
    return lambda slot: slot["state"] == state


def has_begun(slot: Document) -> bool:
    """Bytes of the slot's card have been copied, and some are left."""
    return slot["state"] == "copying" and bool(slot["bytes_left"]) and slot["bytes_left"] < (slot["bytes_total"] or 0)
