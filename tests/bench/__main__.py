"""List the benchmarks, or run one by its name."""

import sys
from pathlib import Path

from tests.named import run

sys.exit(run("tests.bench", Path(__file__).parent, sys.argv[1:]))
