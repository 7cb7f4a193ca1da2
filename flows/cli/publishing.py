"""Commands that send an article: publish, test-send."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.articles import Engine, Languages, Slug
from flows.cli.previewing import choose_reader, tell_lacks
from flows.cli.running import run_flow
from flows.cli.scheduling import plan
from flows.cli.session import AsJson, Session, not_done, note, print_json, say
from flows.cli.telling import conclude
from flows.cli.timing import WHEN, Policy, SendLate, tell_leavings
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.issue import Issue, IssueId
    from flows.domain.language import Language
    from flows.operations.launching import Wish
    from flows.operations.reporting import Report
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("publish")(publish)
    app.command("test-send")(test_send)


def publish(
    context: typer.Context,
    slug: Slug,
    at: Annotated[str | None, typer.Option(help=f"When: {WHEN}.", metavar="WHEN")] = None,
    policy: Policy = None,
    send_late: SendLate = False,
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", help="A list; several times for more.", metavar="NAME"),
    ] = None,
    engine: Engine = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the newsroom to finish.")] = False,
    as_json: AsJson = False,
) -> None:
    """Translate what is missing, ask for approvals, and send what is approved."""
    from flows.runtime.timing import wish_of

    session: Session = context.obj
    wish = wish_of(session.settings, at=at, policy=policy, send_late=send_late)
    issue, already = session.do(lambda runtime: _open(runtime, slug, lists or [], wish))
    if already is not None:
        newcomers = session.do(lambda runtime: _count_newcomers(runtime, issue.id))
        _say_already(already, newcomers, as_json=as_json)
        if at:
            note("--at sets no time for what was sent already.")
        return
    parameters: dict[str, Any] = {
        "slug": slug,
        "lists": lists or [],
        "engine": engine,
        "issue": issue.id,
    }
    others = session.do(lambda runtime: _other_issues(runtime, issue))
    answer = run_flow(
        session, "publish", parameters, issue=issue.id, name=f"publish-{slug}", wait=wait
    )
    session.do(lambda runtime: plan(session, runtime, issue.id, begun=True))
    for line in others:
        note(line)
    tell_leavings(session, issue.id)
    if answer is None:
        note(f"{issue.id} is in the newsroom's hands: newsletter status {issue.id}")
    conclude(
        session,
        issue.id,
        engines=(answer or {}).get("engines", {}),
        under_way=answer is None,
        as_json=as_json,
    )


async def _open(
    runtime: Runtime, slug: str, lists: list[str], wish: Wish
) -> tuple[Issue, Report | None]:
    """Open the issue and set its time; the report if it was sent already."""
    from flows.domain.issue import IssueState
    from flows.operations.launching import open_and_plan
    from flows.operations.reporting import report_issue

    issue = await open_and_plan(
        runtime.library,
        runtime.store,
        slug,
        lists=lists,
        wish=wish,
        usual=runtime.settings.schedule.policy,
        now=runtime.clock(),
        by=getpass.getuser(),
    )
    sent = issue.state is IssueState.SENT
    return issue, await report_issue(runtime.store, issue.id, now=runtime.clock()) if sent else None


async def _count_newcomers(runtime: Runtime, issue: IssueId) -> int:
    from flows.operations.reaching import newcomers_to

    return await newcomers_to(runtime.store, issue)


async def _other_issues(runtime: Runtime, issue: Issue) -> list[str]:
    """What there is of the same article besides, and why this is another issue."""
    from flows.domain.issue import IssueState
    from flows.store.issues import find_issues

    async with runtime.store.reading() as tx:
        found = await find_issues(tx, slug=issue.slug)
    others = [one for one in found if one.id != issue.id]
    lines = [
        f"  {one.id} was cancelled: it never comes back."
        if one.state is IssueState.CANCELLED
        else f"  {one.id} ({one.state}) goes to {', '.join(one.lists) or 'everybody'}: whoever it "
        "reaches gets nothing by this one."
        for one in others
    ]
    whom = ", ".join(issue.lists) or "everybody"
    return [f"{issue.id} is another issue of {issue.slug}, to {whom}:", *lines] if lines else []


def _say_already(report: Report, newcomers: int, *, as_json: bool) -> None:
    accepted = report.as_json()["deliveries"]["accepted"]
    finished = report.issue.finished_at
    note(
        f"{report.issue.id} was sent on {finished:%Y-%m-%d %H:%M} UTC: "
        f"{accepted} of {numbered(report.audience, 'letter')} accepted. "
        "Nothing is sent twice: 0 letters sent now."
    )
    if newcomers:
        note(
            f"{numbered(newcomers, 'contact')} came to its lists since and got none of it. To send "
            f"it to a list of theirs: newsletter publish {report.issue.slug} --list NAME"
        )
    if as_json:
        print_json(
            {
                "issue": report.issue.id,
                "state": report.issue.state,
                "sent": 0,
                "newcomers": newcomers,
                "waiting_for": [],
            }
        )
    else:
        say(f"See it again: newsletter report {report.issue.id}")


def test_send(
    context: typer.Context,
    slug: Slug,
    to: Annotated[str, typer.Option(help="Where the letters go.", metavar="ADDRESS")],
    lang: Languages = None,
) -> None:
    """Send the letter as it stands to one address, in each language."""
    from flows.operations.previewing import preview_letters, send_tests, trial_issue
    from flows.operations.subscribers import parse_mailbox

    session: Session = context.obj
    mailbox = parse_mailbox(to, field="--to")

    async def post(runtime: Runtime) -> list[Language]:
        languages, _ = await choose_reader(runtime, slug, lang or [], None)
        previews = preview_letters(
            runtime.library,
            slug,
            languages,
            letter=lambda edition: runtime.letter(edition, issue=f"{slug}-test"),
            reader=lambda language: runtime.reader(
                trial_issue(slug, language), 0, language, address=mailbox
            ),
            sign=runtime.sign(),
            now=runtime.clock(),
        )
        async with runtime.transport() as transport:
            await send_tests(previews, mail_from=runtime.mail_from, to=mailbox, transport=transport)
        return languages

    languages = session.do(post)
    where = "into var/outbox" if session.settings.smtp.mode == "capture" else f"to {mailbox}"
    say(f"Sent {numbered(len(languages), 'test letter')} {where}.")
    if tell_lacks(session.library, slug, languages):
        raise not_done()
