"""Parsing mail of strangers within bounds: of bytes, parts, depth and lines."""

import email
import re
from email.message import Message
from typing import Final

LARGEST_BYTES: Final = 512 * 1024
"""What is read of a message. The report stands before the letter that it returns."""
MOST_PARTS: Final = 100
"""Each level and nearly each part declares its content type; parsers recurse by levels."""
MOST_BOUNDARIES: Final = 2000
MOST_BLANK_LINES: Final = 10_000
"""Each may begin one more block of a delivery status."""
LONGEST_CONTENT_TYPE: Final = 2000
LONGEST_HEAD_BYTES: Final = 64 * 1024
LONGEST_LINE: Final = 1000
"""More than RFC 5322, section 2.1.1, allows; expressions that look for addresses are quadratic."""

CONTENT_TYPE = re.compile(rb"^content-type:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
CHARSET = re.compile(
    r"us-ascii|iso-?8859-\d+|windows-\d+|cp\d+|koi8-[ru]|gb\w+|big5\w*|euc-\w+|iso-2022-\w+"
    r"|shift_jis\w*|ks_c_5601-1987",
    re.IGNORECASE,
)
BLANK_LINE = re.compile(rb"\n\r?(?=\n)")
TOO_LONG = re.compile(rb"([^\n]{%d})[^\n]+" % LONGEST_LINE)


def parse_within_bounds(raw: bytes) -> Message | None:
    """The message, or `None` if it has so many parts or such headers that it can only mean harm."""
    text = TOO_LONG.sub(rb"\1", raw[:LARGEST_BYTES])
    types = CONTENT_TYPE.findall(text)
    blank_lines = [found.start() for found in BLANK_LINE.finditer(text)]
    if (
        len(types) > MOST_PARTS
        or any(len(one) > LONGEST_CONTENT_TYPE for one in types)
        or text.count(b"\n--") > MOST_BOUNDARIES
        or len(blank_lines) > MOST_BLANK_LINES
        or (blank_lines or [len(text)])[0] > LONGEST_HEAD_BYTES
    ):
        return None
    return email.message_from_bytes(text)


def header(message: Message, name: str) -> str:
    """A header field's value on one line; empty if there is none."""
    return " ".join(str(message.get(name, "")).split())


def text_of(part: Message) -> str:
    """The text of a part, whatever its encoding claims."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return decoded(payload, part.get_content_charset(""))


def decoded(raw: bytes, charset: str) -> str:
    """The text of some bytes; in UTF-8 if the charset is none that mail uses.

    Python knows others that take minutes or make text that cannot be written.
    """
    if not CHARSET.fullmatch(charset):
        charset = "utf-8"
    try:
        return raw.decode(charset, "replace")
    except (LookupError, UnicodeError):
        return raw.decode("utf-8", "replace")
