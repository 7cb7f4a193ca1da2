"""Commands for the models of the local engine: models install, models list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.session import AsJson, Session, print_json, print_table, say

PAIR = re.compile(r"[a-z]{2,3}-[a-z]{2,3}")


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(help="Models of the local engine `argos`.", no_args_is_help=True)
    group.command("install")(install)
    group.command("list")(show)
    app.add_typer(group, name="models")


def install(
    context: typer.Context,
    what: Annotated[
        list[str], typer.Argument(help="Pairs such as fr-en, or files.", metavar="WHAT")
    ],
    index: Annotated[
        str | None, typer.Option(help="Where packages are listed.", metavar="URL")
    ] = None,
) -> None:
    """Fetch models from the public index of Argos Translate, or take them from files."""
    from flows.translation.argos.installing import INDEX, fetch_package, install_package

    session: Session = context.obj
    folder = session.settings.models
    for one in what:
        if PAIR.fullmatch(one) and not Path(one).is_file():
            source, target = one.split("-")
            package = fetch_package(source, target, folder, index=index or INDEX)
        else:
            package = install_package(Path(one), folder)
        say(f"{package} is in {package.folder}")


def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the models there are."""
    from flows.translation.argos.packages import list_packages

    session: Session = context.obj
    packages = list_packages(session.settings.models)
    if as_json:
        print_json(
            [{"from": one.source, "to": one.target, "version": one.version} for one in packages]
        )
    elif packages:
        print_table(
            "Models",
            ("from", "to", "version", "folder"),
            [(one.source, one.target, one.version, one.folder) for one in packages],
        )
    else:
        say("No models yet. Fetch some: newsletter models install fr-en en-nl")
