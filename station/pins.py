"""Which PINs and passwords are fit, and their Argon2id hashes.

* A PIN is at least six digits, and none of those that people choose first: no run or repetition, no date, no pattern of the keypad, nothing of the badge. No
  account ever has one that it came with: what somebody else made must be changed at the first sign-in.
* A password is at least ten characters of at least five kinds, and not one of the usual words with a little around it.
* Hashing: Argon2id, the second recommended option of RFC 9106, section 4 (64 MiB, three passes, four lanes), salt of 128 bits, and the key of the
  home's ``keys/people.key`` as its secret: who has the catalogue alone cannot try PINs at all. One hash at a time: 64 MiB each.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from datetime import date
from itertools import pairwise

from evidence.errors import Exit
from station.home import StationError

PIN_DIGITS = 6
PASSWORD_CHARACTERS = 10
PASSWORD_KINDS = 5
LONGEST = 128
INITIAL_DIGITS = 8

_MEMORY_KIB = 64 << 10
_PASSES = 3
_LANES = 4
_SALT_BYTES = 16
_TAG_BYTES = 32

_KEYPAD = frozenset(
    {"147258", "147852", "159357", "159753", "258369", "258456", "321654", "456789", "741852", "789456", "963852"}
)
_FAVOURITES = frozenset(
    {"131420", "520131", "5201314", "1314520", "521125", "688688", "135246", "168888", "666888", "888666", "112211"}
)
_WORDS = (
    "password",
    "passw0rd",
    "qwerty",
    "asdfgh",
    "zxcvbn",
    "1q2w3e",
    "admin",
    "police",
    "evidence",
    "station",
    "welcome",
    "letmein",
    "woaini",
    "abc123",
)
_ONE_AT_A_TIME = threading.Lock()


class SecretTooEasy(StationError):
    """The PIN or password is one that is guessed first, or too short. No fields: nothing of it is repeated."""

    code = "secret-too-easy"
    status = Exit.USAGE


def plain(secret: str) -> str:
    """A PIN or password as it is hashed, whatever keyboard it was typed on (NFKC)."""
    return unicodedata.normalize("NFKC", secret)


def check_fit(secret: str, badge: str) -> None:
    """Raise :class:`SecretTooEasy` unless a PIN or password is fit for somebody with that badge."""
    text = plain(secret)
    easy = _easy_pin(text, badge) if re.fullmatch("[0-9]+", text) else _easy_password(text, badge)
    if easy or len(text) > LONGEST:
        raise SecretTooEasy


def initial_pin(badge: str) -> str:
    """A PIN that is fit, by chance, to be handed over and changed."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(INITIAL_DIGITS))
        if not _easy_pin(pin, badge):
            return pin


def hashed(secret: str, pepper: bytes) -> str:
    """The hash of a PIN or password, as a PHC string."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    with _ONE_AT_A_TIME:
        made = Argon2id(
            salt=secrets.token_bytes(_SALT_BYTES),
            length=_TAG_BYTES,
            iterations=_PASSES,
            lanes=_LANES,
            memory_cost=_MEMORY_KIB,
            secret=pepper,
        )
        return made.derive_phc_encoded(plain(secret).encode(errors="surrogatepass"))


def matches(secret: str, phc: str | None, pepper: bytes) -> bool:
    """Whether a PIN or password is the one of a hash. It takes as long where there is no hash (None): that somebody has none is not told."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if phc is None:
        hashed(secret, pepper)
        return False
    with _ONE_AT_A_TIME:
        try:
            Argon2id.verify_phc_encoded(plain(secret).encode(errors="surrogatepass"), phc, secret=pepper)
        except InvalidKey:
            return False
    return True


def _easy_pin(pin: str, badge: str) -> bool:
    number = "".join(re.findall("[0-9]", badge))
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    doubled = pin[::2] == pin[1::2] and _easy_steps(pin[::2])
    repeated = any(len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size) for size in range(1, len(pin) // 2 + 1))
    known = any(one in pin or one in pin[::-1] for one in _KEYPAD | _FAVOURITES)
    of_badge = len(number) >= 4 and (number in pin or pin in number or number[-PIN_DIGITS:] in pin)
    return len(pin) < PIN_DIGITS or len(steps) == 1 or doubled or repeated or known or of_badge or _is_date(pin)


def _easy_steps(pin: str) -> bool:
    return len({(int(after) - int(before)) % 10 for before, after in pairwise(pin)}) <= 1


def _is_date(pin: str) -> bool:
    """``YYMMDD``, ``DDMMYY``, ``YYYYMMDD``, ``DDMMYYYY`` of a life or of now."""
    orders: list[tuple[str, str, str]] = []
    if len(pin) == 6:
        orders = [(century + pin[:2], pin[2:4], pin[4:]) for century in ("19", "20")]
        orders += [(century + pin[4:], pin[2:4], pin[:2]) for century in ("19", "20")]
    if len(pin) == 8:
        orders = [(pin[:4], pin[4:6], pin[6:]), (pin[4:], pin[2:4], pin[:2])]
    return any(_is_day(int(year), int(month), int(day)) for year, month, day in orders)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return 1930 <= date(year, month, day).year <= 2069
    except ValueError:
        return False


def _easy_password(text: str, badge: str) -> bool:
    low = text.casefold()
    known = [word for word in (*_WORDS, badge.casefold()) if word in low]
    rest = low
    for word in known:
        rest = rest.replace(word, "")
    usual = bool(known) and len(re.sub(r"[\W\d_]+", "", rest)) < 5
    return len(text) < PASSWORD_CHARACTERS or len(set(low)) < PASSWORD_KINDS or usual
