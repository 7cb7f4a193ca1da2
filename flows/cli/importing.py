"""Commands for lists: subscribers import, undo, imports, compare, export."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, not_done, note, print_json, print_table, say
from flows.domain.errors import InputError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.access import Scope
    from flows.operations.subscribers import Import
    from flows.runtime.runtime import Runtime

Address = Annotated[
    str, typer.Argument(help="The address, however it is spelt.", metavar="ADDRESS")
]
By = Annotated[str, typer.Option(help="Who does it, for the history.", metavar="NAME")]


def register(group: typer.Typer) -> None:
    """Add the commands to the group `subscribers`."""
    group.command("import")(import_lists)
    group.command("imports")(imports)
    group.command("undo")(undo)
    group.command("compare")(compare)
    group.command("export")(export)


def the_office(by: str) -> Scope:
    """Whoever works for the whole network; this machine's user if nobody is named."""
    from flows.domain.access import everywhere

    return everywhere(by or getpass.getuser())


def import_lists(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(help="subscribers/, one of its lists, or any file.", metavar="PATH")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="What a column means; - leaves it out.", metavar="COLUMN=FIELD"),
    ] = None,
    city: Annotated[
        str, typer.Option(help="The city of rows that name none.", metavar="CITY")
    ] = "",
    to_list: Annotated[
        list[str] | None,
        typer.Option("--list", help="Where people of a file from elsewhere go.", metavar="NAME"),
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the lists that there are not.")
    ] = False,
    complete: Annotated[
        bool, typer.Option("--complete", help="Nobody else stays on these lists.")
    ] = False,
    sheet: Annotated[str, typer.Option(help="The sheet of a workbook.", metavar="NAME")] = "",
    basis: Annotated[
        str, typer.Option(help="The legal basis of rows that name none.", metavar="BASIS")
    ] = "legitimate_interest",
    report: Annotated[
        Path | None, typer.Option(help="A CSV file with the fate of each row.", metavar="FILE")
    ] = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Bring cities and lists into the database; refused rows are named, the others count."""
    from flows.domain.consent import Basis
    from flows.operations.intake.places import How
    from flows.operations.subscribers import import_subscribers

    if basis not in set(Basis):
        raise InputError(
            f"{basis!r} is no legal basis", field="--basis", remedy=f"One of {', '.join(Basis)}."
        )
    how = How(
        columns=dict(_pair(one) for one in columns or []),
        sheet=sheet,
        city=city,
        lists=to_list or [],
        complete=complete,
        create=create,
        basis=Basis(basis),
    )

    async def bring_in(runtime: Runtime) -> Import:
        return await import_subscribers(
            runtime.store,
            path,
            address_hash=runtime.address_hash,
            now=runtime.clock(),
            dry_run=dry_run,
            how=how,
            scope=the_office(by),
            report=report,
        )

    session: Session = context.obj
    done = session.do(bring_in)
    if as_json:
        print_json({**done.as_json(), "dry_run": dry_run})
    else:
        _tell_import(done, dry_run=dry_run)
    if done.refused_rows or done.refused_cities:
        raise not_done()


def _pair(written: str) -> tuple[str, str]:
    column, equals, field = written.rpartition("=")
    if not equals or not column or not field:
        raise InputError(
            f"{written!r} maps nothing", field="--map", remedy='For example: --map "Mél pro=email"'
        )
    return column, field


def _tell_import(done: Import, *, dry_run: bool) -> None:
    changes = ", ".join(f"{count} {change}" for change, count in done.changes.items())
    if done.repeated:
        changes += f", {done.repeated} repeated"
    if done.left:
        changes += f", {done.left} no longer on a list"
    would = " (dry run: nothing was changed)" if dry_run else f" (import {done.number})"
    cities = numbered(done.cities, "city", "cities")
    say(f"{cities}; {numbered(done.rows, 'row')}: {changes or 'none'}{would}")
    note(*done.notes)
    note(*(f"{name} is a new list." for name in done.new_lists))
    if done.opted_out:
        rows = numbered(done.opted_out, "row names", "rows name")
        note(f"{rows} somebody who opted out: never written to.")
    if done.kept_off:
        rows = numbered(done.kept_off, "row names", "rows name")
        note(f"{rows} a list that its reader left, or was replaced on.")
    note(*(str(error) for error in [*done.refused_cities, *done.refused]))
    refused = done.refused_rows + len(done.refused_cities)
    if refused > len(done.refused) + len(done.refused_cities):
        note("… and more: --report FILE names them all.")
    if refused:
        note(f"{numbered(refused, 'row was', 'rows were')} refused; the others count.")


def imports(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what was imported, newest first."""
    from flows.operations.undoing import past_imports

    session: Session = context.obj
    found = session.do(lambda runtime: past_imports(runtime.store, scope=the_office("")))
    if as_json:
        print_json([one._asdict() for one in found])
        return
    print_table(
        "Imports",
        ("import", "at", "by", "what", "state", "rows"),
        [
            (
                one.number,
                f"{one.at:%Y-%m-%d %H:%M}",
                one.by,
                one.name,
                one.state,
                _counts(one.counts),
            )
            for one in found
        ],
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def undo(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(help="The import, as imports shows it.", metavar="IMPORT")
    ],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take an import back, unless somebody changed the same contacts since; opt-outs stand."""
    from flows.operations.undoing import undo_import

    session: Session = context.obj
    undone = session.do(
        lambda runtime: undo_import(
            runtime.store, number, scope=the_office(by), now=runtime.clock()
        )
    )
    if as_json:
        print_json(undone._asdict())
        return
    say(
        f"Import {number} is taken back: {numbered(undone.removed, 'contact')} removed, "
        f"{undone.restored} as before, {undone.taken_off} taken off a list, "
        f"{undone.put_back} put back on one."
    )


def compare(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(help="subscribers/, or one of its lists.", metavar="PATH")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold the files beside the database; ends with 1 if they differ."""
    from flows.operations.comparing import compare_subscribers

    session: Session = context.obj
    found = session.do(
        lambda runtime: compare_subscribers(
            runtime.store,
            path or runtime.settings.workspace / "subscribers",
            address_hash=runtime.address_hash,
            scope=the_office(""),
            now=runtime.clock(),
        )
    )
    if as_json:
        print_json(found.as_json())
    else:
        print_table("Differences", ("address", "what", "where"), found.differences)
        say(
            f"{found.same} the same, {found.only_in_files} only in the files, {found.different} "
            f"different, {found.only_in_database} only in the database, {found.refused} refused."
        )
    if not found.is_same:
        raise not_done()


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx file to write.", metavar="FILE")],
    of_list: Annotated[
        str, typer.Option("--list", help="Only who is on this list.", metavar="NAME")
    ] = "",
    city: Annotated[str, typer.Option(help="Only of this city.", metavar="CITY")] = "",
    as_json: AsJson = False,
) -> None:
    """Write contacts into a file; whoever opted out is left out."""
    from flows.operations.exporting import export_contacts
    from flows.store.searching import Wanted

    session: Session = context.obj
    done = session.do(
        lambda runtime: export_contacts(
            runtime.store, file, wanted=Wanted(list=of_list, city=city), scope=the_office("")
        )
    )
    if as_json:
        print_json({"file": str(file), "written": done.written, "opted_out": done.opted_out})
        return
    say(f"{file}: {numbered(done.written, 'contact')}")
    if done.opted_out:
        note(f"{done.opted_out} who opted out are not in it.")
