"""What every command starts from: the workspace, its settings and a way to print."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from flows.operations.library import Library
    from flows.orchestration.server import PrefectServer
    from flows.runtime.runtime import Runtime
    from flows.settings.model import Settings

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]


@dataclass
class Session:
    """One call of the command line. `settings` are read when a command first needs them."""

    workspace: Path | None
    verbose: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The workspace's settings; from here on the environment names the workspace, too."""
        from flows.runtime.logs import set_up_logging
        from flows.settings.reading import find_workspace, read_settings

        set_up_logging(level=logging.INFO if self.verbose else logging.ERROR)
        workspace = find_workspace(self.workspace)
        os.environ["NEWSLETTER_WORKSPACE"] = str(workspace)
        return read_settings(workspace)

    def bare_settings(self) -> Settings:
        """The settings of a machine that may have nothing but an environment."""
        from flows.settings.reading import find_workspace, read_settings

        return read_settings(find_workspace(self.workspace, bare=True))

    @property
    def library(self) -> Library:
        """The articles, for commands that need no database."""
        from flows.runtime.runtime import build_library

        return build_library(self.settings)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Runtime]:
        """The newsroom, with faults of the database in words."""
        from flows.runtime.runtime import open_runtime
        from flows.store.database import database_faults

        settings = self.settings
        with database_faults(settings.database_url):
            async with open_runtime(settings) as runtime:
                yield runtime

    def server(self) -> PrefectServer | None:
        """The Prefect server of the settings, or of the newsroom that runs in this workspace."""
        from flows.runtime.orchestrator import await_server

        return await_server(self.settings, note=note)

    def do(self, act: Callable[[Runtime], Coroutine[Any, Any, T]]) -> T:
        """Open the newsroom, do one thing, close it."""

        async def acting() -> T:
            async with self.open() as runtime:
                return await act(runtime)

        return asyncio.run(acting())


def say(*lines: str) -> None:
    """Tell a person something."""
    for line in lines:
        typer.echo(line)


def note(*lines: str) -> None:
    """Tell a person something that is not the result."""
    for line in lines:
        typer.echo(line, err=True)


def print_json(value: object) -> None:
    """One line of JSON on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table on a terminal; tab-separated lines otherwise."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            typer.echo("\t".join(str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


def not_done() -> typer.Exit:
    """The exit of a command that did not do what was asked, after it said why."""
    return typer.Exit(1)
