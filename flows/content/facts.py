"""The single facts that a catalogue's comments keep: how each is written and read back."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Self

from flows.content.matching import match_key
from flows.domain.segment import SegmentKey

WORD_OF = r"(?P<by>\S.*?)\s+(?P<on>\d{4}-\d{2}-\d{2})\s+(?P<digest>[0-9a-f]{8})\s*"
APPROVAL = re.compile(WORD_OF, re.DOTALL)
DISMISSAL = re.compile(rf"(?P<check>[a-z][a-z-]*)\s+{WORD_OF}", re.DOTALL)
DRAFT = re.compile(
    r"(?P<origin>[^\"]*?)(?:\s+(?P<at>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z))?\s+"
    r'(?P<text>"(?:[^"\\]|\\.)*")\s*',
    re.DOTALL,
)
FRAGILE = re.compile(r"(?<! )-|-(?! )|(?<= ) |^ | $|[^\S ]|[\x7f-\x9f\u2028\u2029]")
"""What other tools change when they wrap a comment: odd spaces, and hyphens inside words."""
MINUTE = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's word for one translation; `digest` is of exactly what they approved."""

    by: str
    on: date
    digest: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Reads what `str` wrote; `None` for anything else."""
        match = APPROVAL.fullmatch(text)
        on = _day(match["on"]) if match else None
        return (
            cls(by=one_line(match["by"]), on=on, digest=match["digest"]) if match and on else None
        )

    def __str__(self) -> str:
        return f"{self.by} {self.on.isoformat()} {self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissal:
    """One person's word that what a check finds in a translation may stand."""

    check: str
    by: str
    on: date
    digest: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Reads what `str` wrote; `None` for anything else."""
        match = DISMISSAL.fullmatch(text)
        on = _day(match["on"]) if match else None
        if not match or not on:
            return None
        return cls(check=match["check"], by=one_line(match["by"]), on=on, digest=match["digest"])

    def __str__(self) -> str:
        return f"{self.check} {self.by} {self.on.isoformat()} {self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDraft:
    """What a machine, or the memory, wrote before anybody touched it; `at` is in UTC."""

    origin: str
    text: str
    at: datetime | None = None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Reads what `str` wrote; `None` for anything else."""
        match = DRAFT.fullmatch(text)
        if not match:
            return None
        try:
            at = datetime.strptime(match["at"], MINUTE).replace(tzinfo=UTC) if match["at"] else None
            return cls(origin=one_line(match["origin"]), text=json.loads(match["text"]), at=at)
        except ValueError:
            return None

    def __str__(self) -> str:
        at = [f"{self.at.astimezone(UTC):{MINUTE}}"] if self.at else []
        return " ".join([self.origin, *at, quote_text(self.text)])


def is_whole_approval(text: str) -> bool:
    """Whether the text is all of an approval."""
    return bool(APPROVAL.fullmatch(text))


def is_whole_dismissal(text: str) -> bool:
    """Whether the text is all of a dismissal."""
    return bool(DISMISSAL.fullmatch(text))


def is_whole_draft(text: str) -> bool:
    """Whether the text is all of a draft."""
    return bool(DRAFT.fullmatch(text))


@lru_cache(maxsize=20_000)
def digest_of(key: SegmentKey, translation: str) -> str:
    """Eight hexadecimal digits of the SHA-256 of a segment and its translation.

    The source is taken in its normal form (`flows.content.matching`), so that a no-break space
    typed into the French keeps the approval; the translation exactly as it is.
    """
    canonical = json.dumps([*match_key(key), translation], ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def quote_text(text: str) -> str:
    """The text as a JSON string (RFC 8259, section 7) that survives being wrapped at its spaces."""
    inside = json.dumps(text, ensure_ascii=False)[1:-1]
    return '"' + FRAGILE.sub(lambda found: f"\\u{ord(found[0]):04x}", inside) + '"'


def one_line(text: str) -> str:
    """`text` as it can stand in a comment or header."""
    return " ".join(text.split())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
