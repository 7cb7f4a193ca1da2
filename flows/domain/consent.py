"""Why somebody may be written to, and what they said about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Basis(StrEnum):
    """The legal bases on which a network may write (GDPR, article 6(1) a, b, e and f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Act(StrEnum):
    """What happened to the right to write to an address. The last act on a list counts."""

    IMPORTED = "imported"
    """A list of ours or of a city named the address, on the basis that its importer gave."""
    GIVEN = "given"
    """Its reader said yes, and proved that the mailbox is theirs."""
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    """Its reader said no."""
    ENDED = "ended"
    """We took it off: replaced, undone, not renewed, erased."""


GRANTS = frozenset({Act.IMPORTED, Act.GIVEN, Act.RENEWED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One line of the ledger of consents; `list` is empty for all lists.

    `text` is the digest of the exact words that were shown, `why` the reader's own reason.
    """

    list: str
    act: Act
    at: datetime
    source: str
    basis: Basis | None = None
    text: str | None = None
    language: str = ""
    why: str = ""
