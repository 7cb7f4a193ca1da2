"""Telling people ahead of time that a language is not approved."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from flows.domain.account import Account, Role
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import NewsletterError
from flows.domain.issue import Issue, IssueState
from flows.domain.language import Language
from flows.operations.issues import scheduled_issues
from flows.operations.library import Library
from flows.operations.overview import title_of
from flows.operations.standing import waits_of
from flows.store.database import Store
from flows.store.users import all_users
from flows.store.warnings import claim_warning, forget_warning

log = structlog.get_logger()

STILL_OPEN: Final = {IssueState.IN_REVIEW, IssueState.APPROVED, IssueState.SCHEDULED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A language of an issue is not approved, fewer than `hours` before its time."""

    issue: Issue
    title: str
    language: Language
    hours: float

    def leaves_in(self, now: datetime) -> timedelta:
        """How long there is left."""
        return (self.issue.scheduled_at or now) - now


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody who is told; `language` is that of the letter."""

    address: str
    language: Language


Tell = Callable[[Caution, Addressee], Awaitable[Outcome]]
"""Sends one letter; raises a `NewsletterError` if the relay cannot be used, or refuses us."""


async def find_cautions(
    library: Library, store: Store, *, warn_hours: Collection[float], now: datetime
) -> list[Caution]:
    """Every language that is not approved of an issue that leaves soon, soonest first."""
    library = library.at_once()
    found = []
    for issue in await scheduled_issues(store):
        left = (issue.scheduled_at or now) - now
        due = [one for one in warn_hours if timedelta(0) < left <= timedelta(hours=one)]
        if not due or issue.state not in STILL_OPEN:
            continue
        waits = await waits_of(library, store, issue, now=now, late_hours=1)
        found += [
            Caution(
                issue=issue,
                title=title_of(library, issue.slug),
                language=wait.language,
                hours=min(due),
            )
            for wait in waits
            if wait.language
        ]
    return found


async def warn(
    library: Library,
    store: Store,
    tell: Tell,
    *,
    warn_hours: Collection[float],
    besides: Sequence[str],
    now: datetime,
) -> list[Caution]:
    """Tell whoever can help, once for each language and each of `warn_hours`; what was told.

    A person who is late for several of these hours is told once. What the relay took for nobody is
    told at the next look, unless it refused everybody for good.
    """
    told = []
    for caution in await find_cautions(library, store, warn_hours=warn_hours, now=now):
        async with store.writing() as tx:
            fresh = [
                hours
                for hours in warn_hours
                if hours >= caution.hours
                and await claim_warning(tx, caution.issue, caution.language, hours=hours, now=now)
            ]
        if caution.hours in fresh and await _tell_all(library, store, tell, caution, besides):
            told.append(caution)
    return told


async def _tell_all(
    library: Library, store: Store, tell: Tell, caution: Caution, besides: Sequence[str]
) -> bool:
    async with store.reading() as tx:
        people = await all_users(tx)
    whom = whom_to_tell(people, caution.language, besides, otherwise=library.source_language)
    about = {"issue": caution.issue.id, "language": caution.language}
    reached = refused = 0
    why = "the relay put it off"
    try:
        for one in whom:
            outcome = await tell(caution, one)
            reached += outcome.state is DeliveryState.ACCEPTED
            refused += outcome.state is DeliveryState.REFUSED
    except NewsletterError as error:
        why = str(error)
    if not reached and refused < len(whom):
        log.warning("schedule.warning_waits", why=why, **about)
        async with store.writing() as tx:
            await forget_warning(tx, caution.issue, caution.language, hours=caution.hours)
        return False
    log.info("schedule.warned", hours=caution.hours, people=len(whom), reached=reached, **about)
    return bool(reached or not whom)


def whom_to_tell(
    people: Sequence[Account], language: Language, besides: Sequence[str], *, otherwise: Language
) -> list[Addressee]:
    """Reviewers of a language and publishers who have an address, and some addresses besides.

    Each once, in the language of their pages; a reviewer who chose none in the one they review.
    """
    found: dict[str, Addressee] = {}
    for one in people:
        reviews = one.reviews(language)
        if one.disabled_at or not one.address or not (reviews or Role.PUBLISHER in one.roles):
            continue
        read = Language(one.locale) if one.locale else language if reviews else otherwise
        found.setdefault(one.address.lower(), Addressee(address=one.address, language=read))
    for address in besides:
        found.setdefault(address.lower(), Addressee(address=address, language=otherwise))
    return list(found.values())
