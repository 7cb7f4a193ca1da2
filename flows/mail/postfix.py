"""What a Postfix on this machine took, by its own log, asked by Message-ID.

A letter that was taken is named by `cleanup` and then called active by `qmgr`, under one queue id:

    smtpd[7]:   4F2A: client=…                 smtpd[7]:   5B1C: client=…
    cleanup[8]: 4F2A: message-id=<…>           cleanup[8]: 5B1C: message-id=<…>
    qmgr[9]:    4F2A: from=… (queue active)    smtpd[7]:   lost connection after DATA …
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from flows.domain.delivery import Doubt
from flows.domain.phrases import Phrase
from flows.mail.logfiles import FAULTS, open_log, read_stamp

log = structlog.get_logger()

LATEST: Final = datetime.max.replace(tzinfo=UTC)
STAMPED_TO: Final = timedelta(seconds=1)
"""Traditional time stamps are cut to seconds."""

EVENT: Final = re.compile(
    rb"^(?P<stamp>\d{4}-\S+|[A-Z][a-z]{2} [ \d]\d [\d:]{8}) \S+ [^\s\[]*/(?:"
    rb"smtpd\[(?P<smtpd>\d+)\]: (?:(?P<client>\w+): client="
    rb"|(?P<lost>(?:lost connection|timeout) after DATA )|)"
    rb"|cleanup\[\d+\]: (?P<named>\w+): message-id=(?P<message_id><[^>\n]*>)"
    rb"|cleanup\[\d+\]: (?P<rejected>\w+): (?:milter-)?reject: "
    rb"|qmgr\[\d+\]: (?P<active>\w+): from=<.*\(queue active\)$)",
    re.MULTILINE,
)


class PostfixLog:
    """An oracle that reads the log of the Postfix which is our relay (see `Oracle`).

    Taken is what became active. Not taken is what was never named, or only under queue ids whose
    letters were cut off or rejected; and that only if the log begins before the letter, goes on
    for `patience` after the doubt arose, and knows each of the witnesses.
    """

    def __init__(self, path: Path, *, patience: timedelta) -> None:
        self.patience = patience
        self.path = path

    def trouble(self) -> str:
        """Why the log cannot be read, or an empty text."""
        try:
            with open_log(self.path, since=LATEST) as stretch:
                if stretch.begins:
                    return ""
                return Phrase("{path} has no line with a time", path=self.path)
        except FAULTS as error:
            return f"{self.path}: {error}"

    def answer(
        self, doubts: Sequence[Doubt], *, witnesses: Mapping[str, datetime]
    ) -> Mapping[str, bool]:
        """What became of letters, by Message-ID; those that the log does not decide are missing."""
        begun = [*(doubt.begun_at for doubt in doubts), *witnesses.values()]
        since = min(begun) - STAMPED_TO
        account = _Account({*(doubt.message_id for doubt in doubts), *witnesses})
        try:
            with open_log(self.path, since=since) as stretch:
                for chunk in stretch.chunks:
                    account.read(chunk)
        except FAULTS as error:
            log.warning("postfix_log.unreadable", path=str(self.path), why=str(error))
            return {}
        answers = dict.fromkeys((d.message_id for d in doubts if account.took(d.message_id)), True)
        reliable = bool(witnesses) and all(map(account.took, witnesses))
        begins, ends = stretch.begins, account.last_seen(written_by=stretch.written_by)
        if reliable and begins and ends:
            answers |= {
                doubt.message_id: False
                for doubt in doubts
                if account.has_ended(doubt.message_id)
                and begins < doubt.begun_at - STAMPED_TO
                and doubt.since + self.patience <= ends
            }
        return answers


class _Account:
    """What a log says of some letters, gathered line by line."""

    def __init__(self, message_ids: Iterable[str]) -> None:
        self._wanted = {one.encode("ascii", "replace") for one in message_ids}
        self._taken: set[bytes] = set()
        self._queue_of: dict[bytes, bytes] = {}  # of each smtpd process, the letter under way
        self._names: dict[bytes, bytes] = {}
        self._ended: set[bytes] = set()
        self._open: defaultdict[bytes, int] = defaultdict(int)
        self._last_line = b""

    def read(self, lines: bytes) -> None:
        """Take note of whole lines, which follow those read before."""
        for event in EVENT.finditer(lines):
            match event.lastgroup:
                case "client":
                    self._begin(event["client"], smtpd=event["smtpd"])
                case "lost":
                    self._end(self._queue_of.pop(event["smtpd"], b""))
                case "rejected":
                    self._end(event["rejected"])
                case "message_id" if event["message_id"] in self._wanted:
                    self._name(event["named"], event["message_id"])
                case "active":
                    self._take(event["active"])
                case _:
                    pass
            if event["smtpd"]:
                self._last_line = event["stamp"]

    def _begin(self, queue: bytes, *, smtpd: bytes) -> None:
        self._queue_of[smtpd] = queue
        # Queue ids come back. What went under this one before keeps its fate.
        self._names.pop(queue, None)
        self._ended.discard(queue)

    def _name(self, queue: bytes, message_id: bytes) -> None:
        if queue not in self._ended:
            self._names[queue] = message_id
            self._open[message_id] += 1

    def _end(self, queue: bytes) -> None:
        self._ended.add(queue)
        if name := self._names.pop(queue, None):
            self._open[name] -= 1

    def _take(self, queue: bytes) -> None:
        if name := self._names.get(queue):
            self._taken.add(name)

    def took(self, message_id: str) -> bool:
        """Whether a letter of this name was taken."""
        return message_id.encode("ascii", "replace") in self._taken

    def has_ended(self, message_id: str) -> bool:
        """Whether nothing of this name was taken or can still be."""
        name = message_id.encode("ascii", "replace")
        return name not in self._taken and not self._open[name]

    def last_seen(self, *, written_by: datetime) -> datetime | None:
        """When `smtpd`, at the earliest, wrote its last line."""
        stamp = read_stamp(self._last_line, written_by=written_by)
        return stamp.earliest if stamp else None
