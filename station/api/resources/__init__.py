"""The resources of the API, a file a subject: a request becomes a command, its document a typed answer. No rule of their own."""

from __future__ import annotations

from station.api.resources import (
    accounts,
    casework,
    derived,
    desk,
    equipment,
    evidence,
    joining,
    keeping,
    proof,
    sorting,
    station,
    supervision,
    upkeep,
)
from station.api.resources.form import Operation

OPERATIONS: tuple[Operation, ...] = (
    *evidence.OPERATIONS,
    *accounts.OPERATIONS,
    *casework.OPERATIONS,
    *keeping.OPERATIONS,
    *sorting.OPERATIONS,
    *derived.OPERATIONS,
    *supervision.OPERATIONS,
    *joining.OPERATIONS,
    *upkeep.OPERATIONS,
    *desk.OPERATIONS,
    *equipment.OPERATIONS,
    *proof.OPERATIONS,
    *station.OPERATIONS,
)
"""Every operation of ``/v1``."""
