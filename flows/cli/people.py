"""Commands for single people: subscribers search, show, suppress, erase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.importing import Address, By, the_office
from flows.cli.session import AsJson, Session, note, print_json, print_table, say

if TYPE_CHECKING:
    from flows.operations.histories import History


def register(group: typer.Typer) -> None:
    """Add the commands to the group `subscribers`."""
    group.command("search")(search)
    group.command("show")(show)
    group.command("suppress")(suppress)
    group.command("erase")(erase)


def search(
    context: typer.Context,
    text: Annotated[
        str, typer.Argument(help="Part of an address, a name or a city.", metavar="TEXT")
    ] = "",
    city: Annotated[str, typer.Option(help="Only of this city.", metavar="CITY")] = "",
    on_list: Annotated[
        str, typer.Option("--list", help="Only who is on this list.", metavar="NAME")
    ] = "",
    language: Annotated[str, typer.Option(help="Only of this language.", metavar="LANG")] = "",
    role: Annotated[str, typer.Option(help="Only in this role.", metavar="ROLE")] = "",
    opted_out: Annotated[
        bool, typer.Option("--opted-out", help="Only who is never written to.")
    ] = False,
    limit: Annotated[int, typer.Option(help="So many at most.", min=1, metavar="N")] = 50,
    as_json: AsJson = False,
) -> None:
    """Find contacts."""
    from flows.operations.looking import contact_as_json, search_contacts
    from flows.store.searching import Wanted

    wanted = Wanted(
        text=text,
        city=city,
        list=on_list,
        language=language,
        role=role,
        opted_out=True if opted_out else None,
    )
    session: Session = context.obj
    found = session.do(
        lambda runtime: search_contacts(
            runtime.store,
            wanted,
            scope=the_office(""),
            limit=limit,
            address_hash=runtime.address_hash,
        )
    )
    if as_json:
        people = [contact_as_json(one) for one in found.contacts]
        print_json({"total": found.total, "contacts": people})
        return
    print_table(
        "Contacts",
        ("address", "name", "city", "language", "lists", "opted out"),
        [
            (one.address, one.name, one.city, one.language, ", ".join(one.lists), one.opted_out)
            for one in found.contacts
        ],
    )
    if found.total > len(found.contacts):
        note(f"{len(found.contacts)} of {found.total}; --limit shows more.")


def show(
    context: typer.Context,
    address: Address,
    export: Annotated[
        Path | None,
        typer.Option(help="Write all of it as JSON, for the person.", metavar="FILE"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is kept of an address: letters, what came back, consents, changes."""
    from flows.operations.histories import history_of, write_history

    session: Session = context.obj
    history = session.do(
        lambda runtime: history_of(
            runtime.store, address, address_hash=runtime.address_hash, scope=the_office("")
        )
    )
    if export is not None:
        write_history(history, export)
        note(f"Written: {export}")
    if as_json:
        print_json(history.as_json())
    elif export is None:
        _tell_history(history)


def _tell_history(history: History) -> None:
    record = history.record
    if record is None:
        say("No contact; what is kept under the hash of the address:")
    else:
        roles = ", ".join(role for role in record.roles.split("\n") if role)
        say(
            f"Contact {record.id}: {record.address}  {record.name}",
            f"{record.city}; language {record.language or 'of the city'}"
            + (f"; {roles}" if roles else ""),
        )
    if history.opt_out is not None:
        out = history.opt_out
        say(f"NEVER WRITTEN TO since {out.at:%Y-%m-%d}: {out.reason} ({out.source})")
    for title, columns, rows in _tables(history):
        if rows:
            say("")
            print_table(title, columns, rows)


def _tables(history: History) -> list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    def day(at: Any) -> str:
        return f"{at:%Y-%m-%d %H:%M}" if at else ""

    return [
        (
            "Lists",
            ("list", "by", "since"),
            [(one.list, one.origin, day(one.since)) for one in history.lists],
        ),
        (
            "Lists left",
            ("list", "why", "since"),
            [(one.list, f"{one.reason}, {one.source}", day(one.at)) for one in history.leavings],
        ),
        (
            "Consents",
            ("at", "list", "act", "basis", "source"),
            [
                (day(one.at), one.list or "all", one.act, one.basis or "", one.source)
                for one in history.consents
            ],
        ),
        (
            "Letters",
            ("issue", "language", "state", "at", "answer"),
            [
                (one.issue, one.language, one.state, day(one.at), f"{one.code or ''} {one.reply}")
                for one in history.letters
            ],
        ),
        (
            "Came back",
            ("issue", "at", "what", "words"),
            [
                (one.issue, day(one.at), one.kind, f"{one.status} {one.words}")
                for one in history.returns
            ],
        ),
        (
            "Changes",
            ("at", "by", "what", "list", "import", "why"),
            [
                (day(one.at), one.by, one.act, one.list, one.number or "", one.why)
                for one in history.changes
            ],
        ),
    ]


def suppress(
    context: typer.Context,
    address: Address,
    because: Annotated[str, typer.Option(help="Why.", metavar="TEXT")],
    by: By = "",
) -> None:
    """Never write to an address again, whatever is imported later."""
    from flows.operations.optouts import suppress_address

    session: Session = context.obj
    new = session.do(
        lambda runtime: suppress_address(
            runtime.store,
            address,
            because=because,
            address_hash=runtime.address_hash,
            scope=the_office(by),
            now=runtime.clock(),
        )
    )
    say("It is never written to." if new else "It was never written to already.")


def erase(context: typer.Context, address: Address, by: By = "") -> None:
    """Forget the person behind an address; a keyed hash keeps it from ever being mailed again."""
    from flows.operations.optouts import erase_address
    from flows.operations.subscribers import parse_mailbox

    session: Session = context.obj
    # Nobody learns later that a mistyped address erased nobody.
    parse_mailbox(address, field="ADDRESS")
    known = session.do(
        lambda runtime: erase_address(
            runtime.store,
            address,
            address_hash=runtime.address_hash,
            scope=the_office(by),
            now=runtime.clock(),
        )
    )
    say("Erased." if known else "No contact had it; it is never written to all the same.")
    note("Backups and the files in subscribers/ are yours to clear.")
