"""Joining: what other systems are still to be told of, up to where the log was looked through for it, and which records the city has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "webhook",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=96), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_try_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("queued_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_station_state_next_try_at", "webhook", ["station", "state", "next_try_at"])
    op.create_table(
        "webhook_cursor",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", name="pk_webhook_cursor"),
    )
    op.create_table(
        "index_given",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("clip", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("record_sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("batch", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("accepted_sha256", sa.String(length=64), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "clip", name="pk_index_given"),
    )


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its tables away."""
    raise NotImplementedError("restore a backup instead")
