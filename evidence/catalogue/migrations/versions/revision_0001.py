"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "blob",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("placed_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("last_verified_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "sha256", name=op.f("pk_blob")),
    )
    op.create_index(op.f("ix_blob_station_last_verified_at"), "blob", ["station", "last_verified_at"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "clip",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("device", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("path", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("docking", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("taken_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("recording", sa.String(length=36), autoincrement=False, nullable=True),
        sa.Column("category", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("case_number", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_clip")),
    )
    op.create_index(op.f("ix_clip_station_device_sha256"), "clip", ["station", "device", "sha256"], unique=False)
    op.create_index(op.f("ix_clip_station_docking"), "clip", ["station", "docking"], unique=False)
    op.create_index(op.f("ix_clip_station_sha256"), "clip", ["station", "sha256"], unique=False)
    op.create_table(
        "custody_entry",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_custody_entry")),
    )
    op.create_index(
        op.f("ix_custody_entry_station_subject_epoch_seq"), "custody_entry", ["station", "subject", "epoch", "seq"], unique=False
    )
    op.create_table(
        "docking",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("device", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("profile", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("officer", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("acquisition", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.Column("listing_sha256", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("manifest_sha256", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("card_sha256", sa.String(length=64), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_docking")),
    )
    op.create_index(op.f("ix_docking_station_state"), "docking", ["station", "state"], unique=False)
    op.create_table(
        "inventory",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("docking", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("listing", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "docking", name=op.f("pk_inventory")),
    )
    op.create_table(
        "log",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", name=op.f("pk_log")),
    )
    op.create_table(
        "manifest",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("docking", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("signature", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "docking", name=op.f("pk_manifest")),
    )
    op.create_table(
        "personal_value",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "entry", "field", name=op.f("pk_personal_value")),
    )
    op.create_table(
        "receipt",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_receipt")),
    )
    op.create_index(op.f("ix_receipt_station_subject"), "receipt", ["station", "subject"], unique=False)
    op.create_table(
        "recording",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("docking", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("segments", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_recording")),
    )
    op.create_table(
        "settings",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("accepted_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", name=op.f("pk_settings")),
    )
    op.create_table(
        "sighting",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("docking", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("clip", sa.String(length=36), autoincrement=False, nullable=True),
        sa.Column("state", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("record", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "docking", "position", name=op.f("pk_sighting")),
    )
    op.create_index(op.f("ix_sighting_station_clip"), "sighting", ["station", "clip"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("certificate", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("introduced_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("revoked_at", sa.String(length=32), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "upload",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("object_key", sa.String(length=512), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_try_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("store_upload", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("part_size", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("queued_at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "id", name=op.f("pk_upload")),
    )
    op.create_index(
        op.f("ix_upload_station_state_rank_queued_at"), "upload", ["station", "state", "rank", "queued_at"], unique=False
    )
    op.create_index(op.f("ix_upload_station_subject"), "upload", ["station", "subject"], unique=False)
    op.create_table(
        "upload_part",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("upload", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("md5", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("etag", sa.String(length=128), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("station", "upload", "number", name=op.f("pk_upload_part")),
    )
    op.create_table(
        "witnessed",
        sa.Column("station", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store", sa.String(length=128), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "size", "store", name=op.f("pk_witnessed")),
    )


def downgrade() -> None:
    """A catalogue holds evidence; nothing takes its tables away."""
    raise NotImplementedError("restore a backup instead")
