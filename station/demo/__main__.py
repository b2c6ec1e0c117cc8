"""Run the demo: ``python -m station.demo [--home DIR] [--keep] [--json]``. Ends with 0 only when every check holds."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime
from pathlib import Path

import click

from evidence.errors import Fault
from station.cli.output import print_json
from station.demo.story import Story
from station.demo.words import WORDS, Teller
from station.messages import fault_text
from station.settings import ENVIRONMENT


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="The demo station's folder. 演示工作站主目录。")
@click.option("--keep", is_flag=True, help="Keep the card that was made. 保留所制作的存储卡。")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; the story goes to stderr. 输出一个 JSON 文档。")
def demo(home: Path | None, keep: bool, as_json: bool) -> None:
    """Take a freshly made card through the whole station, and check every step (以新制存储卡演示并检查全过程)."""
    language = os.environ.get("EVIDENCE_STATION_LANGUAGE", "en")
    _forget_settings_from_outside()
    root = (home or _default_home()).absolute()
    results = root.with_name(f"{root.name}-results")
    tell = Teller(language, to_stderr=as_json)
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S.%f")
    story = Story(root, results, stamp, tell, keep)
    begun = time.monotonic()
    try:
        story.run()
    except Fault as fault:
        text = WORDS[fault.code][language == "zh"].format(**fault.fields) if fault.code in WORDS else None
        message = text or fault_text(fault.code, fault.fields, language)
        click.echo(f"demo: {message}", err=True)
        if as_json:
            print_json({"error": {**fault.fields, "code": fault.code, "message": message}})
        raise SystemExit(fault.status) from None
    seconds = round(time.monotonic() - begun, 1)
    checks = story.checks
    tell.write("")
    tell.line("demo-where", home=root, results=results, stamp=stamp)
    tell.write("")
    if checks.failed:
        tell.line("demo-failed", failed=len(checks.failed), total=checks.passed + len(checks.failed))
        for sentence in checks.failed:
            tell.write(f"  ✖ {sentence}")
    else:
        tell.line("demo-done", passed=checks.passed, seconds=seconds)
    if as_json:
        outcome = {"ok": not checks.failed, "home": str(root), "results": str(results / stamp)}
        print_json({**outcome, "passed": checks.passed, "failed": checks.failed, "seconds": seconds})
    raise SystemExit(checks.status)


def _default_home() -> Path:
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "evidence-station" / "demo"


def _forget_settings_from_outside() -> None:
    """A person's own settings must not send made-up footage to a real store."""
    for name in [name for name in os.environ if name.startswith(ENVIRONMENT) and name != f"{ENVIRONMENT}LANGUAGE"]:
        del os.environ[name]


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # the story and progress on stderr keep their order
    demo()
