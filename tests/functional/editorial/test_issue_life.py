"""An issue's way: opened once, approved, planned, sent or cancelled, and what it waits for."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.waiting import Need, Wait
from flows.operations.approving import reject_language
from flows.operations.audiences import choose_lists
from flows.operations.delivering import freeze_issue, resume_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import (
    cancel_issue,
    hold_back,
    is_due,
    issues_of,
    open_issue,
    pause_issue,
    schedule_issue,
    scheduled_issues,
    send_now,
)
from flows.operations.reporting import report_issue
from flows.operations.settling import finish_issue
from flows.operations.standing import list_standings, what_is_left
from flows.operations.tables import report_as_markdown, waits_as_markdown
from flows.operations.times import local_time
from flows.store.contacts import suppress
from flows.store.issues import get_issue, move_issue
from flows.store.sums import add_up
from flows.store.tables import events
from tests.functional.builders import take
from tests.functional.editorial.conftest import EN, NL, NOW, SLUG, Newsroom, write_article

TOMORROW = NOW + timedelta(days=1)
EMPTY_TALLY = dict.fromkeys((state.value for state in DeliveryState), 0)


async def gate(newsroom: Newsroom, issue: Issue, *, now: datetime = NOW) -> tuple[str, list[Wait]]:
    """The state that the gate puts an issue into, and what blocks."""
    waits = await pass_gate(
        newsroom.desk.library, newsroom.desk.store, issue.id, now=now, late_hours=6
    )
    async with newsroom.desk.store.reading() as tx:
        return (await get_issue(tx, issue.id)).state, waits


async def plan(newsroom: Newsroom, issue: Issue, at: datetime, *, now: datetime = NOW) -> Issue:
    """Sets an issue's time."""
    return await schedule_issue(
        newsroom.desk.store, issue.id, at=at, zone="Europe/Brussels", now=now
    )


async def move(newsroom: Newsroom, issue: Issue, *states: IssueState) -> Issue:
    """Puts an issue through states, as a sending does."""
    async with newsroom.desk.store.writing() as tx:
        issue = await get_issue(tx, issue.id)
        for state in states:
            issue = await move_issue(tx, issue, state, now=NOW)
    return issue


async def addressed(newsroom: Newsroom, issue: Issue) -> dict[str, int]:
    """How many deliveries of an issue each city has."""
    async with newsroom.desk.store.reading() as tx:
        counts = (await add_up(tx, issue.id, now=NOW)).counts
    return {city: sum(tally.values()) for city, tally in counts.by_city.items()}


async def test_opening_twice_gives_the_same_issue(approved: Newsroom) -> None:
    """Publishing again is going on, not beginning again."""
    first = await approved.open()

    assert (first.id, first.state) == ("mediation-1", IssueState.IN_REVIEW)
    assert await approved.open() == first


async def test_the_same_lists_in_another_order_are_the_same_issue(approved: Newsroom) -> None:
    """Other lists are another one."""
    both = await approved.open("prevention", "members")

    assert await approved.open("members", "prevention", "members") == both
    assert (await approved.open("members")).id == "mediation-2"
    assert [one.id for one in await issues_of(approved.desk.store, both.slug)] == [
        "mediation-1",
        "mediation-2",
    ]


async def test_a_cancelled_issue_is_followed_by_a_new_one(approved: Newsroom) -> None:
    """Its number is never given again."""
    first = await approved.open()
    cancelled, spared = await cancel_issue(approved.desk.store, first.id, now=NOW)
    assert (cancelled.state, cancelled.finished_at, spared) == (IssueState.CANCELLED, NOW, 0)

    second = await approved.open()

    assert second.id == "mediation-2"
    assert (await cancel_issue(approved.desk.store, first.id, now=NOW))[0] == cancelled
    assert await issues_of(approved.desk.store, first.slug) == [second]


async def test_an_unknown_list_is_refused_with_those_there_are(approved: Newsroom) -> None:
    """Nothing is opened."""
    lists = r"Lists: .*members, prevention\."
    with pytest.raises(NotFoundError, match=rf"no list 'presse'\n  {lists}"):
        await approved.open("members", "presse")

    assert await issues_of(approved.desk.store, Slug(SLUG)) == []


async def test_an_unknown_article_is_refused_with_those_there_are(approved: Newsroom) -> None:
    """An issue is always of something."""
    with pytest.raises(NotFoundError, match="Articles: mediation"):
        await approved.open(slug="meditation")


async def test_the_gate_names_every_language_that_waits(newsroom: Newsroom) -> None:
    """What, the command that helps, and the French that nobody translated."""
    newsroom.fill(EN)
    issue = await newsroom.open()

    state, waits = await gate(newsroom, issue)

    assert state is IssueState.IN_REVIEW
    assert [(one.what, one.command, len(one.segments)) for one in waits] == [
        ("fr is not approved as it is now", "newsletter approve mediation fr --by NAME", 0),
        ("en is not approved as it is now", "newsletter approve mediation en --by NAME", 0),
        (
            "nl: 6 of 6 segments are not translated",
            "newsletter translate mediation --to nl",
            6,
        ),
    ]
    assert "`newsletter approve mediation en --by NAME`" in waits_as_markdown(
        issue.id, [{"what": one.what, "command": one.command} for one in waits]
    )


async def test_the_gate_opens_when_every_language_is_approved(approved: Newsroom) -> None:
    """And is passed again without a change."""
    issue = await approved.open()

    assert await gate(approved, issue) == (IssueState.APPROVED, [])
    assert await gate(approved, issue) == (IssueState.APPROVED, [])
    assert "approved as it is now" in waits_as_markdown(issue.id, [])


async def test_the_gate_closes_again_after_an_edit_or_a_rejection(approved: Newsroom) -> None:
    """Even of an issue that was planned already, and the plan stays."""
    issue = await approved.open()
    await plan(approved, issue, TOMORROW)
    assert await gate(approved, issue) == (IssueState.SCHEDULED, [])
    desk = approved.desk

    await reject_language(desk.library, desk.store, SLUG, NL, by="C", because="faute", now=NOW)
    state, waits = await gate(approved, issue)

    assert state is IssueState.IN_REVIEW
    assert [one.language for one in waits] == ["nl"]
    await approved.approve(NL)
    assert await gate(approved, issue) == (IssueState.SCHEDULED, [])
    (planned,) = await scheduled_issues(desk.store)
    assert planned.scheduled_at == TOMORROW


async def test_a_time_in_the_past_is_refused_as_it_was_written(approved: Newsroom) -> None:
    """With the zone's own hour."""
    issue = await approved.open()

    with pytest.raises(InputError) as caught:
        await plan(approved, issue, NOW - timedelta(hours=2))

    assert "2026-11-22 08:30 Europe/Brussels (+01:00), 2 h 0 min ago, is in the past" in str(
        caught.value
    )
    assert caught.value.field == "--at"


async def test_planned_issues_are_listed_soonest_first(approved: Newsroom) -> None:
    """With time and zone, as `newsletter schedule list --json` gives them."""
    later, sooner = await approved.open("members"), await approved.open("prevention")
    await plan(approved, later, TOMORROW + timedelta(hours=1))
    await plan(approved, sooner, TOMORROW)

    listed = await scheduled_issues(approved.desk.store)

    assert [one.id for one in listed] == [sooner.id, later.id]
    assert listed[0].zone == "Europe/Brussels"
    assert local_time(TOMORROW, listed[0].zone) == "2026-11-23T10:30:00+01:00"


async def test_an_issue_is_due_when_its_time_has_come_or_somebody_sends_it(
    approved: Newsroom,
) -> None:
    """To the second. A run that is left of a time which was taken away sends nothing."""
    store, issue = approved.desk.store, await approved.open()
    assert not await is_due(store, issue.id, now=NOW)

    await plan(approved, issue, TOMORROW)
    assert not await is_due(store, issue.id, now=TOMORROW - timedelta(seconds=1))
    assert await is_due(store, issue.id, now=TOMORROW)

    await hold_back(store, issue.id, now=NOW, by="Paula")
    assert not await is_due(store, issue.id, now=TOMORROW)

    await send_now(store, issue.id, now=NOW)
    assert await is_due(store, issue.id, now=NOW)


@pytest.mark.parametrize(("hours", "blocked"), [(0, False), (6, False), (6.1, True), (100, True)])
async def test_a_sending_that_is_too_late_waits_for_a_person(
    approved: Newsroom, hours: float, *, blocked: bool
) -> None:
    """`schedule.late_hours` says how late is too late; a person then sends or moves it."""
    issue = await approved.open()
    await plan(approved, issue, TOMORROW)
    await gate(approved, issue)
    late = TOMORROW + timedelta(hours=hours)

    state, waits = await gate(approved, issue, now=late)

    assert state is IssueState.APPROVED
    assert bool(waits) == blocked
    if blocked:
        assert "passed more than 6 hours ago" in waits[0].what
        assert "newsletter schedule move mediation-1 WHEN" in waits[0].command
        await send_now(approved.desk.store, issue.id, now=late)
        assert await gate(approved, issue, now=late) == (IssueState.APPROVED, [])


async def test_a_late_issue_can_be_moved(approved: Newsroom) -> None:
    """Then it is planned again."""
    issue = await approved.open()
    await plan(approved, issue, TOMORROW)
    much_later = TOMORROW + timedelta(days=2)
    await gate(approved, issue, now=much_later)

    await plan(approved, issue, much_later + timedelta(hours=1), now=much_later)

    assert await gate(approved, issue, now=much_later) == (IssueState.SCHEDULED, [])


async def test_sending_now_takes_the_time_away(approved: Newsroom) -> None:
    """And is nothing to an issue without one."""
    store, issue = approved.desk.store, await approved.open()
    await plan(approved, issue, TOMORROW)

    assert (await send_now(store, issue.id, now=NOW)).scheduled_at is None
    assert (await send_now(store, issue.id, now=NOW)).scheduled_at is None
    assert await scheduled_issues(store) == []


async def test_whoever_sends_what_was_released_already_is_written_down(approved: Newsroom) -> None:
    """By name; the program's own word is not repeated."""
    store = approved.desk.store
    issue = await open_issue(approved.desk.library, store, SLUG, lists=[], now=NOW, release=True)
    for _ in range(2):
        await send_now(store, issue.id, now=NOW)
    await send_now(store, issue.id, now=NOW, by="Paula")

    async with store.reading() as tx:
        rows = await tx.execute(
            select(events.c.actor)
            .where(events.c.subject == issue.id, events.c.action == "issue.released")
            .order_by(events.c.id)
        )
        assert list(rows.scalars()) == ["newsletter", "Paula"]


async def test_a_cancelled_issue_neither_goes_out_nor_moves(approved: Newsroom) -> None:
    """A run that was planned for it finds what to do instead."""
    store, issue = approved.desk.store, await approved.open()
    await plan(approved, issue, TOMORROW)
    await cancel_issue(store, issue.id, now=NOW)

    with pytest.raises(NotDoneError, match="newsletter publish mediation"):
        await send_now(store, issue.id, now=NOW)
    with pytest.raises(NotDoneError, match="its time can no longer change"):
        await plan(approved, issue, TOMORROW)
    state, waits = await gate(approved, issue)
    assert (state, [one.what for one in waits]) == (IssueState.CANCELLED, ["it was cancelled"])
    assert await scheduled_issues(store) == []


async def test_an_issue_under_way_keeps_its_time_and_its_text(approved: Newsroom) -> None:
    """From the freeze on only its deliveries change."""
    issue = await approved.open()
    frozen = await approved.freeze(issue)
    assert (frozen.state, frozen.started_at) == (IssueState.SENDING, NOW)
    write_article(approved.content, title="Un autre titre")

    assert await approved.freeze(issue, after=timedelta(hours=1)) == frozen
    with pytest.raises(NotDoneError, match="its time can no longer change"):
        await plan(approved, issue, TOMORROW)


async def test_only_what_is_approved_is_frozen(approved: Newsroom) -> None:
    """A rejection after the gate is the last moment to stop it."""
    issue = await approved.open()
    await gate(approved, issue)
    desk = approved.desk
    await reject_language(desk.library, desk.store, SLUG, NL, by="C", because="faute", now=NOW)

    with pytest.raises(NotDoneError, match="nl is not approved"):
        await freeze_issue(
            desk.store,
            issue.id,
            languages=desk.library.languages,
            letterheads=desk.letterheads(),
            message_id=desk.message_id,
            now=NOW,
        )

    assert await addressed(approved, issue) == {}


async def test_a_paused_issue_waits_for_a_person(approved: Newsroom) -> None:
    """With the reason, and only while something is being sent."""
    store, issue = approved.desk.store, await approved.open()
    with pytest.raises(NotDoneError, match="cannot become paused"):
        await pause_issue(store, issue.id, because="relais muet", now=NOW)
    await approved.freeze(issue)

    await pause_issue(store, issue.id, because="relais muet", now=NOW)

    state, waits = await gate(approved, issue)
    assert state is IssueState.PAUSED
    assert waits == [
        Wait(
            need=Need.RESUMING,
            what="paused: relais muet",
            command="newsletter resume mediation-1",
            because="relais muet",
        )
    ]


async def test_cancelling_half_way_spares_what_was_not_begun(approved: Newsroom) -> None:
    """The report adds up, and a new issue goes to those who got none."""
    store, issue = approved.desk.store, await approved.open()
    await approved.freeze(issue)

    cancelled, spared = await cancel_issue(store, issue.id, now=NOW)

    assert spared == 4
    report = await report_issue(store, cancelled.id, now=NOW)
    assert report.as_json()["deliveries"] == EMPTY_TALLY | {"cancelled": 4}
    again = await approved.open()
    await approved.freeze(again)
    assert sum((await addressed(approved, again)).values()) == 4


async def test_a_second_issue_leaves_out_those_who_had_the_article(approved: Newsroom) -> None:
    """A contact of both lists gets it once."""
    first = await approved.open("members")
    await approved.freeze(first)
    assert await addressed(approved, first) == {"Dublin": 1, "Gand": 1, "Liège": 1}

    second = await approved.open("prevention")
    await approved.freeze(second)

    assert second.id == "mediation-2"
    assert await addressed(approved, second) == {"Liège": 1}
    third = await approved.open()
    with pytest.raises(NotDoneError, match="went to all its 4 readers"):
        await approved.freeze(third)


async def test_a_contact_who_opted_out_is_counted_as_suppressed(approved: Newsroom) -> None:
    """In the audience, never in the post."""
    store, issue = approved.desk.store, await approved.open()
    async with store.writing() as tx:
        hashed = approved.desk.address_hash("mayor@dublin.example.org")
        await suppress(tx, hashed, reason="unsubscribed", source="test", now=NOW)

    await approved.freeze(issue)

    deliveries = (await report_issue(store, issue.id, now=NOW)).as_json()["deliveries"]
    assert deliveries == EMPTY_TALLY | {"pending": 3, "suppressed": 1}


async def test_a_report_has_the_shape_that_others_read(approved: Newsroom) -> None:
    """`newsletter report ISSUE --json`: every state, in all, per language and per city."""
    store, issue = approved.desk.store, await approved.open()
    await approved.freeze(issue)

    report = await report_issue(store, issue.id, now=NOW)

    tally = EMPTY_TALLY | {"pending": 1}
    assert json.loads(json.dumps(report.as_json())) == {
        "issue": "mediation-1",
        "state": "sending",
        "audience": 4,
        "complete": False,
        "deliveries": EMPTY_TALLY | {"pending": 4},
        "by_language": {"en": tally, "fr": EMPTY_TALLY | {"pending": 2}, "nl": tally},
        "by_city": {"Dublin": tally, "Gand": tally, "Liège": EMPTY_TALLY | {"pending": 2}},
        "reasons": [],
        "bounced": 0,
        "complained": 0,
        "at": NOW.isoformat(),
        "archived_at": None,
        "held": {},
        "awaited": [],
    }
    assert "| Liège | 2 |" in report_as_markdown(report)


async def test_an_issue_that_nothing_was_sent_of_has_a_report_too(approved: Newsroom) -> None:
    """Of nobody, and not complete."""
    issue = await approved.open()

    report = (await report_issue(approved.desk.store, issue.id, now=NOW)).as_json()

    assert (report["audience"], report["complete"], report["by_city"]) == (0, False, {})
    with pytest.raises(NotFoundError, match="Issues: mediation-1"):
        await report_issue(approved.desk.store, IssueId("mediation-7"), now=NOW)


async def test_an_unfinished_issue_says_what_is_left_and_how_to_go_on(approved: Newsroom) -> None:
    """Whether letters wait, somebody paused it, or the command is simply to be given again."""
    store, issue = approved.desk.store, await approved.open()
    await approved.freeze(issue)

    await finish_issue(store, issue.id, now=NOW)

    report = await report_issue(store, issue.id, now=NOW)
    assert report.issue.state is IssueState.INCOMPLETE
    assert what_is_left(report) == Wait(
        need=Need.ANOTHER_TRY,
        what="mediation-1 is incomplete: 4 pending",
        command="newsletter send mediation-1",
    )
    await move(approved, issue, IssueState.SENDING)
    await pause_issue(store, issue.id, because="relais muet", now=NOW)
    assert what_is_left(await report_issue(store, issue.id, now=NOW)) == Wait(
        need=Need.RESUMING,
        what="mediation-1 is paused: relais muet",
        command="newsletter resume mediation-1",
        because="relais muet",
    )


async def test_the_standings_tell_of_every_issue_newest_first(approved: Newsroom) -> None:
    """What each waits for; an article that is gone or broken hides no other."""
    await approved.open()
    for slug in ("cassé", "disparu"):
        plain = slug.replace("é", "e")
        write_article(approved.content, slug=plain)
        await approved.open(slug=plain)
    (approved.content / "casse" / "fr.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    (approved.content / "disparu" / "fr.md").unlink()
    (approved.content / "disparu").rmdir()

    standings = await list_standings(
        approved.desk.library, approved.desk.store, now=datetime.now(UTC), late_hours=6
    )

    said = {
        str(one.issue.id): [(wait.what, wait.command) for wait in one.waits] for one in standings
    }
    assert set(said) == {"mediation-1", "casse-1", "disparu-1"}
    assert said["mediation-1"] == [("approved, not sent yet", "newsletter send mediation-1")]
    assert said["disparu-1"] == [("its article is gone", "newsletter schedule cancel disparu-1")]
    ((what, command),) = said["casse-1"]
    assert "fr.md:" in what
    assert command == "newsletter check casse"


async def test_the_standing_of_one_issue_can_be_asked(approved: Newsroom) -> None:
    """A cancelled one waits for nothing."""
    issue = await approved.open()
    await cancel_issue(approved.desk.store, issue.id, now=NOW)

    standings = await list_standings(
        approved.desk.library, approved.desk.store, now=NOW, late_hours=6, only=issue.id
    )

    assert [(one.issue.state, one.waits) for one in standings] == [(IssueState.CANCELLED, [])]


async def test_only_what_somebody_released_or_planned_leaves_by_itself(
    approved: Newsroom,
) -> None:
    """Opening an issue sends nothing; whoever takes its time away takes the release away, too."""
    desk = approved.desk
    opened = await approved.open()
    assert not opened.is_to_leave(NOW)

    released = await open_issue(
        desk.library, desk.store, SLUG, lists=opened.lists, now=NOW, release=True
    )
    assert released.id == opened.id
    assert released.is_to_leave(NOW)

    planned = await plan(approved, released, TOMORROW)
    assert not planned.is_to_leave(NOW)
    assert planned.is_to_leave(TOMORROW)

    held = await hold_back(desk.store, opened.id, now=NOW, by="Paula")
    assert not held.is_to_leave(TOMORROW)


async def test_a_planned_issue_that_gets_other_lists_waits_to_be_sent_again(
    approved: Newsroom,
) -> None:
    """Its time was given to another audience; the same lists once more change nothing."""
    desk = approved.desk
    issue = await plan(approved, await approved.open("members"), TOMORROW)
    await gate(approved, issue)

    same = await choose_lists(desk.store, issue.id, ["members"], now=NOW)
    assert (same.state, same.is_to_leave(TOMORROW)) == (IssueState.SCHEDULED, True)

    other = await choose_lists(desk.store, issue.id, [], now=NOW)
    assert (other.state, other.is_to_leave(TOMORROW)) == (IssueState.APPROVED, False)


async def test_an_issue_whose_sender_is_gone_says_so(approved: Newsroom) -> None:
    """Its letters were due and nothing moved; while one moves now and then, nothing is said."""
    issue = await approved.open()
    store = approved.desk.store
    await approved.freeze(issue)

    async def said(minutes: int) -> list[str]:
        (standing,) = await list_standings(
            approved.desk.library,
            store,
            now=NOW + timedelta(minutes=minutes),
            late_hours=6,
            only=issue.id,
        )
        return [wait.command for wait in standing.waits]

    assert await said(1) == []
    assert await said(5) == [f"newsletter send {issue.id}"]
    await take(store, issue, "host-1", 1, now=NOW + timedelta(minutes=4))
    assert await said(5) == []
    assert await said(9) == [f"newsletter send {issue.id}"]


@pytest.mark.parametrize("state", [IssueState.APPROVED, IssueState.SCHEDULED])
async def test_an_issue_that_has_not_begun_cannot_be_resumed(
    approved: Newsroom, state: IssueState
) -> None:
    """Going on is for what was paused or left incomplete; no issue is ever sent to nobody."""
    issue = await approved.open()
    await move(approved, issue, *{IssueState.APPROVED: None, state: None})
    with pytest.raises(NotDoneError, match="no sending to go on with"):
        await resume_issue(approved.desk.store, issue.id, now=NOW)


async def test_an_issue_is_not_frozen_before_its_time(approved: Newsroom) -> None:
    """Whoever starts a delivery too early changes nothing."""
    issue = await plan(approved, await approved.open(), TOMORROW)
    await gate(approved, issue)
    with pytest.raises(NotDoneError, match="not due before"):
        await approved.freeze(issue)
