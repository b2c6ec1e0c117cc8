"""Run a long campaign or a benchmark by its name: each is one module with a ``main(arguments) -> exit status``.

``python -m tests.campaigns`` and ``python -m tests.bench`` list what there is; a module's name and the first line of its
docstring are all there is to register.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import Protocol, cast


class Named(Protocol):
    """What a campaign's or a benchmark's module offers."""

    def main(self, arguments: list[str]) -> int: ...


def names(folder: Path) -> dict[str, str]:
    """Every campaign or benchmark in a folder, with the first line of its docstring; nothing is imported for it."""
    found = {}
    for file in sorted(folder.glob("[a-z]*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
            found[file.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def run(package: str, folder: Path, arguments: list[str]) -> int:
    """Run the named one with the arguments that follow it; without a name, list them. Unknown names are usage errors (2)."""
    known = names(folder)
    if not arguments:
        width = max(map(len, known), default=0)
        for name, line in known.items():
            print(f"{name:{width}}  {line}".rstrip())
        return 0
    name, *rest = arguments
    if name not in known:
        print(f"there is no '{name}' among: {', '.join(known) or 'none yet'}", file=sys.stderr)
        return 2
    return cast("Named", importlib.import_module(f"{package}.{name}")).main(rest)
