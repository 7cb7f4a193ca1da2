"""Commands for the programs that act for people: tokens add, list, revoke."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.domain.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from flows.domain.token import Scope, Token
    from flows.operations.tokens import NewToken
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    tokens = typer.Typer(help="Programs that act for people, over HTTP.", no_args_is_help=True)
    tokens.command("add")(add)
    tokens.command("list")(list_all)
    tokens.command("revoke")(revoke)
    app.add_typer(tokens, name="tokens")


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whom it acts for.", metavar="NAME")],
    scope: Annotated[
        list[str],
        typer.Option(help="read, publish or approve; several times for more.", metavar="SCOPE"),
    ],
    label: Annotated[str, typer.Option(help="What it is for, for the list.", metavar="TEXT")] = "",
    days: Annotated[int, typer.Option(help="How long it works.", metavar="N")] = 365,
    as_json: AsJson = False,
) -> None:
    """Make a token that acts for a person; it is shown now, and never again."""
    from flows.operations.tokens import add_token

    session: Session = context.obj
    scopes = _parse_scopes(scope)

    async def make(runtime: Runtime) -> NewToken:
        return await add_token(
            runtime.store,
            name,
            scopes=scopes,
            label=label,
            days=days,
            by=getpass.getuser(),
            now=runtime.clock(),
        )

    made = session.do(make)
    if as_json:
        print_json(
            {
                "token": made.id,
                "secret": made.secret,
                "owner": made.owner,
                "expires_at": made.expires_at.isoformat(),
            }
        )
        return
    note(
        f"Token {made.id} acts for {made.owner} until {made.expires_at:%Y-%m-%d}.",
        "Keep it like a password; it is shown this once:",
    )
    say(made.secret)


def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every token, whose it is and when it was used; never the token itself."""
    from flows.operations.tokens import list_tokens

    session: Session = context.obj

    async def look(runtime: Runtime) -> tuple[list[Token], datetime]:
        return await list_tokens(runtime.store), runtime.clock()

    found, now = session.do(look)
    facts = [_facts(one, now) for one in found]
    if as_json:
        print_json(facts)
    elif not facts:
        say("None yet: newsletter tokens add NAME --scope read")
    else:
        print_table(
            "Tokens",
            ("token", "acts for", "scopes", "label", "last used", "until", "state"),
            [
                (
                    one["token"],
                    one["owner"],
                    ", ".join(one["scopes"]),
                    one["label"],
                    (one["used_at"] or "never")[:16],
                    one["expires_at"][:10],
                    one["state"],
                )
                for one in facts
            ],
        )


def _facts(token: Token, now: datetime) -> dict[str, Any]:
    return {
        "token": token.id,
        "owner": token.owner.name,
        "scopes": sorted(token.scopes),
        "label": token.label,
        "made_by": token.made_by,
        "made_at": token.made_at.isoformat(),
        "used_at": token.used_at.isoformat() if token.used_at else None,
        "expires_at": token.expires_at.isoformat(),
        "state": _state(token, now),
    }


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at:
        return "revoked"
    if token.expires_at <= now:
        return "expired"
    return "works" if token.works(now) else "owner disabled"


def revoke(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(help="Which, as tokens list shows it.", metavar="NUMBER")
    ],
) -> None:
    """Let a token work no more, from this moment on."""
    from flows.operations.tokens import take_token_away

    session: Session = context.obj
    token = session.do(
        lambda runtime: take_token_away(
            runtime.store, number, by=getpass.getuser(), now=runtime.clock()
        )
    )
    say(f"Token {number} of {token.owner.name} works no more.")


def _parse_scopes(written: list[str]) -> set[Scope]:
    from flows.domain.token import Scope

    try:
        return {Scope(one) for one in written}
    except ValueError as error:
        raise InputError(
            str(error), field="--scope", remedy=f"Scopes: {', '.join(Scope)}."
        ) from None
