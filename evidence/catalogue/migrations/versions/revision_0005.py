"""Contents that lie in the store alone: when the local copies were let go of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("blob", sa.Column("evicted_at", sa.String(length=32), autoincrement=False, nullable=True))


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its columns away."""
    raise NotImplementedError("restore a backup instead")
