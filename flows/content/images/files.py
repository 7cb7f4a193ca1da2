"""Where a picture of an article lies, and nothing but a file of that article."""

import os
import re
import stat
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from flows.domain.image import Fault, ImageError

LARGEST_MB: Final = 30
REMOTE: Final = "https://"
SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\\\", re.IGNORECASE)
"""Begins what is no path in a folder (RFC 3986, section 4.1), a share of Windows among them."""


def is_remote(reference: str) -> bool:
    """Whether a picture lies on somebody's server; such a one is never fetched from here."""
    return reference.startswith(REMOTE)


def find_file(folder: Path, reference: str) -> Path:
    """The file of a picture that an article names, by a path without links.

    Raises `ImageError` if there is none to use: a folder, a pipe or a device is none.

    `reference` is the address as it is written, `%20` and the like allowed. Links in the folder
    that lead out of it are not followed.
    """
    if SCHEME.match(reference):
        # `C:\\photo.jpg` is a path, if not one of this folder.
        is_drive = re.match(r"[a-z]:[\\/]", reference, re.IGNORECASE) or reference[:2] == "\\\\"
        raise ImageError(reference, Fault.OUTSIDE if is_drive else Fault.ADDRESS)
    path = Path(unquote(reference))
    if path.is_absolute() or ".." in path.parts or "\\" in reference or "\0" in str(path):
        raise ImageError(reference, Fault.OUTSIDE)
    try:
        found = (folder / path).resolve()
        if not found.is_relative_to(folder.resolve()):
            raise ImageError(reference, Fault.OUTSIDE)
        if not found.is_file():
            raise ImageError(reference, Fault.MISSING)
    except (OSError, RuntimeError):  # a name too long, a link that leads to itself
        raise ImageError(reference, Fault.MISSING) from None
    return found


def read_file(path: Path, reference: str) -> bytes:
    """The bytes of a picture. Raises `ImageError` for a file that cannot be read or is too large.

    `path` is as `find_file` gives it. What has become a link, or no file at all, since then is
    refused; nothing is waited for, as opening a pipe would be.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise ImageError(reference, Fault.MISSING) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ImageError(reference, Fault.MISSING)
    with os.fdopen(handle, "rb") as file:
        raw = file.read(LARGEST_MB * 1_000_000 + 1)
    if len(raw) > LARGEST_MB * 1_000_000:
        raise ImageError(reference, Fault.BYTES, most=LARGEST_MB)
    return raw
