"""Quoted-printable text whose lines no relay needs to touch (RFC 2045, section 6.7).

Lines have at most 76 characters, none begins with a dot (RFC 5321, section 4.5.2 would double it)
or with "From " (mailboxes would quote it), and none ends with a blank.
"""

import re
from functools import lru_cache

PAYLOAD = 75
"""Characters of a line without the `=` of a soft break."""

SOFT_BREAK = b"=\r\n"

VISIBLE = re.compile(r"[!-~]*")
"""ASCII of which quoted-printable (RFC 2045, section 6.7) changes the equals sign alone."""

QUOTED = [
    chr(byte) if byte in b" \t" or (0x20 < byte < 0x7F and byte != ord("=")) else f"={byte:02X}"
    for byte in range(256)
]

PIECE = 72
"""Characters on a line of a value, which may begin with an encoded dot."""


def encode_quoted(text: str) -> bytes:
    """The text in quoted-printable, beginning at a line's start; each newline becomes CRLF.

    Every line leaves room for the `=` of a soft break.
    """
    return b"\r\n".join(_encode_line(line) for line in re.split("\r\n|\r|\n", text))


@lru_cache(maxsize=8)
def encode_value(value: str) -> bytes:
    """As `encode_quoted`, fast for the usual value: a name, or an address on a few lines.

    A letter has most of its values twice, in its text and in its HTML.
    """
    if VISIBLE.fullmatch(value):
        quoted = value.replace("=", "=3D")
    else:
        quoted = "".join([QUOTED[byte] for byte in value.encode()])
        if "=0A" in quoted or "=0D" in quoted or quoted[-1] in " \t":
            return encode_quoted(value)
    pieces = []
    start = 0
    while start < len(quoted):
        end = start + PIECE
        if (escape := quoted.rfind("=", end - 2, end)) > 0:
            end = escape
        pieces.append(_shield(quoted[start:end]))
        start = end
    return "=\r\n".join(pieces).encode()


def _shield(line: str) -> str:
    """The line with its first character encoded where a program on the way would change it."""
    if line[0] == "." or line.startswith("From "):
        return f"={ord(line[0]):02X}{line[1:]}"
    return line


@lru_cache(maxsize=4096)
def _encode_line(line: str) -> bytes:
    done: list[str] = []
    current = ""
    for position, character in enumerate(line):
        encoded = _encode_character(character)
        if position == len(line) - 1 and character in " \t":
            encoded = f"={ord(character):02X}"
        if len(current) + len(encoded) > PAYLOAD:
            done.append(current)
            current = ""
        if not current and (character == "." or line.startswith("From ", position)):
            encoded = f"={ord(character):02X}"
        current += encoded
    return "=\r\n".join([*done, current]).encode()


def _encode_character(character: str) -> str:
    if character in " \t" or (" " < character < "\x7f" and character != "="):
        return character
    return "".join(f"={byte:02X}" for byte in character.encode())
