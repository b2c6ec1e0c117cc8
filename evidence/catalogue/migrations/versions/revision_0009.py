"""Matching: which clips bear an incident, and what was recorded when."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_clip_station_incident", "clip", ["station", "incident"])
    op.create_index("ix_clip_station_recorded_at", "clip", ["station", "recorded_at"])


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its columns away."""
    raise NotImplementedError("restore a backup instead")
