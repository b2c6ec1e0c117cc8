"""SM2 keys and signatures (GB/T 32918.2-2016, with SM3): the second seal of a station whose ``suite`` is ``gm``.

The curve is ``gmalg``'s; what surrounds it (keys in PKCS #8, SubjectPublicKeyInfo, signatures as ECDSA-Sig-Value) is written here,
so that ``openssl pkeyutl -rawin -digest sm3 -pkeyopt distid:…`` takes each of them, and the tests hold it to that. ``gmalg`` is pure
Python: a signature takes 13 ms, and like all such code it hides from nobody who can time it closely. A station makes one for each docking.
"""

from __future__ import annotations

from typing import Literal

from gmalg.ellipticcurve import ECDLP
from gmalg.sm2 import SM2Core

from evidence import der
from evidence.pem import pem, unpem
from evidence.sm3 import Sm3

DISTINGUISHING_ID = b"1234567812345678"
"""The signer's id that goes into what is signed (GM/T 0009-2012, section 10: the default where none was agreed upon)."""
ALGORITHM = der.sequence(
    der.element(der.OID, bytes.fromhex("2a8648ce3d0201")), der.element(der.OID, bytes.fromhex("2a811ccf5501822d"))
)
"""AlgorithmIdentifier of a key: id-ecPublicKey on the curve 1.2.156.10197.1.301 (GM/T 0006-2012)."""
SIGNATURE_ALGORITHM = der.sequence(der.element(der.OID, bytes.fromhex("2a811ccf55018375")))
"""AlgorithmIdentifier of a signature: SM2 with SM3, 1.2.156.10197.1.501."""

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
_BYTES = 32


class NotSm2(ValueError):
    """Bytes that are no SM2 key."""


class _Sm3:
    """SM3 for ``gmalg``, as its ``base.Hash``: its own takes 4 s for each MiB, and a manifest of a full card has one."""

    def __init__(self) -> None:
        self._running = Sm3()

    def reset(self) -> None:
        self._running = Sm3()

    def update(self, data: bytes) -> None:
        self._running.update(bytes(data))

    def value(self) -> bytes:
        return self._running.digest()


class Sm2Signer:
    """An SM2 key. It gives signatures and the public half, and nothing else."""

    def __init__(self, private: int) -> None:
        if not 1 <= private <= _N - 2:
            raise NotSm2("a private key between 1 and n - 2")
        self._private = private
        self._point: tuple[int, int] = _core().generate_pk(private)

    @property
    def algorithm(self) -> Literal["sm2-sm3"]:
        """What its signatures are."""
        return "sm2-sm3"

    def public_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return der.sequence(ALGORITHM, _bits(_encoded(self._point)))

    def public_raw(self) -> bytes:
        """Only an Ed25519 key has that form."""
        raise TypeError("only an Ed25519 key has a raw public form")

    def sign(self, message: bytes) -> bytes:
        """A signature over the message: ECDSA-Sig-Value (DER), with SM3 and the default id."""
        r, s = _core().sign(message, self._private, DISTINGUISHING_ID, self._point)
        return der.sequence(der.integer(r), der.integer(s))


def new_private_key() -> bytes:
    """A fresh key for the file it is to lie in (PKCS #8, PEM), in the form that ``openssl genpkey -algorithm SM2`` writes."""
    private, point = _core().generate_keypair()
    inner = der.sequence(
        der.integer(1),
        der.element(der.OCTET_STRING, int(private).to_bytes(_BYTES)),
        der.element(der.CONTEXT_1, _bits(_encoded(point))),
    )
    return pem("PRIVATE KEY", der.sequence(der.integer(0), ALGORITHM, der.element(der.OCTET_STRING, inner)))


def open_private_key(secret_pem: bytes) -> Sm2Signer:
    """The key in a PEM file (PKCS #8, not encrypted). Raises :class:`NotSm2`."""
    try:
        ((version, algorithm, key, *_),) = (one.inside(der.SEQUENCE) for one in der.read(unpem("PRIVATE KEY", secret_pem)))
        ((number, private, *_),) = (one.inside(der.SEQUENCE) for one in der.read(key.value(der.OCTET_STRING)))
        if version.whole != der.integer(0) or number.whole != der.integer(1) or algorithm.whole != ALGORITHM:
            raise NotSm2("not a key on the curve of SM2")
        return Sm2Signer(int.from_bytes(private.value(der.OCTET_STRING)))
    except NotSm2:
        raise
    except ValueError:  # without its text, which could hold what was read
        raise NotSm2("an unencrypted PKCS #8 key in PEM") from None


def is_public_key(public_der: bytes) -> bool:
    """Whether a SubjectPublicKeyInfo is of this curve."""
    return public_der[2 : 2 + len(ALGORITHM)] == ALGORITHM  # two octets: the outer sequence is shorter than 128


def _core() -> SM2Core:
    """One for each use: it holds a running hash."""
    return SM2Core(ECDLP(_P, _A, _B, _G, _N), _Sm3())


def _encoded(point: tuple[int, int]) -> bytes:
    return b"\x04" + b"".join(int(one).to_bytes(_BYTES) for one in point)


def _bits(content: bytes) -> bytes:
    return der.element(der.BIT_STRING, b"\0" + content)
