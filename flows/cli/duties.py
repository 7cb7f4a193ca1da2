"""Commands for the law's duties: subscribers opt-outs, retention, register, answer."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.importing import By, the_office
from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.domain.errors import InputError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.register import Register
    from flows.runtime.runtime import Runtime


def register(group: typer.Typer) -> None:
    """Add the commands to the group `subscribers`."""
    group.command("opt-outs")(opt_outs)
    group.command("retention")(retention)
    group.command("register")(record)
    group.command("answer")(answer)


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
