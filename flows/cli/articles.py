"""Commands for writing: init, new, import, preview, gallery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, print_json, print_table, say

if TYPE_CHECKING:
    from flows.domain.language import Language
    from flows.operations.arrivals.wordpress import Post
    from flows.operations.library import Library
    from flows.operations.previewing import Reader
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
    app.command("preview")(preview)
    app.command("gallery")(gallery)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")],
) -> None:
    """Make a workspace: settings, templates, an example article and example lists."""
    from flows.operations.workspaces import make_workspace
    from flows.runtime.runtime import starter

    make_workspace(folder, starter=starter())
    say(f"Made {folder}. Next:", f"  cd {folder}", "  newsletter preview city-pair --out preview")


def new(
    context: typer.Context,
    slug: Slug,
    template: Annotated[
        str,
        typer.Option(help="What it begins with: a file of templates/articles/.", metavar="NAME"),
    ] = "article",
    digest: Annotated[
        bool, typer.Option("--digest", help="A letter that carries other articles and an agenda.")
    ] = False,
) -> None:
    """Start an article, a digest, or what else there is a template for."""
    from flows.operations.articles import DIGEST, new_article

    session: Session = context.obj
    name = DIGEST if digest else template
    today = date.today()  # noqa: DTZ011 - the editor's day
    path = new_article(session.library, slug, today=today, template=name)
    say(f"Write in {path}, then: newsletter translate {slug}")


def import_file(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="A text, a saved page, a Word document, or an export of WordPress (XML, JSON).",
            metavar="FILE",
        ),
    ],
    slug: Annotated[str | None, typer.Option(help="The article's name.", metavar="SLUG")] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="Tell the posts of an export; make nothing.")
    ] = False,
    post: Annotated[
        str | None, typer.Option(help="The post to import, by its number.", metavar="NUMBER")
    ] = None,
    fetch_images: Annotated[
        bool,
        typer.Option("--fetch-images", help="Get pictures from their servers, public ones alone."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an article of a file that somebody sent, and tell what could not be carried over."""
    from flows.domain.files import require_file
    from flows.operations.arrivals.kinds import recognise
    from flows.operations.articles import import_text

    session: Session = context.obj
    require_file(file)
    incoming = recognise(file)
    today = date.today()  # noqa: DTZ011 - the editor's day
    if listing:
        tell_posts(incoming.posts(), as_json=as_json)
        return
    if incoming.is_plain:
        tell_arrival(import_text(session.library, file, slug=slug, today=today), as_json=as_json)
        return
    from flows.operations.arrivals.fetching import fetch_picture
    from flows.operations.arrivals.placing import bring_in

    placed = bring_in(
        session.library,
        incoming,
        post=post,
        slug=slug,
        today=today.isoformat(),
        fetch=fetch_picture if fetch_images else None,
    )
    tell_arrival(placed.path, placed.pictures, placed.losses, as_json=as_json)


def tell_posts(posts: Sequence[Post], *, as_json: bool) -> None:
    """The posts of an export, to choose one."""
    facts = [
        {"post": one.number, "date": one.date, "state": one.state, "title": one.title}
        for one in posts
    ]
    if as_json:
        print_json(facts)
        return
    print_table("Posts", facts[0], (one.values() for one in facts))


def tell_arrival(
    path: Path, pictures: Sequence[str] = (), losses: Sequence[str] = (), *, as_json: bool
) -> None:
    """What was made, and what was not carried over."""
    if as_json:
        print_json({"file": str(path), "pictures": list(pictures), "losses": list(losses)})
        return
    say(f"Made {path}" + (f", with {len(pictures)} pictures." if pictures else "."))
    say(*(f"  not carried over: {one}" for one in losses))
    slug = path.parent.name
    say(f"Read it over: fields in the front matter may be empty. Then: newsletter check {slug}")


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
    from flows.operations.previewing import IMAGES, Preview, preview_letters, write_preview

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
            images=f"{IMAGES}/",
        )

    previews, library = session.do(show), session.library
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
        return
    for edition, page in pages:
        say(f"{edition.language}: {page}  (shown: {edition.digest[:12]})")
    say(tell_length(session.library, slug))
    say(f"Approve what you read: newsletter approve {slug} LANG --by NAME --shown DIGEST")


def tell_length(library: Library, slug: str) -> str:
    """The words of an article's source, and how long it takes to read."""
    from flows.content.segments import cut_segments
    from flows.operations.measuring import measure_length

    length = measure_length(cut_segments(library.article(slug)), library.source_language)
    minutes = "1 minute" if length.minutes == 1 else f"{length.minutes} minutes"
    return f"{length.words} words, {minutes} to read ({length.rate} words a minute)"


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
