"""What becomes of an issue whose time comes before every language is approved."""

from datetime import datetime, timedelta

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.errors import NotDoneError
from flows.domain.issue import Issue, IssueState
from flows.domain.timing import Policy, Wall
from flows.domain.waiting import Need
from flows.operations.addressing import Departure
from flows.operations.admitting import admit_languages, languages_ready, languages_to_admit
from flows.operations.approving import reject_language
from flows.operations.delivering import approved_editions, freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import cancel_issue, schedule_issue
from flows.operations.launching import follow_approval
from flows.operations.planning import next_try
from flows.operations.reporting import report_issue
from flows.operations.settling import finish_issue
from flows.operations.standing import waits_of, what_keeps
from flows.operations.timing import choose_policy, take_time_away
from flows.operations.zones import schedule_locally
from flows.store.issues import get_issue
from tests.functional.builders import ledger_lines, settle, take
from tests.functional.editorial.conftest import EN, FR, NL, NOW, SLUG, Newsroom
from tests.functional.schedules.test_local_delivery import TAKEN

AT = NOW + timedelta(hours=2)
S = DeliveryState


async def planned(newsroom: Newsroom, policy: Policy) -> Issue:
    """An issue with a time, of which Dutch is not approved."""
    desk = newsroom.desk
    issue = await newsroom.open()
    await reject_language(desk.library, desk.store, SLUG, NL, by="Anneke", because="?", now=NOW)
    await schedule_issue(desk.store, issue.id, at=AT, zone="UTC", now=NOW)
    return await choose_policy(desk.store, issue.id, policy, now=NOW)


async def gate(newsroom: Newsroom, issue: Issue, *, late: timedelta) -> list[str]:
    """What keeps an issue some time after its own."""
    desk = newsroom.desk
    waits = await pass_gate(desk.library, desk.store, issue.id, now=AT + late, late_hours=6)
    return [one.what for one in waits]


async def freeze(newsroom: Newsroom, issue: Issue, *, now: datetime = AT) -> Issue:
    """Fixes an issue as the flow does, at its time."""
    desk = newsroom.desk
    return await freeze_issue(
        desk.store,
        issue.id,
        languages=desk.library.languages,
        letterheads=desk.letterheads(),
        message_id=desk.message_id,
        now=now,
        signed_off=await languages_ready(desk.library, desk.store, issue.id),
    )


async def admit(newsroom: Newsroom, issue: Issue, *, undo: timedelta = timedelta()) -> list[str]:
    """Lets languages in that were approved since, as the flow does."""
    desk = newsroom.desk
    return list(
        await admit_languages(
            desk.store,
            issue.id,
            signed_off=await languages_ready(desk.library, desk.store, issue.id) or (),
            letterheads=desk.letterheads(),
            departure=Departure(undo=undo),
            now=AT,
        )
    )


async def test_by_default_all_wait_for_the_last_language(approved: Newsroom) -> None:
    """At the time and after it, until the late rule asks a person."""
    issue = await planned(approved, Policy.HOLD)

    assert await gate(approved, issue, late=timedelta()) == ["nl is not approved as it is now"]
    with pytest.raises(NotDoneError, match="cannot be sent"):
        await freeze(approved, issue)


async def test_before_the_time_both_policies_wait(approved: Newsroom) -> None:
    """A policy is about the time; before it somebody may still approve."""
    issue = await planned(approved, Policy.APPROVED)
    assert await gate(approved, issue, late=-timedelta(minutes=1)) != []


async def test_the_approved_languages_leave_and_the_others_readers_wait(
    approved: Newsroom,
) -> None:
    """Nobody gets a language that they did not choose, and nobody is forgotten."""
    store, issue = approved.desk.store, await planned(approved, Policy.APPROVED)
    assert await gate(approved, issue, late=timedelta()) == []

    issue = await freeze(approved, issue)

    assert set(await approved_editions(store, issue.id)) == {FR, EN}
    claims = await take(store, issue, now=AT)
    assert {one.language for one in claims} == {FR, EN}
    await settle(store, claims, TAKEN)
    done, _ = await finish_issue(store, issue.id, now=AT)
    assert (done.state, done.reason) == (IssueState.INCOMPLETE, "1 wait for nl")
    report = await report_issue(store, issue.id, now=AT)
    assert report.held == {NL: 1}
    assert next_try(report, now=AT) is None, "no run can help: a person must approve"
    (wait,) = await waits_of(approved.desk.library, store, done, now=AT, late_hours=6)
    assert (wait.need, wait.language) == (Need.APPROVAL, NL)
    assert "newsletter approve mediation nl" in wait.command
    assert "newsletter schedule cancel mediation-1" in wait.command


async def test_a_late_approval_sends_to_those_who_wait(approved: Newsroom) -> None:
    """Its edition is fixed then, its letters have the undo window, and the issue is sent."""
    store, issue = approved.desk.store, await planned(approved, Policy.APPROVED)
    await gate(approved, issue, late=timedelta())
    await freeze(approved, issue)
    await settle(store, await take(store, issue, now=AT), TAKEN)
    await finish_issue(store, issue.id, now=AT)
    assert await admit(approved, issue) == []
    assert await languages_to_admit(approved.desk.library, store, issue.id) == []

    await approved.approve(NL)

    assert await languages_to_admit(approved.desk.library, store, issue.id) == [NL]
    assert await admit(approved, issue, undo=timedelta(minutes=1)) == [NL]
    assert await admit(approved, issue) == []
    assert await take(store, issue, now=AT) == []
    claims = await take(store, issue, now=AT + timedelta(minutes=1))
    assert [one.language for one in claims] == [NL]
    assert set(await approved_editions(store, issue.id)) == {FR, EN, NL}
    await settle(store, claims, TAKEN)
    assert (await finish_issue(store, issue.id, now=AT))[0].state is IssueState.SENT


async def test_an_approval_that_no_longer_holds_does_not_leave(approved: Newsroom) -> None:
    """Dutch was approved, and edited since: its readers wait, whatever the last verdict says."""
    issue = await approved.open()
    store = approved.desk.store
    await schedule_issue(store, issue.id, at=AT, zone="UTC", now=NOW)
    await choose_policy(store, issue.id, Policy.APPROVED, now=NOW)
    path = approved.content / SLUG / "nl.po"
    changed = path.read_text(encoding="utf-8").replace("Nachtbemiddeling", "Nachtwerk")
    path.write_text(changed, encoding="utf-8")
    assert await gate(approved, issue, late=timedelta()) == []

    issue = await freeze(approved, issue)

    assert set(await approved_editions(store, issue.id)) == {FR, EN}
    assert {one.language for one in await take(store, issue, now=AT)} == {FR, EN}


async def test_with_no_language_approved_everything_waits(approved: Newsroom) -> None:
    """There is nothing that could leave."""
    desk = approved.desk
    issue = await planned(approved, Policy.APPROVED)
    for language in (FR, EN):
        await reject_language(
            desk.library, desk.store, SLUG, language, by="A", because="?", now=NOW
        )
    assert len(await gate(approved, issue, late=timedelta())) == 3


async def test_an_issue_without_a_time_waits_for_all(approved: Newsroom) -> None:
    """It leaves as soon as the last language is approved; there is no time to keep."""
    desk, issue = approved.desk, await planned(approved, Policy.APPROVED)
    async with desk.store.writing() as tx:
        await take_time_away(tx, await get_issue(tx, issue.id), now=NOW, by="Paula")
    assert await gate(approved, issue, late=timedelta()) == ["nl is not approved as it is now"]


async def test_an_operator_closes_an_issue_that_waits_for_a_language(approved: Newsroom) -> None:
    """Those who wait get nothing of it, and the report says so."""
    store, issue = approved.desk.store, await planned(approved, Policy.APPROVED)
    await gate(approved, issue, late=timedelta())
    await freeze(approved, issue)
    await settle(store, await take(store, issue, now=AT), TAKEN)
    await finish_issue(store, issue.id, now=AT)

    closed, spared = await cancel_issue(store, issue.id, now=AT)

    assert (closed.state, spared) == (IssueState.CANCELLED, 1)
    report = await report_issue(store, issue.id, now=AT)
    assert report.counts.by_language["nl"][S.CANCELLED] == 1
    assert await admit(approved, issue) == []
    assert len(await ledger_lines(store, issue)) == report.audience


async def test_without_a_newsroom_an_approval_changes_nothing_that_has_begun(
    approved: Newsroom,
) -> None:
    """The next newsroom finds it by itself: its clock looks for such languages."""
    desk, issue = approved.desk, await planned(approved, Policy.APPROVED)
    await gate(approved, issue, late=timedelta())
    await freeze(approved, issue)
    await approved.approve(NL)

    onward = await follow_approval(desk.library, desk.store, None, SLUG, now=AT, late_hours=6)

    assert onward == []


async def test_a_policy_cannot_change_once_letters_leave(approved: Newsroom) -> None:
    """Who gets what is fixed by then."""
    store, issue = approved.desk.store, await planned(approved, Policy.APPROVED)
    await gate(approved, issue, late=timedelta())
    await freeze(approved, issue)
    with pytest.raises(NotDoneError, match="its policy can no longer change"):
        await choose_policy(store, issue.id, Policy.HOLD, now=AT)
    assert (await choose_policy(store, issue.id, Policy.APPROVED, now=AT)).state == "sending"


async def test_local_hours_and_languages_are_waited_for_together(approved: Newsroom) -> None:
    """Ghent waits for Dutch, Dublin for its hour; each gets theirs when it comes."""
    desk, issue = approved.desk, await planned(approved, Policy.APPROVED)
    brussels, dublin = AT + timedelta(minutes=30), AT + timedelta(minutes=90)
    wall = Wall(datetime(2026, 11, 22, 13))  # noqa: DTZ001 - what clocks show
    issue = await schedule_locally(
        desk.store, issue.id, wall, network="UTC", late_hours=6, now=NOW, by="Paula"
    )
    assert issue.scheduled_at == brussels
    await gate(approved, issue, late=timedelta(minutes=30))
    await freeze(approved, issue, now=brussels)
    await settle(desk.store, await take(desk.store, issue, now=brussels), TAKEN)

    done, _ = await finish_issue(desk.store, issue.id, now=brussels)

    assert (done.state, done.reason) == (IssueState.INCOMPLETE, "1 pending, 1 wait for nl")
    report = await report_issue(desk.store, issue.id, now=brussels)
    assert next_try(report, now=brussels) == dublin
    assert [one.need for one in what_keeps(report, now=brussels)] == [Need.APPROVAL, Need.HOUR]
    await approved.approve(NL)
    assert await admit(approved, issue) == [NL]
    times = {line.next_at for line in await ledger_lines(desk.store, issue)}
    assert times == {None, brussels, dublin}
    await settle(desk.store, await take(desk.store, issue, now=dublin), TAKEN)
    assert (await finish_issue(desk.store, issue.id, now=dublin))[0].state is IssueState.SENT
