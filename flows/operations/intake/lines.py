"""The lines of a text file in any encoding that spreadsheets write, with bounded memory."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

LONGEST_LINE = 100_000
"""Signs; what is longer is no row of a list, and is passed over without keeping it."""
SAMPLE_BYTES = 65_536
WIDE_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
FEW = 0.05
MANY = 0.3


class Line(NamedTuple):
    """One physical line without its end, by its number from 1; `fault` says why it is no text."""

    number: int
    text: str
    fault: str = ""


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file, ended by CR, LF or both.

    UTF-16 is told by its mark or by its NULs. Otherwise each line is UTF-8 or else cp1252, so that
    a file glued together of both is read, too. Raises `InputError` if the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            yield from _lines(file)
    except OSError as error:
        raise InputError(
            Phrase("cannot be read: {reason}", reason=error.strerror), path=path
        ) from None


def _lines(file: BinaryIO) -> Iterator[Line]:
    sample = file.read(SAMPLE_BYTES)
    wide = _wide_encoding(sample)
    marks = (*WIDE_BOMS, codecs.BOM_UTF8)
    file.seek(next((len(mark) for mark in marks if sample.startswith(mark)), 0))
    # Latin-1 gives every byte as one sign: the lines are cut here and decoded one by one.
    encoding, errors = (wide, "replace") if wide else ("latin-1", "strict")
    number = 0
    with io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="") as reader:
        while chunk := reader.readline(LONGEST_LINE):
            number += 1
            if len(chunk) == LONGEST_LINE and _goes_on(chunk, reader):
                yield Line(
                    number,
                    "",
                    Phrase("is longer than {most:,} characters", most=LONGEST_LINE),
                )
            elif wide:
                yield Line(number, chunk.rstrip("\r\n"))
            else:
                yield _decoded(number, chunk.rstrip("\r\n"))


def _wide_encoding(sample: bytes) -> str | None:
    for mark, encoding in WIDE_BOMS.items():
        if sample.startswith(mark):
            return encoding
    half = max(1, len(sample) // 2)
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    if odd > MANY and even < FEW:
        return "utf-16-le"
    if even > MANY and odd < FEW:
        return "utf-16-be"
    return None


def _goes_on(chunk: str, reader: io.TextIOWrapper) -> bool:
    """Whether a line is longer than its first chunk; then the rest is read and forgotten."""
    more = False
    while not chunk.endswith(("\n", "\r")) and (chunk := reader.readline(LONGEST_LINE)):
        more = more or bool(chunk.strip("\r\n"))
    return more


def _decoded(number: int, chunk: str) -> Line:
    if chunk.isascii():
        return Line(number, chunk)
    data = chunk.encode("latin-1")
    for encoding in ("utf-8", "cp1252"):
        try:
            return Line(number, data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return Line(number, "", Phrase("is neither UTF-8 nor cp1252"))
