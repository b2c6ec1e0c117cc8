"""Tampering by somebody with root and no key: every kind that verify knows, each alone and in cunning pairs."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.campaigns.tampering.running import Report, campaign


def main(arguments: list[str]) -> int:
    """Run the campaign; 0 when everything was as it should be."""
    return campaign(arguments)
