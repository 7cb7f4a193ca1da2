"""Commands for writing: init, new, import."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, print_json, print_table, say
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.arrivals.wordpress import Post

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
    say(f"Made {path}" + (f", with {numbered(len(pictures), 'picture')}." if pictures else "."))
    say(*(f"  not carried over: {one}" for one in losses))
    slug = path.parent.name
    say(f"Read it over: fields in the front matter may be empty. Then: newsletter check {slug}")
