"""A time-stamp authority (RFC 3161) and a witness (C2SP tlog-cosignature) made of openssl and of the formats alone."""

from __future__ import annotations

import re
import subprocess
from base64 import b64encode
from calendar import timegm
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import gmtime, strftime, strptime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CONFIGURATION = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


def openssl(*arguments: str | Path) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Authority:
    """An authority of openssl's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.certificate = folder / "tsa.pem"
        openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3000"),
            *("-keyout", folder / "tsa.key", "-out", self.certificate, "-subj", f"/CN={folder.name}"),
            *("-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=critical,digitalSignature"),
        )
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))

    def stamp(self, message: bytes) -> tuple[bytes, str]:
        """The response over a message, and its moment."""
        data, query, reply = (self.folder / name for name in ("data", "query", "reply"))
        data.write_bytes(message)
        openssl("ts", "-query", "-data", data, "-sha256", "-cert", "-no_nonce", "-out", query)
        openssl("ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "one", "-queryfile", query, "-out", reply)
        told = openssl("ts", "-reply", "-in", reply, "-text").decode()
        found = re.search(r"Time stamp: (.*) GMT", told)
        assert found is not None
        at = timegm(strptime(found[1], "%b %d %H:%M:%S %Y"))
        return reply.read_bytes(), strftime("%Y-%m-%dT%H:%M:%S.000000Z", gmtime(at))


@dataclass(frozen=True)
class Witness:
    """Signs what it is shown, at a fixed time."""

    name: str
    key: Ed25519PrivateKey
    at: int = 1_795_000_000

    @property
    def verifier_key(self) -> str:
        raw = self.key.public_key().public_bytes_raw()
        return f"{self.name}+{self._hash().hex()}+{b64encode(bytes([4]) + raw).decode()}"

    def line(self, note: str) -> str:
        text = note.partition("\n\n")[0] + "\n"
        signed = self.key.sign(f"cosignature/v1\ntime {self.at}\n{text}".encode())
        return f"— {self.name} {b64encode(self._hash() + self.at.to_bytes(8, 'big') + signed).decode()}"

    def _hash(self) -> bytes:
        return sha256(self.name.encode() + b"\n\x04" + self.key.public_key().public_bytes_raw()).digest()[:4]
