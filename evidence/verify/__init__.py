"""The verifier: everything the station holds against its custody log, without writing a byte.

It shares nothing with the writer but ``evidence/FORMATS.md`` and ``catalogue/schema.py``: tree, notes, entries, signatures
and certificates are read here by code of its own, and an import contract keeps it so. Start at ``examination.py``; the
kinds of problems stand in ``verdict.py``.
"""

from evidence.verify.examination import CatalogueDisturbed, Home, Progress, Stage, verify
from evidence.verify.rows import Catalogue, Rows
from evidence.verify.verdict import Kind, Note, NoteKind, Problem, Verdict
from evidence.verify.witness import Untrusted

__all__ = [
    "Catalogue",
    "CatalogueDisturbed",
    "Home",
    "Kind",
    "Note",
    "NoteKind",
    "Problem",
    "Progress",
    "Rows",
    "Stage",
    "Untrusted",
    "Verdict",
    "verify",
]
