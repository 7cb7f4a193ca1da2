"""Commands for signing letters: dkim new, dkim show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.session import AsJson, Session, not_done, note, print_json, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    dkim = typer.Typer(help="Sign letters (DKIM).", no_args_is_help=True)
    dkim.command("new")(new)
    dkim.command("show")(show)
    app.add_typer(dkim, name="dkim")


def new(
    context: typer.Context,
    domain: Annotated[
        str, typer.Option(help="Who signs; the sender's domain if left out.", metavar="DOMAIN")
    ] = "",
    folder: Annotated[Path, typer.Option(help="Where the keys go.", metavar="DIR")] = Path(
        "var/dkim"
    ),
    as_json: AsJson = False,
) -> None:
    """Make two keys, and say what to write into newsletter.toml and into the DNS."""
    from flows.mail.dkim import make_keys, read_dkim_key

    session: Session = context.obj
    workspace = session.settings.workspace
    domain = domain or session.settings.sender.address.rpartition("@")[2]
    paths = make_keys(workspace / folder)
    selectors = ("newsletter-rsa", "newsletter-ed25519")
    keys = [
        read_dkim_key(path, domain=domain, selector=selector)
        for path, selector in zip(paths, selectors, strict=True)
    ]
    if as_json:
        print_json(dict(key.dns_record() for key in keys))
        return
    say(
        "Publish these TXT records:",
        *(f"  {name}  {text}" for name, text in (key.dns_record() for key in keys)),
        "Then write into newsletter.toml:",
        "  [dkim]",
        f'  domain = "{domain}"',
        f'  selector = "{selectors[0]}"',
        f'  key_file = "{folder / paths[0].name}"',
        f'  ed25519_selector = "{selectors[1]}"',
        f'  ed25519_key_file = "{folder / paths[1].name}"',
    )
    note("Keep the keys in a backup: whoever has them can write in your name.")


def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the DNS records of the keys that sign now."""
    from flows.mail.dkim import read_dkim_key

    session: Session = context.obj
    settings = session.settings
    records = dict(
        read_dkim_key(
            settings.workspace / path, domain=settings.dkim.domain, selector=selector
        ).dns_record()
        for path, selector in settings.dkim.keys
    )
    if as_json:
        print_json(records)
    if not records:
        note(
            "Letters are not signed here: [dkim] in newsletter.toml names no key. "
            "Make keys, and see what to write there: newsletter dkim new"
        )
        raise not_done()
    if not as_json:
        say(*(f"{name}  {text}" for name, text in records.items()))
