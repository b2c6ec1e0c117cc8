"""What can go wrong between the vault and a store.

Three families, because the courier treats them differently: :class:`StoreFault` concerns the store or the link and ends the
run after some patience; :class:`ObjectFault` concerns one object, and the others go on; :class:`UploadGone` and
:class:`PartLost` are answers to be acted upon. Each says in ``alarm`` whether a person has to look at it.
"""

from __future__ import annotations

from typing import ClassVar

from evidence.errors import Exit, Fault


class UploadError(Fault):
    """Base of the faults of this package."""

    alarm: ClassVar[bool] = False


class StoreFault(UploadError):
    """The store or the way to it is at fault; every object would fare alike."""

    passing: ClassVar[bool] = True
    """Whether waiting a little may help."""


class StoreUnreachable(StoreFault):
    """No connection, or it broke or fell silent. Fields: ``store``, ``rule``."""

    code = "store-unreachable"
    status = Exit.UNREACHABLE


class StoreFailing(StoreFault):
    """The store answers that it fails, or something that is no answer. Fields: ``store``, ``action``, ``answer``."""

    code = "store-failing"
    status = Exit.UNREACHABLE


class StoreRefused(StoreFault):
    """The store does not allow it. Fields: ``store``, ``action``, ``answer``."""

    code = "store-refused"
    status = Exit.REFUSED
    alarm = True
    passing = False


class StoreFull(StoreFault):
    """The store has no room left. Fields: ``store``."""

    code = "store-full"
    status = Exit.REFUSED
    alarm = True
    passing = False


class StoreUnusable(StoreFault):
    """The store is not set up as it has to be. Fields: ``store``, ``rule``."""

    code = "store-unusable"
    status = Exit.REFUSED
    alarm = True
    passing = False


class CredentialsUnusable(StoreUnusable):
    """The store's access keys cannot be used. Fields: ``where``, ``rule``."""

    code = "store-credentials"


class ObjectFault(UploadError):
    """One object cannot be sent as things are."""


class StoreDisagrees(ObjectFault):
    """What the store says it holds is not what was sent. Fields: ``store``, ``object_key``, ``what``, ``expected``, ``found``."""

    code = "store-disagrees"
    status = Exit.TAMPERED
    alarm = True


class StoreConflict(ObjectFault):
    """Other bytes stand under our key, which is never overwritten. Fields: ``store``, ``object_key``."""

    code = "store-conflict"
    status = Exit.TAMPERED
    alarm = True


class PartRejected(ObjectFault):
    """The store received other bytes than were sent, twice. Fields: ``store``, ``object_key``, ``number``."""

    code = "part-rejected"
    status = Exit.UNREACHABLE
    alarm = True


class PartLost(ObjectFault):
    """The store no longer has a part that it acknowledged; the next attempt sends it again. Fields: ``store``, ``object_key``."""

    code = "part-lost"
    status = Exit.UNREACHABLE


class UploadGone(ObjectFault):
    """The store does not know an unfinished upload (any more). Fields: ``store``, ``object_key``."""

    code = "upload-gone"
    status = Exit.UNREACHABLE


class ObjectLocked(ObjectFault):
    """The store keeps an object and does not let it be removed yet. Fields: ``store``, ``object_key``, ``until`` (or ``hold``)."""

    code = "object-locked"
    status = Exit.REFUSED


class ObjectMissing(ObjectFault):
    """The store has no such object. Fields: ``store``, ``object_key``."""

    code = "object-missing"
    status = Exit.TAMPERED
    alarm = True


class VaultDigest(ObjectFault):
    """The bytes to be sent are not those that were sealed: nothing was delivered. Fields: ``object_key``, ``sha256``, ``found``."""

    code = "vault-digest"
    status = Exit.TAMPERED
    alarm = True


class VaultUnreadable(ObjectFault):
    """The bytes to be sent cannot be read. Fields: ``object_key``, ``reason``."""

    code = "vault-unreadable"
    status = Exit.TAMPERED
    alarm = True


class WitnessUnreachable(UploadError):
    """A witness gave no whole answer. Fields: ``witness``, ``rule``."""

    code = "witness-unreachable"
    status = Exit.UNREACHABLE


class WitnessRefused(UploadError):
    """A witness answered, and does not cosign: it does not know the log or its key, or fails. Fields: ``witness``, ``answer``."""

    code = "witness-refused"
    status = Exit.REFUSED


class ReceiptUnreadable(UploadError):
    """A stored receipt is not one. Fields: ``rule``."""

    code = "receipt-unreadable"
    status = Exit.TAMPERED
    alarm = True


class Stopped(Exception):
    """Not an error: sending ends at this part border because somebody asked for it."""
