"""Commands that take footage in: ingest and watch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from evidence.facts import SourceKind
from station.cli.board import show_board
from station.cli.devices import tell_alarm
from station.cli.output import Context, Voice, human_bytes, json_option
from station.commands import Ingest, Seal, Watch
from station.messages import plain


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=bytes))
@click.option("--officer", help="Who recorded (badge number). 记录人警号。")
@click.option("--source", type=click.Choice([kind.value for kind in SourceKind]), help="What kind of equipment. 设备类型。")
@click.option("--device", help="Key of the device, when known. 设备标识。")
@click.option(
    "--image",
    is_flag=True,
    help="PATHS are block devices: take each whole, byte by byte, for a seizure. 将块设备逐字节整体采集 (用于扣押)。",
)
@json_option
@click.pass_obj
def ingest(
    context: Context,
    paths: tuple[bytes, ...],
    officer: str | None,
    source: str | None,
    device: str | None,
    image: bool,
    as_json: bool,
) -> Exit:
    """Take what lies on a card or in a folder; several at once are taken side by side. 采集存储卡或文件夹。

    A PATH gphoto2:usb:BBB,DDD is the MTP or PTP device with that bus and device number (three digits each; lsusb shows them).
    gphoto2:usb:BBB,DDD 表示该总线号和设备号的 MTP 或 PTP 设备。

    With --image the files in the image are not clips of their own. To take them as well, export the image, mount it read-only
    (mount -o ro,loop,offset=…) and ingest the mounted folder. 镜像中的文件不会单独成为片段; 如需采集, 请导出镜像并只读挂载后再次采集。
    """
    command = Ingest(
        tuple(path if _is_device(path) and not image else os.path.abspath(path) for path in paths),
        officer,
        None if source is None else SourceKind(source),
        device,
        image,
    )
    return context.ask(command, as_json=as_json, tell=_tell)


def _is_device(path: bytes) -> bool:
    """Whether a path names a device by protocol; a folder of that name is written ``./gphoto2:…``."""
    return path.startswith(b"gphoto2:")


@click.command()
@click.option(
    "--once", is_flag=True, help="Take what is whole now, then stop; of the board: show it once. 采集当前完整的文件后退出。"
)
@click.option("--board", is_flag=True, help="The board of slots, which needs the service. 显示各槽位状态 (需要服务)。")
@json_option
@click.pass_obj
def watch(context: Context, once: bool, board: bool, as_json: bool) -> Exit:
    """While the service runs: show the board of slots. Otherwise: take what is dropped into the drop folder. 显示槽位或采集投放文件。"""
    from station.httpclient import NoService, occupied

    with occupied(context.home) as service:
        if service is not None and (board or not once):
            return show_board(context, service, once=once, as_json=as_json)
        if board:
            raise NoService(home=str(context.home.root))
    return context.ask(Watch(once), as_json=as_json, tell=_tell)


@click.command()
@click.argument("docking")
@json_option
@click.pass_obj
def seal(context: Context, docking: str, as_json: bool) -> Exit:
    """Seal an unfinished docking whose card does not come back. 封存无法再次接入的未完成采集。"""
    return context.ask(Seal(docking), as_json=as_json, tell=_tell)


def _tell(answer: Mapping[str, Any], voice: Voice) -> None:
    for docking in answer.get("dockings", [answer]):
        if "error" in docking:
            click.echo(docking["error"]["message"])
        else:
            _tell_docking(docking, voice)


def _tell_docking(docking: Mapping[str, Any], voice: Voice) -> None:
    states = [clip["state"] for clip in docking["clips"]]
    seconds = max(docking["seconds"], 0.001)
    voice.line("ingest-done", docking=docking["docking"], device=plain(docking["device"]), profile=docking["profile"])
    voice.line(
        "ingest-clips",
        clips=len(states),
        bytes=human_bytes(docking["bytes"]),
        seconds=f"{seconds:.1f}",
        rate=human_bytes(docking["bytes"] / seconds),
    )
    duplicates = sum(1 for clip in docking["clips"] if clip["duplicate_of"])
    if duplicates:
        voice.line("ingest-duplicates", count=duplicates)
    for clip in docking["clips"]:
        if clip["state"] == "damaged":
            voice.line("ingest-damaged", path=plain(clip["path"]), ranges=len(clip["unreadable_ranges"]))
    for one in docking["skipped"]:
        voice.line("ingest-skipped", path=plain(one["path"]), reason=voice(f"skip-{one['reason']}"))
    for one in docking["unreadable"]:
        voice.line("ingest-unreadable", path=plain(one["path"]), error=plain(one["error"]))
    for warning in docking["warnings"]:
        click.echo(f"  ! {plain(warning)}")
    for one in docking["alarms"]:
        tell_alarm(one, voice)
    if all(state in {"verified", "empty"} for state in states) and not docking["unreadable"]:
        voice.line("ingest-safe")


COMMANDS = (ingest, seal, watch)
