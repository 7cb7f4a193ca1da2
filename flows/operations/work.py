"""A form that can be sent once, and a proof that its sender's browser worked for it.

The proof is a hashcash: a number with which the challenge's SHA-256 begins with so many zero bits.
Whoever has no script sends the form without one, and waits longer for the answer.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flows.mail.links import read_link, sign_link

PURPOSE = "form"
LONGEST_NONCE = 20


class Challenge(NamedTuple):
    """What a form carried: its own name, and when it was made."""

    name: str
    made_at: datetime


def make_challenge(key: bytes, *, now: datetime, bits: int) -> str:
    """A signed challenge for one form. It holds no secret and nothing about the reader."""
    payload = f"{secrets.token_hex(16)}.{int(now.timestamp())}.{bits}"
    return sign_link(key, purpose=PURPOSE, payload=payload)


def read_challenge(
    keys: Sequence[bytes], written: str, *, now: datetime, longest: timedelta
) -> Challenge | None:
    """The challenge, if we made it and it is not too old."""
    payload = read_link(keys, written, purpose=PURPOSE) if len(written) < 300 else None
    if payload is None:
        return None
    name, made, _ = payload.split(".")
    made_at = datetime.fromtimestamp(int(made), tz=UTC)
    return Challenge(name, made_at) if now - longest <= made_at <= now else None


def has_worked(challenge: str, nonce: str, *, bits: int) -> bool:
    """Whether the nonce proves the work."""
    if not nonce or len(nonce) > LONGEST_NONCE or not nonce.isascii():
        return False
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - bits) == 0
