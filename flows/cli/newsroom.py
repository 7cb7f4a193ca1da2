"""Commands for operators: up, desk, worker, doctor, db upgrade and downgrade."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import typer

from flows.cli.session import AsJson, Session, not_done, note, print_json, print_table, say

LogForm = Literal["plain", "json"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up")(up)
    app.command("desk")(desk)
    app.command("worker")(worker)
    app.command("doctor")(doctor)
    database = typer.Typer(help="The database.", no_args_is_help=True)
    database.command("upgrade")(upgrade)
    database.command("downgrade")(downgrade)
    app.add_typer(database, name="db")


def up(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(help="Port of Prefect's server.", min=1, max=65535, metavar="PORT"),
    ] = None,
    log: Annotated[
        LogForm | None, typer.Option(help="How the log is written.", metavar="plain|json")
    ] = None,
) -> None:
    """Keep the newsroom up on this machine: Prefect's server, runner, desk, public pages."""
    import random

    from flows.newsroom.guardian import keep_newsroom_up
    from flows.runtime.logs import hide_secrets
    from flows.runtime.speaking import speaker

    session: Session = context.obj
    settings = session.settings
    hide_secrets(settings)
    env = {}
    if port is not None:
        env["NEWSLETTER_PREFECT__PORT"] = str(port)
    if log is not None:
        env["NEWSLETTER_LOG__FORM"] = log
    speak = speaker(log or settings.log.form)
    speak("Starting the newsroom …")
    keep_newsroom_up(settings, env=env, say=speak, chance=random.random)


def desk(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="Port of the pages.", min=1, max=65535, metavar="PORT")
    ] = None,
) -> None:
    """Serve the desk and the public pages alone; what is sent waits for `newsletter up`."""
    from flows.newsroom.pages import run_pages

    session: Session = context.obj
    settings = session.settings
    if port is not None:
        settings = settings.model_copy(
            update={"web": settings.web.model_copy(update={"port": port})}
        )
    run_pages(settings, say=note)


def worker(context: typer.Context) -> None:
    """Send along with a newsroom from this machine; needs its database and settings alone."""
    import logging

    from flows.runtime.logs import set_up_logging
    from flows.runtime.stopping import draining, was_terminated
    from flows.runtime.worker import run_worker

    session: Session = context.obj
    settings = session.bare_settings()
    set_up_logging(level=logging.INFO)
    with draining(silently=True):
        asyncio.run(run_worker(settings, stopping=was_terminated))


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Examine settings, database, relay and engine: what would fail, and how to mend it."""
    from flows.runtime.health import examine

    session: Session = context.obj
    examined = asyncio.run(examine(session.settings, server=session.server()))
    if as_json:
        print_json(
            [
                {"what": one.what, "ok": one.ok, "found": one.found, "remedy": one.remedy}
                for one in examined
            ]
        )
    else:
        print_table(
            "Health",
            ("what", "", "found", "remedy"),
            [(one.what, "ok" if one.ok else "FAILS", one.found, one.remedy) for one in examined],
        )
    if not all(one.ok for one in examined):
        raise not_done()


def upgrade(context: typer.Context) -> None:
    """Bring the database to this version's schema."""
    from flows.runtime.runtime import upgrade_database

    session: Session = context.obj
    before, after = asyncio.run(upgrade_database(session.settings))
    say(f"The database was at {before or 'nothing'} and is at {after}.")


def downgrade(
    context: typer.Context,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="The revision to go back to, such as 0007.")
    ],
) -> None:
    """Take the database back to an earlier version's schema; back it up before."""
    from flows.runtime.runtime import downgrade_database

    session: Session = context.obj
    before, after = asyncio.run(downgrade_database(session.settings, revision))
    say(f"The database was at {before} and is at {after}.")
