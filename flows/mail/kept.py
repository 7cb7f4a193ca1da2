"""Mail that no program understood, kept as files until a person has read and removed it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from flows.mail.bounds import header, parse_within_bounds
from flows.mail.boxes import Arrival
from flows.mail.failures import subject_of
from flows.mail.maildir import messages_in, prepare_maildir, write_message
from flows.mail.outcomes import readable

log = structlog.get_logger()

MOST_KEPT: Final = 1000
"""Beyond that a flood of spam would fill the disk; it is counted all the same."""
PREVIEW_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """One file with what a person decides by."""

    path: Path
    sender: str
    subject: str


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A Maildir for a person, of `at_most` messages; any mail program opens it."""

    folder: Path
    at_most: int = MOST_KEPT

    def keep(self, arrival: Arrival) -> None:
        """Keep a message under its digest, so that twice is once; too many are left."""
        prepare_maildir(self.folder)
        if self.count() < self.at_most:
            write_message(self.folder, f"{arrival.digest}.newsletter", arrival.raw)
        else:
            log.warning("returns.too_many_kept", digest=arrival.digest)

    def count(self) -> int:
        """How many there are."""
        return len(messages_in(self.folder))

    def messages(self) -> list[KeptMessage]:
        """What waits for a person."""
        return [_described(path) for path in messages_in(self.folder)]


def _described(path: Path) -> KeptMessage:
    with path.open("rb") as file:
        message = parse_within_bounds(file.read(PREVIEW_BYTES))
    if message is None:
        return KeptMessage(path=path, sender="", subject="")
    return KeptMessage(
        path=path, sender=readable(header(message, "from")), subject=subject_of(message)
    )
