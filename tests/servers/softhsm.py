"""A real PKCS#11 token in software: SoftHSM2, in a folder of the test's own.

The module reads its configuration when it starts, once a process; so each process has one folder, and each test a token in it.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.pieces import missing, need_program

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "314159"


@dataclass(frozen=True)
class Token:
    """A token, with the PIN in a file that only its owner reads."""

    label: str
    module: str
    folder: Path
    """Where SoftHSM keeps all its tokens: moving it away is pulling them out."""
    pin: Path

    def uri(self, label: str, *, pin: Path | str | None = None, token: str | None = None) -> str:
        """The URI of a key in it."""
        return f"pkcs11:token={token or self.label};object={label}?module-path={self.module}&pin-source=file:{pin or self.pin}"

    @contextmanager
    def pulled_out(self) -> Iterator[None]:
        """It is away for a while."""
        away = self.folder.with_name("away")
        self.folder.rename(away)
        try:
            yield
        finally:
            away.rename(self.folder)


@contextmanager
def configured(folder: Path) -> Iterator[tuple[str, Path]]:
    """SoftHSM for this process: its module, and the folder of its tokens."""
    need_program("softhsm2-util", "softhsm2")
    module = next((one for one in MODULES if Path(one).exists()), None) or missing("libsofthsm2.so (Debian package softhsm2)")
    tokens = folder / "tokens"
    tokens.mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", encoding="utf-8"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        yield module, tokens
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


def make_token(module: str, tokens: Path, folder: Path) -> Token:
    """A fresh token, and a module that knows of it and of no login."""
    import pkcs11

    label = f"t-{uuid.uuid4().hex[:12]}"
    made = ("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "271828", "--pin", PIN)
    subprocess.run(made, check=True, capture_output=True)
    pkcs11.lib(module).reinitialize()
    pin = folder / "token.pin"
    pin.write_text(f"{PIN}\n", encoding="utf-8")
    pin.chmod(0o600)
    return Token(label, module, tokens, pin)
