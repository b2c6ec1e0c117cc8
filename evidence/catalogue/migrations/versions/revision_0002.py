"""Time stamps, what is still to be stamped, and witnesses' cosignatures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "time_stamp",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("covers", sa.String(length=256), autoincrement=False, nullable=False),
        sa.Column("authority", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("message_sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("response", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("token_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_time_stamp")),
    )
    op.create_index(op.f("ix_time_stamp_station_covers"), "time_stamp", ["station", "covers"], unique=False)
    op.create_table(
        "stamp_request",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("covers", sa.String(length=256), autoincrement=False, nullable=False),
        sa.Column("authority", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_try_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("queued_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "covers", "authority", name=op.f("pk_stamp_request")),
    )
    op.create_index(op.f("ix_stamp_request_station_next_try_at"), "stamp_request", ["station", "next_try_at"], unique=False)
    op.create_table(
        "cosignature",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=256), autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "size", "witness", name=op.f("pk_cosignature")),
    )


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its tables away."""
    raise NotImplementedError("restore a backup instead")
