"""Case work: sheets, where to look for them, and what else may be said of a clip."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sheet",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("said", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("kept", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name="pk_sheet"),
    )
    op.create_index("ix_sheet_station_kind_id", "sheet", ["station", "kind", "id"])
    op.create_table(
        "sheet_index",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=256), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.String(length=36), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "kind", "name", "value", "sheet", name="pk_sheet_index"),
    )
    op.create_index("ix_sheet_index_station_sheet", "sheet_index", ["station", "sheet"])
    for name, kind in (
        ("recorded_by", sa.Text()),
        ("incident", sa.String(length=36)),
        ("importance", sa.String(length=1)),
        ("sensitivity", sa.String(length=32)),
        ("place", sa.Text()),
    ):
        op.add_column("clip", sa.Column(name, kind, autoincrement=False, nullable=True))


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its columns away."""
    raise NotImplementedError("restore a backup instead")
