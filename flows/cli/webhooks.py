"""Commands for the programs that are told what happens: webhooks list, redeliver, secret."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, note, print_json, print_table, say

if TYPE_CHECKING:
    from flows.domain.hook import Hook
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    hooks = typer.Typer(help="Programs that are told what happens.", no_args_is_help=True)
    hooks.command("list")(list_all)
    hooks.command("redeliver")(redeliver)
    hooks.command("secret")(secret)
    app.add_typer(hooks, name="webhooks")


def list_all(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what was delivered.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, metavar="N")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what waits to be told and what was given up, newest first."""
    from flows.domain.hook import HookState
    from flows.operations.webhooks import hooks_in

    session: Session = context.obj
    states = set(HookState) if everything else set(HookState) - {HookState.DELIVERED}

    async def look(runtime: Runtime) -> list[Hook]:
        return await hooks_in(runtime.store, states, limit=limit)

    found = session.do(look)
    if as_json:
        print_json([_facts(one) for one in found])
        return
    if not found:
        say("Nothing waits, and nothing was given up.")
        return
    print_table(
        "Webhooks",
        ("number", "event", "to", "state", "attempts", "last answer", "again at"),
        [
            (
                one.id,
                one.kind,
                one.url,
                one.state,
                one.attempts,
                one.words,
                f"{one.next_at:%Y-%m-%d %H:%M} UTC" if one.next_at else "",
            )
            for one in found
        ],
    )
    if any(one.state is HookState.GIVEN_UP for one in found):
        note("Once more: newsletter webhooks redeliver NUMBER")


def _facts(hook: Hook) -> dict[str, object]:
    return {
        "number": hook.id,
        "event": hook.event,
        "kind": hook.kind,
        "happened_at": hook.happened_at.isoformat(),
        "url": hook.url,
        "state": hook.state,
        "attempts": hook.attempts,
        "status": hook.status,
        "words": hook.words,
        "next_at": hook.next_at.isoformat() if hook.next_at else None,
    }


def redeliver(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(help="Which, as webhooks list shows it.", metavar="NUMBER")
    ],
) -> None:
    """Tell something once more, for another day; the newsroom that is up does it."""
    from flows.domain.hook import HookId
    from flows.operations.webhooks import redeliver as begin_again

    session: Session = context.obj
    session.do(
        lambda runtime: begin_again(
            runtime.store, HookId(number), by=getpass.getuser(), now=runtime.clock()
        )
    )
    say(f"Delivery {number} is tried again.")
    if session.server() is None:
        note("No newsroom is running: start `newsletter up`.")


def secret() -> None:
    """Make a secret to sign with; it is shown now, and kept nowhere."""
    import base64
    import secrets

    say(f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")
    note("Set it as NEWSLETTER_WEBHOOKS__SECRET, and give it to the receivers.")
