"""Go every journey, or those named. ``--out DIR`` (which is there) gets pictures of the screen on the way."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.named import names, run

PACKAGE = "tests.gui.journeys"


def main(arguments: list[str]) -> int:
    """0 when each came to its end and the station agreed."""
    folder = Path(__file__).parent
    pictures: list[str] = []
    if arguments[:1] == ["--out"] and len(arguments) > 1:
        pictures, arguments = [str(Path(arguments[1]).absolute())], arguments[2:]
    known = names(folder)
    failed = 0
    for name in arguments or known:
        begun = time.monotonic()
        try:
            status = run(PACKAGE, folder, [name, *pictures])
        except AssertionError as error:
            print(f"{name}: {error}", file=sys.stderr)
            status = 1
        if status == 2:
            return status
        failed = failed or status
        print(f"{name}: {'failed' if status else 'done'}, {time.monotonic() - begun:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
