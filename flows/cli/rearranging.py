"""The command that changes what comes again: schedule change."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.recurring import NEVER, UNKNOWN, Name, say_next, say_titles
from flows.cli.session import AsJson, Session, note, print_json, say
from flows.cli.timing import Policy

if TYPE_CHECKING:
    from flows.domain.recurrence import Recurrence
    from flows.operations.recurring import Outlook
    from flows.runtime.runtime import Runtime


def register(schedule: typer.Typer) -> None:
    """Add the command to those of the schedule."""
    schedule.command("change")(schedule_change)


def schedule_change(
    context: typer.Context,
    name: Name,
    rule: Annotated[str | None, typer.Option(help="Another rule.", metavar="RULE")] = None,
    zone: Annotated[str | None, typer.Option(help="Europe/Brussels.", metavar="ZONE")] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", help="The lists; several times for more.", metavar="NAME"),
    ] = None,
    every_list: Annotated[
        bool, typer.Option("--every-list", help="Everybody on any list.")
    ] = False,
    articles: Annotated[
        str | None, typer.Option(help="Which articles, by name: brief-*", metavar="PATTERN")
    ] = None,
    titles: Annotated[
        list[str] | None,
        typer.Option("--title", help='All the titles: "La lettre…", "en=…".', metavar="PATTERN"),
    ] = None,
    sections: Annotated[
        bool | None,
        typer.Option("--sections/--no-sections", help="Articles under their first tags."),
    ] = None,
    ahead: Annotated[
        float | None,
        typer.Option(help="So many hours before its time the digest is written.", metavar="HOURS"),
    ] = None,
    each: Annotated[
        bool | None, typer.Option("--each/--digest", help="An issue of each article, or a digest.")
    ] = None,
    policy: Policy = None,
    by: Annotated[
        str, typer.Option(help="Who changes it, and whose words the titles are.", metavar="NAME")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Change what comes again, from its next time on; what is not named stays."""
    from flows.domain.errors import InputError
    from flows.operations.collecting import names_nothing
    from flows.operations.patterns import split_titles
    from flows.operations.rearranging import Changes, rearrange
    from flows.operations.recurring import Outlook, find_outlook, next_instants
    from flows.runtime.timing import languages_of, parse_policy

    session: Session = context.obj
    languages = languages_of(session.settings)
    if titles and not by:
        raise InputError(
            "titles are somebody's own words, and somebody else approves them",
            field="--by",
            remedy="Give the name under which you approve: --by NAME.",
        )
    if lists and every_list:
        raise InputError(
            "some lists and every list cannot be meant at once",
            field="--every-list",
            remedy="--list NAME, or --every-list",
        )
    changes = Changes(
        rule=rule,
        zone=zone,
        lists=[] if every_list else lists or None,
        articles=articles,
        policy=parse_policy(policy) if policy else None,
        each=each,
        titles=split_titles(titles, languages) if titles else None,
        sections=sections,
        ahead_hours=ahead,
    )
    if changes == Changes():
        raise InputError(
            "nothing is named that shall be otherwise",
            remedy="Name what: --rule, --zone, --list, --every-list, --articles, --title, "
            "--sections, --ahead, --each, --digest or --policy.",
        )

    async def change(runtime: Runtime) -> tuple[Recurrence, bool, bool]:
        before = await find_outlook(runtime.store, name, now=runtime.clock())
        changed = await rearrange(
            runtime.store,
            name,
            changes,
            languages=languages,
            now=runtime.clock(),
            by=by or getpass.getuser(),
        )
        same = changed.version == before.recurrence.version
        return changed, same, names_nothing(runtime.library, changed.articles)

    changed, same, unknown = session.do(change)
    coming = next_instants(changed, now=datetime.now(UTC), count=3)
    outlook = Outlook(recurrence=changed, coming=coming, past=())
    if as_json:
        print_json(outlook.as_json())
        return
    if same:
        say("Nothing was changed.")
    _tell(outlook)
    if unknown:
        note(UNKNOWN.format(changed.articles))


def _tell(outlook: Outlook) -> None:
    """How it comes again from now on."""
    changed = outlook.recurrence
    say(f"{changed.name} comes again by {changed.rule}:")
    say_next(outlook)
    if not outlook.coming:
        say(f"  {NEVER.get(changed.state, NEVER['ended'])}".replace("NAME", changed.name))
    say_titles(changed)
