"""Keys in a hardware module (PKCS#11, OASIS 2.40), through python-pkcs11: the extra ``hsm``.

Rules kept here: the private key never leaves its token (made there, sensitive, not extractable); the PIN is read from its file
at each login, and stands in no message; a token that was pulled out and put back signs again (the module is started anew, once
a signature); what a token answers is checked against the public key before it is passed on. Imported only where a setting names a token.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, Session, Token
from pkcs11 import lib as module
from pkcs11.util.ec import encode_ecdsa_signature, encode_named_curve_parameters

from evidence.pkcs11uri import TokenKey, parse, redacted
from evidence.signing import Algorithm, KeyUnusable

_P256 = encode_named_curve_parameters("secp256r1")
_ED25519 = frozenset({bytes.fromhex("130c656477617264733235353139"), bytes.fromhex("06032b6570")})
"""CKA_EC_PARAMS of Ed25519: the printable string ``edwards25519`` (PKCS#11 3.0, section 2.3.5) or the OID of RFC 8410."""
_PIN_BYTES = 256
_SIGNS = MechanismFlag.SIGN | MechanismFlag.VERIFY

_ONE_AT_A_TIME = threading.RLock()
"""Being logged in, and a module's start, concern every session that this process has with it."""

_STARTS: dict[str, int] = {}
"""How often each module was started anew; every session and key of before is void."""

_Result = TypeVar("_Result")
_PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey

_COMPLAINTS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange),
        "the token refuses the PIN; correct the file that pin-source names, before the token locks itself",
    ),
    ((pkcs11.PinLocked,), "the token is locked after too many wrong PINs; its security officer can unlock it"),
    ((pkcs11.PinExpired,), "the PIN has expired; set a new one with the token's own tool"),
    ((pkcs11.NoSuchToken, pkcs11.TokenNotPresent, pkcs11.DeviceRemoved), "the token is not there; plug it in"),
    ((pkcs11.MultipleTokensReturned,), "more than one token answers to it; name it by its serial"),
    ((pkcs11.NoSuchKey,), "the token holds no such key"),
    ((pkcs11.MultipleObjectsReturned,), "more than one key answers to it; name it by its id"),
    (
        (pkcs11.GeneralError, pkcs11.DeviceError),
        "the module cannot reach its tokens; plug the token in, and see to what the module needs",
    ),
    ((pkcs11.UserNotLoggedIn,), "the token asks for a PIN; name its file as pin-source"),
)


class TokenSigner:
    """A key in a token."""

    def __init__(self, uri: str, home: Path) -> None:
        """Opens the token and finds the key. Raises :class:`~evidence.signing.KeyUnusable`."""
        self._uri = uri
        self._token = _Token(uri, home)
        self._key: Any = None
        with _ONE_AT_A_TIME:
            self._public = self._reach(self._open)

    @property
    def algorithm(self) -> Algorithm:
        """What its signatures are."""
        return "ed25519" if isinstance(self._public, Ed25519PublicKey) else "ecdsa-p256-sha256"

    def public_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self._public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def public_raw(self) -> bytes:
        """The 32 bytes of an Ed25519 public key."""
        if not isinstance(self._public, Ed25519PublicKey):
            raise TypeError("only an Ed25519 key has a raw public form")
        return self._public.public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """A signature over the message. Raises :class:`~evidence.signing.KeyUnusable` where the token does not give one."""
        with _ONE_AT_A_TIME:
            try:
                made = self._made(message)
            except pkcs11.PKCS11Error:
                self._token.restart()  # pulled out and put back, or its session ended: every handle of before is void
                found = self._reach(self._open)
                if found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != self.public_der():
                    raise KeyUnusable(uri=redacted(self._uri), rule="another key lies there now") from None
                made = self._reach(lambda _session: self._made(message))
        self._check(made, message)
        return made

    def _open(self, session: Session) -> _PublicKey:
        self._key = session.get_key(**self._token.wanted(ObjectClass.PRIVATE_KEY))
        return _public_key(session, self._token)

    def _made(self, message: bytes) -> bytes:
        if isinstance(self._public, Ed25519PublicKey):
            return bytes(self._key.sign(message, mechanism=Mechanism.EDDSA))
        total = hashes.Hash(hashes.SHA256())  # few tokens hash what they sign
        total.update(message)
        return encode_ecdsa_signature(self._key.sign(total.finalize(), mechanism=Mechanism.ECDSA))

    def _check(self, signature: bytes, message: bytes) -> None:
        try:
            if isinstance(self._public, Ed25519PublicKey):
                self._public.verify(signature, message)
            else:
                self._public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise KeyUnusable(
                uri=redacted(self._uri), rule="the token's signature does not hold under its own public key"
            ) from error

    def _reach(self, ask: Callable[[Session], _Result]) -> _Result:
        with _complaints(self._uri):
            return ask(self._token.session())


def make_key(uri: str, home: Path, algorithms: Sequence[Algorithm]) -> bool:
    """Make a key pair in the token under the URI's label and id, of the first algorithm that it can.

    False, and nothing is made, when a key answers to the URI already. Raises :class:`~evidence.signing.KeyUnusable`.
    """
    token = _Token(uri, home)
    wanted = token.wanted(ObjectClass.PRIVATE_KEY)
    name = {"label": wanted.get("label"), "id": wanted.get("id")}
    with _ONE_AT_A_TIME, _complaints(uri):
        session = token.session(writable=True)
        try:
            if any(True for _ in session.get_objects(token.template(ObjectClass.PRIVATE_KEY))):
                return False
            fit = {"store": True, **name, "id": name["id"] or os.urandom(8), "capabilities": _SIGNS}
            hidden = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.TOKEN: True}
            if not any(_generated(session, algorithm, fit, hidden) for algorithm in algorithms):
                raise KeyUnusable(uri=redacted(uri), rule=f"the token makes no {' or '.join(algorithms)} keys")
        finally:
            token.close()
    return True


def _generated(session: Session, algorithm: Algorithm, fit: dict[str, Any], hidden: dict[Attribute, Any]) -> bool:
    try:
        _generate(session, algorithm, fit, hidden)
    except (pkcs11.MechanismInvalid, pkcs11.FunctionNotSupported, pkcs11.AttributeValueInvalid, pkcs11.DomainParamsInvalid):
        return False
    return True


def _generate(session: Session, algorithm: Algorithm, fit: dict[str, Any], hidden: dict[Attribute, Any]) -> None:
    if algorithm == "ed25519":
        (parameters,) = (one for one in _ED25519 if one[0] == 0x13)
        domain = session.create_domain_parameters(KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: parameters}, local=True)
        domain.generate_keypair(mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, private_template=hidden, **fit)
    else:
        domain = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: _P256}, local=True)
        domain.generate_keypair(private_template=hidden, **fit)


class _Token:
    """One token, and the session with it."""

    def __init__(self, uri: str, home: Path) -> None:
        self._uri = uri
        self._home = home
        try:
            self._named: TokenKey = parse(uri)
        except ValueError as error:
            raise KeyUnusable(uri=redacted(uri), rule=str(error)) from error
        self._session: Session | None = None
        self._start = 0

    def session(self, *, writable: bool = False) -> Session:
        """The session, opened on first use. Raises the errors of ``pkcs11``."""
        if self._session is None:
            named = self._named
            pin = None if named.pin_file is None else self._pin(named.pin_file)
            found = self._find()
            try:
                self._session = found.open(rw=writable, user_pin=pin)
            except pkcs11.UserAlreadyLoggedIn:  # by another session of this process, which counts for all of them
                self._session = found.open(rw=writable)
            self._start = _STARTS.get(named.module, 0)
        return self._session

    def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def restart(self) -> None:
        """Forget the session, and start the module anew unless another key has done so since: modules list their slots once."""
        self._session = None
        started = _STARTS.get(self._named.module, 0)
        if self._start == started:
            _STARTS[self._named.module] = started + 1
            with _complaints(self._uri):
                module(self._named.module).reinitialize()

    def wanted(self, kind: ObjectClass) -> dict[str, Any]:
        """The arguments that find the key's half of this kind."""
        named = {"object_class": kind, "label": self._named.label, "id": self._named.id}
        return {name: value for name, value in named.items() if value is not None}

    def template(self, kind: ObjectClass) -> dict[Attribute, Any]:
        """The attributes of the key's half of this kind."""
        named = {Attribute.CLASS: kind, Attribute.LABEL: self._named.label, Attribute.ID: self._named.id}
        return {name: value for name, value in named.items() if value is not None}

    def _find(self) -> Token:
        named = self._named
        fitting = [
            token for slot in module(self._named.module).get_slots(token_present=True) if _fits(token := slot.get_token(), named)
        ]
        if not fitting:
            raise pkcs11.NoSuchToken
        if len(fitting) > 1:
            raise pkcs11.MultipleTokensReturned
        return fitting[0]

    def _pin(self, name: str) -> str:
        """The PIN. Only its file's name may be told."""
        path = self._home / name
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = file.read(_PIN_BYTES + 1)
        except OSError as error:
            raise KeyUnusable(uri=redacted(self._uri), rule=f"pin-source {name}: {error.strerror}") from error
        if stat.S_IMODE(mode) & 0o077:
            raise KeyUnusable(uri=redacted(self._uri), rule=f"pin-source {name} is for its owner alone: chmod 600")
        try:
            pin = re.sub(r"\r?\n\Z", "", content.decode())
        except UnicodeDecodeError:
            pin = ""
        if not pin or len(content) > _PIN_BYTES or "\n" in pin:
            raise KeyUnusable(uri=redacted(self._uri), rule=f"pin-source {name} holds one line, the PIN")
        return pin


def _fits(token: Token, named: TokenKey) -> bool:
    told = {
        "token": token.label,
        "manufacturer": token.manufacturer_id,
        "model": token.model,
        "serial": token.serial.decode(errors="replace"),
    }
    asked = {name: getattr(named, name) for name in told}
    return all(value is None or value == str(told[name]).rstrip(" \0") for name, value in asked.items())


def _public_key(session: Session, token: _Token) -> _PublicKey:
    """The public half, as the token has it."""
    half = session.get_key(**token.wanted(ObjectClass.PUBLIC_KEY))
    parameters, point = bytes(half[Attribute.EC_PARAMS]), bytes(half[Attribute.EC_POINT])
    if point[:1] == b"\x04" and len(point) == point[1] + 2:
        point = point[2:]  # wrapped in an OCTET STRING, as the standard says; some tokens leave that out
    try:
        if parameters in _ED25519:
            return Ed25519PublicKey.from_public_bytes(point)
        if parameters == _P256:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise KeyUnusable(uri="pkcs11:", rule="its public half is no point of its curve") from error
    raise KeyUnusable(uri="pkcs11:", rule="Ed25519 or ECDSA P-256")


@contextmanager
def _complaints(uri: str) -> Iterator[None]:
    """Errors of the module as faults that name the key and the way out, and no PIN."""
    try:
        yield
    except KeyUnusable as fault:
        fault.fields["uri"] = redacted(uri)
        raise
    except pkcs11.PKCS11Error as error:
        rule = next((text for kinds, text in _COMPLAINTS if isinstance(error, kinds)), None)
        if rule is None:
            said = f": {error}" if str(error).startswith("OS exception") else ""
            rule = f"the module says {type(error).__name__}{said}"
        raise KeyUnusable(uri=redacted(uri), rule=rule) from None
