"""Quoted-printable text whose lines no relay needs to touch (RFC 2045, section 6.7).

Lines have at most 76 characters, none begins with a dot (RFC 5321, section 4.5.2 would double it)
or with "From " (mailboxes would quote it), and none ends with a blank.
"""

import re

PAYLOAD = 75
"""Characters of a line without the `=` of a soft break."""

SOFT_BREAK = b"=\r\n"

UNTOUCHED = re.compile(r"[!-<>-~]*")
"""Visible ASCII without the equals sign: what quoted-printable leaves as it is."""

PIECE = 72
"""Characters of `UNTOUCHED` on a line that may begin with an encoded dot."""


def encode_quoted(text: str) -> bytes:
    """The text in quoted-printable, beginning at a line's start; each newline becomes CRLF.

    Every line leaves room for the `=` of a soft break.
    """
    return b"\r\n".join(_encode_line(line) for line in re.split("\r\n|\r|\n", text))


def encode_value(value: str) -> bytes:
    """As `encode_quoted`, fast for the usual value: a web address on one or two lines."""
    if not UNTOUCHED.fullmatch(value):
        return encode_quoted(value)
    pieces = [value[start : start + PIECE] for start in range(0, len(value), PIECE)]
    return "=\r\n".join(
        ["=2E" + piece[1:] if piece[0] == "." else piece for piece in pieces],
    ).encode()


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
