"""Commands for other people's tools: memory import, export, find; xliff export, import."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.articles import Languages, Slug
from flows.cli.session import AsJson, Session, not_done, note, print_json, say
from flows.domain.phrases import numbered

TmxFile = Annotated[Path, typer.Argument(help="A translation memory (TMX).", metavar="FILE")]


def register(app: typer.Typer) -> None:
    """Add the groups of commands."""
    group = typer.Typer(help="Translations that were approved before.", no_args_is_help=True)
    group.command("import")(import_tmx)
    group.command("export")(export_tmx)
    group.command("find")(find)
    app.add_typer(group, name="memory")
    agencies = typer.Typer(help="Work for translation agencies.", no_args_is_help=True)
    agencies.command("export")(export_xliff)
    agencies.command("import")(import_xliff)
    app.add_typer(agencies, name="xliff")


def import_tmx(context: typer.Context, file: TmxFile, as_json: AsJson = False) -> None:
    """Take another tool's memory in; its units are marked so, and never replace approved ones."""
    from flows.operations.remembering import import_memory

    session: Session = context.obj
    done = import_memory(session.library, file, now=datetime.now(UTC))
    if as_json:
        print_json(asdict(done) | {"path": str(done.path)})
        return
    told = ", ".join(f"{count} into {language}" for language, count in done.units.items())
    say(f"{file.name}: {told}. They are in {done.path}; delete it to forget them.")
    if done.replaced:
        note(f"  they take the place of those imported from {file.name} before")
    note(*(f"  left out: {count} {reason}" for reason, count in done.left_out.items()))


def export_tmx(
    context: typer.Context,
    file: TmxFile,
    to: Languages = None,
    imported: Annotated[
        bool, typer.Option("--imported", help="Also what was imported from elsewhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write every approved translation of every article as TMX 1.4b."""
    from flows.operations.remembering import export_memory

    session: Session = context.obj
    library = session.library
    languages = [library.target(one) for one in to or library.target_languages]
    units = export_memory(library, file, languages, imported=imported, now=datetime.now(UTC))
    if as_json:
        print_json({"path": str(file), "units": units, "languages": languages})
    else:
        say(f"{file}: {numbered(units, 'unit')} into {', '.join(languages)}")


def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="A text in the source language.", metavar="TEXT")],
    to: Annotated[str, typer.Option(help="The language.", metavar="LANG")],
    as_json: AsJson = False,
) -> None:
    """Show the approved translations of texts like this one, and what differs."""
    from flows.operations.remembering import find_suggestions

    session: Session = context.obj
    found = find_suggestions(session.library, text, session.library.target(to))
    if as_json:
        print_json(
            [
                {
                    "percent": one.percent,
                    "source": one.unit.source,
                    "target": one.unit.target,
                    "origin": one.unit.origin,
                    "differs": one.differs,
                }
                for one in found
            ]
        )
        return
    for one in found:
        say(f"{one.percent} % {one.unit.origin}", f"  {one.unit.source}", f"  {one.unit.target}")
        if one.differs:
            say(f"  differs: {one.differs}")
    if not found:
        say("Nothing like it has been approved yet.")


def export_xliff(
    context: typer.Context,
    slug: Slug,
    to: Annotated[str, typer.Option(help="The language.", metavar="LANG")],
    out: Annotated[Path, typer.Option(help="The file to write.", metavar="FILE")],
    as_json: AsJson = False,
) -> None:
    """Write an article for a translation agency as XLIFF 2.0, with what is translated so far."""
    from flows.operations.agencies import export_xliff as export

    session: Session = context.obj
    library = session.library
    count = export(library, slug, library.target(to), out)
    if as_json:
        print_json({"path": str(out), "units": count, "language": to})
    else:
        units = numbered(count, "unit")
        say(f"{out}: {units}. When it is back: newsletter xliff import {out} --by NAME")


def import_xliff(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file that came back.", metavar="FILE")],
    by: Annotated[str, typer.Option(help="Who translated.", metavar="NAME")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where somebody has edited the text here.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take an agency's work in; what is broken, outdated or approved otherwise is refused."""
    from flows.operations.agencies import import_xliff as take_in

    session: Session = context.obj
    done = take_in(session.library, file, by=by, replace=replace)
    if as_json:
        print_json(
            [
                {
                    "slug": one.slug,
                    "language": one.language,
                    **one.counts,
                    "reasons": [{"source": v.source, "reason": v.reason} for v in one.refused],
                }
                for one in done
            ]
        )
    else:
        for one in done:
            told = ", ".join(f"{count} {fate}" for fate, count in one.counts.items() if count)
            say(f"{one.slug} {one.language}: {told or 'no units'}")
            note(*(f"  refused: {v.reason} — {v.source[:80]}" for v in one.refused))
    if any(one.refused for one in done):
        raise not_done()
