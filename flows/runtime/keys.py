"""The workspace's secret key, from which links and hashes are made."""

import os
import secrets
from pathlib import Path


def read_key(path: Path) -> bytes:
    """The key in `path`, made on first use and readable by its owner alone.

    Losing it makes links in letters already sent invalid and suppressions unrecognisable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes().strip()
