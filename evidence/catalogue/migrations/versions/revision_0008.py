"""People: hashes of PINs, sessions, tries to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "credential",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("phc", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "person", name="pk_credential"),
    )
    op.create_table(
        "session",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("seal", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("door", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("begun_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name="pk_session"),
    )
    op.create_index("ix_session_station_begun_at", "session", ["station", "begun_at"])
    op.create_table(
        "sign_in_try",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("who", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("turned_away", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("last_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "who", name="pk_sign_in_try"),
    )


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its tables away."""
    raise NotImplementedError("restore a backup instead")
