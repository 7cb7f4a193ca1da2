"""The text of a file, by what the file says of its encoding."""

import codecs
import re
from pathlib import Path
from typing import Final

from flows.domain.errors import InputError

LARGEST_MB: Final = 100
DECLARED: Final = re.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
HEAD_BYTES: Final = 4_096
"""Where a page must say its encoding (HTML, 4.2.5.4: in the first 1024 bytes; pages are late)."""


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises `InputError` for one that is empty, too large or cannot be read."""
    try:
        if path.stat().st_size > LARGEST_MB * 1_000_000:
            raise InputError(f"is larger than {LARGEST_MB} MB", path=path)
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from None
    if not raw.strip(b"\0 \t\r\n"):
        raise InputError("is empty", path=path, remedy="Name a file with a text.")
    return raw


def decode_page(raw: bytes, *, path: Path) -> str:
    """The text of a saved page. Raises `InputError` where its encoding cannot be told.

    A browser takes `iso-8859-1` for `windows-1252` (WHATWG Encoding, 4.2), and so do we.
    """
    encoding = next((name for mark, name in MARKS.items() if raw.startswith(mark)), "")
    if not encoding:
        declared = DECLARED.search(raw[:HEAD_BYTES])
        encoding = declared[1].decode("ascii").lower() if declared else "utf-8"
    if encoding in {"iso-8859-1", "latin1", "ascii", "us-ascii"}:
        encoding = "cp1252"
    try:
        return raw.decode(encoding)
    except LookupError:
        problem = f"says that its encoding is {encoding}, which is none that we know"
    except UnicodeDecodeError as error:
        problem = f"is not {encoding}: the byte {error.start + 1} cannot be read"
    raise InputError(
        problem, path=path, remedy="Open it in an editor and save it with the encoding UTF-8."
    )
