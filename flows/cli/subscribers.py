"""Commands for the lists: subscribers import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.session import AsJson, Session, not_done, note, print_json, say


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(help="The lists of the member cities.", no_args_is_help=True)
    group.command("import")(import_lists)
    group.callback()(lambda: None)
    app.add_typer(group, name="subscribers")


def import_lists(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="subscribers/, or one list.", metavar="PATH")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring cities and lists into the database; refused rows are named, the others count."""
    from flows.operations.subscribers import Import, import_subscribers
    from flows.runtime.runtime import Runtime

    session: Session = context.obj

    async def bring_in(runtime: Runtime) -> Import:
        return await import_subscribers(
            runtime.store,
            path,
            address_hash=runtime.address_hash,
            now=runtime.clock(),
            dry_run=dry_run,
        )

    done = session.do(bring_in)
    if as_json:
        print_json(
            {
                "rows": done.rows,
                "cities": done.cities,
                "repeated": done.repeated,
                "left": done.left,
                "changes": {change.value: count for change, count in done.changes.items()},
                "refused": [str(error) for error in done.refused],
                "refused_cities": [str(error) for error in done.refused_cities],
                "dry_run": dry_run,
            }
        )
    else:
        changes = ", ".join(f"{count} {change}" for change, count in done.changes.items())
        if done.repeated:
            changes += f", {done.repeated} repeated in another list"
        if done.left:
            changes += f", {done.left} no longer on a list"
        would = " (dry run: nothing was changed)" if dry_run else ""
        say(f"{done.cities} cities; {done.rows} rows: {changes or 'none'}{would}")
        refused = [*done.refused_cities, *done.refused]
        note(*(str(error) for error in refused))
        if refused:
            note(f"{len(refused)} rows were refused; the others count.")
    if done.refused or done.refused_cities:
        raise not_done()
