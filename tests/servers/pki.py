"""An authority as an agency has one, made by openssl: certificates for a server and for systems that call it."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from evidence.pem import unpem
from tests.pieces import need_program


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, both PEM."""

    certificate: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(unpem("CERTIFICATE", self.certificate.read_bytes())).hexdigest()


class Authority:
    """An authority in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        need_program("openssl", "openssl")
        folder.mkdir(parents=True)
        self._folder = folder
        self.certificate, self._key = folder / "ca.pem", folder / "ca.key"
        self._openssl(
            "req", "-x509", *_NEW, "-days", "30", "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate
        )

    def issue(self, name: str, *, days: int = 30, server: bool = False) -> Issued:
        """A certificate; with ``days`` below nothing, one that has expired."""
        key, request, made = (self._folder / f"{name}.{ending}" for ending in ("key", "csr", "pem"))
        self._openssl("req", *_NEW, "-subj", f"/O=Force/CN={name}", "-keyout", key, "-out", request)
        extensions = self._folder / f"{name}.ext"
        usage = "serverAuth" if server else "clientAuth"
        extensions.write_text(f"extendedKeyUsage={usage}\nsubjectAltName=IP:127.0.0.1\n", encoding="ascii")
        signer = ("-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", str(days), "-extfile", extensions)
        self._openssl("x509", "-req", "-in", request, "-out", made, *signer)
        key.chmod(0o600)
        return Issued(made, key)

    def _openssl(self, *arguments: str | Path) -> None:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
