"""The registry of devices, and alarms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "device",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("make", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("model", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("serial", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("assigned_to", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("issued_to", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("issued_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.Column("registered_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("last_seen_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.Column("last_slot", sa.Integer(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_station_key"), "device", ["station", "key"], unique=True)
    op.create_table(
        "alarm",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=256), autoincrement=False, nullable=False),
        sa.Column("fields", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("raised_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("acknowledged_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_alarm")),
    )
    op.create_index(op.f("ix_alarm_station_subject_kind"), "alarm", ["station", "subject", "kind"], unique=False)


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its tables away."""
    raise NotImplementedError("restore a backup instead")
