"""Derivatives: what was made of originals for viewing, and what could not be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "derivative",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("original", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("makes", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("ending", sa.String(length=8), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("used_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("gone_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name="pk_derivative"),
    )
    op.create_index("ix_derivative_station_original_makes", "derivative", ["station", "original", "makes"])
    op.create_index("ix_derivative_station_used_at", "derivative", ["station", "used_at"])


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its tables away."""
    raise NotImplementedError("restore a backup instead")
