"""What can go wrong between a card and the vault: codes and fields, no sentences (``evidence/errors.py``)."""

from __future__ import annotations

from evidence.errors import Exit, Fault


class IngestError(Fault):
    """Base of the faults of this package."""


# Reading a card


class CardMissing(IngestError):
    """There is no such folder, or it is no folder. Fields: ``path``, ``error`` (errno name)."""

    code = "card-missing"
    status = Exit.USAGE


class CardGone(IngestError):
    """The source went away while it was read: unplugged, or its file system was taken down. Fields: ``path``, ``error``."""

    code = "card-gone"
    status = Exit.PARTIAL


class CardUnreadable(IngestError):
    """The folder itself, or a small file that had to be looked into, cannot be read. Fields: ``path``, ``error``."""

    code = "card-unreadable"
    status = Exit.REFUSED


class CardTooLarge(IngestError):
    """More entries than any card holds; most likely a directory loop. Fields: ``path``, ``limit``."""

    code = "card-too-large"
    status = Exit.REFUSED


class ProtocolMissing(IngestError):
    """The library that speaks this protocol is not installed. Fields: ``protocol``, ``extra`` (what to install)."""

    code = "protocol-missing"
    status = Exit.REFUSED


class DeviceWritable(IngestError):
    """A block device that is to be imaged could be written to meanwhile. Fields: ``path``, ``reason`` (a plain clause)."""

    code = "device-writable"
    status = Exit.REFUSED


class ProfileInvalid(IngestError):
    """A profile file breaks a rule of the schema. Fields: ``file``, ``rule`` (where in it), ``detail`` (what to change)."""

    code = "profile-invalid"
    status = Exit.USAGE


class ZoneUnknown(IngestError):
    """The station's time zone is no IANA name this system knows. Fields: ``zone``."""

    code = "zone-unknown"
    status = Exit.USAGE


class ChildMissing(IngestError):
    """A program that has to be started is not installed. Fields: ``program``."""

    code = "child-missing"
    status = Exit.INTERNAL


class ChildTimedOut(IngestError):
    """A bounded child ran past its wall-clock time and was killed. Fields: ``program``, ``seconds``."""

    code = "child-timed-out"
    status = Exit.INTERNAL


class ChildStopped(IngestError):
    """A bounded child was ended because its work is not wanted any more. Fields: ``program``."""

    code = "child-stopped"
    status = Exit.REFUSED


class ChildTooTalkative(IngestError):
    """A bounded child wrote more than it may and was killed. Fields: ``program``, ``limit`` (bytes)."""

    code = "child-too-talkative"
    status = Exit.INTERNAL


class DropFolderMissing(IngestError):
    """The drop folder does not exist or cannot be read. Fields: ``path``, ``error``."""

    code = "drop-folder-missing"
    status = Exit.USAGE


class DropFolderUnwatchable(IngestError):
    """The kernel refuses to watch the drop folder (inotify limit). Fields: ``path``, ``error``."""

    code = "drop-folder-unwatchable"
    status = Exit.REFUSED


# Recorders in control mode


class RecorderFault(IngestError):
    """Base of what goes wrong with a recorder in control mode. Fields begin with ``device`` (its place on the bus)."""


class RecorderGone(RecorderFault):
    """The recorder left the bus. Fields: ``device``."""

    code = "recorder-gone"
    status = Exit.PARTIAL


class RecorderSilent(RecorderFault):
    """No answer came in time. Fields: ``device``, ``command``, ``seconds``."""

    code = "recorder-silent"
    status = Exit.PARTIAL


class RecorderUnclear(RecorderFault):
    """What came is no answer to what was asked. Fields: ``device``, ``command``."""

    code = "recorder-unclear"
    status = Exit.PARTIAL


class RecorderRefused(RecorderFault):
    """The recorder does not do what it was told; of the first command: its password is another. Fields: ``device``, ``command``."""

    code = "recorder-refused"
    status = Exit.REFUSED


class RecorderCannot(RecorderFault):
    """No command for this is known in this family. Fields: ``device``, ``family``, ``capability``."""

    code = "recorder-cannot"
    status = Exit.REFUSED


# Copying


class VaultFault(IngestError):
    """Base of what goes wrong with the vault's own disk; never the source's fault. Fields begin with ``vault`` (its path)."""


class VaultFull(VaultFault):
    """The vault's file system is full. Fields: ``vault``, ``needed`` (bytes still to be written for this file), ``free``."""

    code = "vault-full"
    status = Exit.REFUSED


class VaultFailed(VaultFault):
    """The vault's file system refused a read or a write. Fields: ``vault``, ``error`` (errno name), ``detail``."""

    code = "vault-failed"
    status = Exit.TAMPERED


class CopyDiffers(VaultFault):
    """The copy, read back from the medium, is not what was written. Fields: ``vault``, ``position``, ``offset`` (checked up to)."""

    code = "copy-differs"
    status = Exit.TAMPERED


class CacheNotBypassed(VaultFault):
    """The copy cannot be read from below the page cache on this file system, so nothing can be proved. Fields: ``vault``."""

    code = "cache-not-bypassed"
    status = Exit.REFUSED


class BlobMissing(VaultFault):
    """There is no blob of that digest. Fields: ``vault``, ``sha256``."""

    code = "blob-missing"
    status = Exit.TAMPERED


class WorkerLost(IngestError):
    """The copy worker ended or could not be started. Fields: ``status`` (exit status, negative: the signal; None: unknown)."""

    code = "worker-lost"
    status = Exit.INTERNAL


class CopyBroken(IngestError):
    """The copy engine itself failed; its standard error says more. Fields: ``detail``."""

    code = "copy-broken"
    status = Exit.INTERNAL


class RecallDiffers(VaultFault):
    """What came back from the store is not what went there. Fields: ``sha256``, ``found``, ``bytes``, ``where`` (store, or a vault)."""

    code = "recall-differs"
    status = Exit.TAMPERED


# Erasing a card


class EraseBroken(IngestError):
    """The card failed while a file was removed, so that nobody knows whether it is gone. Fields: ``path``, ``error`` (errno name)."""

    code = "erase-broken"
    status = Exit.PARTIAL


# A visit


class CardBusy(IngestError):
    """Another collection of this source is under way. Fields: ``path``."""

    code = "card-busy"
    status = Exit.REFUSED


class DockingBusy(IngestError):
    """Another process works on this docking. Fields: ``docking``."""

    code = "docking-busy"
    status = Exit.REFUSED


class DockingStopped(IngestError):
    """The docking was stopped before every file had its outcome; the next visit of the card goes on. Fields: ``docking``."""

    code = "docking-stopped"
    status = Exit.PARTIAL


class SpaceMissing(IngestError):
    """A vault's disk cannot hold what is on the card.

    Fields: ``vault``, ``needed`` (what others were promised included), ``promised``, ``free``, ``missing`` (bytes).
    """

    code = "space-missing"
    status = Exit.REFUSED


# A volume in a dock


class VolumeUntouched(IngestError):
    """A volume that a written rule leaves alone. Fields: ``node``, ``rule`` (``ingest.docks.untouched``)."""

    code = "volume-untouched"
    status = Exit.REFUSED


class VolumeBusy(IngestError):
    """Somebody else has a volume mounted or open, and went on having it. Fields: ``node``, ``detail``."""

    code = "volume-busy"
    status = Exit.REFUSED


class FileSystemUnknown(IngestError):
    """A volume holds no file system that is mounted here. Fields: ``node``, ``fs_type`` (None: none was found)."""

    code = "file-system-unknown"
    status = Exit.REFUSED


class MountFailed(IngestError):
    """A volume could not be mounted as it must be: damaged, or gone meanwhile. Fields: ``node``, ``fs_type``, ``detail``."""

    code = "mount-failed"
    status = Exit.REFUSED


class MountNotAllowed(IngestError):
    """The system does not let this user mount. Fields: ``node``, ``detail``."""

    code = "mount-not-allowed"
    status = Exit.REFUSED


class WriteBlockMissing(IngestError):
    """The kernel would still write to the block device: nobody set it read-only. Fields: ``node``."""

    code = "write-block-missing"
    status = Exit.REFUSED


class NoMounter(IngestError):
    """Nothing here can mount: UDisks2 does not answer, and this is not root. Fields: ``detail``."""

    code = "no-mounter"
    status = Exit.REFUSED
