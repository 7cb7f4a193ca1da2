"""The workspace's secret key, from which links and hashes are made."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from flows.domain.errors import InputError
from flows.settings.model import Settings
from flows.settings.reading import reveal

KEY_FILE: Final = "secret.key"
"""Its name in `var/`."""


def read_key(path: Path) -> bytes:
    """The key in `path`, made on first use and readable by its owner alone.

    Losing it makes links in letters already sent invalid and suppressions unrecognisable.
    Raises `InputError` if the file is there and empty.
    """
    if not path.exists():
        _make_key(path)
    key = path.read_bytes().strip()
    if not key:
        raise InputError("is empty", path=path, remedy="Put the key back from a backup.")
    return key


def key_of(settings: Settings) -> bytes:
    """The workspace's secret key: the settings', or the one in its file."""
    key = reveal(settings.secret_key)
    return key.encode() if key else read_key(settings.var / KEY_FILE)


def newsroom_name(key: bytes) -> str:
    """Eight characters that tell this newsroom from others, and nothing of its key."""
    return hmac.new(key, b"newsroom", hashlib.sha256).hexdigest()[:8]


def _make_key(path: Path) -> None:
    """Write a whole key at once: nobody reads half of it, and of two makers one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
