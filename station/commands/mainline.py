"""What the main line can be asked: taking, sealing, sending, proving, keys, devices, space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evidence.access import Permission
from evidence.facts import SourceKind


@dataclass(frozen=True, slots=True)
class Ingest:
    """Take what lies on one or more cards, in folders, or on devices that show objects (``gphoto2:…``).

    With ``image`` the paths are block devices, or files that hold one, and each is taken whole.
    """

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "intake:ingest"
    paths: tuple[bytes, ...]
    officer: str | None = None
    source: SourceKind | None = None
    device: str | None = None
    image: bool = False


@dataclass(frozen=True, slots=True)
class ListRecorders:
    """Which families of recorders can be controlled, and on what that claim rests."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "recorders:list_recorders"


@dataclass(frozen=True, slots=True)
class Seal:
    """Seal an open docking whose card does not come back, with what was taken."""

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "intake:seal"
    docking: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Take what is dropped into the drop folder, until told to stop; ``once`` takes what is whole now."""

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "dropping:watch"
    once: bool = False


@dataclass(frozen=True, slots=True)
class ListClips:
    """Clips in the order they were taken. ``limit``: so many, a page; ``after``: what the page before named as ``next``."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:list_clips"
    case_number: str | None = None
    category: str | None = None
    docking: str | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowClip:
    """Everything known about one clip."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:show"
    clip: str


Footage = Literal["original", "proxy", "filmstrip", "filmstrip-index", "waveform", "working-copy", "pts-index", "derivative"]


@dataclass(frozen=True, slots=True)
class Play:
    """Somebody is about to look at a clip: what its bytes are. ``of``: the original, or what was made of it for viewing.

    ``derivative``: with ``of`` ``derivative``, the id of a still, a cut or a redacted copy.
    """

    permission: ClassVar[Permission] = Permission.PLAY
    handler: ClassVar[str] = "clips:play"
    clip: str
    of: Footage = "original"
    reason: str | None = None
    derivative: str | None = None


@dataclass(frozen=True, slots=True)
class ListDockings:
    """Dockings, oldest first. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:list_dockings"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowDocking:
    """One docking."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:show_docking"
    docking: str


@dataclass(frozen=True, slots=True)
class ListRecordings:
    """Clips that belong together, in the order in which they were sealed. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:list_recordings"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowRecording:
    """One recording with its segments."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "clips:show_recording"
    recording: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Change fields of clips, all of them or none. None leaves a field alone, an empty text clears it (the category: back to unclassified).

    ``officer``: who recorded (badge number). ``incident``: its number or id. ``location``: the place, under a name that the wire has free.
    ``same_as``: a clip of which they get what is not said here, or ``previous``: the one before the first of them, of the same camera, else
    of the same officer. ``search``: all that a saved search (its name or id) finds at this moment, too. ``dry_run``: say what would change.
    """

    permission: ClassVar[Permission] = Permission.TAG
    handler: ClassVar[str] = "tagging:tag"
    clips: tuple[str, ...]
    case_number: str | None = None
    category: str | None = None
    note: str | None = None
    officer: str | None = None
    incident: str | None = None
    importance: str | None = None
    location: str | None = None
    sensitivity: str | None = None
    same_as: str | None = None
    dry_run: bool = False
    search: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Write a clip's bytes, verified on the way, or a docking's manifest and signature, into a folder."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "clips:export"
    subject: str
    folder: bytes
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """Write a court package: the clips of a case, or the clips named. ``folder`` must not be there.

    ``split``: bytes of a disc, for one bag each. ``at``: once more the package of these clips that ended at this size of the log.
    """

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "packages:package"
    folder: bytes
    case_number: str | None = None
    clips: tuple[str, ...] = ()
    purpose: str | None = None
    disclosure: bool = False
    playable: bool = False
    split: int | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class ListDevices:
    """The registry of devices, by key. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_DEVICES
    handler: ClassVar[str] = "devices:list_devices"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowDevice:
    """One device with its history from the log."""

    permission: ClassVar[Permission] = Permission.READ_DEVICES
    handler: ClassVar[str] = "devices:show"
    device: str


@dataclass(frozen=True, slots=True)
class AddDevice:
    """Register a device, in service from now on."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:add"
    device: str
    kind: SourceKind
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    assigned_to: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeDevice:
    """Change what is registered of a device. None leaves a member alone, an empty text clears it."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:change"
    device: str
    kind: SourceKind | None = None
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    assigned_to: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AdmitDevice:
    """A device goes into service: out of quarantine, or back from retirement. The next docking takes it."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:admit"
    device: str


@dataclass(frozen=True, slots=True)
class RetireDevice:
    """A device goes out of service; a docking of it is refused, and an alarm."""

    permission: ClassVar[Permission] = Permission.MANAGE_DEVICES
    handler: ClassVar[str] = "devices:retire"
    device: str


@dataclass(frozen=True, slots=True)
class IssueDevice:
    """An officer takes a pooled device (领用). ``clock``: what its display shows now, local ISO 8601."""

    permission: ClassVar[Permission] = Permission.ISSUE_DEVICES
    handler: ClassVar[str] = "devices:issue"
    device: str
    officer: str
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnDevice:
    """A pooled device comes back (归还). ``clock`` as in :class:`IssueDevice`."""

    permission: ClassVar[Permission] = Permission.ISSUE_DEVICES
    handler: ClassVar[str] = "devices:take_back"
    device: str
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class ListAlarms:
    """Alarms, oldest first; ``open_only``: those that nobody acknowledged. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_ALARMS
    handler: ClassVar[str] = "alarms:list_alarms"
    open_only: bool = False
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class AcknowledgeAlarm:
    """A person has looked at an alarm."""

    permission: ClassVar[Permission] = Permission.ACKNOWLEDGE_ALARMS
    handler: ClassVar[str] = "alarms:acknowledge"
    alarm: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Erase:
    """Erase what the records allow from a card that is mounted for writing; not ``confirmed``: say what would go."""

    permission: ClassVar[Permission] = Permission.ERASE
    handler: ClassVar[str] = "space:erase"
    docking: str
    path: bytes
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Evict:
    """Let go of local copies that the store holds, until the disk has room again; ``dry_run``: say which would go."""

    permission: ClassVar[Permission] = Permission.ERASE
    handler: ClassVar[str] = "space:evict"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Recall:
    """Fetch the bytes of clips that lie in the store alone."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "space:recall"
    clips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When cameras and the vault's disk are full, and whether the line catches up."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "space:forecast"


@dataclass(frozen=True, slots=True)
class Custody:
    """The custody log, whole or about one clip (its docking's entries included). A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_LOG
    handler: ClassVar[str] = "log:custody"
    clip: str | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How the station is."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "overview:status"


@dataclass(frozen=True, slots=True)
class Upload:
    """Send what waits. ``until_idle`` goes on until nothing is due; otherwise one pass."""

    permission: ClassVar[Permission] = Permission.SEND
    handler: ClassVar[str] = "delivery:upload"
    until_idle: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """Fetch the time stamps that wait. ``until_idle`` goes on until nothing is due; otherwise one pass."""

    permission: ClassVar[Permission] = Permission.SEND
    handler: ClassVar[str] = "stamping:stamp"
    until_idle: bool = False


@dataclass(frozen=True, slots=True)
class ListStamps:
    """Time stamps, those that wait and those that were given; ``docking``: of one docking only."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "stamping:stamps"
    docking: str | None = None


@dataclass(frozen=True, slots=True)
class ListReceipts:
    """What the store confirmed. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "delivery:receipts"
    clip: str | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ListUploads:
    """What waits to be sent, and why. A page as in :class:`ListClips`."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "delivery:uploads"
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SettingsCommand:
    """Show, set or accept settings."""

    handler: ClassVar[str] = "configuration:settings"
    verb: Literal["show", "set", "accept"]
    name: str | None = None
    value: str | None = None

    @property
    def permission(self) -> Permission:
        """Showing is reading; the other two change."""
        return Permission.READ_SETTINGS if self.verb == "show" else Permission.CHANGE_SETTINGS


@dataclass(frozen=True, slots=True)
class ListSlots:
    """Which port is which slot."""

    permission: ClassVar[Permission] = Permission.READ_SETTINGS
    handler: ClassVar[str] = "slots:list_slots"


@dataclass(frozen=True, slots=True)
class LearnSlot:
    """A port is a slot from now on. Without a number: the slot it is already, or the lowest free number."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "slots:learn"
    port: str
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class ForgetSlot:
    """A slot is no slot any more."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "slots:forget"
    slot: int


@dataclass(frozen=True, slots=True)
class Verify:
    """Check everything. ``checkpoints`` are the bytes of kept checkpoints with a label; ``anchors`` are fingerprints.

    ``authorities`` are the bytes of files with time-stamp authorities' roots (PEM), with a label.
    ``witnesses`` are verifier keys of witnesses, whose cosignatures on those checkpoints are checked.
    """

    permission: ClassVar[Permission] = Permission.VERIFY
    handler: ClassVar[str] = "proof:verify"
    checkpoints: tuple[tuple[str, bytes], ...] = ()
    anchors: tuple[str, ...] = ()
    authorities: tuple[tuple[str, bytes], ...] = ()
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scrub:
    """Re-read the blobs that were not re-read for longest, within a budget in bytes (None: as the settings say)."""

    permission: ClassVar[Permission] = Permission.VERIFY
    handler: ClassVar[str] = "proof:scrub"
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class ShowCheckpoint:
    """The current signed head with its cosignatures; ``cosigned``: the newest one that has any."""

    permission: ClassVar[Permission] = Permission.READ_STATION
    handler: ClassVar[str] = "log:checkpoint"
    cosigned: bool = False


@dataclass(frozen=True, slots=True)
class Cosign:
    """Ask the witnesses of the settings to cosign the current head."""

    permission: ClassVar[Permission] = Permission.SEND
    handler: ClassVar[str] = "delivery:cosign"


@dataclass(frozen=True, slots=True)
class PrintSlip:
    """Print a docking's slip for the officer into a new PDF file."""

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "printing:slip"
    docking: str
    target: bytes


@dataclass(frozen=True, slots=True)
class PrintShift:
    """Print the log's head, to be signed at the end of a shift, into a new PDF file."""

    permission: ClassVar[Permission] = Permission.EXPORT
    handler: ClassVar[str] = "printing:shift"
    target: bytes


@dataclass(frozen=True, slots=True)
class Recover:
    """Begin a new epoch after a restore."""

    permission: ClassVar[Permission] = Permission.RECOVER
    handler: ClassVar[str] = "proof:recover"
    reason: str
    checkpoints: tuple[tuple[str, bytes], ...] = ()


KeyRole = Literal["seal", "seal-gm", "log"]


@dataclass(frozen=True, slots=True)
class ListKeys:
    """Every key that the log introduced, and those that wait to come into force."""

    permission: ClassVar[Permission] = Permission.READ_LOG
    handler: ClassVar[str] = "keys:list_keys"


@dataclass(frozen=True, slots=True)
class MakeKey:
    """Make the key that is to succeed the one of a role, in a file or in a token; one that lies there already is taken."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:init"
    role: KeyRole
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class RequestCertificate:
    """A certificate signing request by the key that waits."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:csr"
    role: KeyRole


@dataclass(frozen=True, slots=True)
class ImportCertificates:
    """Certificates for keys that wait, and their authority's chain: names of files with their PEM content."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:import_certificates"
    certificates: tuple[tuple[str, bytes], ...]
    chain: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class RotateKey:
    """The key that waits comes into force, and the one of before ends, in one ledger commit."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:rotate"
    role: KeyRole
    reason: Literal["superseded", "lost", "compromised"] = "superseded"


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """A key signs no more. ``key``: its id, or the beginning of it."""

    permission: ClassVar[Permission] = Permission.MANAGE_KEYS
    handler: ClassVar[str] = "keys:revoke"
    key: str
    reason: Literal["superseded", "ceased", "lost", "compromised"]


COMMANDS = (
    Ingest,
    ListRecorders,
    Seal,
    Watch,
    ListClips,
    ShowClip,
    Play,
    ListDockings,
    ShowDocking,
    ListRecordings,
    ShowRecording,
    Tag,
    Export,
    Package,
    ListDevices,
    ShowDevice,
    AddDevice,
    ChangeDevice,
    AdmitDevice,
    RetireDevice,
    IssueDevice,
    ReturnDevice,
    ListAlarms,
    AcknowledgeAlarm,
    Erase,
    Evict,
    Recall,
    Forecast,
    Custody,
    Status,
    Upload,
    Stamp,
    ListStamps,
    ListReceipts,
    ListUploads,
    SettingsCommand,
    ListSlots,
    LearnSlot,
    ForgetSlot,
    Verify,
    Scrub,
    ShowCheckpoint,
    Cosign,
    PrintSlip,
    PrintShift,
    Recover,
    ListKeys,
    MakeKey,
    RequestCertificate,
    ImportCertificates,
    RotateKey,
    RevokeKey,
)
