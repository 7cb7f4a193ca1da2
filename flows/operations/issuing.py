"""Opening the issues of an occurrence: one of its digest, or one of each of its articles."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from os.path import lexists

import structlog

from flows.domain.article import Slug
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import FROZEN, Issue
from flows.domain.phrases import Phrase
from flows.domain.recurrence import Occurrence, Recurrence
from flows.operations.assembling import write_digest
from flows.operations.authorship import WRITTEN
from flows.operations.gating import pass_gate
from flows.operations.issues import enter_issue
from flows.operations.library import Library
from flows.operations.timing import PROGRAM, place_issue
from flows.store.database import Store
from flows.store.events import last_actor, record_event
from flows.store.issues import get_issue, hold_issue
from flows.store.recurrences import change_occurrence

log = structlog.get_logger()

Opening = Callable[[Occurrence, Slug], Awaitable[Issue]]
"""Opens an occurrence's issue of an article, or finds it."""


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
    open_article = partial(_open_article, library, store, recurrence, leaves_at=leaves_at, now=now)
    if recurrence.form.each:
        opened = await _open_each(recurrence, occurrence, open_article)
        listed = [one.slug for one in opened]
    else:
        opened, listed = await _open_digest(
            library, store, recurrence, occurrence, open_article, now=now
        )
    for one in opened:
        try:
            await pass_gate(library, store, one.id, now=now, late_hours=late_hours)
        except InputError as error:
            # It is open, and shows what keeps it; once that is mended it goes.
            log.warning("recurrence.unreadable", issue=one.id, why=str(error))
    async with store.reading() as tx:
        return [await get_issue(tx, one.id) for one in opened], listed


async def _open_digest(
    library: Library,
    store: Store,
    recurrence: Recurrence,
    occurrence: Occurrence,
    open_article: Opening,
    *,
    now: datetime,
) -> tuple[list[Issue], list[Slug]]:
    """Its one issue; what cannot be written or read is tried again, in the same folder."""
    if occurrence.digest is None:
        return [], []
    is_new = not await asyncio.to_thread(lexists, library.source(occurrence.digest))
    digest = await asyncio.to_thread(
        write_digest,
        library,
        recurrence,
        occurrence.digest,
        at=occurrence.at,
        slugs=occurrence.slugs,
    )
    if digest is None:
        return [], []
    if recurrence.form.titles:
        await _record_author(store, recurrence, digest.slug, is_new=is_new, now=now)
    return [await open_article(occurrence, digest.slug)], list(digest.front.listed)


async def _record_author(
    store: Store, recurrence: Recurrence, slug: Slug, *, is_new: bool, now: datetime
) -> None:
    """Who wrote the rule's titles wrote the source, and does not approve it alone.

    Unless somebody else wrote in it since, in a folder that is gone on with.
    """
    async with store.writing() as tx:
        if is_new or not await last_actor(tx, WRITTEN, slug):
            author, rule = recurrence.made_by, recurrence.name
            await record_event(tx, WRITTEN, slug, actor=author, now=now, rule=rule)


async def _open_each(
    recurrence: Recurrence, occurrence: Occurrence, open_article: Opening
) -> list[Issue]:
    opened: list[Issue] = []
    for slug in occurrence.slugs:
        try:
            issue = await open_article(occurrence, slug)
        except InputError as error:
            log.warning("recurrence.left_out", name=recurrence.name, slug=slug, why=str(error))
            continue
        opened.append(issue)
        if issue.id not in occurrence.issues:
            occurrence = replace(occurrence, issues=(*occurrence.issues, issue.id))
    return opened


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
    async with store.reading() as tx:
        for known in [await get_issue(tx, one) for one in occurrence.issues]:
            if known.slug == slug:
                return known
    article = library.article(slug)
    async with store.writing() as tx:
        issue = await enter_issue(
            tx,
            article.slug,
            lists=recurrence.lists,
            now=now,
            release=True,
            policy=recurrence.policy,
            carries=article.front.listed,
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
