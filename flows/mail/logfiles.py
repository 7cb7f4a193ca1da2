"""A log that grows, with its rotated and compressed predecessors, read from a moment on.

Lines are bytes, as anybody may have had a part in them. They begin with a time stamp as RFC 3339
has it, or with the traditional one, which knows neither the year nor the zone.
"""

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

CHUNK_BYTES: Final = 1 << 20
LINES_WITHOUT_STAMP: Final = 100
"""After so many lines without a time stamp a file is taken for something else than a log."""

TRIES: Final = 5
LEAST_DATE: Final = 10_000
"""A number in a file's name from here on is a date; below, a count."""

OPENERS: Final[dict[str, Callable[[Path], Any]]] = {
    "": lambda path: path.open("rb"),
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
ROTATED: Final = re.compile(r"[.-](?P<number>\d+(?:-\d+)?)(?P<compression>\.gz|\.bz2|\.xz)?")
STAMP: Final = re.compile(
    rb"(?P<full>\d{4}-\d\d-\d\dT\S+)|(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d) (?P<time>[\d:]{8})"
)
MONTHS: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


FAULTS: Final = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a log can raise."""


class Stamp(NamedTuple):
    """When a line was written: two instants where clocks were set back and nobody knows which."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What there is of a log from some moment on: when its oldest file begins, its last change."""

    begins: datetime | None
    written_by: datetime
    chunks: Iterator[bytes]
    """Whole lines, many at a time, the oldest first."""


def read_stamp(line: bytes, *, written_by: datetime) -> Stamp | None:
    """The time at the beginning of a line that was written before `written_by`, if there is one."""
    found = STAMP.match(line)
    if found is None:
        return None
    try:
        if found["full"]:
            moment = datetime.fromisoformat(found["full"].decode())
            return Stamp(moment, moment) if moment.tzinfo else None
        return _without_year(found, written_by)
    except (ValueError, OverflowError):
        return None


def _without_year(found: re.Match[bytes], written_by: datetime) -> Stamp | None:
    """The last such day and hour, in this machine's zone."""
    month = MONTHS.index(found["month"]) + 1
    hour, minute, second = map(int, found["time"].split(b":"))
    for year in range(written_by.year + 1, written_by.year - 9, -1):
        try:
            local = datetime(year, month, int(found["day"]), hour, minute, second)  # noqa: DTZ001 - see below
        except ValueError:  # the 29th of February
            continue
        # A time without a zone is the machine's own; `fold` tells twice the same hour apart.
        both = [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
        if min(both) <= written_by + timedelta(days=1):
            return Stamp(min(both), max(both))
    return None


class _File(NamedTuple):
    """One file of a log. `number` is 0, a count of rotations, or a date with a minus sign."""

    path: Path
    identity: tuple[int, int]
    number: int
    written_by: datetime
    compression: str


class _Opened(NamedTuple):
    file: _File
    handle: IO[bytes]
    first: Stamp


@contextmanager
def open_log(path: Path, *, since: datetime) -> Iterator[Stretch]:
    """The lines of a log from `since` on, and some before it, for as long as the block lasts.

    Raises one of `FAULTS` if it cannot be read.
    """
    with ExitStack() as stack:
        files, opened = _family(path), list[_Opened]()
        for _ in range(TRIES):
            stack.close()
            opened = _open(files, stack)
            again = _family(path)
            if _identities(files) == _identities(again):
                break
            files = again  # a rotation between listing and opening hides a file
        chosen = _choose(opened, since=since)
        yield Stretch(
            begins=chosen[-1].first.latest if chosen else None,
            written_by=files[0].written_by,
            chunks=_chunks(chosen[::-1], since=since),
        )


def _family(path: Path) -> list[_File]:
    """A log and its predecessors, as far as they can be read."""
    names = {one: one.name.removeprefix(path.name) for one in path.parent.iterdir()}
    return [_file(path, None)] + [
        _file(one, found)
        for one, rest in names.items()
        if one.name.startswith(path.name) and (found := ROTATED.fullmatch(rest))
    ]


def _file(path: Path, rotated: re.Match[str] | None) -> _File:
    status = path.stat()
    number = int(rotated["number"].replace("-", "")) if rotated else 0
    return _File(
        path=path,
        identity=(status.st_dev, status.st_ino),
        number=number if number < LEAST_DATE else -number,
        written_by=datetime.fromtimestamp(status.st_mtime, UTC),
        compression=(rotated["compression"] or "") if rotated else "",
    )


def _identities(files: Sequence[_File]) -> dict[Path, tuple[int, int]]:
    return {file.path: file.identity for file in files}


def _open(files: Sequence[_File], stack: ExitStack) -> list[_Opened]:
    """The files that have lines, newest first."""
    opened = []
    for file in files:
        handle = stack.enter_context(OPENERS[file.compression](file.path))
        if first := _next_stamp(handle, file):
            opened.append(_Opened(file, handle, first))
    by_name = sorted(opened, key=lambda one: (one.file.number != 0, one.file.number))
    return sorted(by_name, key=lambda one: one.first.latest, reverse=True)


def _choose(opened: Sequence[_Opened], *, since: datetime) -> list[_Opened]:
    """Those that reach back to `since`, without a gap between their numbers."""
    chosen: list[_Opened] = []
    for one in opened:
        if chosen and one.file.number > max(chosen[-1].file.number, 0) + 1:
            break
        chosen.append(one)
        if one.first.latest < since:
            break
    return chosen


def _chunks(opened: Sequence[_Opened], *, since: datetime) -> Iterator[bytes]:
    for file, handle, first in opened:
        handle.seek(0)
        if not file.compression and first.latest < since:
            _seek(handle, file, since=since)
        while chunk := handle.read(CHUNK_BYTES):
            yield chunk + handle.readline()


def _seek(handle: IO[bytes], file: _File, *, since: datetime) -> None:
    """Go to a line close before the first one that may be of `since` or later."""
    low, high = 0, file.path.stat().st_size
    while high - low > CHUNK_BYTES:
        middle = (low + high) // 2
        handle.seek(middle)
        handle.readline()
        stamp = _next_stamp(handle, file)
        if stamp is None or stamp.latest >= since:
            high = middle
        else:
            low = middle
    handle.seek(low)
    if low:
        handle.readline()


def _next_stamp(handle: IO[bytes], file: _File) -> Stamp | None:
    """The first time stamp from here on; a line may be the rest of another."""
    for line in islice(iter(handle.readline, b""), LINES_WITHOUT_STAMP):
        if stamp := read_stamp(line, written_by=file.written_by):
            return stamp
    return None
