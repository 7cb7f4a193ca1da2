"""Commands for an issue under way: send, pause, resume, settle, rate."""

from __future__ import annotations

import getpass
import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.running import run_flow
from flows.cli.session import AsJson, Session, note, print_json, say
from flows.cli.telling import IssueName, conclude
from flows.domain.errors import InputError
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("send")(send)
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("settle")(settle)
    app.command("rate")(rate)


def send(
    context: typer.Context,
    issue: IssueName,
    only: Annotated[
        str, typer.Option(help="failed: try once more what was refused.", metavar="failed")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Send an approved issue now, or go on with what is left of it."""
    from flows.domain.issue import IssueId
    from flows.operations.settling import retry_failed

    session: Session = context.obj
    if only not in {"", "failed"}:
        raise InputError(f"{only!r} is not failed", field="--only")
    if only:
        count = session.do(
            lambda runtime: retry_failed(
                runtime.store, IssueId(issue), by=getpass.getuser(), now=runtime.clock()
            )
        )
        if not count:
            say(f"Nothing of {issue} has failed, or others reached them since: nothing to do.")
            return
        note(f"{numbered(count, 'letter')} of {issue}: tried again.")
    _deliver_now(session, issue, as_json=as_json)


def rate(
    context: typer.Context,
    per_minute: Annotated[
        str, typer.Argument(help="Letters a minute, off, or default.", metavar="RATE")
    ] = "",
    domain: Annotated[
        str, typer.Option(help="For recipients of this domain alone.", metavar="DOMAIN")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show how fast letters may leave, or change it; senders at work follow within a second."""
    from flows.operations.pacing import change_rate, rates_in_force
    from flows.store.paces import RELAY

    session: Session = context.obj
    if per_minute:
        wanted, scope = _parse_rate(per_minute), _parse_domain(domain) if domain else RELAY
        session.do(
            lambda runtime: change_rate(
                runtime.store,
                scope,
                wanted,
                by=getpass.getuser(),
                now=runtime.clock(),
            )
        )
    found = session.do(lambda runtime: rates_in_force(runtime.store, runtime.manners().rates))
    if as_json:
        print_json({"all" if scope == RELAY else scope: one for scope, one in found.items()})
    elif not found:
        say("Letters leave as fast as the relay takes them.")
    for scope, one in {} if as_json else found.items():
        say(f"{'all letters' if scope == RELAY else scope}: at most {one} a minute")


def _parse_rate(word: str) -> int | None:
    if word in {"off", "default"}:
        return 0 if word == "off" else None
    if not (word.isascii() and word.isdigit()):
        raise InputError(
            f"{word!r} is neither a number of letters a minute nor off nor default", field="RATE"
        )
    if not int(word):
        raise InputError(
            "0 letters a minute would be none",
            field="RATE",
            remedy="No limit: off. To stop: newsletter pause ISSUE",
        )
    return int(word)


def _parse_domain(written: str) -> str:
    from flows.settings.domains import recipients_domain

    try:
        return recipients_domain(written)
    except ValueError as error:
        raise InputError(str(error), field="--domain", remedy="Write gmail.com.") from None


def _deliver_now(session: Session, issue: str, *, as_json: bool) -> None:
    from flows.domain.issue import IssueId
    from flows.operations.launching import release_issue

    async def prepare(runtime: Runtime) -> bool:
        release = await release_issue(
            runtime.library,
            runtime.store,
            session.server(),
            IssueId(issue),
            now=runtime.clock(),
            late_hours=runtime.settings.schedule.late_hours,
            by=getpass.getuser(),
        )
        if release.report.complete:
            note(f"{issue} was sent already; nothing is sent twice.")
        return release.released

    if not session.do(prepare):
        conclude(session, IssueId(issue), as_json=as_json)
        return
    run_flow(
        session,
        "deliver",
        {"issue": issue},
        issue=IssueId(issue),
        name=f"deliver-{issue}-{uuid.uuid4().hex[:6]}",
        wait=True,
    )
    conclude(session, IssueId(issue), as_json=as_json)


def pause(
    context: typer.Context,
    issue: IssueName,
    because: Annotated[str, typer.Option(help="Why.", metavar="TEXT")] = "paused by a person",
) -> None:
    """Stop handing letters over; what is on its way is settled."""
    from flows.domain.issue import IssueId
    from flows.operations.issues import pause_issue

    session: Session = context.obj
    session.do(
        lambda runtime: pause_issue(
            runtime.store,
            IssueId(issue),
            because=because,
            now=runtime.clock(),
            by=getpass.getuser(),
        )
    )
    say(f"{issue} is paused. Go on: newsletter resume {issue}")


def resume(context: typer.Context, issue: IssueName, as_json: AsJson = False) -> None:
    """Go on with a paused or incomplete issue."""
    from flows.domain.issue import IssueId
    from flows.operations.delivering import resume_issue

    session: Session = context.obj
    session.do(
        lambda runtime: resume_issue(
            runtime.store, IssueId(issue), now=runtime.clock(), by=getpass.getuser()
        )
    )
    _deliver_now(session, issue, as_json=as_json)


def settle(
    context: typer.Context,
    issue: IssueName,
    verdict: Annotated[str, typer.Option("--as", help="sent or unsent.", metavar="sent|unsent")],
    by: Annotated[
        str, typer.Option(help="Who decides; this machine's user if left out.", metavar="NAME")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Decide the doubts: letters as sent stay, letters as unsent go out with the next send."""
    from flows.domain.issue import IssueId
    from flows.operations.settling import finish_issue, settle_doubts

    if verdict not in {"sent", "unsent"}:
        raise InputError(f"{verdict!r} is neither sent nor unsent", field="--as")
    session: Session = context.obj

    async def decide(runtime: Runtime) -> int:
        count = await settle_doubts(
            runtime.store,
            IssueId(issue),
            sent=verdict == "sent",
            by=by or getpass.getuser(),
            now=runtime.clock(),
        )
        await finish_issue(runtime.store, IssueId(issue), now=runtime.clock())
        return count

    count = session.do(decide)
    settled = numbered(count, f"doubt of {issue} is", f"doubts of {issue} are")
    note(f"{settled} settled as {verdict}.")
    conclude(session, IssueId(issue), as_json=as_json)
