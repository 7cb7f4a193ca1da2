"""Commands for what comes again: schedule every, recurring, rest, go-on, end, open."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.cli.timing import Policy

if TYPE_CHECKING:
    from flows.domain.article import Slug
    from flows.domain.recurrence import Recurrence, RecurrenceState
    from flows.operations.recurring import Outlook
    from flows.runtime.runtime import Runtime

NEVER = {"paused": "not before: newsletter schedule go-on NAME", "ended": "never again"}
"""Said in the place of the next time, by state."""
UNKNOWN = "No article has a name like {} now; one may come."
"""Said of a rule's pattern."""
Name = Annotated[str, typer.Argument(help="What it is called.", metavar="NAME")]


def register(schedule: typer.Typer) -> None:
    """Add the commands to those of the schedule."""
    schedule.command("every")(schedule_every)
    schedule.command("recurring")(schedule_recurring)
    schedule.command("rest")(schedule_rest)
    schedule.command("go-on")(schedule_go_on)
    schedule.command("end")(schedule_end)
    schedule.command("open")(schedule_open)


def schedule_every(
    context: typer.Context,
    name: Name,
    rule: Annotated[
        str,
        typer.Argument(
            help='Five fields of cron, or "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9".', metavar="RULE"
        ),
    ],
    zone: Annotated[str, typer.Option(help="Europe/Brussels.", metavar="ZONE")],
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", help="A list; several times for more.", metavar="NAME"),
    ] = None,
    articles: Annotated[
        str, typer.Option(help="Which articles, by name: brief-*", metavar="PATTERN")
    ] = "*",
    titles: Annotated[
        list[str] | None,
        typer.Option(
            "--title",
            help='The digest\'s title: "La lettre de {month} {year}"; others: "en=…".',
            metavar="PATTERN",
        ),
    ] = None,
    sections: Annotated[
        bool, typer.Option("--sections", help="Articles under their first tags.")
    ] = False,
    ahead: Annotated[
        float | None,
        typer.Option(help="So many hours before its time the digest is written.", metavar="HOURS"),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="An issue of each article instead of a digest.")
    ] = False,
    policy: Policy = None,
    by: Annotated[
        str, typer.Option(help="Who makes it, and whose words the titles are.", metavar="NAME")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Open a digest by a rule: each time of what is approved and was not sent yet."""
    from flows.domain.errors import InputError
    from flows.operations.arranging import parse_form
    from flows.operations.collecting import collect_articles, names_nothing
    from flows.operations.patterns import split_titles
    from flows.operations.recurring import (
        Outlook,
        make_recurrence,
        next_instants,
        rules_to_same_readers,
    )
    from flows.runtime.timing import languages_of, parse_policy

    session: Session = context.obj
    settings = session.settings
    if titles and not by:
        raise InputError(
            "titles are somebody's own words, and somebody else approves them",
            field="--by",
            remedy="Give the name under which you approve: --by NAME.",
        )
    languages = languages_of(settings)
    patterns = split_titles(titles or [], languages)
    form, lead = parse_form(languages, each=each, titles=patterns, sections=sections, ahead=ahead)

    async def make(runtime: Runtime) -> tuple[Recurrence, list[Slug], list[str], bool]:
        made = await make_recurrence(
            runtime.store,
            name,
            rule=rule,
            zone=zone,
            lists=lists or [],
            articles=articles,
            policy=parse_policy(policy) if policy else settings.schedule.policy,
            form=form,
            ahead=lead,
            now=runtime.clock(),
            by=by or getpass.getuser(),
        )
        also = await rules_to_same_readers(runtime.store, made)
        slugs = await collect_articles(runtime.library, runtime.store, made)
        return made, slugs, also, names_nothing(runtime.library, made.articles)

    made, slugs, also, unknown = session.do(make)
    coming = next_instants(made, now=datetime.now(UTC), count=5)
    outlook = Outlook(recurrence=made, coming=coming, past=())
    if as_json:
        print_json(outlook.as_json() | {"articles_now": slugs})
        return
    say(f"{made.name} comes again by {made.rule}:")
    say_next(outlook)
    say_titles(made)
    say(f"Now it would send: {', '.join(slugs) or 'nothing'}.")
    if not each:
        hours = made.form.ahead.total_seconds() / 3600
        say(f"Its digest is written {hours:g} hours before, to be reviewed until then.")
    if unknown:
        note(UNKNOWN.format(articles))
    if also:
        note(f"Some of its readers get letters by {', '.join(also)}: an article may be in both.")
    if session.server() is None:
        note("No newsroom is running: start `newsletter up` before the time comes.")


def say_next(outlook: Outlook) -> None:
    """When it comes next, a line for each time."""
    from flows.operations.times import show_moment

    now = datetime.now(UTC)
    for at in outlook.coming:
        say(f"  {show_moment(at, outlook.recurrence.zone, now=now)}")


def say_titles(one: Recurrence) -> None:
    """What its digests are called, a line for each language that has a pattern."""
    if one.form.titles:
        say(f"The titles of {one.name}:")
    for language, pattern in one.form.titles.items():
        say(f"  {language}: {pattern}")


def schedule_recurring(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what comes again, when next, and what there was last."""
    from flows.domain.recurrence import RecurrenceState
    from flows.operations.recurring import list_recurrences

    session: Session = context.obj
    found = session.do(lambda runtime: list_recurrences(runtime.store, now=runtime.clock()))
    if as_json:
        print_json([one.as_json() for one in found])
    elif not found:
        say("Nothing comes again: newsletter schedule every NAME RULE --zone ZONE")
    else:
        tell_recurrences(found)
        for one in found:
            if one.recurrence.state is not RecurrenceState.ENDED:
                say_titles(one.recurrence)


def tell_recurrences(found: list[Outlook]) -> None:
    """A table of what comes again, and what waits for a person."""
    from flows.operations.times import show_moment

    now = datetime.now(UTC)
    print_table(
        "Comes again",
        ("name", "state", "rule", "what", "next", "last"),
        [
            (
                one.recurrence.name,
                one.recurrence.state,
                one.recurrence.rule,
                _what(one.recurrence),
                show_moment(one.coming[0], one.recurrence.zone, now=now)
                if one.coming
                else NEVER.get(one.recurrence.state, ""),
                f"{one.past[0].state} {', '.join(one.past[0].issues)}".strip() if one.past else "",
            )
            for one in found
        ],
    )
    tell_late(found)


def _what(one: Recurrence) -> str:
    """Which articles go to whom, and how: `a digest of brief-*, to members, policy hold`."""
    form = "each" if one.form.each else "a digest of"
    whom = ", ".join(one.lists) or "all"
    return f"{form} {one.articles}, to {whom}, policy {one.policy}"


def tell_late(found: list[Outlook]) -> None:
    """Name what was missed for too long, or cannot be opened, and what helps."""
    from flows.operations.times import show_moment

    now = datetime.now(UTC)
    for one in found:
        if late := one.late:
            name = one.recurrence.name
            when = show_moment(late.at, one.recurrence.zone, now=now)
            note(f"{name} was due {when}, and waits: newsletter schedule open {name}")
        if stuck := one.stuck:
            name = one.recurrence.name
            when = show_moment(stuck.at, one.recurrence.zone, now=now)
            note(f"{name} cannot be opened for {when}: {stuck.trouble}")
            note("  It is tried again every minute.")


def schedule_rest(context: typer.Context, name: Name) -> None:
    """Open nothing of it for a while; what is due meanwhile is passed over."""
    from flows.domain.recurrence import RecurrenceState

    _turn(context.obj, name, RecurrenceState.PAUSED)
    say(f"{name} rests. Go on: newsletter schedule go-on {name}")


def schedule_go_on(context: typer.Context, name: Name) -> None:
    """Let it come again, from now on."""
    from flows.domain.recurrence import RecurrenceState
    from flows.operations.recurring import Outlook, next_instants

    turned = _turn(context.obj, name, RecurrenceState.ACTIVE)
    say(f"{name} comes again:")
    coming = next_instants(turned, now=datetime.now(UTC), count=3)
    say_next(Outlook(recurrence=turned, coming=coming, past=()))


def schedule_end(context: typer.Context, name: Name) -> None:
    """End it for ever; the issues that it opened stay."""
    from flows.domain.recurrence import RecurrenceState

    _turn(context.obj, name, RecurrenceState.ENDED)
    say(f"{name} has ended.")


def _turn(session: Session, name: str, state: RecurrenceState) -> Recurrence:
    from flows.operations.recurring import turn_recurrence

    return session.do(
        lambda runtime: turn_recurrence(
            runtime.store, name, state, now=runtime.clock(), by=getpass.getuser()
        )
    )


def schedule_open(context: typer.Context, name: Name) -> None:
    """Open now what was missed and waits for somebody's word."""
    from flows.operations.occurring import open_late

    session: Session = context.obj
    opened = session.do(
        lambda runtime: open_late(
            runtime.library,
            runtime.store,
            session.server(),
            name,
            now=runtime.clock(),
            late_hours=runtime.settings.schedule.late_hours,
            by=getpass.getuser(),
        )
    )
    say(f"{name}: {', '.join(opened.issues) or 'nothing to send'}.")
    if opened.issues and session.server() is None:
        note(f"No newsroom is running: newsletter send {opened.issues[0]}, or newsletter up.")
