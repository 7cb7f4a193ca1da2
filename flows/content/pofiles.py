"""PO files on disk: read with their faults named, written whole or not at all."""

import fcntl
import io
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import polib

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase

LINE = re.compile(r"\(?line (\d+)\)?")
WELL_FORMED = re.compile(
    r'\s*(?:#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?"(?:[^"\\]|\\.)*"\s*)?'
)
"""What a line of a PO file may be; polib itself drops letters of a line without its quotes."""
WRAP_COLUMNS = 78
"""polib's and GNU gettext's own, so that a file saved by another tool shows no difference."""

WRITTEN: Final = (
    "msgctxt",
    "msgid",
    "msgid_plural",
    "msgstr",
    "tcomment",
    "comment",
    "obsolete",
    "previous_msgctxt",
    "previous_msgid",
    "previous_msgid_plural",
)
"""What an entry's text is made of, besides its flags, places and plurals."""
REMEMBERED: Final = 10_000
"""Entries whose text is kept in memory: of a catalogue that is saved most are as they were."""


def new_po_file(*, language: Language, source_language: Language) -> polib.POFile:
    """An empty catalogue with its header."""
    po = polib.POFile(wrapwidth=WRAP_COLUMNS, encoding="utf-8")
    po.metadata = {
        "Project-Id-Version": "efus-newsletter",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "X-Source-Language": source_language,
    }
    return po


def read_po_file(path: Path) -> polib.POFile:
    """The catalogue in `path`. Raises `InputError` with the line where it is broken."""
    try:
        po = polib.pofile(str(path), encoding="utf-8", wrapwidth=WRAP_COLUMNS)
    except UnicodeDecodeError as error:
        raise InputError(
            "the catalogue is not UTF-8",
            path=path,
            remedy="Save it again with the encoding UTF-8.",
        ) from error
    except (OSError, ValueError, IndexError) as error:
        raise _broken(error, path=path) from error
    _refuse_odd_lines(path)
    _refuse_doubles(po, path=path)
    # Whatever its header said, it was read as UTF-8 and is written so.
    po.metadata["Content-Type"] = "text/plain; charset=UTF-8"
    return po


def _broken(error: Exception, *, path: Path) -> InputError:
    line = LINE.search(str(error))
    return InputError(
        "the catalogue is not a valid PO file",
        path=path,
        line=int(line[1]) if line else None,
        remedy="Mend that line, or take the file's last good version from the history.",
    )


def _refuse_odd_lines(path: Path) -> None:
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    for number, line in enumerate(lines, start=1):
        if not WELL_FORMED.fullmatch(line.rstrip("\r")):
            raise InputError(
                "the catalogue is not a valid PO file",
                path=path,
                line=number,
                remedy='A text stands between quotation marks: msgstr "…"; one of its own is \\".',
            )


def _refuse_doubles(po: polib.POFile, *, path: Path) -> None:
    active = [entry for entry in po if not entry.obsolete]
    count = Counter((entry.msgctxt, entry.msgid) for entry in active)
    for entry in reversed(active):
        if count[entry.msgctxt, entry.msgid] > 1:
            raise InputError(
                Phrase("the catalogue has the same text twice: {text}", text=entry.msgid[:60]),
                path=path,
                line=entry.linenum,
                remedy="Keep the better of the two entries and delete the other.",
            )


def format_po_file(po: polib.POFile) -> str:
    """The file's text. Unlike polib's own, it never wraps a comment: a fact keeps its line."""
    header = _comment(po.header) + str(po.metadata_as_entry())
    living = [_format_entry(entry) for entry in po if not entry.obsolete]
    obsolete = [_format_entry(entry) for entry in po if entry.obsolete]
    return "\n".join([header, *living, *obsolete])


class _Spelling:
    """An entry that is equal to any other that is written alike."""

    def __init__(self, entry: polib.POEntry) -> None:
        self.entry = entry
        self.facts = (
            *(getattr(entry, name) for name in WRITTEN),
            *(tuple(getattr(entry, name)) for name in ("flags", "occurrences")),
            tuple(entry.msgstr_plural.items()),
        )

    def __hash__(self) -> int:
        return hash(self.facts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Spelling) and self.facts == other.facts


def _format_entry(entry: polib.POEntry) -> str:
    return _spell(_Spelling(entry))


@lru_cache(maxsize=REMEMBERED)
def _spell(spelling: _Spelling) -> str:
    entry = spelling.entry
    comment, entry.tcomment = entry.tcomment, ""
    try:
        return _comment(comment) + entry.__unicode__(WRAP_COLUMNS)
    finally:
        entry.tcomment = comment


def _comment(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def write_whole(path: Path, content: str | bytes) -> None:
    """Replaces the file in one step, so that a crash leaves the old one or the new one."""
    with _replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A new file that takes the place of `path` when the block ends well, and else is gone."""
    with _replacing(path) as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
        yield file
        file.detach()  # what was written goes on; who opened the file closes it


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep all others who ask for the same, in any process, waiting until the block ends.

    The folder itself is locked, so that no lock file lies beside what people keep under git.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems lock no folders; a save there is as good as it can be.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
