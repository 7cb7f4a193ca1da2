"""Commands that keep a newsroom from being lost: backup, restore."""

from __future__ import annotations

import asyncio
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.session import AsJson, Session, note, print_json, say
from flows.domain.phrases import numbered


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The new file, NAME.zip; or a folder, for a name of its own."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Write everything that makes this newsroom into one file, whatever is going on."""
    from flows.runtime.backups import back_up

    session: Session = context.obj
    written, manifest, left_out = asyncio.run(
        back_up(session.settings, file, now=datetime.now(UTC))
    )
    rows = sum(manifest.rows.values())
    if as_json:
        print_json(
            {
                "file": str(written),
                "rows": manifest.rows,
                "files": manifest.files,
                "left_out": left_out,
            }
        )
    else:
        say(
            f"{written}: {numbered(rows, 'row')} of {numbered(len(manifest.rows), 'table')} and "
            f"{numbered(manifest.files, 'file')}."
        )
        note("It holds addresses and the secret key: keep it where nobody else reads it.")
        note(f"Not in it: {', '.join(left_out)}.")


def restore(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `newsletter backup` wrote.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of what the database holds.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who does it (default: this user).", metavar="NAME")] = "",
    as_json: AsJson = False,
) -> None:
    """Make this newsroom what it was, but for newer opt-outs; on either kind of database."""
    from flows.runtime.backups import prepare_workspace, recover
    from flows.settings.reading import named_workspace

    session: Session = context.obj
    prepare_workspace(named_workspace(session.workspace), file)
    done = asyncio.run(
        recover(
            session.settings,
            file,
            replace=replace,
            by=by or getpass.getuser(),
            now=datetime.now(UTC),
        )
    )
    database = done.database
    if as_json:
        print_json(
            {
                "made_at": done.manifest.made_at.isoformat(),
                "rows": database.rows,
                "opt_outs_kept": database.opt_outs,
                "held": database.held,
                "gone": database.gone,
                "files_written": [str(name) for name in done.written],
                "files_kept": [str(name) for name in done.kept],
            }
        )
        return
    say(
        f"Restored as it was at {done.manifest.made_at:%Y-%m-%d %H:%M} UTC: "
        f"{numbered(sum(database.rows.values()), 'row')}, {numbered(len(done.written), 'file')}.",
        f"{numbered(database.opt_outs, 'newer opt-out was', 'newer opt-outs were')} kept.",
    )
    for name in done.kept:
        note(f"{name} differs from the backup's and stays.")
    for issue in database.held:
        note(f"{issue} is held: it may have left since. Look at the relay's log before it goes on.")
    for issue in database.gone:
        note(f"{issue} is not in the backup: sent again, it would reach its readers twice.")
