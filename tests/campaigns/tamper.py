"""Tampering by somebody with root and no key: every kind that verify knows, each alone and in cunning pairs."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from tests.campaigns.stopping import Stop
from tests.campaigns.tampering.command import load_product
from tests.campaigns.tampering.running import Campaign


def main(arguments: list[str]) -> int:
    """Run the campaign; 0 when everything was as it should be."""
    asked = argparse.ArgumentParser(prog="tamper", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="the part that the ordinary tests run")
    asked.add_argument(
        "--only", metavar="NAME", action="append", default=[], help="only cases whose name holds this; may be repeated"
    )
    asked.add_argument("--list", action="store_true", help="list the cases and run none")
    asked.add_argument("--keep", action="store_true", help="leave the folder with all homes")
    asked.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes to use")
    chosen = asked.parse_args(arguments)
    load_product()
    folder = Path(tempfile.mkdtemp(prefix="tamper."))
    try:
        with Stop() as stop:
            return Campaign(folder, chosen.jobs, stop, quick=chosen.quick, only=tuple(chosen.only)).run(listing=chosen.list)
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        print(f"tamper: {missing}", file=sys.stderr)
        return 1
    finally:
        if chosen.keep:
            print(f"left: {folder}")
        else:
            shutil.rmtree(folder)
