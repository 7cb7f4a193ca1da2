"""The demonstration: the whole way of the example article, on this machine alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from flows.cli.publishing import publish
from flows.cli.session import Session, note, say
from flows.domain.errors import NotDoneError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.subscribers import Import
    from flows.runtime.runtime import Runtime

SLUG = "city-pair"
APPROVER = "demo"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(context: typer.Context) -> None:
    """Publish the example article to the example lists; nobody is mailed."""
    session: Session = context.obj
    if session.settings.smtp.mode != "capture":
        raise NotDoneError(
            "the demonstration never uses a relay", waiting_for=('[smtp] mode = "capture"',)
        )
    imported, signed = session.do(_prepare)
    note(
        f"1. Lists: {numbered(imported.cities, 'city', 'cities')}, "
        f"{numbered(sum(imported.changes.values()), 'contact')}"
    )
    for line in signed:
        note(f"2. {line}")
    note("3. Publishing; the first time, the orchestrator sets up its database …")
    publish(context, SLUG)
    pages = session.do(_show)
    outbox = session.settings.var / "outbox" / "new"
    files = numbered(sum(1 for _ in outbox.iterdir()), "file")
    say("", "Look at:")
    say(f"  the letters   {outbox}  ({files}, one each)")
    for page in pages:
        say(f"  a preview     {page}")
    say(f"  the report    {sys.argv[0]} report {SLUG}-1")


async def _prepare(runtime: Runtime) -> tuple[Import, list[str]]:
    """Import the example lists and sign each language off, as a person would after reading."""
    from flows.operations.approving import approve_language
    from flows.operations.reviewing import review_article
    from flows.operations.subscribers import import_subscribers

    now = runtime.clock()
    imported = await import_subscribers(
        runtime.store,
        runtime.settings.workspace / "subscribers",
        address_hash=runtime.address_hash,
        now=now,
    )
    signed = []
    for review in await review_article(runtime.library, runtime.store, SLUG):
        if review.signed_off:
            signed.append(f"{review.language} is approved by {review.approved_by} as it is now")
            continue
        edition = await approve_language(
            runtime.library,
            runtime.store,
            SLUG,
            review.language,
            by=APPROVER,
            two_people=runtime.settings.review.two_people,
            now=now,
        )
        signed.append(f"{review.language} is approved by {APPROVER} as {edition.digest[:12]}")
    return imported, signed


async def _show(runtime: Runtime) -> list[str]:
    """Write a preview page of each language."""
    from flows.domain.issue import IssueId
    from flows.operations.previewing import preview_letters, write_preview

    issue = IssueId(f"{SLUG}-preview")
    previews = preview_letters(
        runtime.library,
        SLUG,
        runtime.library.languages,
        letter=lambda edition: runtime.letter(edition, issue=issue),
        reader=lambda language: runtime.reader(issue, 0, language),
        sign=runtime.sign(),
        now=runtime.clock(),
    )
    return [str(write_preview(one, runtime.settings.var / "preview")) for one in previews]
