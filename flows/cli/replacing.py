"""The command that lets addresses take the places of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.importing import By, the_office
from flows.cli.session import AsJson, Session, not_done, note, print_json, say
from flows.domain.errors import InputError

if TYPE_CHECKING:
    from flows.runtime.runtime import Runtime


def register(group: typer.Typer) -> None:
    """Add the command to the group `subscribers`."""
    group.command("replace")(replace)


def replace(
    context: typer.Context,
    old: Annotated[str | None, typer.Argument(help="Whose place is taken.", metavar="OLD")] = None,
    new: Annotated[str | None, typer.Argument(help="Who takes it.", metavar="NEW")] = None,
    name: Annotated[str, typer.Option(help="The new one's name.", metavar="NAME")] = "",
    same_person: Annotated[
        bool, typer.Option("--same-person", help="Another address of the same person.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--from", help="A file with the columns old, new, name.", metavar="FILE"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the file would do; change nothing.")
    ] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Let an address take the place of another, on all its lists, with its history kept."""
    from flows.operations.handovers import Replaced, RowDone, replace_from_file
    from flows.operations.replacing import Replacement, replace_contact

    async def change(runtime: Runtime) -> Replaced:
        store, hashed, scope = runtime.store, runtime.address_hash, the_office(by)
        now = runtime.clock()
        if file is not None:
            return await replace_from_file(
                store,
                file,
                same_person=same_person,
                address_hash=hashed,
                scope=scope,
                now=now,
                dry_run=dry_run,
            )
        one = Replacement(old=old or "", new=new or "", name=name or None, same_person=same_person)
        await replace_contact(store, one, address_hash=hashed, scope=scope, now=now)
        return Replaced(rows=[RowDone(line=0, old=one.old, new=one.new, name=name)])

    if dry_run and file is None:
        raise InputError("goes with a file", field="--dry-run", remedy="--from FILE")
    if (file is None) == (old is None or new is None):
        raise InputError(
            "name two addresses, or a file",
            field="--from",
            remedy="replace OLD NEW, or --from FILE",
        )
    session: Session = context.obj
    done = session.do(change)
    if as_json:
        print_json(
            {
                "import": done.number,
                "replaced": done.done,
                "refused": [str(one) for one in done.refused],
            }
        )
    else:
        say(f"{done.done} would be replaced." if dry_run else f"{done.done} replaced.")
        if done.number:
            note(f"newsletter subscribers undo {done.number} takes it back.")
        note(*(str(one) for one in done.refused))
    if done.refused:
        raise not_done()
