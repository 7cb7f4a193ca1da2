"""The command that ends what bounces began: subscribers vouch."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.importing import Address, By, the_office
from flows.cli.session import Session, say


def register(group: typer.Typer) -> None:
    """Add the command to the group `subscribers`."""
    group.command("vouch")(vouch)


def vouch(
    context: typer.Context,
    address: Address,
    because: Annotated[str, typer.Option(help="How it is known that it works.", metavar="TEXT")],
    by: By = "",
) -> None:
    """Write again to an address that letters came back from; an opt-out stands."""
    from flows.operations.vouching import vouch_for_address

    session: Session = context.obj
    session.do(
        lambda runtime: vouch_for_address(
            runtime.store,
            address,
            because=because,
            address_hash=runtime.address_hash,
            scope=the_office(by),
            now=runtime.clock(),
        )
    )
    say("It is written to again.")
