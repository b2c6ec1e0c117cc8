"""What the uploader's tests share: the S3 store of the run, a bucket of one's own, a proxy before it, and a desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import faulty, seaweedfs
from tests.uploader.rig import Desk, desk_at


@pytest.fixture
def s3() -> seaweedfs.SeaweedFS:
    return seaweedfs.shared()


@pytest.fixture
def bucket(s3: seaweedfs.SeaweedFS) -> str:
    """A new bucket with Object Lock."""
    return s3.bucket()


@pytest.fixture
def proxy(s3: seaweedfs.SeaweedFS) -> Iterator[faulty.Faulty]:
    """A way to the S3 store that can be told to misbehave."""
    with faulty.before(s3.endpoint) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A queue with its sources, and somebody who acknowledges."""
    with desk_at(tmp_path, f"sqlite:///{tmp_path / 'catalogue.sqlite3'}") as made:
        yield made
