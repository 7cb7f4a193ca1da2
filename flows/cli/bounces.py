"""The command for what comes back: bounces."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.session import AsJson, Session, not_done, note, print_json, print_table, say
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.hygiene import Concerns
    from flows.operations.returning import Harvest
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bounces")(bounces)


def bounces(
    context: typer.Context,
    suppress: Annotated[
        str,
        typer.Option(help="Take the held bounces of this issue for real.", metavar="ISSUE"),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Read what came back now; show what it was, and what needs a person."""
    session: Session = context.obj
    if not session.settings.bounces.are_read:
        note("No place is read: [bounces] in newsletter.toml names a Maildir, a mailbox or a port.")
    harvest, suppressed, concerns = session.do(
        lambda runtime: _read_and_judge(runtime, suppress=suppress)
    )
    if as_json:
        print_json(
            {
                "read": _counts(harvest),
                "suppressed": suppressed,
                "needs": concerns.as_json(workspace=session.settings.workspace),
                "troubles": harvest.troubles,
            }
        )
    else:
        _tell_harvest(harvest, suppressed)
        _tell_concerns(concerns, session)
    note(*(f"Not read: {trouble}" for trouble in harvest.troubles))
    if harvest.troubles:
        raise not_done()


async def _read_and_judge(runtime: Runtime, *, suppress: str) -> tuple[Harvest, int, Concerns]:
    from flows.domain.issue import IssueId
    from flows.operations.hygiene import list_concerns, suppress_held
    from flows.runtime.returning import judge_all_returns, kept_mail, read_all_returns

    harvest = await read_all_returns(runtime)
    suppressed = await judge_all_returns(runtime)
    if suppress:
        suppressed += await suppress_held(
            runtime.store, IssueId(suppress), by=getpass.getuser(), now=runtime.clock()
        )
    kept = kept_mail(runtime.settings)
    return harvest, suppressed, await list_concerns(runtime.store, kept, now=runtime.clock())


def _counts(harvest: Harvest) -> dict[str, Any]:
    """Every kind by name."""
    from flows.domain.returned import ReturnKind

    return {kind.value: harvest.counts[kind] for kind in ReturnKind}


def _tell_harvest(harvest: Harvest, suppressed: int) -> None:
    from flows.domain.returned import ReturnKind

    meanings = {
        ReturnKind.HARD: "no such mailbox",
        ReturnKind.SOFT: "not reached this time",
        ReturnKind.POLICY: "refused because of us",
        ReturnKind.COMPLAINT: "complaints",
        ReturnKind.UNSUBSCRIBE: "opt-outs by mail",
        ReturnKind.NOTICE: "delays and receipts",
        ReturnKind.AUTO_REPLY: "automatic answers",
        ReturnKind.FORGED: "forged or not about a letter of ours; nothing was changed",
        ReturnKind.UNREADABLE: "for a person to read",
    }
    found = [(kind, harvest.counts[kind], meanings[kind]) for kind in ReturnKind]
    if not harvest.counts:
        say("Nothing new came back.")
    else:
        print_table("Came back", ("kind", "messages", "meaning"), [one for one in found if one[1]])
    if suppressed:
        say(f"{suppressed} are not written to any more.")


def _tell_concerns(concerns: Concerns, session: Session) -> None:
    for pile in concerns.held:
        say(
            f"Held: {numbered(pile.letters, 'letter')} of {pile.issue} found no mailbox, too many "
            f"to be the addresses' fault alone. For example: {pile.example}",
            "  Ours? Mend it. Theirs? newsletter bounces --suppress " + pile.issue,
        )
    for pile in concerns.policy:
        say(
            f"Ours: {numbered(pile.letters, 'letter')} of {pile.issue} refused because of us. "
            f"For example: {pile.example}"
        )
    if concerns.kept:
        print_table(
            "To read, and to remove afterwards",
            ("file", "from", "subject"),
            [
                (one.path.relative_to(session.settings.workspace), one.sender, one.subject)
                for one in concerns.kept
            ],
        )
