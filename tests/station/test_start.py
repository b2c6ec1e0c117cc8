"""What a command loads before it works: ``status`` is asked for every few seconds, and must not wait for what others need."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
from click.shell_completion import ShellComplete

from station import commands, wire
from station.cli.main import station as command_line
from station.cli.subjects import SUBJECTS
from tests.station.stations import Station

LOADED = """
import json, sys
from station.cli import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(sorted(one for one in sys.modules if one.startswith(("station.cli.", "station.commands.")))), file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The modules of commands that one command loads, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_status_loads_no_command_of_another_subject(station: Station) -> None:
    shared = {"station.cli.main", "station.cli.output", "station.cli.subjects", "station.commands.base"}
    assert loaded("--home", str(station.folder), "status") == shared | {"station.cli.homes", "station.commands.homes"}


def test_help_lists_all_commands_and_loads_none() -> None:
    assert loaded("--help") == {"station.cli.main", "station.cli.output", "station.cli.subjects", "station.commands.base"}


def test_each_command_is_where_the_table_says_and_says_of_itself_what_the_table_says() -> None:
    for name, (module, line) in SUBJECTS.items():
        command = command_line.get_command(click.Context(command_line), name)
        assert command is not None
        assert command.name == name
        assert command in import_module(f"station.cli.{module}").COMMANDS
        assert inspect.cleandoc(command.help or "").split("\n\n")[0] == line


def test_no_command_is_missing_from_the_table() -> None:
    folder = Path(inspect.getfile(command_line.__class__)).parent
    modules = [import_module(f"station.cli.{path.stem}") for path in folder.glob("*.py") if path.stem != "__init__"]
    named = {command.name for module in modules for command in getattr(module, "COMMANDS", ())}
    assert named == set(SUBJECTS)


def test_completion_offers_every_command_that_begins_so() -> None:
    offered = ShellComplete(command_line, {}, "evidence-station", "_EVIDENCE_STATION_COMPLETE").get_completions([], "re")
    wanted = sorted(name for name in SUBJECTS if name.startswith("re"))
    assert sorted(one.value for one in offered) == wanted
    assert all(one.help for one in offered)


def test_every_kind_of_command_is_found_by_its_name_in_the_package() -> None:
    exported = [name for name in commands.__all__ if name not in {"KINDS", "KeyRole"}]
    assert all(getattr(commands, name).__name__ == name for name in exported if isinstance(getattr(commands, name), type))
    main_line = {kind.__name__ for kind in commands.KINDS if kind.__name__ in commands._SUBJECT_OF}
    assert main_line == set(commands._SUBJECT_OF) - {"KeyRole"}
    assert len(wire.kinds()) == len(commands.KINDS)
