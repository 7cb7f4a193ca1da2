"""The group of commands `subscribers`: lists, people, the law."""

import typer

from flows.cli import duties, importing, people, replacing, vouching


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(help="The lists of the member cities.", no_args_is_help=True)
    importing.register(group)
    replacing.register(group)
    people.register(group)
    duties.register(group)
    vouching.register(group)
    app.add_typer(group, name="subscribers")
