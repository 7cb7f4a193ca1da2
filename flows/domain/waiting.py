"""What an issue waits for, and whom."""

from dataclasses import dataclass
from enum import StrEnum

from flows.domain.language import Language


class Need(StrEnum):
    """What must happen before an issue goes on."""

    TRANSLATION = "translation"
    CORRECTION = "correction"
    APPROVAL = "approval"
    PART = "part"
    TWICE = "twice"
    NEW_TIME = "new_time"
    RELAY_LOG = "relay_log"
    SENDING = "sending"
    OVERDUE = "overdue"
    RESUMING = "resuming"
    REVIVAL = "revival"
    SETTLING = "settling"
    ANOTHER_TRY = "another_try"
    PATIENCE = "patience"
    HOUR = "hour"
    ARTICLE = "article"
    NEW_ISSUE = "new_issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One thing that an issue waits for, and the command that helps.

    `because` are the words of whoever sent a language back or paused the issue. `article` is the
    one of a digest's that is to be approved first, or that readers would get twice.
    """

    need: Need
    what: str
    command: str
    language: Language | None = None
    segments: tuple[str, ...] = ()
    because: str = ""
    article: str = ""
