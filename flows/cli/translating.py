"""Commands for machine drafts: translate, cache clear."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from flows.cli.articles import Engine, Languages, Slug
from flows.cli.session import AsJson, Session, not_done, note, print_json, say
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.translating import Drafting
    from flows.runtime.runtime import Runtime

AT_MOST = 5
"""How many waiting segments are named."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("translate")(translate)
    group = typer.Typer(help="What engines have answered before.", no_args_is_help=True)
    group.command("clear")(clear)
    group.callback()(lambda: None)
    app.add_typer(group, name="cache")


def translate(
    context: typer.Context,
    slug: Slug,
    to: Languages = None,
    engine: Engine = None,
    as_json: AsJson = False,
) -> None:
    """Draft what is missing or changed; what a person wrote is never touched."""
    from flows.operations.translating import draft_language

    session: Session = context.obj

    async def draft(runtime: Runtime) -> list[Drafting]:
        library, run = runtime.library, runtime.run()
        languages = [library.target(one) for one in to or library.target_languages]
        library.article(slug)
        done = []
        for language in languages:
            async with runtime.engines(language, first=engine) as engines:
                drafting = await draft_language(
                    library, slug, language, engines=engines, clock=runtime.clock, run=run
                )
                done.append(drafting)
        return done

    draftings = session.do(draft)
    if as_json:
        print_json([_facts(one) for one in draftings])
    else:
        for one in draftings:
            _tell(one)
            _tell_findings(session, one)
    if any(one.waiting for one in draftings):
        raise not_done()


def _facts(drafting: Drafting) -> dict[str, object]:
    return {
        "language": drafting.language,
        "segments": drafting.segments,
        "drafted": drafting.drafted,
        "waiting": [segment.source for segment in drafting.waiting],
        "engines": drafting.reasons,
        "warnings": drafting.warnings,
        "work": [
            asdict(one) | {"seconds": round(one.seconds, 3), "left_the_house": one.left_the_house}
            for one in drafting.work
        ],
    }


def _tell(drafting: Drafting) -> None:
    slug, language = drafting.slug, drafting.language
    segments = numbered(drafting.segments, "segment")
    if drafting.drafted:
        by = ", ".join(f"{count} by {origin}" for origin, count in drafting.drafted.items())
        say(f"{slug} {language}: drafted {by}, of {segments}")
    elif drafting.waiting:
        say(f"{slug} {language}: nothing drafted of {segments}")
    else:
        say(f"{slug} {language}: nothing to draft in {segments}")
    for one in drafting.work:
        if not drafting.is_by_memory:
            note(f"  {one}")
        if one.quota:
            note(f"  {one.engine} is not asked again in this run: {one.trouble}")
    _tell_waiting(drafting)
    note(*(f"{slug} {language}: {warning}" for warning in drafting.warnings))


def _tell_waiting(drafting: Drafting) -> None:
    """Name the segments that nobody translated, why, and how to go on."""
    slug, language = drafting.slug, drafting.language
    waiting = [segment.source for segment in drafting.waiting]
    if not waiting:
        return
    note(f"{slug} {language}: {numbered(len(waiting), 'segment')} without a translation:")
    note(*(f"  - {source[:90]}{'…' if len(source) > 90 else ''}" for source in waiting[:AT_MOST]))
    if len(waiting) > AT_MOST:
        note(f"  … and {len(waiting) - AT_MOST} more")
    note(*(f"  {engine}: {why}" for engine, why in drafting.reasons.items()))
    again = f"  newsletter translate {slug} --to {language}"
    if drafting.is_by_memory:
        note("The memory knows no translation of them; that is no fault. It was asked alone.")
        again += " --engine ENGINE    (google, deepl, …)"
    note(
        "What is done is kept. Go on with one of:",
        again if drafting.is_by_memory else f"{again}            (try again)",
        "  NEWSLETTER_ENGINE__NAME=libretranslate NEWSLETTER_ENGINE__URL=http://HOST:5000 \\\n"
        f"    newsletter translate {slug} --to {language}",
        f"  a translator writes into content/{slug}/{language}.po (Poedit opens it)",
    )


def _tell_findings(session: Session, drafting: Drafting) -> None:
    """How the checks judge what was drafted, whichever engine did it."""
    from flows.operations.checking import blocking, check_language, standing_warnings

    if not drafting.drafted:
        return
    slug = drafting.slug
    findings = check_language(session.library, slug, drafting.language)
    errors = sum(one.check != "empty" for one in blocking(findings))
    warnings = len(standing_warnings(findings))
    if errors or warnings:
        found = f"{numbered(errors, 'error')}, {numbered(warnings, 'warning')}"
        say(f"  the checks find {found}: newsletter check {slug} --fix")


def clear(context: typer.Context) -> None:
    """Forget what engines answered, so that they are asked anew; drafts in catalogues stay."""
    from flows.runtime.runtime import answers_of

    session: Session = context.obj
    say(f"{numbered(answers_of(session.settings).clear(), 'answer')} forgotten.")
