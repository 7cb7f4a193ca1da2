"""Commands for writing: init, new, import, translate, preview."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, not_done, note, print_json, say
from flows.domain.errors import InputError

if TYPE_CHECKING:
    from flows.domain.language import Language
    from flows.operations.previewing import Reader
    from flows.operations.translating import Drafting
    from flows.runtime.runtime import Runtime

Slug = Annotated[
    str, typer.Argument(help="The article: its folder's name under content/.", metavar="SLUG")
]
Languages = Annotated[
    list[str] | None, typer.Option(help="A language; several times for more.", metavar="LANG")
]
Engine = Annotated[str | None, typer.Option(help="Ask this engine alone.", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("init")(init)
    app.command("new")(new)
    app.command("import")(import_file)
    app.command("translate")(translate)
    app.command("preview")(preview)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")],
) -> None:
    """Make a workspace: settings, templates, an example article and example lists."""
    from flows.operations.workspaces import make_workspace
    from flows.runtime.runtime import starter

    make_workspace(folder, starter=starter())
    say(f"Made {folder}. Next:", f"  cd {folder}", "  newsletter preview city-pair --out preview")


def new(context: typer.Context, slug: Slug) -> None:
    """Start an article."""
    from flows.operations.articles import new_article

    session: Session = context.obj
    path = new_article(session.library, slug, today=date.today())  # noqa: DTZ011 - the editor's day
    say(f"Write in {path}, then: newsletter translate {slug}")


def import_file(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="A text: title, then paragraphs, `> ` headings.", metavar="FILE")
    ],
    slug: Annotated[str | None, typer.Option(help="The article's name.", metavar="SLUG")] = None,
) -> None:
    """Make an article of a plain text that somebody sent."""
    from flows.operations.articles import import_text

    if file.suffix.lower() not in {".txt", ".md", ""}:
        raise InputError(
            f"{file.suffix} files cannot be imported yet",
            path=file,
            remedy="Save it as plain text (.txt) and import that.",
        )
    session: Session = context.obj
    path = import_text(session.library, file, slug=slug, today=date.today())  # noqa: DTZ011
    say(f"Made {path}. Read it over: fields in the front matter are still empty.")


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
        library = runtime.library
        languages = [library.target(one) for one in to or library.target_languages]
        library.article(slug)
        done = []
        for language in languages:
            async with runtime.engines(language, first=engine) as engines:
                drafting = await draft_language(
                    library, slug, language, engines=engines, clock=runtime.clock
                )
                done.append(drafting)
        return done

    draftings = session.do(draft)
    if as_json:
        print_json(
            [
                {
                    "language": one.language,
                    "segments": one.segments,
                    "drafted": one.drafted,
                    "waiting": [segment.source for segment in one.waiting],
                    "engines": one.reasons,
                    "warnings": one.warnings,
                }
                for one in draftings
            ]
        )
    else:
        for one in draftings:
            _tell(slug, one.language, one.segments, one.drafted)
            tell_waiting(slug, one.language, [s.source for s in one.waiting], one.reasons)
            note(*(f"{slug} {one.language}: {warning}" for warning in one.warnings))
            _tell_findings(session, slug, one)
    if any(one.waiting for one in draftings):
        raise not_done()


def _tell(slug: str, language: str, segments: int, drafted: dict[str, int]) -> None:
    if drafted:
        by = ", ".join(f"{count} by {origin}" for origin, count in drafted.items())
        say(f"{slug} {language}: drafted {by}, of {segments} segments")
    else:
        say(f"{slug} {language}: nothing to draft in {segments} segments")


def _tell_findings(session: Session, slug: str, drafting: Drafting) -> None:
    """How the checks judge what was drafted, whichever engine did it."""
    from flows.operations.checking import blocking, check_language, standing_warnings

    if not drafting.drafted:
        return
    findings = check_language(session.library, slug, drafting.language)
    errors = sum(one.check != "empty" for one in blocking(findings))
    warnings = len(standing_warnings(findings))
    if errors or warnings:
        say(
            f"  the checks find {errors} errors, {warnings} warnings: newsletter check {slug} --fix"
        )


def tell_waiting(
    slug: str, language: str, waiting: list[str], reasons: dict[str, str], *, at_most: int = 5
) -> None:
    """Name the segments that nobody translated, why, and how to go on."""
    if not waiting:
        return
    note(f"{slug} {language}: {len(waiting)} segments wait for a translation:")
    note(*(f"  - {source[:90]}{'…' if len(source) > 90 else ''}" for source in waiting[:at_most]))
    if len(waiting) > at_most:
        note(f"  … and {len(waiting) - at_most} more")
    note(*(f"  {engine}: {why}" for engine, why in reasons.items()))
    note(
        "What is done is kept. Go on with one of:",
        f"  newsletter translate {slug} --to {language}            (try again)",
        "  NEWSLETTER_ENGINE__URL=http://HOST:5000 newsletter translate "
        f"{slug} --to {language} --engine libretranslate",
        f"  a translator writes into content/{slug}/{language}.po (Poedit opens it)",
    )


def preview(
    context: typer.Context,
    slug: Slug,
    out: Annotated[
        Path, typer.Option(help="Folder for <lang>.html, <lang>.txt, <lang>.eml.", metavar="DIR")
    ],
    lang: Languages = None,
    address: Annotated[
        str | None, typer.Option("--for", help="As this contact would get it.", metavar="ADDRESS")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the letter as it stands, in each language, into a folder."""
    from flows.operations.previewing import Preview, preview_letters, write_preview

    session: Session = context.obj

    async def show(runtime: Runtime) -> list[Preview]:
        languages, reader = await choose_reader(runtime, slug, lang or [], address)
        return preview_letters(
            runtime.library,
            slug,
            languages,
            letter=lambda edition: runtime.letter(edition, issue=f"{slug}-preview"),
            reader=reader,
            sign=runtime.sign(),
            now=runtime.clock(),
        )

    previews = session.do(show)
    pages = [(one.edition, write_preview(one, out)) for one in previews]
    if as_json:
        print_json(
            [
                {"language": edition.language, "html": str(page), "digest": edition.digest}
                for edition, page in pages
            ]
        )
        return
    for edition, page in pages:
        say(f"{edition.language}: {page}  (shown: {edition.digest[:12]})")
    say(f"Approve what you read: newsletter approve {slug} LANG --by NAME --shown DIGEST")


async def choose_reader(
    runtime: Runtime, slug: str, languages: list[str], address: str | None
) -> tuple[list[Language], Reader]:
    """The languages to show and whom the letters are for: a contact's own, or a sample's."""
    from flows.domain.issue import IssueId
    from flows.operations.subscribers import find_reader

    library, issue = runtime.library, IssueId(f"{slug}-preview")
    wanted = [library.language(one) for one in languages] or list(library.languages)
    name = ""
    if address:
        found = await find_reader(
            runtime.store, runtime.address_hash(address), editions=library.languages
        )
        name = found.name
        wanted = [library.language(one) for one in languages] or [found.language]
    return wanted, lambda language: runtime.reader(
        issue, 0, language, address=address or "reader@example.org", name=name
    )
