"""Keeping: what a rule makes due is counted in the index that finds it, without a look at the clips."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_clip_station_disposed_at_category_importance_taken_at_id", "clip")
    columns = ["station", "disposed_at", "category", "importance", "taken_at", "id", "case_number", "state", "size"]
    op.create_index("ix_clip_keeping", "clip", columns)


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its columns away."""
    raise NotImplementedError("restore a backup instead")
