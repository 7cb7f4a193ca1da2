"""Opening the issues of an occurrence: one of its digest, or one of each of its articles."""

import asyncio
from dataclasses import replace
from datetime import datetime

import structlog

from flows.domain.article import Article, Slug
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import FROZEN, Issue
from flows.domain.phrases import Phrase
from flows.domain.recurrence import Occurrence, Recurrence
from flows.operations.assembling import write_digest
from flows.operations.issues import enter_issue, pass_gate
from flows.operations.library import Library
from flows.operations.timing import PROGRAM, place_issue
from flows.store.database import Store
from flows.store.issues import get_issue, hold_issue
from flows.store.recurrences import change_occurrence

log = structlog.get_logger()


async def open_occurrence(
    library: Library,
    store: Store,
    recurrence: Recurrence,
    occurrence: Occurrence,
    *,
    leaves_at: datetime,
    now: datetime,
    late_hours: float,
) -> tuple[list[Issue], list[Slug]]:
    """Open what an occurrence sends, with its time; again, the same issues. The articles in them.

    One that a person cancelled since is not opened anew.
    """
    digest: Article | None = None
    slugs = occurrence.slugs
    if not recurrence.form.each:
        digest = await asyncio.to_thread(
            write_digest, library, recurrence, at=occurrence.at, slugs=slugs
        )
        slugs = (digest.slug,) if digest else ()
    async with store.reading() as tx:
        known = {one.slug: one for one in [await get_issue(tx, of) for of in occurrence.issues]}
    opened: list[Issue] = []
    for slug in slugs:
        try:
            opened.append(
                known.get(slug)
                or await _open_article(
                    library, store, recurrence, occurrence, slug, leaves_at=leaves_at, now=now
                )
            )
        except InputError as error:
            if digest is not None:
                raise  # it is tried again, with the same digest
            log.warning("recurrence.left_out", name=recurrence.name, slug=slug, why=str(error))
            continue
        if slug not in known:
            occurrence = replace(occurrence, issues=(*occurrence.issues, opened[-1].id))
        try:
            await pass_gate(library, store, opened[-1].id, now=now, late_hours=late_hours)
        except InputError as error:
            # It is open, and shows what keeps it; once that is mended it goes.
            log.warning("recurrence.unreadable", name=recurrence.name, slug=slug, why=str(error))
    async with store.reading() as tx:
        issues = [await get_issue(tx, one.id) for one in opened]
    return issues, list(digest.front.listed) if digest else [one.slug for one in issues]


async def _open_article(
    library: Library,
    store: Store,
    recurrence: Recurrence,
    occurrence: Occurrence,
    slug: Slug,
    *,
    leaves_at: datetime,
    now: datetime,
) -> Issue:
    """One issue, with its time; the occurrence knows it from the instant at which it exists."""
    article = library.article(slug)
    async with store.writing() as tx:
        issue = await enter_issue(
            tx,
            article.slug,
            lists=recurrence.lists,
            now=now,
            release=True,
            policy=recurrence.policy,
        )
        issue = await hold_issue(tx, issue.id)
        if issue.state not in FROZEN and issue.scheduled_at is None:
            issue = await place_issue(
                tx, issue, at=leaves_at, zone=recurrence.zone, now=now, by=PROGRAM
            )
        names = [*occurrence.issues, issue.id]
        if not await change_occurrence(tx, occurrence, occurrence.state, issues=names):
            raise NotDoneError(
                Phrase("somebody else has opened what was due of {name}", name=recurrence.name)
            )
        return issue
