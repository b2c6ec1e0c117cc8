"""The search index: clips as they are searched for, the terms they have, the words that are nearly like others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What stands in them is made from the catalogue by ``migrate.upgrade``."""
    op.create_table(
        "search_state",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("form", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", name="pk_search_state"),
    )
    op.create_table(
        "search_clip",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("clip", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("moment", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("officer", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("facets", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "number", name="pk_search_clip"),
    )
    op.create_index("ix_search_clip_station_clip", "search_clip", ["station", "clip"], unique=True)
    for name in ("moment", "size", "officer"):
        op.create_index(f"ix_search_clip_station_{name}_number", "search_clip", ["station", name, "number"])
    op.create_table(
        "search_term",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("term", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bits", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "term", "block", name="pk_search_term"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_word",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("term", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "slot", "term", name="pk_search_word"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its tables away."""
    raise NotImplementedError("restore a backup instead")
