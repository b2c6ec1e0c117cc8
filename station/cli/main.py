"""The command itself: global options, and the one place where a fault becomes a sentence and an exit status."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from evidence.errors import Exit, Fault
from station.cli.output import Context, print_json
from station.cli.subjects import Subjects
from station.messages import fault_text


@click.group(cls=Subjects, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option(
    "--home", envvar="EVIDENCE_STATION_HOME", type=click.Path(path_type=Path), help="The station's folder. 工作站主目录。"
)
@click.version_option(package_name="evidence-station", prog_name="evidence-station")
@click.pass_context
def station(context: click.Context, home: Path | None) -> None:
    """Collect, seal, prove and send body-camera evidence. 采集、封存、证明并上传执法记录仪证据。"""
    context.obj.folder = home


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: runs one command and leaves with the exit status that its outcome maps to."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    context = Context()
    try:
        status = station.main(given, prog_name="evidence-station", standalone_mode=False, obj=context)
    except click.exceptions.Exit as done:
        raise SystemExit(done.exit_code) from None
    except click.ClickException as error:
        _fail("usage", error.format_message(), {}, Exit.USAGE, as_json=as_json)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", fault_text("interrupted", {}, context.language), {}, Exit.PARTIAL, as_json=as_json)
    except Fault as fault:
        told = fault_text(fault.code, fault.fields, context.language)
        _fail(fault.code, told, fault.fields, fault.status, as_json=as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more is flushed at it
        raise SystemExit(Exit.OK) from None
    except Exception as error:  # noqa: BLE001  # the edge: whatever it was, the caller gets a document and a status
        traceback.print_exc()
        told = fault_text("internal", {}, context.language)
        _fail("internal", told, {"error": type(error).__name__}, Exit.INTERNAL, as_json=as_json)
    else:
        raise SystemExit(status if isinstance(status, int) else Exit.OK)


def _fail(code: str, message: str, fields: dict[str, str | int | None], status: Exit, *, as_json: bool) -> None:
    if as_json:
        document = {
            "error": {
                "code": code,
                "message": message,
                **{key: value for key, value in fields.items() if key not in {"code", "message"}},
            }
        }
        print_json(document)
    else:
        click.echo(f"evidence-station: {message}", err=True)
    raise SystemExit(status)
