"""Commands for cities and whom an issue would reach: cities list, cities show, audience."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.importing import the_office
from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.domain.errors import InputError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.operations.reaching import Reach
    from flows.runtime.runtime import Runtime

Since = Annotated[
    str,
    typer.Option(help="The first day that counts; this quarter's if left out.", metavar="DAY"),
]


def register(app: typer.Typer) -> None:
    """Add the group of commands, and `audience`."""
    group = typer.Typer(help="The member cities.", no_args_is_help=True)
    group.command("list")(list_all)
    group.command("show")(show)
    app.add_typer(group, name="cities")
    app.command("audience")(audience)


def _since(written: str, *, now: datetime) -> datetime:
    from flows.operations.looking import quarter_start

    if not written:
        return quarter_start(now)
    try:
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    except ValueError:
        raise InputError(
            f"{written!r} is no day", field="--since", remedy="Write it as 2026-10-01."
        ) from None


def list_all(context: typer.Context, since: Since = "", as_json: AsJson = False) -> None:
    """Show every city: contacts, last letter, contacts that got nothing this quarter."""
    from flows.operations.looking import list_cities

    session: Session = context.obj
    found = session.do(
        lambda runtime: list_cities(
            runtime.store, scope=the_office(""), since=_since(since, now=runtime.clock())
        )
    )
    if as_json:
        print_json([one.as_json() for one in found])
        return
    print_table(
        "Cities",
        ("city", "country", "language", "membership", "contacts", "opted out", "nothing", "last"),
        [
            (
                one.city.name,
                one.city.country,
                one.city.language,
                one.city.membership,
                one.count.contacts,
                one.count.opted_out,
                one.count.silent,
                f"{one.last_letter:%Y-%m-%d}" if one.last_letter else "never",
            )
            for one in found
        ],
    )


def show(
    context: typer.Context,
    city: Annotated[str, typer.Argument(help="Its name, in any language.", metavar="CITY")],
    since: Since = "",
    as_json: AsJson = False,
) -> None:
    """Show one city: its contacts, and who of them got nothing this quarter."""
    from flows.operations.looking import read_city

    session: Session = context.obj
    page = session.do(
        lambda runtime: read_city(
            runtime.store, city, scope=the_office(""), since=_since(since, now=runtime.clock())
        )
    )
    if as_json:
        print_json(page.as_json())
        return
    own = page.standing.city
    last = page.standing.last_letter
    say(
        f"{own.name} ({own.country}): {own.membership}, language {own.language}, {own.timezone}",
        f"Correspondents: {', '.join(sorted(own.correspondents)) or 'none'}",
        f"Last letter: {f'{last:%Y-%m-%d}' if last else 'never'}",
    )
    silent = {one.contact for one in page.silent}
    print_table(
        "Contacts",
        ("address", "name", "language", "lists", "opted out", "this quarter"),
        [
            (
                one.address,
                one.name,
                one.language,
                ", ".join(one.lists),
                one.opted_out,
                "nothing" if one.contact in silent else "",
            )
            for one in page.contacts
        ],
    )


def audience(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="An article, or an issue.", metavar="TARGET")],
    to_list: Annotated[
        list[str] | None,
        typer.Option("--list", help="To this list; several times for more.", metavar="NAME"),
    ] = None,
    who: Annotated[bool, typer.Option("--who", help="Name everybody.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show whom an issue would reach now: how many, in which language, and why in that one."""
    session: Session = context.obj
    reach = session.do(lambda runtime: _reach(runtime, target, to_list or [], who=who))
    if as_json:
        print_json(reach.as_json())
        return
    readers, gets = numbered(reach.readers, "reader"), "gets" if reach.opted_out == 1 else "get"
    say(f"{target}: {readers}, {reach.opted_out} opted out and {gets} nothing")
    say("A reader's own language, its parent, the city's, the network's: the first that there is.")
    print_table(
        "By language",
        ("because", *reach.by_language),
        [
            (why, *(count.get(language, 0) for language in reach.by_language))
            for why, count in [*reach.by_reason.items(), ("all", reach.by_language)]
        ],
    )
    print_table("By city", ("city", "readers"), reach.by_city.items())
    if who:
        columns = ("address", "name", "city", "wanted", "language", "because")
        print_table("Readers", columns, reach.who)
    if not reach.readers:
        note("Nobody: see `newsletter cities list` and `newsletter subscribers search`.")
        note("Lists come in by `newsletter subscribers import subscribers/`.")


async def _reach(runtime: Runtime, target: str, lists: list[str], *, who: bool) -> Reach:
    from flows.domain.errors import NotDoneError
    from flows.domain.issue import FROZEN, IssueId
    from flows.operations.lookalikes import require_lists
    from flows.operations.reaching import reach_of
    from flows.store.contacts import list_sizes
    from flows.store.issues import find_issues

    library, store = runtime.library, runtime.store
    async with store.reading() as tx:
        issues = {one.id: one for one in await find_issues(tx)}
        known = await list_sizes(tx)
    issue = issues.get(IssueId(target))
    if issue is not None and issue.state in FROZEN:
        raise NotDoneError(
            f"{issue.id} is {issue.state}; its audience is fixed",
            waiting_for=(f"newsletter report {issue.id}",),
        )
    require_lists(lists, known, field="--list")
    slug = issue.slug if issue else library.article(target).slug
    return await reach_of(
        store,
        slug,
        lists=lists or (list(issue.lists) if issue else []),
        editions=library.languages,
        issue=issue.id if issue else None,
        named=who,
    )
