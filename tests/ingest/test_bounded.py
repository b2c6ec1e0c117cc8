from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.bounded import Bounds, Confinement, Rein, program_version, run_bounded
from ingest.errors import ChildMissing, ChildStopped, ChildTimedOut, ChildTooTalkative
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


def test_a_sink_gets_the_output_as_it_comes_and_its_size_is_bounded_all_the_same() -> None:
    found = bytearray()
    code = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 4096); sys.stderr.write('told')"
    done = run_bounded(python(code), Bounds(output=1 << 20), CONFINEMENT, found.extend)
    assert (done.output, done.diagnostics) == (b"", b"told")
    assert bytes(found) == bytes(range(256)) * 4096
    with pytest.raises(ChildTooTalkative):
        run_bounded(python(code), Bounds(output=(1 << 20) - 1), CONFINEMENT, lambda _block: None)


def test_a_child_writes_no_file_unless_it_was_given_bytes_for_one(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    code = f"import os, sys; sys.exit(os.write(os.open({path!r}, os.O_CREAT | os.O_WRONLY), bytes(5000)) != 5000)"
    assert run_bounded(python(code), Bounds(), CONFINEMENT).status != 0
    assert run_bounded(python(code), Bounds(file=4999), CONFINEMENT).status != 0
    assert run_bounded(python(code), Bounds(file=5000), CONFINEMENT).status == 0
    assert (tmp_path / "file").stat().st_size == 5000


def test_a_child_that_is_made_to_wait_does_nothing_and_its_time_does_not_run() -> None:
    """It tells a number every hundredth of a second; while it waits nothing comes, and it is not late afterwards."""
    heard: list[float] = []
    asked: list[Rein] = []

    def reins() -> Rein:
        asked.append(Rein.WAIT if 2 <= len(asked) < 8 else Rein.GO)
        return asked[-1]

    code = "import time\nfor number in range(150):\n  print(number, flush=True); time.sleep(0.01)"
    done = run_bounded(python(code), Bounds(wall_s=30.0), CONFINEMENT, lambda _block: heard.append(time.monotonic()), reins)
    assert done.status == 0
    assert max(later - one for one, later in pairwise(heard)) > 1.0, "six looks of a quarter of a second"


def test_a_child_that_is_not_wanted_any_more_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(ChildStopped):
        run_bounded(python("import time; time.sleep(60)"), Bounds(wall_s=60.0), CONFINEMENT, None, lambda: Rein.END)
    assert time.monotonic() - started < 20
