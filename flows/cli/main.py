"""The `newsletter` command and its options."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli import (
    articles,
    authentication,
    backups,
    bounces,
    checking,
    cities,
    demo,
    departing,
    evidence,
    exchanging,
    glossary,
    models,
    newsroom,
    previewing,
    publishing,
    reviewing,
    scheduling,
    sending,
    subscribers,
    tokens,
    translating,
    users,
    watching,
    webhooks,
)
from flows.cli.session import Session
from flows.domain.errors import InputError, NewsletterError, NotFoundError

app = typer.Typer(
    name="newsletter",
    help="A French article, reviewed in every language, in the right inboxes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    articles,
    previewing,
    translating,
    checking,
    glossary,
    exchanging,
    models,
    reviewing,
    evidence,
    publishing,
    departing,
    sending,
    scheduling,
    watching,
    bounces,
    subscribers,
    cities,
    authentication,
    users,
    tokens,
    webhooks,
    newsroom,
    backups,
    demo,
):
    module.register(app)


@app.callback()
def options(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            help="Folder with newsletter.toml (default: the current directory).", metavar="DIR"
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens.")] = False,
) -> None:
    """A French article, reviewed in every language, in the right inboxes."""
    context.obj = Session(workspace=workspace, verbose=verbose)


def run() -> None:
    """Run the command line; what the product foresees ends in a message, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no « … » shows a question mark rather than a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="newsletter")
    except NewsletterError as error:
        sys.stderr.write(f"newsletter: {error}\n")
        sys.exit(exit_code(error))
    except OSError as error:
        words = [str(error.filename or ""), error.strerror or repr(error)]
        sys.stderr.write(f"newsletter: {': '.join(filter(None, words))}\n")
        sys.exit(1)


def exit_code(error: NewsletterError) -> int:
    """2 for a wrong argument, 1 for what is not done or wrong in a file."""
    if isinstance(error, NotFoundError):
        return 2
    if isinstance(error, InputError):
        return 2 if error.path is None or (error.field or "").startswith("--") else 1
    return 1
