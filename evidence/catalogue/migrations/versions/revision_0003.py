"""SM3 beside SHA-256 in what was seen of a file, SM2 signatures beside the CMS ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("sighting", sa.Column("sm3", sa.String(length=64), autoincrement=False, nullable=True))
    op.add_column("manifest", sa.Column("signature_gm", sa.LargeBinary(), autoincrement=False, nullable=True))


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its columns away."""
    raise NotImplementedError("restore a backup instead")
