"""Which articles an occurrence takes: approved in every language, and not sent yet."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from flows.domain.article import Slug
from flows.domain.errors import InputError
from flows.domain.issue import FROZEN, Issue, IssueId, IssueState
from flows.domain.recurrence import OccurrenceState, Recurrence
from flows.operations.library import Library
from flows.operations.reviewing import review_article
from flows.operations.timing import RESTORED
from flows.store.database import Store, Transaction
from flows.store.issues import find_issues, get_issue
from flows.store.recurrences import digests_written, find_occurrences
from flows.store.reviews import last_decisions


async def collect_articles(library: Library, store: Store, recurrence: Recurrence) -> list[Slug]:
    """The articles that a recurrence would send now, by date and name.

    What is taken is left alone, as `leave_taken` does; so is what cannot be read.
    """
    matching = [one for one in library.slugs() if fnmatchcase(one, recurrence.articles)]
    async with store.reading() as tx:
        waiting = [
            slug
            for slug in await leave_taken(library, tx, recurrence, matching)
            if _may_be_approved(library, await last_decisions(tx, slug))
        ]
    dated = [
        (date, slug)
        for slug in waiting
        if (date := await _date_if_approved(library, store, slug, alone=not recurrence.form.each))
    ]
    return [slug for _, slug in sorted(dated)]


def names_nothing(library: Library, pattern: str) -> bool:
    """Whether no article has such a name now; one may come."""
    return not any(fnmatchcase(one, pattern) for one in library.slugs())


async def leave_taken(
    library: Library, tx: Transaction, recurrence: Recurrence, slugs: Collection[Slug]
) -> list[Slug]:
    """Those of these articles that go nowhere yet where a recurrence would send them.

    Taken is one about whose issue to some of the lists somebody decided, that is in a digest to
    some of them, or that an occurrence to some of them is about to open. What a rule wrote itself
    is its digest alone.
    """
    taken = {*await digests_written(tx)}
    for other, one in await find_occurrences(tx, OccurrenceState.OPENING):
        if _meet(other.lists, recurrence.lists):
            taken |= {*one.slugs}
    if recurrence.form.each:
        for other, one in await find_occurrences(tx, OccurrenceState.OPENED):
            if other.id == recurrence.id:
                taken |= {*one.slugs}
    for issue in await find_issues(tx):
        if _meet(issue.lists, recurrence.lists):
            taken |= {*_spoken_for(library, issue)}
    return [one for one in slugs if one not in taken]


async def listed_in(library: Library, store: Store, issue: IssueId) -> list[Slug]:
    """The articles in an issue's article, if that is a digest, as it is now.

    Raises `InputError` if it cannot be read, unless the issue has begun.
    """
    async with store.reading() as tx:
        found = await get_issue(tx, issue)
    try:
        return list(library.article(found.slug).front.listed)
    except InputError:
        if found.state in FROZEN:
            return list(found.carries or ())
        raise


async def sent_besides(library: Library, store: Store, issue: Issue) -> dict[Slug, IssueId]:
    """What a rule put into its digest, and another issue brings to some of the lists since.

    Which other issue; it has begun, has a time or was released.
    """
    async with store.reading() as tx:
        occurrence = (await digests_written(tx)).get(issue.slug)
        if occurrence is None:
            return {}
        collected = {*occurrence.slugs}.intersection(_carried(library, issue))
        others = [one for one in await find_issues(tx) if _meet(one.lists, issue.lists)]
    return {
        slug: other.id
        for other in others
        if other.slug != issue.slug and _is_on_its_way(other)
        for slug in (other.slug, *_carried(library, other))
        if slug in collected
    }


def _is_on_its_way(issue: Issue) -> bool:
    if issue.state is IssueState.CANCELLED:
        return issue.started_at is not None
    return _has_begun(issue) or _is_promised(issue)


def _meet(some: Collection[str], others: Collection[str]) -> bool:
    """Whether issues to these lists have a list in common; none named are all."""
    return not some or not others or bool(set(some).intersection(others))


def _spoken_for(library: Library, issue: Issue) -> Iterator[Slug]:
    """The articles about which an issue decides, by itself or as a digest."""
    if _is_decided(issue):
        yield issue.slug
    if _carries_for_good(issue):
        yield from _carried(library, issue)


def _carried(library: Library, issue: Issue) -> Sequence[Slug]:
    """What left in a digest, or what is in it now; as long as that cannot be read, what was."""
    if issue.carries is None or not _has_begun(issue):
        with suppress(InputError):
            return library.article(issue.slug).front.listed
    return issue.carries or ()


def _is_decided(issue: Issue) -> bool:
    """Whether somebody decided about an issue: for it, or against it.

    One that was cancelled or held back may have left all the same, before a restore.
    """
    refused = issue.state is IssueState.CANCELLED or bool(issue.reason)
    return _has_begun(issue) or _is_promised(issue) or refused


def _carries_for_good(issue: Issue) -> bool:
    """Whether what is in a digest left with it, or will: one that was cancelled gives it back.

    If it had begun, `carries` says what left.
    """
    if issue.state is IssueState.CANCELLED and not _has_begun(issue):
        return issue.reason.startswith(RESTORED)
    return _has_begun(issue) or _is_promised(issue) or bool(issue.reason)


def _has_begun(issue: Issue) -> bool:
    return issue.state in FROZEN or issue.started_at is not None


def _is_promised(issue: Issue) -> bool:
    return issue.scheduled_at is not None or issue.released_at is not None


def _may_be_approved(library: Library, decisions: Collection[str]) -> bool:
    """A cheap look: rendering an article to see what it is now costs a tenth of a second."""
    return set(library.languages) <= set(decisions)


async def _date_if_approved(library: Library, store: Store, slug: Slug, *, alone: bool) -> str:
    """When an article was written; empty if it is not approved, or cannot be in a digest."""
    try:
        front = library.article(slug).front
        if alone and front.is_digest:
            return ""
        reviews = await review_article(library, store, slug)
        return front.date if all(one.signed_off for one in reviews) else ""
    except InputError:
        return ""
