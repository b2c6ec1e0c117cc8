"""Keeping: when a clip was disposed of, and the order in which clips come due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("clip", sa.Column("disposed_at", sa.String(length=32), autoincrement=False, nullable=True))
    op.create_index(
        "ix_clip_station_disposed_at_category_importance_taken_at_id",
        "clip",
        ["station", "disposed_at", "category", "importance", "taken_at", "id"],
    )


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its columns away."""
    raise NotImplementedError("restore a backup instead")
