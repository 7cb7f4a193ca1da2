"""What comes again by a rule: a recurrence, and each of its occurrences."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from flows.domain.article import Slug
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.timing import Policy

RecurrenceId = NewType("RecurrenceId", int)


class RecurrenceState(StrEnum):
    """Whether its occurrences are opened. An ended one never comes back."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class OccurrenceState(StrEnum):
    """What became of an occurrence.

    `late`: it was missed by more than the late rule allows, and waits for a person. `skipped`: a
    later one took its place, or a person passed over it.
    """

    OPENING = "opening"
    OPENED = "opened"
    EMPTY = "empty"
    LATE = "late"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an occurrence makes of its articles: one digest, or with `each` an issue of each.

    A digest is written `ahead` of its time, so that people review it. `titles` are the patterns of
    its title by language; without any it is named after sender and month. With `sections` its
    articles stand under their first tags.
    """

    each: bool = False
    titles: Mapping[Language, str] = field(default_factory=dict)
    sections: bool = False
    ahead: timedelta = timedelta()


EACH: Final = Form(each=True)
"""An issue of each article, at its instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule by which issues are opened, in cron's words or those of RFC 5545, section 3.3.10.

    Of the articles whose names match `articles`, those go that are approved and were not sent yet.
    No occurrence is before `begins_at`; what was due until `seen_until` is dealt with.
    """

    id: RecurrenceId
    name: str
    rule: str
    zone: str
    lists: tuple[str, ...]
    articles: str
    policy: Policy
    form: Form
    state: RecurrenceState
    begins_at: datetime
    seen_until: datetime
    made_by: str

    @property
    def version(self) -> str:
        """The same as long as nobody changes what was agreed; resting changes nothing of it."""
        form = (self.form.each, sorted(self.form.titles.items()), self.form.sections)
        ahead = self.form.ahead.total_seconds()
        told = (self.id, self.rule, self.zone, self.lists, self.articles, str(self.policy))
        return hashlib.sha256(repr((*told, *form, ahead)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One instant of a recurrence, the articles that were collected for it and their issues.

    `digest` is the folder that its digest is written into, and no other's. `trouble` is what kept
    it from being opened when that was tried last.
    """

    recurrence: RecurrenceId
    at: datetime
    state: OccurrenceState
    digest: Slug | None = None
    slugs: tuple[Slug, ...] = ()
    issues: tuple[IssueId, ...] = ()
    trouble: str = ""
