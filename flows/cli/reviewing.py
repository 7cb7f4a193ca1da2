"""Commands for deciding: review, approve, reject."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.articles import Slug
from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.issue import Issue
    from flows.operations.reviewing import LanguageReview
    from flows.runtime.runtime import Runtime

Lang = Annotated[str, typer.Argument(help="The language: fr, en, nl, …", metavar="LANG")]
By = Annotated[str, typer.Option(help="Who decides.", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("review")(review)
    app.command("approve")(approve)
    app.command("reject")(reject)


def review(context: typer.Context, slug: Slug, as_json: AsJson = False) -> None:
    """Show how far each language is, and who must do what now."""
    from flows.operations.reviewing import review_article

    session: Session = context.obj

    async def look(runtime: Runtime) -> list[LanguageReview]:
        return await review_article(runtime.library, runtime.store, slug)

    reviews = session.do(look)
    if as_json:
        print_json([asdict(one) for one in reviews])
        return
    source = session.settings.source_language
    print_table(
        slug,
        ("language", "segments", "empty", "draft", "edited", "approved", "signed off", "next"),
        [
            (
                one.language,
                one.segments,
                *(_progress(one) if one.language != source else ("—", "—", "—", "source")),
                _sign_off(one),
                one.next,
            )
            for one in reviews
        ],
    )
    if not session.settings.review.two_people:
        say("The rule of two people is off (review.two_people).")


def _sign_off(review: LanguageReview) -> str:
    """Who signed a language off, or what keeps it."""
    own = f"by {review.approved_by}" if review.approved_itself else review.what_changed or "no"
    waiting = ", ".join(review.articles_waiting)
    return f"{own}; waits for {waiting}" if waiting else own


def _progress(review: LanguageReview) -> tuple[int, int, int, int]:
    """How many translations are how far; the source has none."""
    return review.empty, review.draft, review.edited, review.approved


def approve(
    context: typer.Context,
    slug: Slug,
    language: Lang,
    by: By,
    shown: Annotated[
        str | None, typer.Option(help="The digest that the preview showed.", metavar="DIGEST")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sign a language off, exactly as it is now; any later edit voids that."""
    from flows.domain.edition import Edition
    from flows.operations.approving import approve_language
    from flows.operations.checking import check_language, standing_warnings
    from flows.operations.reviewing import count_drafts

    session: Session = context.obj

    async def sign(runtime: Runtime) -> tuple[Edition, list[Issue]]:
        tag = runtime.library.language(language)
        drafts = count_drafts(runtime.library, slug, tag)
        standing = len(standing_warnings(check_language(runtime.library, slug, tag)))
        edition = await approve_language(
            runtime.library,
            runtime.store,
            slug,
            tag,
            by=by,
            two_people=runtime.settings.review.two_people,
            now=runtime.clock(),
            shown=shown,
            refuse_warnings=runtime.settings.review.warnings == "refuse",
        )
        if standing:
            note(f"Warnings that nobody dismissed: {standing} (newsletter check {slug})")
        if drafts:
            made = numbered(drafts, "of its passages was a draft", "of its passages were drafts")
            note(f"{made} of a machine; {by} answers for that now.")
        return edition, await _go_on(session, runtime, slug)

    edition, issues = session.do(sign)
    if as_json:
        print_json(
            {"language": language, "digest": edition.digest, "issues": [one.id for one in issues]}
        )
        return
    say(f"{slug} {language} is approved by {by} as {edition.digest[:12]}.")
    if shown is None:
        note(
            "That is the text as it is on disk; whether it is what you read, nobody checked. To "
            "have it checked, approve with the digest that the preview shows:",
            f"  newsletter preview {slug} --lang {language} --out DIR",
            f"  newsletter approve {slug} {language} --by NAME --shown DIGEST",
        )
    if not session.settings.review.two_people:
        note("The rule of two people is off (review.two_people).")


async def _go_on(session: Session, runtime: Runtime, slug: str) -> list[Issue]:
    """Let the article's open issues through the gate, and tell what happens to each."""
    from flows.operations.launching import follow_approval
    from flows.operations.times import show_moment

    now, gone_on = runtime.clock(), []
    for onward in await follow_approval(
        runtime.library,
        runtime.store,
        session.server(),
        slug,
        now=now,
        late_hours=runtime.settings.schedule.late_hours,
    ):
        issue = onward.issue
        if onward.waits:
            note(f"{issue.id} still waits:", *(f"  - {w.what}: {w.command}" for w in onward.waits))
            continue
        gone_on.append(issue)
        when = show_moment(issue.scheduled_at, issue.zone, now=now) if issue.scheduled_at else ""
        if issue.scheduled_at and issue.scheduled_at > now:
            note(f"{issue.id} is approved and goes out {when}.")
        elif onward.under_way:
            late = f" It was due {when}." if when else ""
            note(f"{issue.id} is approved and is being sent now.{late}")
        else:
            late = f"; it was due {when}" if when else ""
            note(f"{issue.id} is approved{late}. Send it: {issue.publish_command}")
    return gone_on


def reject(
    context: typer.Context,
    slug: Slug,
    language: Lang,
    by: By,
    because: Annotated[str, typer.Option(help="What must be mended.", metavar="TEXT")],
) -> None:
    """Send a language back with a reason; an earlier approval no longer counts."""
    from flows.operations.approving import reject_language

    session: Session = context.obj

    async def send_back(runtime: Runtime) -> None:
        await reject_language(
            runtime.library,
            runtime.store,
            slug,
            runtime.library.language(language),
            by=by,
            because=because,
            now=runtime.clock(),
        )

    session.do(send_back)
    say(f"{slug} {language} is sent back by {by}: {because}")
