"""Addresses of our own that name one letter and prove it: where bounces and opt-outs go (VERP).

Relays may change the case of a local part, so it is made of characters that survive that. It has
at most 64 of them (RFC 5321, section 4.5.3.1.1).
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from flows.mail.links import signing_key

Purpose = Literal["b", "unsub"]
BOUNCE: Final = "b"
LEAVE: Final = "unsub"
MAC_DIGITS: Final = 32

SIGNED = re.compile(
    r"(?<![a-z0-9])(b|unsub)\+([0-9]{1,10})-([0-9]{1,10})\.([0-9a-f]{32})(?![a-z0-9])",
    re.IGNORECASE | re.ASCII,
)


class Signed(NamedTuple):
    """A letter that an address names; `proven` if the address is one that we made."""

    purpose: str
    delivery: int
    contact: int
    proven: bool


def sign_address(key: bytes, purpose: Purpose, *, delivery: int, contact: int, domain: str) -> str:
    """The address at `domain` that stands for one letter, for that purpose alone."""
    return f"{_local_part(key, purpose, delivery, contact)}@{domain}"


def find_signed(keys: Sequence[bytes], text: str) -> Iterator[Signed]:
    """Each address in a text that is one of ours, or pretends to be."""
    for found in SIGNED.finditer(text):
        purpose: Purpose = BOUNCE if found[1].lower() == BOUNCE else LEAVE
        delivery, contact, written = int(found[2]), int(found[3]), found[0].lower()
        # Signed again and compared as a whole: no other spelling, such as `007`, is ours.
        proven = any(
            hmac.compare_digest(_local_part(key, purpose, delivery, contact), written)
            for key in keys
        )
        yield Signed(purpose, delivery, contact, proven)


def _local_part(key: bytes, purpose: Purpose, delivery: int, contact: int) -> str:
    named = f"{delivery}-{contact}"
    mac = hmac.digest(signing_key(key, purpose), named.encode(), hashlib.sha256).hex()
    return f"{purpose}+{named}.{mac[:MAC_DIGITS]}"
