from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from ingest.bounded import Bounds, Confinement, program_version, run_bounded
from ingest.errors import ChildMissing, ChildTimedOut, ChildTooTalkative
from tests.pieces import missing, need_program

CONFINEMENT = Confinement.detect()


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_output_diagnostics_and_status() -> None:
    done = run_bounded(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"), Bounds(), CONFINEMENT)
    assert (done.status, done.output, done.diagnostics) == (7, b"out\n", b"err\n")
    assert 0 < done.seconds < 20


def test_nothing_to_read_and_nowhere_to_be() -> None:
    done = run_bounded(
        python("import os, sys; print(repr(sys.stdin.read()), os.getcwd(), sorted(os.environ))"), Bounds(), CONFINEMENT
    )
    assert done.output.startswith(b"'' / ['LC_ALL'")
    assert b"HOME" not in done.output


def test_too_long_is_killed_although_its_pipes_are_closed() -> None:
    started = time.monotonic()
    with pytest.raises(ChildTimedOut) as late:
        run_bounded(python("import os, time; os.close(1); os.close(2); time.sleep(60)"), Bounds(wall_s=0.5), CONFINEMENT)
    assert late.value.fields["program"] == sys.executable
    assert time.monotonic() - started < 10


def test_no_grandchild_survives(tmp_path: Path) -> None:
    """The grandchild keeps a pipe open; when the call is over, nobody does."""
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    opened: list[int] = []
    waiting = threading.Thread(target=lambda: opened.append(os.open(fifo, os.O_RDONLY)))
    waiting.start()
    code = (
        f"import os, time\nif os.fork() == 0:\n  os.open({str(fifo)!r}, os.O_WRONLY); os.close(1); os.close(2); time.sleep(60)\n"
    )
    code += f"else:\n  os.close(os.open({str(fifo)!r}, os.O_WRONLY))"
    run_bounded(python(code), Bounds(), CONFINEMENT)
    waiting.join(timeout=30)
    assert os.read(opened[0], 1) == b""  # end of file only once every writer is dead
    os.close(opened[0])


@pytest.mark.parametrize("stream", [1, 2])
def test_too_much_output(stream: int) -> None:
    with pytest.raises(ChildTooTalkative) as loud:
        run_bounded(
            python(f"import os\nwhile True: os.write({stream}, b'x' * 65536)"),
            Bounds(output=1 << 18, diagnostics=1 << 18),
            CONFINEMENT,
        )
    assert loud.value.fields["limit"] == 1 << 18


def test_too_much_memory() -> None:
    done = run_bounded(python("x = bytearray(2 << 30)"), Bounds(address_space=1 << 29), CONFINEMENT)
    assert done.status != 0
    assert b"MemoryError" in done.diagnostics


def test_too_much_cpu() -> None:
    done = run_bounded(python("while True: pass"), Bounds(cpu_s=1, wall_s=60), CONFINEMENT)
    assert done.status in (-signal.SIGXCPU, -signal.SIGKILL)


def test_no_file_is_written(tmp_path: Path) -> None:
    done = run_bounded(python(f"open({str(tmp_path / 'x')!r}, 'w').write('y' * 100000)"), Bounds(), CONFINEMENT)
    assert done.status != 0
    assert (tmp_path / "x").stat().st_size == 0


def test_no_network() -> None:
    if not CONFINEMENT.without_network:
        missing("the right to make a network namespace (unshare --net)")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = run_bounded(python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"), Bounds(), CONFINEMENT)
    assert done.status == 1
    assert b"unreachable" in done.diagnostics


def test_low_priority_and_no_new_privileges() -> None:
    code = "import os; print(os.nice(0)); print([line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])"
    done = run_bounded(python(code), Bounds(), CONFINEMENT)
    assert done.output.startswith(b"10\n")
    assert b"NoNewPrivs:\\t1" in done.output


def test_the_child_dies_with_the_thread_that_waits_for_it() -> None:
    code = "import ctypes; value = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(value)); print(value.value)"
    done = run_bounded([sys.executable, "-I", "-c", code], Bounds(), CONFINEMENT)
    assert done.output == b"%d\n" % signal.SIGKILL


def test_a_program_that_is_not_installed() -> None:
    with pytest.raises(ChildMissing) as absent:
        run_bounded(["no-such-program"], Bounds(), CONFINEMENT)
    assert absent.value.fields["program"] == "no-such-program"


def test_without_a_namespace_the_other_bounds_hold() -> None:
    done = run_bounded(python("x = bytearray(2 << 30)"), Bounds(address_space=1 << 29), Confinement(()))
    assert b"MemoryError" in done.diagnostics


def test_the_version_of_a_program() -> None:
    need_program("ffprobe", "ffmpeg")
    assert program_version("ffprobe", Bounds(), CONFINEMENT).startswith("ffprobe version ")
