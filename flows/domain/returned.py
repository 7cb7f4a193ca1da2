"""What came back of a letter: a failure, a complaint, somebody who wants to leave."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ReturnKind(StrEnum):
    """What a returned message means."""

    HARD = "hard"
    """There is no such mailbox."""
    SOFT = "soft"
    """The mailbox did not take this letter: full, or out of reach for too long."""
    POLICY = "policy"
    """The letter or its sender was refused, whoever it was for: that is ours to mend."""
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    NOTICE = "notice"
    """A delay or a success: nothing final, or nothing wrong."""
    AUTO_REPLY = "auto_reply"
    FORGED = "forged"
    """A report that no signature of ours proves."""
    UNREADABLE = "unreadable"
    """Whatever a person must read."""


BOUNCES: Final = (ReturnKind.HARD, ReturnKind.SOFT, ReturnKind.POLICY)
"""The letter did not arrive."""


class Effect(StrEnum):
    """What a return changed; `open` until that is decided."""

    OPEN = "open"
    SUPPRESSED = "suppressed"
    HELD = "held"
    """A hard bounce among so many that a person must look before anybody is suppressed."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One message that came back, read. `digest` is the SHA-256 of its bytes.

    `delivery` and `contact` name the letter, if our signature proves it. `status` is the enhanced
    code (RFC 3463) of a failure, `words` the server's, or ours on why a person must read it.
    """

    digest: str
    kind: ReturnKind
    delivery: int | None = None
    contact: int | None = None
    status: str = ""
    words: str = ""
