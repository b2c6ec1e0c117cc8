"""A courier in a process of its own, so that it can be killed: ``python -m tests.uploader.courier_process FOLDER ENDPOINT BUCKET``.

Prints the number of receipts of its run.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.servers import seaweedfs
from tests.uploader.rig import FakeClock, desk_at
from uploader.http import Http, HttpLimits, Trust
from uploader.stores.s3 import S3, S3Options


def main(folder: Path, endpoint: str, bucket: str) -> None:
    with (
        desk_at(folder, f"sqlite:///{folder / 'catalogue.sqlite3'}") as desk,
        Http(endpoint, "store", HttpLimits(), Trust(), 2) as http,
    ):
        store = S3(http, bucket, seaweedfs.REGION, seaweedfs.STATION, FakeClock().now, S3Options(streams=2))
        print(desk.courier(store).run_until_idle().received)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
