"""The README against the real thing: its console blocks are one session that is typed again, its tables come from the code.

``python -m tests.test_readme [README|PAGE…]`` writes the outputs and the generated table anew; what it cannot write, the commands, stays.
Ids, digests, moments, sizes and speeds differ from run to run and are masked; where a command names an id from an earlier
output, the id of this run is put in its place. The first blocks of the README are typed with the program itself, what comes after
them, its tables and the pages beside it with forks of one (tests/typed.py).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from evidence.errors import SEVERITY, Exit
from station.cli.subjects import SUBJECTS
from station.demo.card import make_card
from station.settings import HELP, NAMES, Settings, as_text
from tests.pieces import need_program
from tests.typed import program

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
GUIDE = sorted((ROOT / "station/guide").glob("*.md"))
"""Pages beside the README, each a session of its own: one for each subject of case work."""
SHOWN_FOLDER = "/tmp/try"
"""What stands in the README for the folder of the session."""
THEMSELVES = 2
"""So many blocks of the README are typed with the program itself: every later command would start as these do."""
SHIFT = datetime(2026, 1, 15, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

BLOCK = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"<!-- settings -->.*<!-- end of settings -->", re.DOTALL)
NAMED = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b")
MASKS = (
    (NAMED, "NAME"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "SALT"),
    (re.compile(r"\b[0-9a-f]{16}\b|(?<=-)[0-9a-f]{8}(?=\.key\.pem)"), "NAME"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT[\d:.]+Z"), "MOMENT"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:B|kB|MB|GB|TB)\b"), "SIZE"),
    (re.compile(r"\b[0-9a-f]{2}/(?=NAME)"), ""),
    (re.compile(r"\b\d+\.\d s\b"), "SECONDS"),
    (re.compile(r"(?m)^\S{43}=$|(?<= )\S{90,}$"), "BASE64"),
    (re.compile(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,}={0,2}"), "+KEY"),
    (re.compile(r"(?m)(?<=^clock: )[a-z ]+$|(?<=\(clock )[a-z]+(?=\))"), "STATE"),
    (re.compile(r"(?<=checkpoints: )\d+|(?<=re-read: )\d+"), "COUNT"),
    (re.compile(r'("(?:size|bytes|free_bytes|seconds)": ?)[\d.]+'), r"\1NUMBER"),
    (re.compile(r"[ \t]+"), " "),
)


def masked(text: str) -> str:
    for pattern, name in MASKS:
        text = pattern.sub(name, text)
    return text.strip()


@dataclass
class Step:
    """One command with the output that the README shows, and the one it had."""

    command: str
    shown: str
    output: str = ""


def steps(body: str) -> list[Step]:
    """The commands of a console block. A line that ends in a backslash goes on in the next."""
    found: list[Step] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:], ""))
        elif found and found[-1].command.endswith("\\"):
            found[-1].command += f"\n{line}"
        else:
            found[-1].shown += f"{line}\n"
    return found


@dataclass
class Session:
    """A shell in which every command of the README is typed, one after the other."""

    folder: Path
    names: dict[str, str] = field(default_factory=dict)

    @cached_property
    def shell(self) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("EVIDENCE_STATION_")}
        path = os.pathsep.join([str(Path(sys.executable).parent), clean["PATH"]])
        environment = {**clean, "PATH": path, "LC_ALL": "C.UTF-8"}
        return subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def type(self, command: str) -> tuple[str, str]:
        """Type a command; returns it as it reads in this run, and what it says: errors when it fails, no progress."""
        for shown, real in self.names.items():
            command = command.replace(shown, real)
        end = f"end-{uuid.uuid4()}"
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(
            f"{{ {command}\n}} </dev/null 2>.said; status=$?; [ $status = 0 ] || cat .said; echo {end}; (exit $status)\n"
        )
        self.shell.stdin.flush()
        output = ""
        while not (line := self.shell.stdout.readline()).endswith(f"{end}\n"):
            if not line:
                raise EOFError(f"the shell ended at: {command}\n{output}")
            output += line
        output += line.removesuffix(f"{end}\n")
        return command.replace(str(self.folder), SHOWN_FOLDER), output.replace(str(self.folder), SHOWN_FOLDER)

    def run(self, step: Step) -> None:
        """Carry out a step, and learn which id of this run stands for which in the README."""
        step.command, step.output = self.type(step.command)
        shown, real = NAMED.findall(step.shown), NAMED.findall(step.output)
        if len(shown) == len(real):
            self.names.update(zip(shown, real, strict=True))

    def close(self) -> None:
        self.shell.communicate("exit\n", timeout=60)


def setting_rows() -> str:
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name in NAMES:
        default = as_text(getattr(Settings(), name))
        rows.append(f"| `{name}` | {f'`{default}`' if default else '(empty)'} | {HELP[name].en} |")
    return "\n".join(rows)


def played(text: str, session: Session, forked: Path, themselves: int = 0) -> list[Step]:
    """Type all blocks of a page: so many with the program itself, the others with its forks."""
    need_program("ffmpeg", "ffmpeg")
    make_card(session.folder / "card", SHIFT, lambda _done, _total: None)
    found = [steps(block["body"]) for block in BLOCK.finditer(text)]
    for number, block in enumerate(found):
        if number == themselves:
            session.type(f"PATH={forked}:$PATH")
        for step in block:
            session.run(step)
    return [step for block in found for step in block]


@dataclass
class Played:
    session: Session
    steps: list[Step]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, forked: Path) -> Iterator[Played]:
    session = Session(tmp_path_factory.mktemp("readme"))
    yield Played(session, played(README.read_text(encoding="utf-8"), session, forked, THEMSELVES))
    session.close()


@pytest.mark.timeout(300)
def test_every_command_says_what_the_readme_shows(session: Played) -> None:
    assert len(session.steps) > 20
    for step in session.steps:
        assert masked(step.output) == masked(step.shown), step.command


@pytest.fixture(scope="module", params=GUIDE, ids=lambda path: path.stem)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, forked: Path) -> Iterator[tuple[str, Played]]:
    text = request.param.read_text(encoding="utf-8")
    session = Session(tmp_path_factory.mktemp("guide"))
    yield text, Played(session, played(text, session, forked))
    session.close()


@pytest.mark.timeout(300)
def test_every_command_says_what_its_page_shows(page: tuple[str, Played]) -> None:
    assert page[1].steps
    for step in page[1].steps:
        assert masked(step.output) == masked(step.shown), step.command


JSON_ASKED = re.compile(r"^<!-- json (?P<command>[a-z -]+): (?P<arguments>.*) -->$", re.MULTILINE)


@pytest.mark.timeout(300)
def test_the_json_keys_are_those_of_its_page(page: tuple[str, Played]) -> None:
    """A page names the arguments with which each of its commands has something to say; ids in them are those that the page shows."""
    text, played_page = page
    rows, asked = documented_keys(text), {one["command"]: one["arguments"] for one in JSON_ASKED.finditer(text)}
    assert {command for command, place, _ in rows if not place} == set(asked)
    answers = {
        name: msgspec.json.decode(played_page.session.type(f"evidence-station {arguments} --json")[1])
        for name, arguments in asked.items()
    }
    for command, place, keys in rows:
        assert sorted(at(answers[command], place)) == sorted(keys), f"{command} {place}"


def test_every_command_is_shown(session: Played) -> None:
    commands = [step.command for step in session.steps]
    commands += [step.command for path in GUIDE for one in BLOCK.finditer(path.read_text("utf-8")) for step in steps(one["body"])]
    typed = "\n".join(commands)
    missing = [name for name in SUBJECTS if not re.search(rf"evidence-station {name}\b", typed)]
    assert missing == []


def test_the_settings_table_is_that_of_the_code() -> None:
    assert setting_rows() in README.read_text(encoding="utf-8")


def test_what_comes_after_the_generated_table_is_there() -> None:
    text = README.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "Two commands"
    assert headings[-1] == "Finding your way"
    linked = re.findall(r"\]\(([^)#]+)\)", text)
    assert [path for path in linked if not (ROOT / path).is_file()] == []


def test_every_exit_status_is_explained() -> None:
    rows = re.findall(r"^\| (\d) \| (.*?) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(status) for status, _ in rows] == sorted(Exit)
    order = " > ".join(str(int(status)) for status in SEVERITY)
    assert order in README.read_text(encoding="utf-8")


JSON_ROW = re.compile(r"^\| `(?P<command>[a-z -]+)`(?: → `(?P<place>[a-z_\[\].]+)`)? \| (?P<keys>`.*`) \|$", re.MULTILINE)


def documented_keys(text: str) -> list[tuple[str, str, list[str]]]:
    return [(row["command"], row["place"] or "", re.findall(r"`(\w+)`", row["keys"])) for row in JSON_ROW.finditer(text)]


@pytest.fixture(scope="module")
def answers(session: Played) -> dict[str, object]:
    """The JSON document of each command, in an order in which each has something to say."""

    def ask(arguments: str) -> object:
        return msgspec.json.decode(session.session.type(f"evidence-station {arguments} --json")[1])

    taken = msgspec.convert(ask("ingest card"), dict[str, object])
    clip = msgspec.convert(taken["clips"], list[dict[str, object]])[0]["id"]
    keys = msgspec.convert(msgspec.convert(ask("key list"), dict[str, object])["keys"], list[dict[str, object]])
    ended = next(key["key"] for key in keys if key["reason"] == "superseded")
    commands = {
        "init": "init",
        "devices list": "devices list",
        "devices show": "devices show dsj:DSJ0042",
        "devices add": "devices add cam:2",
        "devices change": "devices change cam:2 --note spare",
        "devices retire": "devices retire cam:2",
        "devices admit": "devices admit cam:2",
        "devices issue": "devices issue cam:2 --officer 005555 --clock-shows 2026-01-15T08:00:03",
        "devices return": "devices return cam:2",
        "alarms list": "alarms list",
        "alarms acknowledge": "alarms acknowledge $(evidence-station alarms list --open --json | grep -oE '[0-9a-f-]{36}' | head -1)",
        "key list": "key list",
        "key init": "key init --role seal",
        "key csr": "key csr --role seal",
        "key import": "key import --chain station/keys/ca.pem",
        "key rotate": "key rotate --role seal",
        "key revoke": f"key revoke {ended} --reason compromised",
        "recorders": "recorders",
        "watch": "watch --once",
        "clips": "clips",
        "dockings": "dockings",
        "tag": f"tag {clip} --note 'seen by the clerk'",
        "export": f"export {taken['docking']} elsewhere",
        "erase": f"erase {taken['docking']} card",
        "evict": "evict",
        "recall": f"recall {clip}",
        "forecast": "forecast",
        "package": f"package second-court --clip {clip}",
        "verify-package": "verify-package second-court",
        "custody": "custody",
        "checkpoint": "checkpoint",
        "status": "status",
        "uploads": "uploads",
        "stamp": "stamp",
        "stamps": "stamps",
        "upload": "upload --until-idle",
        "receipts": "receipts",
        "show": f"show {clip}",
        "settings show": "settings show",
        "settings set": "settings set unit 310101",
        "settings accept": "settings accept",
        "verify": "verify",
        "scrub": "scrub",
        "slip": f"slip {taken['docking']} --out second-slip.pdf",
        "shift": "shift --out second-shift.pdf",
        "recover": "recover --reason test",
    }
    return {"ingest": taken, **{name: ask(arguments) for name, arguments in commands.items()}}


def at(document: object, place: str) -> dict[str, object]:
    """The object at a place such as ``clips[].sightings[]``: of each list the first item."""
    for name in place.split(".") if place else []:
        document = msgspec.convert(document, dict[str, object])[name.removesuffix("[]")]
        if name.endswith("[]"):
            document = msgspec.convert(document, list[object])[0]
    return msgspec.convert(document, dict[str, object])


@pytest.mark.timeout(300)
def test_the_json_keys_are_those_of_the_readme(answers: dict[str, object]) -> None:
    rows = documented_keys(README.read_text(encoding="utf-8"))
    assert {command for command, place, _ in rows if not place} == set(answers)
    for command, place, keys in rows:
        assert sorted(at(answers[command], place)) == sorted(keys), f"{command} {place}"


def rewritten(text: str) -> str:
    """A page with what its commands say now."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as beside, program(Path(beside)) as forked:
        session = Session(Path(name).resolve())
        found = played(text, session, forked)
        session.close()
    typed = iter(found)

    def block(match: re.Match[str]) -> str:
        count = len(steps(match["body"]))
        body = "".join(f"$ {step.command}\n{step.output}" for step in (next(typed) for _ in range(count)))
        return f"```console\n{body}```"

    return BLOCK.sub(block, text)


def rewrite(names: list[str]) -> None:
    """Write what the commands say now into the pages named, or into all of them."""
    for path in GUIDE:
        if not names or path.stem in names:
            path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
    if names and "README" not in names:
        return
    before, after = GENERATED.split(rewritten(README.read_text(encoding="utf-8")))
    start, end = "<!-- settings -->", "<!-- end of settings -->"
    README.write_text(f"{before}{start}\n{setting_rows()}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    rewrite(sys.argv[1:])
