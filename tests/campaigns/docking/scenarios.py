"""The scenarios: what is done at the dock, and what must then be so. Each plays on a guest of its own and raises ``Unmet`` otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.campaigns.docking import broken, doors, erasing, traps, vault
from tests.campaigns.docking.judging import all_there, must
from tests.campaigns.docking.stage import GUESTS_OWN, Stage
from tests.campaigns.docking.station import Board, Document, has_begun, is_in
from tests.dock.media import SECTOR, USUAL, Card, FileSystem, Format, wait_for_disk

SAFE = is_in("safe-to-take")
MANY_SECONDS = 1200.0
SLOW = 250_000
"""Bytes a second of a medium that is to be caught in the middle."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that happens at a dock. ``sees`` says what must then be so; ``play`` raises ``Unmet`` when it is not."""

    name: str
    sees: str
    play: Callable[[Stage], None]


def undisturbed(stage: Stage) -> None:
    """The clean control: two cards, nothing else happens. One is ext4, on which every mount for writing leaves its trace."""
    cards = {Card("CAM0001"): USUAL, Card("EXT0001"): Format(FileSystem.EXT4)}
    with stage.station.board() as board:
        plugs = [stage.plug(str(port), card, how) for port, (card, how) in enumerate(cards.items(), 1)]
        slots = board.wait_for("both cards to be safe to take", 2, SAFE)
        must({slot["device"] for slot in slots} == {f"dsj:{card.device}" for card in cards}, f"the board shows {slots}")
        must({slot["officer"] for slot in slots} == {"004217"}, f"the board shows {slots}")
        _print_pace(stage, board)
        for plug in plugs:
            stage.plugs.pull(plug)
        board.wait_for("both slots to be empty", 2, is_in("empty"))
    _kept(stage, list(cards))


def _print_pace(stage: Stage, board: Board) -> None:
    """How long it took from the kernel's first word of a device; on an emulated processor, so an upper bound at most."""
    shell = stage.station.shell
    now, up = (float(word) for word in shell.text("echo $(date +%s.%N) $(cut -d' ' -f1 /proc/uptime)").split())
    seen = re.findall(r"^\[ *([\d.]+)\] usb .*: New USB device found", shell.text("dmesg"), re.MULTILINE)
    known = now - up + float(seen[-1])
    for what, states in (("first byte", {"copying", "verifying"}), ("safe to take", {"safe-to-take"})):
        first = min(one["since"] for one in board.history if one["state"] in states)
        print(f"    enumeration to {what}: {datetime.fromisoformat(first).timestamp() - known:.1f} s (emulated)")


def every_file_system(stage: Stage) -> None:
    """One card in each file system, with and without a partition table, all at once."""
    cards = {
        Card("FAT0001"): Format(FileSystem.FAT32),
        Card("FAT0002"): Format(FileSystem.FAT32, table=False),
        Card("EXT0001"): Format(FileSystem.EXT4),
        Card("EXT0002"): Format(FileSystem.EXT4, table=False),
        **{card: Format(system) for system, card in GUESTS_OWN.items()},
    }
    with stage.station.board() as board:
        for port, (card, how) in enumerate(cards.items(), 1):
            stage.plug(str(port), card, how)
        board.wait_for("every card to be safe to take", len(cards), SAFE)
    _kept(stage, list(cards))


def twelve_then_twenty_four(stage: Stage) -> None:
    """Twelve cards at once behind hubs in hubs; then these and twelve more at once."""
    ports = []
    for hub, port in (("hub-a", "1"), ("hub-b", "1.8"), ("hub-c", "2"), ("hub-d", "2.8")):
        stage.plugs.hub(hub, port)
        ports += [f"{port}.{number}" for number in range(1, 8)]
    cards = [Card(f"CAM{number:04}", clip_bytes=60_000) for number in range(1, 25)]
    with stage.station.board() as board:
        first = [stage.plug(port, card) for port, card in zip(ports, cards[:12], strict=False)]
        board.wait_for("twelve cards to be safe to take", 12, SAFE, seconds=MANY_SECONDS)
        for plug in first:
            stage.plugs.pull(plug)
        board.wait_for("twelve slots to be empty", 12, is_in("empty"))
        for port, card in zip(ports, cards, strict=False):
            stage.plug(port, card)
        slots = board.wait_for("twenty-four cards to be safe to take", 24, SAFE, seconds=MANY_SECONDS)
        must(len({slot["device"] for slot in slots}) == 24, "two slots show one recorder")
    _kept(stage, cards)


def pulled_and_put_elsewhere(stage: Stage) -> None:
    """A card is pulled in the middle of a copy, and comes back in another port."""
    card = Card("CAM0001", clips=4, clip_bytes=1_500_000)
    with stage.station.board() as board:
        stage.plug("1", card, slow=SLOW)
        slot = board.wait("the copy to be in its middle", has_begun)
        stage.plugs.pull("cam-cam0001")
        left = board.wait(
            "the slot to say that the card was pulled early", _of(slot, lambda one: one["state"] in {"error", "empty"})
        )
        must("safe-to-take" not in board.states(slot["slot"]), "a card that was pulled in the middle was called safe to take")
        must(left["state"] == "error" and left["reason"], "the slot says nothing about a card that was pulled in the middle")
        must(left["officer"] == card.officer, "the slot has forgotten the officer")
        stage.plug("5", card)
        again = board.wait("the card to be safe to take in the other slot", SAFE, errors=True)
        must(again["slot"] != slot["slot"], "another port is the same slot")
        must(again["docking"] == slot["docking"], "the docking did not go on where it stopped")
    _kept(stage, [card])


def pulled_while_it_is_listed(stage: Stage) -> None:
    """A FAT card is pulled between its mount and its listing, and the news comes late: what is listed then is empty, and proves nothing."""
    card = Card("CAM0001", clips=12, clip_bytes=4_000)
    broken.apply(stage, broken.LISTS_WHEN_TOLD)
    for attempt in range(2):
        # Nobody tells of the pull: udev would announce it, and UDisks2, once it has answered, would clear the mount away.
        hold = "sleep 2 && pkill -STOP -x systemd-udevd && pkill -STOP -x udisksd"
        stage.station.shell.run(f"rm -f {broken.LIST_NOW}")
        mounted = stage.station.shell.start(f"timeout 300 findmnt --poll=mount --first-only -n -t vfat && {hold}")
        with stage.station.board() as board:
            stage.plug("1", card)
            mounted.wait()
            stage.plugs.pull("cam-cam0001")
            stage.station.shell.run(
                f"touch {broken.LIST_NOW}; sleep 8; pkill -CONT -x udisksd; sleep 4; pkill -CONT -x systemd-udevd"
            )
            board.wait(
                "the slot to notice", lambda one: one["state"] in {"error", "empty"} and _was_busy(board, one), errors=True
            )
            shown = {state for slot in board.slots for state in board.states(slot)}
        must("safe-to-take" not in shown, f"attempt {attempt + 1}: a card that was pulled unread was called safe to take")
        sealed = [one for one in stage.station.dockings() if one["state"] == "sealed"]
        must(not sealed, f"attempt {attempt + 1}: a docking of a card that was pulled unread was sealed")
    with stage.station.board() as board:
        stage.plug("1", card)
        board.wait("the card to be safe to take", SAFE)
    _kept(stage, [card])


def twins(stage: Stage) -> None:
    """Two recorders with one serial number, one label and one volume id, at the same time."""
    cards = [Card("CAM0001"), Card("CAM0002")]
    with stage.station.board() as board:
        for port, card in enumerate(cards, 1):
            stage.plug(str(port), card, serial="0123456789ABCDEF")
        slots = board.wait_for("both to be safe to take", 2, SAFE)
        must({slot["device"] for slot in slots} == {"dsj:CAM0001", "dsj:CAM0002"}, "the twins were taken for one recorder")
    _kept(stage, cards)


def by_mtp(stage: Stage) -> None:
    """A recorder that shows objects instead of a disk."""
    card = Card("MTP0001")
    folder = stage.folder / "mtp"
    card.write(folder)
    with stage.station.board() as board:
        stage.plugs.mtp("cam-mtp", "1", folder, "MTP0001")
        board.wait("the recorder to be safe to take", SAFE)
    _kept(stage, [card])


def left_alone(stage: Stage) -> None:
    """A keyboard, a disk of the machine's own in a port that is no dock port, a loop device: none is touched."""
    shell = stage.station.shell
    shell.run("printf '!*-usb-0:7\\n' >> /etc/evidence-station/dock-ports")
    own, card = Card("OWN0001"), Card("CAM0001")
    stage.plugs.keyboard("keyboard", "6")
    stage.plug("7", own, Format(FileSystem.EXT4))
    node = shell.text(wait_for_disk("OWN0001", partition=True))
    shell.run(f"mkdir -p /srv/own && mount {node} /srv/own && echo mine > /srv/own/mine")
    shell.run(
        "truncate -s 4M /root/loop && mkfs.ext4 -q /root/loop && mkdir -p /root/looped && mount -o loop /root/loop /root/looped"
    )
    system = shell.text("cat /sys/class/block/vda/ro")
    with stage.station.board() as board:
        stage.plug("1", card)  # whatever is done to the others has been done when this one is ready
        board.wait("the card to be safe to take", SAFE, errors=True)
        busy = [slot for slot in board.history if slot["state"] not in {"empty", "identifying", "error"}]
        must(len({slot["slot"] for slot in busy}) == 1, f"something else was taken for a card: {busy}")
    must(shell.text(f"cat /sys/class/block/{node.removeprefix('/dev/')}/ro") == "0", "the machine's own disk was set read-only")
    shell.run("echo again >> /srv/own/mine && umount /srv/own && echo more > /root/looped/more && umount /root/looped")
    must(system == shell.text("cat /sys/class/block/vda/ro") == "0", "the system disk was set read-only")
    must(len(stage.station.dockings()) == 1, "something else was docked")
    _kept(stage, [card], changed=["OWN0001"])


def service_killed(stage: Stage) -> None:
    """SIGKILL to the service in the middle of a copy; systemd starts it again."""
    card = Card("CAM0001", clips=4, clip_bytes=1_500_000)
    with stage.station.board() as board:
        stage.plug("1", card, slow=SLOW)
        slot = board.wait("the copy to be in its middle", has_begun)
    stage.station.kill()
    stage.plugs.quicken("cam-cam0001")
    _finished(stage, card, slot)


def guest_reset(stage: Stage) -> None:
    """The reset button in the middle of a copy; the card stays in its port."""
    card = Card("CAM0001", clips=4, clip_bytes=1_500_000)
    with stage.station.board() as board:
        stage.plug("1", card, slow=SLOW)
        slot = board.wait("the copy to be in its middle", has_begun)
    before = stage.station.clips()
    stage.machine.reset()
    stage.plugs.quicken("cam-cam0001")
    stage.station.start()
    clips = {clip["id"] for clip in stage.station.clips()}
    must(all(clip["id"] in clips for clip in before), "a clip that was in the catalogue is gone after the reset")
    _finished(stage, card, slot)


def _finished(stage: Stage, card: Card, slot: Document) -> None:
    with stage.station.board() as board:
        again = board.wait("the card to be safe to take after all", SAFE)
        must(again["slot"] == slot["slot"], "the same port is another slot")
    must(len(stage.station.dockings()) == 1, "the docking did not go on where it stopped")
    _kept(stage, [card])


def failing_card(stage: Stage) -> None:
    """A card with sectors that cannot be read, beside a healthy one."""
    bad, good = Card("BAD0001", clips=3), Card("CAM0001")
    victim = next(iter(bad.files.values()))
    image = stage.card(bad)
    place = image.read_bytes().find(victim[100 * SECTOR : 101 * SECTOR])
    assert place > 0, "FAT begins files at sectors, and noise does not repeat"
    with stage.station.board() as board:
        stage.plug("1", bad, bad=tuple(range(place // SECTOR, place // SECTOR + 4)))
        stage.plug("2", good)
        done = board.wait(
            "the healthy card to be safe to take", lambda one: SAFE(one) and one["device"] == "dsj:CAM0001", errors=True
        )
        ended = {"safe-to-take", "error"}
        end = board.wait(
            "the failing card to come to an end", lambda one: one["slot"] != done["slot"] and one["state"] in ended, errors=True
        )
        must(end["reason"] is not None, "the slot says nothing about sectors that could not be read")
    clips = stage.station.clips()
    of_bad = [clip for clip in clips if clip["device"] == "dsj:BAD0001"]
    whole = [clip for clip in of_bad if clip["sha256"] in bad.digests]
    must(len(whole) == len(bad.files) - 1, f"{len(whole)} of {len(bad.files) - 1} readable files of the failing card were taken")
    must(not any(clip["state"] == "verified" for clip in of_bad if clip not in whole), "a clip with a hole counts as verified")
    all_there([clip for clip in clips if clip not in of_bad], [good])
    stage.station.must_verify()
    must(not stage.changed(), "an image is not what it was")


def _was_busy(board: Board, slot: Document) -> bool:
    return bool({*board.states(slot["slot"])} - {"empty", "error"})


def _of(slot: Document, wanted: Callable[[Document], bool]) -> Callable[[Document], bool]:
    return lambda one: one["slot"] == slot["slot"] and wanted(one)


def _kept(stage: Stage, cards: Sequence[Card], *, changed: Sequence[str] = ()) -> None:
    """Everything of these cards is in the catalogue and nothing else, ``verify`` finds nothing, and no image has changed."""
    all_there(stage.station.clips(), cards)
    stage.station.must_verify()
    different = [name for name in stage.changed() if name not in changed]
    must(not different, f"images are not what they were: {', '.join(different)}")


SCENARIOS = (
    Scenario("traps", "the lab's instruments see what they must, without a station", traps.real_traps),
    Scenario("undisturbed", "the clean control: two cards, safe to take, slots empty again", undisturbed),
    Scenario("rights", "read-only from the first moment; only the station, only one device, only when unmounted", doors.rights),
    Scenario("confined", "no privilege; systemd-analyze finds nothing", doors.confined),
    Scenario("file-systems", "FAT32, exFAT, ext4, NTFS, with and without a partition table", every_file_system),
    Scenario("many", "twelve, then twenty-four cards at once behind hubs in hubs", twelve_then_twenty_four),
    Scenario("pulled", "pulled in the middle, goes on in another port", pulled_and_put_elsewhere),
    Scenario("pulled-early", "pulled while it is listed: an empty listing is not believed", pulled_while_it_is_listed),
    Scenario("twins", "one serial number twice, told apart", twins),
    Scenario("mtp", "objects instead of a disk", by_mtp),
    Scenario("left-alone", "keyboard, own disks and loop devices are not touched", left_alone),
    Scenario("killed", "SIGKILL in the middle of a copy", service_killed),
    Scenario("reset", "reset button in the middle of a copy", guest_reset),
    Scenario("failing", "sectors that cannot be read, beside a healthy card", failing_card),
    Scenario("failing-vault", "the station's own disk fails in the middle of a copy (dm-flakey)", vault.failing_vault),
    Scenario("erase", "exactly what has receipts goes, and only then", erasing.erased),
    Scenario("erase-trial", "a trial receipt erases nothing", erasing.never_on_trial),
    Scenario("erase-broken-off", "service killed while it erases: the next docking finishes it", erasing.interrupted),
    Scenario("write-access", "given back, or taken when the station dies", doors.write_access),
    Scenario("install", "again changes nothing; uninstalled, the evidence stays", doors.again_and_away),
)
