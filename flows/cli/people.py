"""Commands for single people and the law: search, show, erase, suppress, retention, register."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.importing import Address, By, the_office
from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.domain.errors import InputError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.histories import History
    from flows.operations.register import Register
    from flows.runtime.runtime import Runtime


def register(group: typer.Typer) -> None:
    """Add the commands to the group `subscribers`."""
    group.command("search")(search)
    group.command("show")(show)
    group.command("suppress")(suppress)
    group.command("erase")(erase)
    group.command("opt-outs")(opt_outs)
    group.command("retention")(retention)
    group.command("register")(record)
    group.command("answer")(answer)


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


def opt_outs(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Write all opt-outs, by hash.", metavar="FILE")
    ] = None,
    bring_in: Annotated[
        Path | None, typer.Option("--in", help="Add those of such a file.", metavar="FILE")
    ] = None,
    by: By = "",
) -> None:
    """Carry opt-outs over a restore: write them before, bring them in afterwards."""
    from flows.operations.optouts import read_opt_outs, write_opt_outs

    if (out is None) == (bring_in is None):
        raise InputError("name one file", field="--out", remedy="--out FILE, or --in FILE")
    session: Session = context.obj

    async def carry(runtime: Runtime) -> str:
        if out is not None:
            return f"{out}: {numbered(await write_opt_outs(runtime.store, out), 'opt-out')}"
        if bring_in is not None:
            new = await read_opt_outs(
                runtime.store, bring_in, by=by or getpass.getuser(), now=runtime.clock()
            )
            return f"{numbered(new, 'opt-out was', 'opt-outs were')} new."
        return ""

    say(session.do(carry))


def retention(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="Do it.")] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Show what is older than it may be; forget it with --apply."""
    from flows.operations.retaining import Clock, apply_retention, preview_retention
    from flows.runtime.duties import spans_of

    async def look(runtime: Runtime) -> list[Clock]:
        spans, now = spans_of(runtime), runtime.clock()
        if apply:
            who = by or getpass.getuser()
            return await apply_retention(runtime.store, spans, by=who, now=now)
        return await preview_retention(runtime.store, spans, now=now)

    session: Session = context.obj
    clocks = session.do(look)
    if as_json:
        print_json([one.as_json() for one in clocks])
        return
    print_table(
        "Retention",
        ("what", "after days", "due", "oldest", "then"),
        [
            (
                one.what,
                one.days,
                one.due.many,
                f"{one.due.oldest:%Y-%m-%d}" if one.due.oldest else "",
                one.then,
            )
            for one in clocks
        ],
    )
    note("Done." if apply else "Nothing was changed; --apply does it.")


def record(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="A .md or .json file to write.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the record of processing activities (GDPR, article 30)."""
    import json

    from flows.operations.register import write_register
    from flows.runtime.duties import controller_of, spans_of

    async def read(runtime: Runtime) -> Register:
        return await write_register(
            runtime.store,
            controller_of(runtime),
            spans_of(runtime),
            scope=the_office(""),
            now=runtime.clock(),
        )

    session: Session = context.obj
    found = session.do(read)
    if as_json:
        print_json(found.as_json())
    elif out is None:
        say(found.as_markdown())
    if out is not None:
        whole = json.dumps(found.as_json(), ensure_ascii=False, indent=2)
        text = f"{whole}\n" if out.suffix == ".json" else found.as_markdown()
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"cannot be written: {error.strerror}", path=out, field="--out"
            ) from None
        note(f"Written: {out}")


def answer(context: typer.Context, as_json: AsJson = False) -> None:
    """Answer the forms of the public pages that are due; a newsroom that is up does so itself."""
    from flows.operations.answering import answer_wishes
    from flows.runtime.notifying import answering_of

    session: Session = context.obj
    sent = session.do(lambda runtime: answer_wishes(answering_of(runtime)))
    if as_json:
        print_json({"sent": sent})
    else:
        say(f"{numbered(sent, 'letter')}.")
