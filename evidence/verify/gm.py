"""SM3 and SM2 as the verifier checks them (GB/T 32905, GB/T 32918.2): signatures read strictly, keys held to be on the curve.

The curve is ``gmalg``'s, the same library that signs; the tests hold what it says against ``openssl pkeyutl``, and a court package is
checked with ``openssl`` alone.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes

from evidence.verify.der import INTEGER, SEQUENCE, NotDer, elements

BIT_STRING = 0x03
DISTINGUISHING_ID = b"1234567812345678"
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""What stands before the 65 bytes of a point, not compressed, in the SubjectPublicKeyInfo of an SM2 key (GM/T 0006, RFC 5480)."""
COORDINATE = 32

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_X = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_Y = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0


class BadSm2(ValueError):
    """A signature that does not hold, or is none."""


class Sm3:
    """A running SM3."""

    def __init__(self) -> None:
        self._running = hashes.Hash(hashes.SM3())

    def update(self, data: bytes | memoryview) -> None:
        """Take more bytes."""
        self._running.update(data)

    def hexdigest(self) -> str:
        """The digest of all that was taken; nothing may follow."""
        return self._running.finalize().hex()


class _Hash:
    """SM3 for ``gmalg``, whose own is a hundred times slower than what a manifest can be asked to wait for."""

    def __init__(self) -> None:
        self._data = b""

    def reset(self) -> None:
        self._data = b""

    def update(self, data: bytes) -> None:
        self._data += bytes(data)

    def value(self) -> bytes:
        running = hashes.Hash(hashes.SM3())
        running.update(self._data)
        return running.finalize()


def check_sm2(spki: bytes, message: bytes, untrusted_signature: bytes) -> None:
    """Whether the key (DER SubjectPublicKeyInfo) signed this message, with SM3 and the default id. Raises :class:`BadSm2`."""
    from gmalg.ellipticcurve import ECDLP  # only a home of the suite gm pays for loading it
    from gmalg.sm2 import SM2Core

    r, s = _numbers(untrusted_signature)
    core = SM2Core(ECDLP(_P, _P - 3, _B, (_X, _Y), _N), _Hash())
    point = _point(spki)
    if not core.ecdlp.ec.isvalid(point):
        raise BadSm2("the key is no point of the curve")
    try:
        good = core.verify(message, r, s, DISTINGUISHING_ID, point)
    except (ArithmeticError, ValueError, TypeError):  # numbers that lead to the point at infinity, which it holds as floats
        good = False
    if not good:
        raise BadSm2("the SM2 signature does not hold")


def _numbers(untrusted_signature: bytes) -> tuple[int, int]:
    """The two numbers of an ECDSA-Sig-Value (RFC 3279, section 2.2.3), in DER. Raises :class:`BadSm2`."""
    try:
        (whole,) = elements(untrusted_signature)
        numbers = [one.primitive(INTEGER) for one in whole.children(SEQUENCE)]
    except (NotDer, ValueError) as error:
        raise BadSm2("not an SM2 signature in DER") from error
    if len(numbers) != 2 or not all(map(_shortest, numbers)):
        raise BadSm2("not an SM2 signature in DER")
    r, s = (int.from_bytes(one) for one in numbers)
    if not (0 < r < _N and 0 < s < _N):
        raise BadSm2("numbers that no SM2 signature has")
    return r, s


def _shortest(number: bytes) -> bool:
    """Whether an INTEGER is not negative, and in its one spelling."""
    return bool(number) and number[0] < 0x80 and (len(number) == 1 or number[0] != 0 or number[1] >= 0x80)


def _point(spki: bytes) -> tuple[int, int]:
    if len(spki) != len(SPKI) + 1 + 2 * COORDINATE or not spki.startswith(SPKI + b"\x04"):
        raise BadSm2("not an SM2 key")
    x, y = (int.from_bytes(spki[at : at + COORDINATE]) for at in (len(SPKI) + 1, len(SPKI) + 1 + COORDINATE))
    if not (x < _P and y < _P):
        raise BadSm2("the key is no point of the curve")
    return x, y
