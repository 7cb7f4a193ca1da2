import bz2
import gzip
import lzma
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.delivery import Doubt
from flows.mail.logfiles import open_log
from flows.mail.postfix import PostfixLog

PATIENCE = timedelta(minutes=6)
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOST = "client=localhost[127.0.0.1]"
NOISE = "warning: hostname caf\xe9.example.test does not resolve to address 192.0.2.1"

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def full(moment: datetime) -> str:
    """A time stamp of RFC 3339."""
    return moment.astimezone().isoformat()


def traditional(moment: datetime) -> str:
    """A time stamp of the kind that has neither year nor zone."""
    return f"{moment.astimezone():%b} {moment.astimezone().day:2} {moment.astimezone():%H:%M:%S}"


Style = Callable[[datetime], str]
STYLES: list[Style] = [full, traditional]


@pytest.fixture(autouse=True)
def in_brussels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own zone is not UTC."""
    monkeypatch.setenv("TZ", "Europe/Brussels")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def name_of(letter: int) -> str:
    """The Message-ID of a letter."""
    return f"<{letter}@efus.example.org>"


def lines_of(letter: int, fate: str, *, smtpd: int, queue: str) -> list[str]:
    """What Postfix 3.7 writes of one letter."""
    client = f"postfix/smtpd[{smtpd}]: {queue}: {HOST}"
    named = f"postfix/cleanup[8]: {queue}: message-id={name_of(letter)}"
    rest = f"from=<b@example.org>, size=1{letter}, nrcpt=1"
    active = f"postfix/qmgr[9]: {queue}: {rest} (queue active)"
    lost = f"postfix/smtpd[{smtpd}]: lost connection after DATA (45 bytes) from localhost"
    header = f"{queue}: reject: header Subject: x from localhost[127.0.0.1]; from=<> : 5.7.1 no"
    milter = header.replace("reject", "milter-reject")
    return {
        "taken": [client, named, active, f"postfix/qmgr[9]: {queue}: removed"],
        "taken and tried for days": [client, named, active, active, active],
        "cut off": [client, named, lost],
        "cut off early": [client, lost, named],
        "timed out": [client, lost.replace("lost connection", "timeout"), named],
        "rejected": [client, named, f"postfix/cleanup[8]: {header}"],
        "rejected by a milter": [client, named, f"postfix/cleanup[8]: {milter}"],
        "held": [client, named, f"postfix/cleanup[8]: {queue}: hold: header Subject: x"],
        "under way": [client, named],
        "never seen": [],
    }[fate]


TRUTH: dict[str, bool | None] = {
    "taken": True,
    "taken and tried for days": True,
    "cut off": False,
    "cut off early": False,
    "timed out": False,
    "rejected": False,
    "rejected by a milter": False,
    "held": None,
    "under way": None,
    "never seen": False,
}


def connect(smtpd: int = 7) -> str:
    """What a visit leaves."""
    return f"postfix/smtpd[{smtpd}]: connect from localhost[127.0.0.1]"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a log."""

    at: datetime
    text: str

    def spelt(self, style: Style) -> bytes:
        """As it stands in the file."""
        return f"{style(self.at)} relay {self.text}\n".encode("latin-1")


def write(path: Path, lines: Sequence[Line], style: Style, compression: str = "") -> None:
    """A file of a log, whose last change was its last line."""
    data = b"".join(line.spelt(style) for line in lines)
    path.write_bytes(COMPRESSIONS[compression](data))
    if lines:
        stamp = lines[-1].at.timestamp()
        os.utime(path, (stamp, stamp))


def a_doubt(letter: int, *, begun_at: datetime = START, since: datetime = START) -> Doubt:
    """A doubt about one letter."""
    return Doubt(
        delivery=letter,
        message_id=name_of(letter),
        owner="host-1",
        begun_at=begun_at,
        since=since,
    )


def a_log(*middle: str, start: datetime = START) -> list[Line]:
    """A log from long before `start` to long after it, with letter 0 taken just then."""
    texts = [*lines_of(0, "taken", smtpd=7, queue="A0"), *middle]
    return [
        Line(at=start - timedelta(hours=1), text=connect()),
        *(Line(at=start + n * SECOND / 100, text=text) for n, text in enumerate(texts)),
        Line(at=start + PATIENCE + SECOND, text=connect()),
    ]


def ask(path: Path, *doubts: Doubt, witnesses: Sequence[int] = (0,)) -> dict[int, bool]:
    """The answers by letter."""
    oracle = PostfixLog(path, patience=PATIENCE)
    found = oracle.answer(doubts, witnesses={name_of(one): START for one in witnesses})
    return {one.delivery: found[one.message_id] for one in doubts if one.message_id in found}


@given(
    fates=st.lists(st.sampled_from(list(TRUTH)), min_size=1, max_size=12),
    style=st.sampled_from(STYLES),
    cuts=st.lists(st.integers(0, 60), max_size=3),
    compression=st.sampled_from(list(COMPRESSIONS)),
    dated=st.booleans(),
    data=st.data(),
)
def test_the_fate_of_every_letter_is_read_from_any_log(
    tmp_path_factory: pytest.TempPathFactory,
    fates: list[str],
    style: Style,
    cuts: list[int],
    compression: str,
    dated: bool,  # noqa: FBT001 - drawn by name
    data: st.DataObject,
) -> None:
    """Whatever the order of lines of different processes, the time stamps and the rotation."""
    queues = (f"{n:X}" for n in count(0xA1))
    of_process: dict[int, list[str]] = {1: [], 2: [], 3: []}
    for letter, fate in enumerate(fates, start=1):
        smtpd = data.draw(st.sampled_from(list(of_process)))
        of_process[smtpd] += lines_of(letter, fate, smtpd=smtpd, queue=next(queues))
    texts = [NOISE]
    while any(of_process.values()):
        smtpd = data.draw(st.sampled_from([one for one, left in of_process.items() if left]))
        texts.append(of_process[smtpd].pop(0))
    lines = a_log(*texts)
    path = tmp_path_factory.mktemp("log") / "mail.log"
    edges = sorted({0, len(lines), *(cut for cut in cuts if 0 < cut < len(lines))})
    parts = [lines[a:b] for a, b in pairwise(edges)]
    for age, part in enumerate(reversed(parts)):
        number = f"{20261122 - 7 * age}" if dated else f"{age}"
        packed = compression if age else ""
        name = f"mail.log.{number}{packed}" if age else "mail.log"
        write(path.with_name(name), part, style, packed)
    doubts = [a_doubt(letter) for letter in range(1, len(fates) + 1)]
    expected = {
        letter: truth
        for letter, fate in enumerate(fates, start=1)
        if (truth := TRUTH[fate]) is not None
    }
    assert ask(path, *doubts) == expected


@pytest.mark.parametrize("style", STYLES)
def test_a_log_that_begins_after_the_letter_cannot_say_no(tmp_path: Path, style: Style) -> None:
    """What it does name is still true; a second's difference is not enough to be sure."""
    path = tmp_path / "mail.log"
    write(path, a_log(*lines_of(2, "taken", smtpd=7, queue="A2")), style)
    first = START - timedelta(hours=1)
    assert ask(path, a_doubt(1, begun_at=first + 2 * SECOND), a_doubt(2)) == {1: False, 2: True}
    assert ask(path, a_doubt(1, begun_at=first + SECOND / 2), a_doubt(2)) == {2: True}


@pytest.mark.parametrize("style", STYLES)
def test_a_log_that_does_not_go_on_cannot_say_no(tmp_path: Path, style: Style) -> None:
    """Postfix may still be waiting for the rest of the letter; or nobody writes it any more."""
    path = tmp_path / "mail.log"
    write(path, a_log(*lines_of(2, "cut off", smtpd=7, queue="A2")), style)
    late = START + 2 * SECOND
    assert ask(path, a_doubt(1, since=late), a_doubt(2, since=late)) == {}
    assert ask(path, a_doubt(1), a_doubt(2)) == {1: False, 2: False}


@pytest.mark.parametrize("witnesses", [[], [5], [0, 5]])
def test_a_log_that_misses_letters_it_should_know_cannot_say_no(
    tmp_path: Path, witnesses: list[int]
) -> None:
    """It has holes, or is another Postfix's; without anybody to name nobody knows."""
    path = tmp_path / "mail.log"
    write(path, a_log(), full)
    assert ask(path, a_doubt(0), a_doubt(1), witnesses=witnesses) == {0: True}


def test_a_missing_file_between_others_is_a_hole(tmp_path: Path) -> None:
    """What the numbered files have in common ends there."""
    lines = a_log()
    write(tmp_path / "mail.log", lines[1:], full)
    write(tmp_path / "mail.log.2.gz", lines[:1], full, ".gz")
    assert ask(tmp_path / "mail.log", a_doubt(0), a_doubt(1)) == {0: True}
    write(tmp_path / "mail.log.1", [], full)
    write(tmp_path / "mail.log.1", [Line(at=START - SECOND, text=connect())], full)
    assert ask(tmp_path / "mail.log", a_doubt(0), a_doubt(1)) == {0: True, 1: False}


def test_queue_ids_that_come_back_are_told_apart(tmp_path: Path) -> None:
    """Postfix makes them of the time of day and a file's number."""
    path = tmp_path / "mail.log"
    texts = [
        *lines_of(1, "cut off", smtpd=7, queue="A1"),
        *lines_of(2, "taken", smtpd=8, queue="A1"),
        *lines_of(3, "under way", smtpd=7, queue="A1"),
    ]
    write(path, a_log(*texts), full)
    assert ask(path, *(a_doubt(letter) for letter in (1, 2, 3))) == {1: False, 2: True}


def test_a_second_attempt_under_the_same_name_decides(tmp_path: Path) -> None:
    """Cut off once and taken then; or cut off and now under way."""
    path = tmp_path / "mail.log"
    texts = [
        *lines_of(1, "cut off", smtpd=7, queue="A1"),
        *lines_of(1, "taken", smtpd=7, queue="A2"),
        *lines_of(2, "cut off", smtpd=7, queue="A3"),
        *lines_of(2, "under way", smtpd=7, queue="A4"),
    ]
    write(path, a_log(*texts), full)
    assert ask(path, a_doubt(1), a_doubt(2)) == {1: True}


def test_what_strangers_write_into_a_log_is_no_evidence(tmp_path: Path) -> None:
    """Names, addresses and subjects stand in it as they came."""
    path = tmp_path / "mail.log"
    forged = "postfix/qmgr[9]: A1: from=<x>, size=1, nrcpt=1 (queue active)"
    texts = [
        *lines_of(1, "under way", smtpd=7, queue="A1"),
        f"postfix/smtpd[6]: NOQUEUE: reject: RCPT from x[192.0.2.1]: helo=<{forged}>",
        "postfix/smtpd[7]: improper command pipelining after DATA from x: timeout after DATA ",
        "postfix/smtp[5]: A1: to=<x>, status=bounced (said: 550 lost connection after DATA )",
    ]
    write(path, a_log(*texts), full)
    assert ask(path, a_doubt(1)) == {}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "start",
    [
        datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2027, 3, 28, 1, 0, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
    ],
    ids=["New Year", "leap day", "summer time begins", "after summer time"],
)
def test_the_calendar_is_kept(tmp_path: Path, style: Style, start: datetime) -> None:
    """The traditional time stamps have no year, and are of the machine's zone."""
    path = tmp_path / "mail.log"
    write(path, a_log(start=start), style)
    assert ask(path, a_doubt(1, begun_at=start, since=start)) == {1: False}
    before = start - timedelta(hours=1)
    assert ask(path, a_doubt(1, begun_at=before, since=start)) == {}


def test_the_hour_that_comes_twice_proves_nothing(tmp_path: Path) -> None:
    """A log that begins in it may begin an hour later than it seems, or end an hour earlier."""
    path = tmp_path / "mail.log"
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    write(path, a_log(start=start), traditional)
    assert ask(path, a_doubt(1, begun_at=start, since=start)) == {}
    write(path, a_log(start=start), full)
    assert ask(path, a_doubt(1, begun_at=start, since=start)) == {1: False}


@pytest.mark.parametrize("style", STYLES)
def test_of_a_long_log_only_the_end_is_read(tmp_path: Path, style: Style) -> None:
    """A day's log of a busy relay is gigabytes."""
    path = tmp_path / "mail.log"
    old = [Line(at=START - timedelta(days=2) + n * SECOND, text=NOISE) for n in range(100_000)]
    lines = [*old, *a_log()]
    write(path, lines, style)
    assert path.stat().st_size > 8 << 20
    with open_log(path, since=START) as stretch:
        read = b"".join(stretch.chunks)
        assert stretch.begins is not None
        assert stretch.begins < START - timedelta(hours=23)
    assert len(read) < 3 << 20
    assert read.endswith(b"".join(line.spelt(style) for line in a_log()))


def test_a_log_is_read_from_its_witnesses_on(tmp_path: Path) -> None:
    """The last letter that was taken may be hours older than the doubt."""
    path = tmp_path / "mail.log"
    hours = [Line(at=START + n * SECOND, text=NOISE) for n in range(1, 4 * 3600)]
    later = START + timedelta(hours=4)
    write(path, [*a_log()[:-1], *hours, Line(at=later + PATIENCE + SECOND, text=connect())], full)
    assert path.stat().st_size > 1 << 20
    assert ask(path, a_doubt(1, begun_at=later, since=later)) == {1: False}


@pytest.mark.parametrize("content", [None, b"", b"no log at all\n" * 300, bytes(range(256)) * 99])
def test_what_is_no_log_answers_nothing(tmp_path: Path, content: bytes | None) -> None:
    """Not there, empty, or something else: then a person is asked, and doctor says why."""
    path = tmp_path / "mail.log"
    if content is not None:
        path.write_bytes(content)
    assert ask(path, a_doubt(0)) == {}
    assert str(path) in PostfixLog(path, patience=PATIENCE).trouble()


def test_a_broken_archive_answers_nothing(tmp_path: Path) -> None:
    """Half a file of the night before."""
    write(tmp_path / "mail.log", a_log()[1:], full)
    packed = gzip.compress(a_log()[0].spelt(full) * 1000)
    (tmp_path / "mail.log.1.gz").write_bytes(packed[: len(packed) // 2])
    assert ask(tmp_path / "mail.log", a_doubt(1)) == {}
