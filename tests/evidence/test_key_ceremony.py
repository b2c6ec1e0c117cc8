"""The ceremony of ``evidence/KEYS.md``: a shell types every command of it, in order, with a real token and a real authority."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.servers.softhsm import PIN, Token

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "evidence" / "KEYS.md"
END = """
evidence-station ingest card --json > taken.json
docking=$(sed 's/.*"docking":"\\([^"]*\\)".*/\\1/' taken.json)
evidence-station export "$docking" out
openssl cms -verify -binary -inform DER -in "out/$docking.p7s" -content "out/$docking.json" -CAfile root.pem -purpose any -out /dev/null
evidence-station key revoke CA-KEY --reason superseded
evidence-station verify --anchor OLD --anchor NEW
"""
LOG = """
evidence-station key init --role log
evidence-station key csr --role log --out log.csr.pem
openssl x509 -req -in log.csr.pem -CA middle.pem -CAkey middle.key.pem -CAcreateserial -sha256 -days 1825 -extfile leaf.cnf -out log.pem
evidence-station key import log.pem
evidence-station key rotate --role log
"""
"""What the page calls the same with the other role."""
GM = (
    """
evidence-station key init --role seal-gm
evidence-station key csr --role seal-gm --out seal-gm.csr.pem
""",
    """
evidence-station key import seal-gm.pem
""",
    """
mkdir card-gm && echo footage > card-gm/b.mp4
evidence-station ingest card-gm --json > taken.json
docking=$(sed 's/.*"docking":"\\([^"]*\\)".*/\\1/' taken.json)
evidence-station export "$docking" out-gm
openssl pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 -pubin -inkey "out-gm/$docking.sm2.pub.pem" \\
    -in "out-gm/$docking.json" -sigfile "out-gm/$docking.sm2"
evidence-station verify --anchor OLD --anchor NEW
""",
)
"""What stands between the two blocks about the SM2 key, certified by the same authority."""


@pytest.mark.timeout(300)
def test_every_command_of_the_page_does_what_it_says(token: Token, tmp_path: Path, forked: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 11
    *before, last, in_force, request = blocks
    page = "\n".join([*before, LOG, last, END, GM[0], request, GM[1], in_force, GM[2]])
    typed = {
        "softhsm2-util --init-token --free --label station-seal": ": made by the test",  # it asks a person at a terminal
        "token=station-seal": f"token={token.label}",
        "/usr/lib/softhsm/libsofthsm2.so": token.module,
        'cat > "$EVIDENCE_STATION_HOME/keys/token.pin"': f'echo {PIN} > "$EVIDENCE_STATION_HOME/keys/token.pin"',
        "CA-KEY": "$(evidence-station key list | sed -n '/ ca /{s/ .*//p;q}')",
        "OLD": '"$old"',
        "NEW": "$(openssl x509 -in root.pem -noout -fingerprint -sha256 | cut -d= -f2)",
    }
    for shown, real in typed.items():
        assert shown in page, f"the page says {shown} no more"
        page = page.replace(shown, real)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "a.mp4").write_bytes(b"footage")
    begin = "evidence-station init --station harbour-1 --unit 310000 | sed -n 's/^anchor.*: //p' > old.txt; old=$(cat old.txt)"
    script = f"set -e -o pipefail\n{begin}\nset -x\n{page}"
    environment = os.environ | {"EVIDENCE_STATION_HOME": str(tmp_path / "home"), "PATH": f"{forked}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "CMS Verification successful" in done.stdout + done.stderr
    assert done.stdout.count("it comes from the station with that anchor") == 3
    assert "Signature Verified Successfully" in done.stdout
    assert "key-found" not in done.stdout
    assert PIN not in done.stdout
