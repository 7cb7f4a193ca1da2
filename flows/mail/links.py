"""Signed links, and names that only we can derive from an issue, a contact or an address."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from itsdangerous import BadSignature, Signer

from flows.mail.addresses import normalise_address

PASS_LENGTH: Final = 32
"""Hexadecimal digits: 128 bits cannot be guessed."""


def sign_link(key: bytes, *, purpose: str, payload: str) -> str:
    """A token of URL-safe characters that carries `payload`, readable for that purpose alone.

    The payload is signed, not hidden: put identifiers in it, never an address.
    """
    value = base64.urlsafe_b64encode(payload.encode())
    # What `Signer.sign` does, without deriving the key anew for each of a million letters.
    signature = hmac.digest(signing_key(key, purpose), value, hashlib.sha256)
    return f"{value.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def read_link(keys: Sequence[bytes], token: str, *, purpose: str) -> str | None:
    """The payload, if one of the keys signed exactly this token; the newest key comes first.

    The last character of a base64 signature has twins that also verify, so the token is signed
    again and compared.
    """
    for key in keys:
        try:
            raw = _signer(key, purpose).unsign(token)
            payload = base64.b64decode(raw, altchars=b"-_", validate=True).decode()
        except (BadSignature, binascii.Error, UnicodeError):
            continue
        again = sign_link(key, purpose=purpose, payload=payload)
        if hmac.compare_digest(again.encode(), token.encode()):
            return payload
    return None


def message_id(key: bytes, *, issue: str, contact: str, domain: str) -> str:
    """The Message-ID of one letter, angle brackets included: the same on every attempt."""
    named = f"{len(issue)}:{issue}:{contact}".encode()
    return f"<{hmac.new(key, b'message-id:' + named, hashlib.sha256).hexdigest()[:40]}@{domain}>"


def keyed_hash(key: bytes, what: str, value: str) -> str:
    """HMAC-SHA-256, in hexadecimal, of something that is recognised again but never read back."""
    return hmac.digest(key, f"{what}:{value}".encode(), hashlib.sha256).hex()


def article_pass(key: bytes, slug: str) -> str:
    """What opens an article's page to those whom a letter led there, whoever they are."""
    return keyed_hash(key, "article", slug)[:PASS_LENGTH]


def address_hash(key: bytes, address: str) -> str:
    """HMAC-SHA-256, in hexadecimal, of an address: equal for every way to write the same one.

    Case, Unicode normal form and the domain's IDNA form make no difference.
    """
    return keyed_hash(key, "address", normalise_address(address))


@lru_cache(maxsize=64)
def signing_key(key: bytes, purpose: str) -> bytes:
    """The key that signs for one purpose, derived once."""
    return _signer(key, purpose).derive_key()


def _signer(key: bytes, purpose: str) -> Signer:
    return Signer(
        key,
        salt=f"newsletter.{purpose}",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )
