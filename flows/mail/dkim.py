"""DKIM signatures with RSA and Ed25519 (RFC 6376, RFC 8463), relaxed/relaxed.

A signature depends on the letter and its date alone, so that the same letter is signed the same
way again. A letter costs about what RSA costs, and RSA lets other threads run.
"""

import base64
import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

SIGNED: Final = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-language",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
)
"""The fields that are signed where a letter has them; RFC 8058, section 4, wants the unsubscribe
fields among them."""
OVERSIGNED: Final = (b"from", b"to", b"subject", b"date")
"""Fields named once more than they occur: another one added on the way breaks the signature."""

SMALLEST_RSA_BITS: Final = 2048
LINE: Final = 70
BLANKS = re.compile(rb"[ \t]+")
FOLDS = re.compile(rb"\r\n(?=[ \t])")


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A private key and where its public half is published: `<selector>._domainkey.<domain>`."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """The `a=` tag."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """The signature of canonical header fields; Ed25519 signs their hash (RFC 8463)."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), hashes.SHA256())
        return self.key.sign(hashlib.sha256(data).digest())

    def dns_record(self) -> tuple[str, str]:
        """The name and the text of the TXT record to publish."""
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            kind, raw = (
                "rsa",
                public.public_bytes(
                    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                ),
            )
        else:
            kind, raw = (
                "ed25519",
                public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw),
            )
        text = f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode()}"
        return f"{self.selector}._domainkey.{self.domain}", text


class DkimSigner:
    """Signs letters with every key, one `DKIM-Signature` field each. Safe in several threads."""

    def __init__(self, keys: Sequence[DkimKey]) -> None:
        self.keys = tuple(keys)

    def sign(self, letter: bytes, at: datetime) -> bytes:
        """The letter (CRLF lines) with its signatures before it, which tell the time `at`."""
        head, _, body = letter.partition(b"\r\n\r\n")
        names, fields = _signed_fields(head)
        body_hash = base64.b64encode(hashlib.sha256(canonical_body(body)).digest())
        signatures = [
            _signature_field(key, names, fields, body_hash, at=int(at.timestamp()))
            for key in self.keys
        ]
        return b"".join([*signatures, letter])


def _signed_fields(head: bytes) -> tuple[list[bytes], list[bytes]]:
    """The names for `h=` and the canonical fields in that order, the last of a name first."""
    found: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for line in FOLDS.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.rstrip().lower()
        found[name].append(b"%b:%b\r\n" % (name, BLANKS.sub(b" ", value).strip(b" ")))
    names = [name for name in SIGNED for _ in found[name]]
    fields = [text for name in SIGNED for text in reversed(found[name])]
    return [*names, *OVERSIGNED], fields


def canonical_body(body: bytes) -> bytes:
    """The body in the relaxed form (RFC 6376, section 3.4.4); most letters are in it already."""
    if b"\t" in body or b"  " in body or b" \r\n" in body:
        body = b"\r\n".join(BLANKS.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n"))
    if not body.endswith(b"\r\n") or body.endswith(b"\r\n\r\n") or body == b"\r\n":
        body = re.sub(rb"(?:\r\n)+\Z", b"", body)
        body += b"\r\n" if body else b""
    return body


def _signature_field(
    key: DkimKey, names: Sequence[bytes], fields: Sequence[bytes], body_hash: bytes, *, at: int
) -> bytes:
    tags = (
        b"v=1; a=%b; c=relaxed/relaxed; t=%d" % (key.algorithm.encode(), at),
        b"d=%b; s=%b" % (key.domain.encode(), key.selector.encode()),
        b"h=" + _fold(b":".join(names), after=b":"),
        b"bh=" + body_hash,
        b"b=",
    )
    value = b";\r\n ".join(tags)
    signed = b"".join([*fields, b"dkim-signature:", value.replace(b"\r\n ", b" ")])
    signature = base64.b64encode(key.sign(signed))
    return b"DKIM-Signature: %b%b\r\n" % (value, _fold(signature))


def _fold(text: bytes, *, after: bytes = b"") -> bytes:
    """The text on lines of about `LINE` characters, each broken `after` something or anywhere."""
    lines = []
    while len(text) > LINE:
        cut = text.rfind(after, 0, LINE) + 1 if after else LINE
        lines.append(text[:cut])
        text = text[cut:]
    return b"\r\n ".join([*lines, text])


def read_dkim_key(path: Path, *, domain: str, selector: str) -> DkimKey:
    """A private key from its PEM file. Raises `InputError` with what is wrong with the file."""
    try:
        if path.stat().st_mode & 0o077:
            raise InputError(
                "can be read by others than its owner", path=path, remedy=f"chmod 600 {path}"
            )
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise InputError(
            Phrase("cannot be read: {reason}", reason=error.strerror), path=path
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InputError(
            "is no private key in PEM form", path=path, remedy="Make one: newsletter dkim new"
        ) from None
    if isinstance(key, RSAPrivateKey) and key.key_size < SMALLEST_RSA_BITS:
        raise InputError(
            Phrase(
                "is an RSA key of {bits} bits; receivers want {least}",
                bits=key.key_size,
                least=SMALLEST_RSA_BITS,
            ),
            path=path,
        )
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise InputError("is neither an RSA nor an Ed25519 key", path=path)
    return DkimKey(domain=domain, selector=selector, key=key)


def make_keys(folder: Path) -> tuple[Path, Path]:
    """New keys, readable by their owner alone: `rsa.pem`, `ed25519.pem`. Never overwrites any."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: dict[Path, RSAPrivateKey | Ed25519PrivateKey] = {
        folder / "rsa.pem": generate_private_key(public_exponent=65537, key_size=SMALLEST_RSA_BITS),
        folder / "ed25519.pem": Ed25519PrivateKey.generate(),
    }
    for path, key in made.items():
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        try:
            with open(path, "xb", opener=_private) as file:
                file.write(pem)
        except FileExistsError:
            raise InputError(
                "exists already; a key in use is never overwritten",
                path=path,
                remedy="Move it away first, or give another --folder.",
            ) from None
    rsa, ed25519 = made
    return rsa, ed25519


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
