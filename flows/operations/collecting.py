"""Which articles an occurrence takes: approved in every language, and not sent yet."""

from collections.abc import Collection
from fnmatch import fnmatchcase

from flows.domain.article import Slug
from flows.domain.errors import InputError
from flows.domain.issue import FROZEN, Issue, IssueState
from flows.domain.recurrence import Recurrence
from flows.operations.library import Library
from flows.operations.reviewing import review_article
from flows.store.database import Store
from flows.store.issues import find_issues
from flows.store.recurrences import slugs_taken
from flows.store.reviews import last_decisions


async def collect_articles(library: Library, store: Store, recurrence: Recurrence) -> list[Slug]:
    """The articles that a recurrence would send now, by date and name.

    One about whose issue to some of the lists somebody decided, or that an earlier occurrence
    opened, is left alone; so is one that cannot be read.
    """
    async with store.reading() as tx:
        taken = await slugs_taken(tx, recurrence.id)
        waiting = [
            slug
            for slug in library.slugs()
            if fnmatchcase(slug, recurrence.articles)
            and slug not in taken
            and not any(
                is_spoken_for(one, recurrence.lists) for one in await find_issues(tx, slug=slug)
            )
            and _may_be_approved(library, await last_decisions(tx, slug))
        ]
    dated = [
        (date, slug) for slug in waiting if (date := await _date_if_approved(library, store, slug))
    ]
    return [slug for _, slug in sorted(dated)]


def is_spoken_for(issue: Issue, lists: Collection[str]) -> bool:
    """Whether somebody decided about an issue to some of the lists: for it, or against it.

    One that was cancelled or held back may have left all the same, before a restore.
    """
    same = not issue.lists or not lists or bool(set(issue.lists).intersection(lists))
    begun = issue.state in FROZEN or issue.started_at is not None
    promised = issue.scheduled_at is not None or issue.released_at is not None
    refused = issue.state is IssueState.CANCELLED or bool(issue.reason)
    return same and (begun or promised or refused)


def _may_be_approved(library: Library, decisions: Collection[str]) -> bool:
    """A cheap look: rendering an article to see what it is now costs a tenth of a second."""
    return set(library.languages) <= set(decisions)


async def _date_if_approved(library: Library, store: Store, slug: Slug) -> str:
    try:
        reviews = await review_article(library, store, slug)
        return library.article(slug).front.date if all(one.signed_off for one in reviews) else ""
    except InputError:
        return ""
