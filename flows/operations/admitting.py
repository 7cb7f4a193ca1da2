"""Languages that are approved after their issue has begun: their readers get theirs then."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from flows.domain.article import Slug
from flows.domain.errors import InputError
from flows.domain.issue import FROZEN, Issue, IssueId
from flows.domain.language import Language
from flows.domain.recipient import Letterhead
from flows.domain.timing import Policy
from flows.operations.addressing import Departure, city_instant
from flows.operations.delivering import approved_digests
from flows.operations.library import Library
from flows.operations.reviewing import review_article
from flows.store.database import Store, Transaction
from flows.store.departures import held_letters, places_of_held, release_letters
from flows.store.events import record_event
from flows.store.issues import freeze_editions, get_issue, hold_issue, move_issue
from flows.store.reviews import last_decisions
from flows.store.statements import BEING_SENT


async def languages_ready(
    library: Library, store: Store, issue_id: IssueId
) -> list[Language] | None:
    """Of an issue that may go in parts: the languages that are approved exactly as they are now.

    `None` for all others, and for one whose readers all have their letters or their time.
    """
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
        begun = issue.state in FROZEN
        if issue.policy is not Policy.APPROVED or (begun and not await held_letters(tx, issue_id)):
            return None
    try:
        reviews = await review_article(library, store, issue.slug)
    except InputError:
        if begun:
            return []  # what has its time already needs no article any more
        raise
    return [one.language for one in reviews if one.signed_off]


async def languages_to_admit(library: Library, store: Store, issue_id: IssueId) -> list[Language]:
    """The languages that readers of an issue wait for and that are approved by now.

    None of an issue that is paused, or whose article cannot be read any more.
    """
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
        held = await held_letters(tx, issue_id) if _may_wait(issue) else {}
    ready = (await languages_ready(library, store, issue_id) or []) if held else []
    return [one for one in ready if one in held]


def _may_wait(issue: Issue) -> bool:
    return issue.policy is Policy.APPROVED and issue.state in BEING_SENT


async def admit_languages(
    store: Store,
    issue_id: IssueId,
    *,
    signed_off: Collection[Language],
    letterheads: Mapping[Language, Letterhead],
    departure: Departure,
    now: datetime,
    carries: Sequence[Slug] = (),
) -> list[Language]:
    """Fix the editions that were approved since an issue began, and let their letters go.

    They leave after the undo window, where it is not yet the issue's hour then. Which languages.
    `carries` are the articles in a digest as it is now: they count as sent from now on, too.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if not _may_wait(issue):
            return []
        held = await held_letters(tx, issue_id)
        wanted = set(held).intersection(signed_off)
        digests = approved_digests(await last_decisions(tx, issue.slug), wanted)
        if not digests:
            return []
        await freeze_editions(tx, issue_id, digests, letterheads=letterheads)
        await _release(tx, issue, set(digests), departure=departure, now=now)
        if issue.carries is not None:
            both = dict.fromkeys([*issue.carries, *carries])
            await move_issue(tx, issue, issue.state, now=now, carries=list(both))
        await record_event(
            tx,
            "issue.admitted",
            issue_id,
            actor="newsletter",
            now=now,
            letters={language: held[language] for language in digests},
        )
        return list(digests)


async def _release(
    tx: Transaction,
    issue: Issue,
    languages: Collection[Language],
    *,
    departure: Departure,
    now: datetime,
) -> None:
    opens = now + departure.undo
    if issue.wall is not None:
        for city, timezone in (await places_of_held(tx, issue.id, languages)).items():
            instant = city_instant(issue.wall, timezone, network=departure.zone)
            await release_letters(tx, issue.id, languages, at=max(opens, instant), cities=[city])
    else:
        await release_letters(tx, issue.id, languages, at=opens)
