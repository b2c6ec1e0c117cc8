"""The resources of the API, a file a subject: a request becomes a command, its document a typed answer. No rule of their own."""

from __future__ import annotations

from station.api.resources import accounts, casework, desk, equipment, evidence, proof, station
from station.api.resources.form import Operation

OPERATIONS: tuple[Operation, ...] = (
    *evidence.OPERATIONS,
    *accounts.OPERATIONS,
    *casework.OPERATIONS,
    *desk.OPERATIONS,
    *equipment.OPERATIONS,
    *proof.OPERATIONS,
    *station.OPERATIONS,
)
"""Every operation of ``/v1``."""
