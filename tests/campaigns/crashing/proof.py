"""What the campaign disturbs of the proof: time stamps, keys, court packages, and a witness on either side."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence import certificates
from evidence.custody.checkpoint import ECDSA, ED25519
from evidence.custody.cosignature import COSIGNATURE, cosigned_at, read_vkey
from evidence.ids import StationId
from station.papers.font import FontMissing, font_file
from station.witness.home import WitnessHome
from tests.campaigns.crashing import neighbours, submitting
from tests.campaigns.crashing.running import Ran, Runner
from tests.campaigns.crashing.scenarios import (
    Answers,
    Arguments,
    Place,
    Scenario,
    command,
    done,
    given,
    ingested,
    station,
    with_clip_list,
)
from tests.campaigns.crashing.state import cosignatures
from tests.pieces import SYSTEM_PATH

_ANCHOR, _DISC = "anchor", "disc"


def missing_piece() -> str | None:
    """What this system lacks for it, or None."""
    if shutil.which("openssl", path=SYSTEM_PATH) is None:
        return "openssl (Debian package openssl)"
    try:
        font_file()
    except FontMissing as error:
        return f"a font (Debian package {error.fields['package']})"
    return None


def _text(place: Place, name: str) -> str:
    return (place.root / name).read_text(encoding="utf-8")


# Time stamps


def _authorities(place: Place) -> dict[str, str]:
    return {"EVIDENCE_STATION_TIMESTAMP_AUTHORITIES": _text(place, neighbours.AUTHORITIES)}


def _to_be_stamped(runner: Runner, place: Place) -> None:
    ingested(runner, place, _authorities(place))


# Keys


def _waiting(runner: Runner, place: Place) -> None:
    """A seal key that waits, what a real authority issued for it, and that authority."""
    station(runner, place)
    done(command(runner, place, "key", "init", "--role", "seal"))
    asked = json.loads(done(command(runner, place, "key", "csr", "--role", "seal")).output)["request"]
    public = x509.load_pem_x509_csr(asked.encode()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private, now = certificates.new_private_key("p256"), datetime.now(UTC)
    root = certificates.make_authority(private, StationId("police"), now)
    issued = certificates.issue(private, root, public, "seal", StationId("police"), now)
    (place.root / "chain.pem").write_bytes(certificates.pem(root))
    (place.root / "seal.pem").write_bytes(certificates.pem(issued))


def _with_seal_key(runner: Runner, place: Place) -> None:
    ingested(runner, place)
    keys = json.loads(done(command(runner, place, "key", "list")).output)["keys"]
    (place.root / "seal key").write_text(next(one["key"] for one in keys if one["role"] == "seal"), encoding="utf-8")


def _refused_as(code: str, ran: Ran) -> bool:
    document = ran.document
    return document is not None and document.get("error", {}).get("code") == code


# Court packages


def _with_case(runner: Runner, place: Place) -> None:
    with_clip_list(runner, place)
    anchors = json.loads(done(command(runner, place, "key", "list")).output)["anchors"]
    (place.root / _ANCHOR).write_text(anchors[0], encoding="utf-8")
    (place.root / _DISC).mkdir()


def _court(place: Place) -> Path:
    return place.root / _DISC / "court"


def _package(place: Place) -> Arguments:
    named = [word for clip in sorted(json.loads(_text(place, "clips")))[:2] for word in ("--clip", clip)]
    return ["package", str(_court(place)), *named, "--purpose", "hearing"]


def _look_at_package(place: Place) -> list[Arguments]:
    """Whatever bears the package's name is a whole one; ``verify-package`` needs no home, and is not given one."""
    looks: list[Arguments] = [given(place, "verify")]
    if os.path.lexists(_court(place)):
        looks.append(["verify-package", str(_court(place)), "--anchor", _text(place, _ANCHOR), "--json"])
    return looks


def _missing_package(place: Place, answers: Answers) -> Sequence[str]:
    return [f"the package {one['package']} was answered, and is not there" for one in answers if not Path(one["folder"]).is_dir()]


# A witness, and a station that asks one


def _witness(runner: Runner, place: Place) -> None:
    made = ["witness", "init", "--home", str(place.home), "--name", "city.example/witness", "--json"]
    done(runner.run(place.root, made, {}))
    trusts = ["witness", "add", "--home", str(place.home), submitting.log.origin, submitting.log.vkey.text(), "--json"]
    done(runner.run(place.root, trusts, {}))


def _trusted(runner: Runner, place: Place) -> None:
    ingested(runner, place)
    shown = json.loads(done(command(runner, place, "checkpoint")).output)
    WitnessHome(Path(_text(place, neighbours.WITNESS_HOME))).trust(shown["origin"], read_vkey(shown["vkey"], ED25519, ECDSA))


def _lost_lines(place: Place, answers: Answers) -> Sequence[str]:
    """Whether the lines that were answered, or others of the same witness over the same head, are there and genuine."""
    witness = read_vkey(_text(place, neighbours.WITNESS).partition(" ")[0], COSIGNATURE)
    kept = [(size, cosigned_at(line, witness, note)) for size, note, line in cosignatures(place.home)]
    wrong = [f"its cosignature of {size} entries is none" for size, at in kept if at is None]
    answered = {one["size"] for answer in answers for one in answer["cosignatures"] if one["result"] == "cosigned"}
    return wrong + [f"the cosignature of {size} entries is gone" for size in answered - {size for size, _ in kept}]


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("stamp", _to_be_stamped, lambda _place: ["stamp"], settings=_authorities, beside=neighbours.authority),
    Scenario("key-init", station, lambda _place: ["key", "init", "--role", "log"], disks=("home",)),
    Scenario(
        "key-import",
        _waiting,
        lambda place: ["key", "import", str(place.root / "seal.pem"), "--chain", str(place.root / "chain.pem")],
        disks=("home",),
    ),
    Scenario("key-rotate", ingested, lambda _place: ["key", "rotate", "--role", "log"]),
    Scenario(
        "key-revoke",
        _with_seal_key,
        lambda place: ["key", "revoke", _text(place, "seal key"), "--reason", "lost"],
        finished=lambda _place, ran: _refused_as("key-ended", ran),
    ),
    Scenario(
        "package",
        _with_case,
        _package,
        disks=("home", "home/vault", _DISC),
        outputs=(_DISC,),
        looks=_look_at_package,
        finished=lambda _place, ran: _refused_as("target-exists", ran),
        broken_word=_missing_package,
    ),
    Scenario(
        "witness",
        _witness,
        lambda place: ["witness", "serve", "--home", str(place.home), "--listen", "127.0.0.1:0"],
        visit=submitting.clients,
        looks=lambda place: [["witness", "list", "--home", str(place.home), "--json"]],
        done=frozenset(),
        finished=lambda _place, ran: ran.status == 0 and ran.document is not None and ran.document["complete"],
        broken_word=submitting.contradictions,
        disks=("home",),
    ),
    Scenario(
        "cosign",
        _trusted,
        lambda _place: ["cosign"],
        settings=lambda place: {"EVIDENCE_STATION_WITNESSES": _text(place, neighbours.WITNESS)},
        beside=neighbours.witness,
        broken_word=_lost_lines,
    ),
)
"""The rotation is that of the log key, which signs its own end; a key that ended, and a package that is there, refuse the rerun."""
