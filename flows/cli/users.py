"""Commands for the people at the desk: users add, list, roles, password, disable, enable."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.session import AsJson, Session, print_json, print_table, say
from flows.domain.errors import InputError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.account import Role
    from flows.domain.language import Language
    from flows.runtime.runtime import Runtime

Name = Annotated[str, typer.Argument(help="Whom.", metavar="NAME")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role",
        help="editor, reviewer, publisher, administrator or correspondent; several times for more.",
        metavar="ROLE",
    ),
]
Reviewed = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        help="A language that a reviewer answers for; several times for more.",
        metavar="LANG",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    users = typer.Typer(help="Who works at the desk.", no_args_is_help=True)
    users.command("add")(add)
    users.command("list")(list_all)
    users.command("roles")(roles)
    users.command("password")(password)
    users.command("disable")(disable)
    users.command("enable")(enable)
    app.add_typer(users, name="users")


def add(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="The name, as it stands beside approvals.", metavar="NAME")
    ],
    role: Roles,
    language: Reviewed = None,
    address: Annotated[
        str, typer.Option(help="The e-mail address, to sign in with as well.", metavar="ADDRESS")
    ] = "",
    directory: Annotated[
        bool,
        typer.Option("--directory", help="Signs in through the directory: ask for no password."),
    ] = False,
) -> None:
    """Give somebody an account; the password is asked for, or read from standard input."""
    from flows.operations.accounts import add_user
    from flows.operations.passwords import require_good

    session: Session = context.obj
    chosen, languages = _parse_roles(role), _parse_languages(session, language)
    if directory and not address:
        raise InputError("is missing", field="--address", remedy="The directory knows people so.")
    written = "" if directory else _read_password()
    if written:
        require_good(written, name=name)

    async def make(runtime: Runtime) -> None:
        await add_user(
            runtime.store,
            name,
            roles=chosen,
            languages=languages,
            address=address,
            by=getpass.getuser(),
            now=runtime.clock(),
        )
        if written:
            await _set_password(runtime, name, written)

    session.do(make)
    say(f"{name} may sign in at {session.settings.desk_url}")


def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """Show everybody with an account."""
    from flows.operations.accounts import list_users

    session: Session = context.obj
    found = session.do(lambda runtime: list_users(runtime.store))
    facts: list[dict[str, Any]] = [
        {
            "name": one.name,
            "roles": sorted(one.roles),
            "languages": sorted(one.languages),
            "signs_in_by": _ways(one.password_hash, one.second_factor, one.directory),
            "disabled": one.disabled_at is not None,
        }
        for one in found
    ]
    if as_json:
        print_json(facts)
    elif not facts:
        say("Nobody yet: newsletter users add NAME --role administrator")
    else:
        print_table(
            "Accounts",
            ("name", "roles", "languages", "signs in by", ""),
            [
                (
                    one["name"],
                    ", ".join(one["roles"]),
                    ", ".join(one["languages"]),
                    ", ".join(one["signs_in_by"]) or "nothing yet",
                    "disabled" if one["disabled"] else "",
                )
                for one in facts
            ],
        )


def _ways(password_hash: str, second_factor: str, directory: str) -> list[str]:
    ways = {"password": password_hash, "code": second_factor, "directory": directory}
    return [way for way, there in ways.items() if there]


def roles(context: typer.Context, name: Name, role: Roles, language: Reviewed = None) -> None:
    """Give somebody these roles instead of those they had."""
    from flows.operations.accounts import change_roles

    session: Session = context.obj
    chosen, languages = _parse_roles(role), _parse_languages(session, language)
    account = session.do(
        lambda runtime: change_roles(
            runtime.store,
            name,
            roles=chosen,
            languages=languages,
            by=getpass.getuser(),
            now=runtime.clock(),
        )
    )
    say(f"{account.name} is {', '.join(sorted(account.roles))} now.")


def password(
    context: typer.Context,
    name: Name,
    forget_second_factor: Annotated[
        bool,
        typer.Option(
            "--forget-second-factor", help="For whoever lost the telephone: ask for no code."
        ),
    ] = False,
) -> None:
    """Give somebody a new password, asked for or read from standard input; visits end."""
    session: Session = context.obj
    written = _read_password()
    session.do(
        lambda runtime: _set_password(
            runtime, name, written, forget_second_factor=forget_second_factor
        )
    )
    say(f"{name} has a new password; their visits to the desk are ended.")


async def _set_password(
    runtime: Runtime, name: str, written: str, *, forget_second_factor: bool = False
) -> None:
    from flows.operations.accounts import set_password
    from flows.operations.passwords import Passwords

    await set_password(
        runtime.store,
        name,
        written,
        passwords=Passwords(threads=1),
        by=getpass.getuser(),
        now=runtime.clock(),
        forget_second_factor=forget_second_factor,
    )


def disable(context: typer.Context, name: Name) -> None:
    """Let somebody in no more; their visits end at once, what they did stays."""
    from flows.operations.accounts import disable_user

    session: Session = context.obj
    ended = session.do(
        lambda runtime: disable_user(runtime.store, name, by=getpass.getuser(), now=runtime.clock())
    )
    say(f"{name} is not let in any more; {numbered(ended, 'visit was', 'visits were')} ended.")


def enable(context: typer.Context, name: Name) -> None:
    """Let somebody in again."""
    from flows.operations.accounts import enable_user

    session: Session = context.obj
    session.do(
        lambda runtime: enable_user(runtime.store, name, by=getpass.getuser(), now=runtime.clock())
    )
    say(f"{name} is let in again.")


def _parse_roles(written: list[str]) -> list[Role]:
    from flows.domain.account import Role

    unknown = next((one for one in written if one not in set(Role)), None)
    if unknown is not None:
        raise InputError(
            f"{unknown!r} is no role", field="--role", remedy=f"Roles: {', '.join(Role)}."
        )
    return [Role(one) for one in written]


def _parse_languages(session: Session, written: list[str] | None) -> list[Language]:
    return [session.library.language(one) for one in written or []]


def _read_password() -> str:
    """From a terminal, twice and unseen; otherwise the first line of standard input."""
    if not sys.stdin.isatty():
        written = sys.stdin.readline().rstrip("\r\n")
    else:
        written = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != written:
            raise InputError("was not the same twice", field="password")
    if not written:
        raise InputError("is empty", field="password", remedy="Type it, or pipe it in.")
    return written
