"""Fill a home for practice: ``python -m station.practice [--home DIR] [--language en|zh] [--days N]``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from evidence.canonical import Json
from evidence.errors import Fault
from station.cli.output import Voice, print_json
from station.demo.words import WORDS
from station.messages import fault_text
from station.practice.filling import DAYS, fill
from station.settings import ENVIRONMENT


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path), help="Where; nothing may be there yet. 主目录, 须尚不存在。")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Of notes and messages. 备注和界面的语言。")
@click.option("--days", type=click.IntRange(2, 90), default=DAYS, show_default=True, help="How many days. 天数。")
@click.option("--answers", is_flag=True, help="Print what is wrong in it, for who teaches. 打印预设问题清单 (供教员使用)。")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document. 输出一个 JSON 文档。")
def practice(home: Path | None, language: str | None, days: int, answers: bool, as_json: bool) -> None:
    """Fill a throw-away home with a month of made-up work, to learn and to try things on (填充练习用主目录)."""
    told = language or os.environ.get(f"{ENVIRONMENT}LANGUAGE", "en")
    for name in [name for name in os.environ if name.startswith(ENVIRONMENT)]:
        del os.environ[name]  # made-up footage must not go to a real store
    root = (home or _default_home()).absolute()
    voice, begun, shown = Voice(told if told in {"en", "zh"} else "en"), time.monotonic(), -1

    def report(done: int, total: int) -> None:
        nonlocal shown
        if done * 10 // max(1, total) != shown:
            shown = done * 10 // max(1, total)
            click.echo(voice("practice-progress", done=done, total=total), err=True)

    try:
        filled = fill(root, voice.language, report, days)
    except Fault as fault:
        words = WORDS.get(fault.code)
        text = (
            fault_text(fault.code, fault.fields, voice.language)
            if words is None
            else words[voice.language == "zh"].format(**fault.fields)
        )
        click.echo(f"practice: {text}", err=True)
        raise SystemExit(fault.status) from None
    counts = {name: getattr(filled, name) for name in ("days", "dockings", "clips", "incidents", "tagged")}
    if as_json:
        planted: list[Json] = [{"kind": one.kind, "what": one.what, "shown_by": one.shown_by} for one in filled.planted]
        people: list[Json] = [{**one} for one in filled.people]
        print_json(
            {"home": str(root), **counts, "seconds": round(time.monotonic() - begun, 1), "people": people, "planted": planted}
        )
        return
    voice.line("practice-done", home=root, seconds=round(time.monotonic() - begun), **counts)
    for one in filled.people:
        voice.line("practice-person", badge=one["badge"], role=voice(f"role-{one['role']}"), pin=one["pin"])
    voice.line("practice-pins")
    if answers:
        for wrong in filled.planted:
            voice.line("practice-planted", kind=voice(f"planted-{wrong.kind}"), what=wrong.what, shown_by=wrong.shown_by)
    else:
        voice.line("practice-planted-count", count=len(filled.planted))
    click.echo(f"  EVIDENCE_STATION_HOME={root} evidence-station sign-in {filled.people[0]['badge']}")
    for line in ("figures show late-docking", "figures show dispatch-without-footage", "samples", "alarms", "search", "verify"):
        click.echo(f"  EVIDENCE_STATION_HOME={root} evidence-station {line}")


def _default_home() -> Path:
    data = os.environ.get("XDG_DATA_HOME", "")
    folder = (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "evidence-station"
    return folder / f"practice-{time.strftime('%Y%m%d-%H%M%S')}"


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what stands on stderr keeps its order
    practice()
