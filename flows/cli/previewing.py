"""Commands to look at letters: preview, gallery."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.articles import Languages, Slug
from flows.cli.session import AsJson, Session, not_done, note, print_json, say
from flows.domain.errors import NewsletterError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.language import Language
    from flows.operations.library import Library
    from flows.operations.previewing import Preview, Reader
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("preview")(preview)
    app.command("gallery")(gallery)


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
    from flows.operations.previewing import write_preview

    session: Session = context.obj
    library = session.library
    library.article(slug)
    faults: list[NewsletterError] = []
    previews = session.do(
        lambda runtime: _preview_each(runtime, slug, lang or [], address, faults=faults)
    )
    pages = [
        (one.edition, write_preview(one, out, pictures=library.pictures(one.edition)))
        for one in previews
    ]
    if as_json:
        print_json(
            [
                {"language": edition.language, "html": str(page), "digest": edition.digest}
                for edition, page in pages
            ]
        )
    else:
        for edition, page in pages:
            say(f"{edition.language}: {page}  (shown: {edition.digest[:12]})")
        say(tell_length(library, slug))
    note(*map(str, faults))
    lacks = tell_lacks(library, slug, [edition.language for edition, _ in pages])
    if faults or lacks:
        raise not_done()
    if not as_json:
        say(f"Approve what you read: newsletter approve {slug} LANG --by NAME --shown DIGEST")


async def _preview_each(
    runtime: Runtime,
    slug: str,
    languages: list[str],
    address: str | None,
    *,
    faults: list[NewsletterError],
) -> list[Preview]:
    """The letters that can be written; what is wrong with the others is added to `faults`."""
    from flows.operations.previewing import IMAGES, preview_letters

    shown = []
    wanted, reader = await choose_reader(runtime, slug, languages, address)
    for language in wanted:
        try:
            shown += preview_letters(
                runtime.library,
                slug,
                [language],
                letter=lambda edition: runtime.letter(edition, issue=f"{slug}-preview"),
                reader=reader,
                sign=runtime.sign(),
                now=runtime.clock(),
                images=f"{IMAGES}/",
            )
        except NewsletterError as error:
            faults.append(error)
    return shown


def tell_lacks(library: Library, slug: str, languages: Sequence[Language]) -> bool:
    """Tell what letters have in French still, and the pictures that they lack; whether any."""
    from flows.operations.previewing import count_untranslated

    for language in languages:
        empty, whole = count_untranslated(library, slug, language)
        if empty:
            note(
                f"{language}: {empty} of {numbered(whole, 'passage')} have no translation yet: the "
                f"letter has them in {library.source_language}. newsletter translate {slug}"
            )
    faults = library.faulty_pictures(slug)
    note(*map(str, faults))
    if faults:
        note(f"{numbered(len(faults), 'picture')} cannot be shown; the letters have their texts.")
    return bool(faults)


def tell_length(library: Library, slug: str) -> str:
    """The words of an article's source, and how long it takes to read."""
    from flows.content.segments import cut_segments
    from flows.operations.measuring import measure_length

    length = measure_length(cut_segments(library.article(slug)), library.source_language)
    words, minutes = numbered(length.words, "word"), numbered(length.minutes, "minute")
    return f"{words}, {minutes} to read ({length.rate} words a minute)"


async def choose_reader(
    runtime: Runtime, slug: str, languages: list[str], address: str | None
) -> tuple[list[Language], Reader]:
    """The languages to show and whom the letters are for: a contact's own, or a sample's."""
    from flows.domain.issue import IssueId
    from flows.operations.readers import reader_addressed

    library, issue = runtime.library, IssueId(f"{slug}-preview")
    wanted = [library.language(one) for one in languages] or list(library.languages)
    name = ""
    if address:
        found = await reader_addressed(
            runtime.store, runtime.address_hash(address), editions=library.languages
        )
        name = found.name
        wanted = [library.language(one) for one in languages] or [found.language]
    return wanted, lambda language: runtime.reader(
        issue, 0, language, address=address or "reader@example.org", name=name
    )


def gallery(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for index.html and gallery.txt.", metavar="DIR"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every component of letters in every theme, light and dark, with source and tokens."""
    from flows.operations.gallery import write_gallery

    session: Session = context.obj
    folder = out or session.settings.var / "gallery"
    files = [str(path) for path in write_gallery(session.library, folder)]
    if as_json:
        print_json({"theme": session.library.theme, "files": files})
        return
    say(*files)
