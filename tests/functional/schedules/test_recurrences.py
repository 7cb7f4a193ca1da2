"""What comes again: collected, opened once, missed, at rest, ended."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.domain.article import Slug
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.issue import IssueId, IssueState
from flows.domain.recurrence import (
    EACH,
    Occurrence,
    OccurrenceState,
    Recurrence,
    RecurrenceId,
    RecurrenceState,
)
from flows.domain.timing import Policy
from flows.operations.approving import reject_language
from flows.operations.collecting import collect_articles
from flows.operations.holding import hold_what_may_have_left
from flows.operations.issues import cancel_issue, hold_back, issues_of, open_issue, schedule_issue
from flows.operations.issuing import open_occurrence
from flows.operations.occurring import open_due, open_late
from flows.operations.recurring import list_recurrences, make_recurrence, turn_recurrence
from flows.orchestration.server import PrefectServer
from flows.store.database import Store
from flows.store.issues import find_issues, get_issue
from flows.store.recurrences import (
    add_occurrence,
    add_recurrence,
    change_recurrence,
    occurrences_of,
)
from tests.functional.cli.command_line import closed_port
from tests.functional.editorial.conftest import NL, NOW, SLUG, Newsroom, write_article
from tests.functional.schedules.conftest import TimedRuntime
from tests.servers.orchestrator import Orchestrator

S = OccurrenceState
AT = datetime(2026, 12, 1, 8, tzinfo=UTC)
"""The first Tuesday of December, at nine in Brussels."""
NEXT = datetime(2027, 1, 5, 8, tzinfo=UTC)
RULE = "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9"


async def monthly(desk: TimedRuntime, name: str = "monthly", **other: Any) -> Recurrence:
    """The first Tuesday of each month at nine, to all lists, made now."""
    wanted: dict[str, Any] = {
        "rule": RULE,
        "zone": "Europe/Brussels",
        "lists": [],
        "articles": "*",
        "policy": Policy.HOLD,
        "form": EACH,
        **other,
    }
    return await make_recurrence(desk.store, name, **wanted, now=desk.clock(), by="Paula")


async def look(desk: TimedRuntime, server: PrefectServer | None = None) -> list[Occurrence]:
    """Deals with what is due, as the newsroom's clock does."""
    return await open_due(desk.library, desk.store, server, now=desk.clock(), late_hours=6)


async def last(desk: TimedRuntime, name: str = "monthly") -> list[tuple[datetime, str]]:
    """What there was, the latest first."""
    found = {one.recurrence.name: one for one in await list_recurrences(desk.store, now=NOW)}
    return [(one.at, one.state) for one in found[name].past]


async def issues(desk: TimedRuntime) -> list[str]:
    """Every issue."""
    async with desk.store.reading() as tx:
        return [one.id for one in await find_issues(tx)]


async def test_an_occurrence_opens_what_is_approved_and_plans_it(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """At its instant and not before; the issue has its time, its lists and its policy."""
    await monthly(timed, lists=["members"], policy=Policy.APPROVED)
    assert await look(timed.at(AT - timedelta(seconds=1)), orchestrator.server()) == []

    (opened,) = await look(timed.at(AT), orchestrator.server())

    assert (opened.state, opened.slugs, opened.issues) == (S.OPENED, (SLUG,), ("mediation-1",))
    async with timed.store.reading() as tx:
        issue = await get_issue(tx, IssueId("mediation-1"))
    assert (issue.state, issue.lists) == (IssueState.APPROVED, ("members",))
    assert (issue.scheduled_at, issue.zone) == (AT, "Europe/Brussels")
    assert (issue.policy, issue.is_to_leave(AT)) == (Policy.APPROVED, True)
    assert [run["parameters"] for run in orchestrator.runs.values()] == [{"issue": "mediation-1"}]
    assert issue.flow_run == "run-1"


async def test_looking_again_opens_nothing_again(timed: TimedRuntime) -> None:
    """Nor do two newsrooms that look at once."""
    await monthly(timed)
    timed.at(AT)

    both = await asyncio.gather(look(timed), look(timed))

    assert sorted(len(one) for one in both) == [0, 1]
    assert await look(timed.after(minutes=1)) == []
    assert await issues(timed) == ["mediation-1"]


async def test_what_was_sent_once_is_not_sent_again(timed: TimedRuntime) -> None:
    """The next occurrence finds nothing, says so and mails nobody."""
    await monthly(timed)
    await look(timed.at(AT))

    (empty,) = await look(timed.at(NEXT))

    assert (empty.state, empty.issues) == (S.EMPTY, ())
    assert await last(timed) == [(NEXT, S.EMPTY), (AT, S.OPENED)]
    assert await issues(timed) == ["mediation-1"]


async def test_only_articles_that_are_approved_and_match_are_collected(
    timed: TimedRuntime,
) -> None:
    """By name; in every language; by date; an article that cannot be read hides no other."""
    content = timed.library.content
    for slug, date in (("brief-b", "2026-01-02"), ("brief-a", "2026-03-04"), ("brief-c", "")):
        write_article(content, slug=slug, date=date or "2026-02-03")
        await Newsroom(timed).approve_all(slug=slug)
    write_article(content, slug="brief-draft")
    (content / "brief-broken").mkdir()
    (content / "brief-broken" / "fr.md").write_text("---\nnothing: 1\n---\n", encoding="utf-8")
    briefs = await monthly(timed, articles="brief-*")
    assert await collect_articles(timed.library, timed.store, briefs) == [
        "brief-b",
        "brief-c",
        "brief-a",
    ]

    await reject_language(
        timed.library, timed.store, "brief-c", NL, by="Anneke", because="?", now=NOW
    )
    (content / "brief-b" / "fr.md").write_text(
        (content / "brief-b" / "fr.md").read_text(encoding="utf-8") + "\nPlus.\n", encoding="utf-8"
    )

    assert await collect_articles(timed.library, timed.store, briefs) == ["brief-a"]


async def test_what_a_person_planned_or_sent_is_left_alone(timed: TimedRuntime) -> None:
    """To these lists; an issue that nobody let go yet is taken."""
    every = await monthly(timed)
    members = await monthly(timed, "members", lists=["members"])
    issue = await open_issue(timed.library, timed.store, SLUG, lists=["prevention"], now=NOW)
    assert await collect_articles(timed.library, timed.store, every) == [SLUG]

    await schedule_issue(timed.store, issue.id, at=NEXT, zone="UTC", now=NOW)

    assert await collect_articles(timed.library, timed.store, every) == []
    assert await collect_articles(timed.library, timed.store, members) == [SLUG]


async def test_what_a_person_decided_against_is_left_alone(timed: TimedRuntime) -> None:
    """Held back it stays until somebody sends it; cancelled, by whomever it was opened, for good.

    After a restore that is how an issue is marked that has left already.
    """
    every = await monthly(timed)
    issue = await open_issue(
        timed.library, timed.store, SLUG, lists=[], now=NOW, by="Paula", release=True
    )
    await hold_back(timed.store, issue.id, now=NOW, by="Paula")
    assert await collect_articles(timed.library, timed.store, every) == []
    await cancel_issue(timed.store, issue.id, now=NOW)
    assert await collect_articles(timed.library, timed.store, every) == []


async def test_what_a_person_cancelled_does_not_come_again_by_itself(timed: TimedRuntime) -> None:
    """An occurrence had opened it; its recurrence leaves it alone from then on."""
    recurrence = await monthly(timed)
    await look(timed.at(AT))
    await cancel_issue(timed.store, IssueId("mediation-1"), now=AT)
    assert await collect_articles(timed.library, timed.store, recurrence) == []


async def test_a_little_late_is_opened_at_once(timed: TimedRuntime) -> None:
    """The newsroom was down at the instant, and is back within the late rule."""
    await monthly(timed)
    (opened,) = await look(timed.at(AT + timedelta(hours=5)))
    assert (opened.at, opened.state) == (AT, S.OPENED)


async def test_much_too_late_waits_for_a_person(timed: TimedRuntime) -> None:
    """Nothing is opened; a person's word opens it then, once, with the time of that word."""
    await monthly(timed)
    late = AT + timedelta(hours=7)
    (waits,) = await look(timed.at(late))
    assert (waits.state, await issues(timed)) == (S.LATE, [])
    (outlook,) = await list_recurrences(timed.store, now=late)
    assert outlook.late == waits

    opened = await open_late(
        timed.library, timed.store, None, "monthly", now=late, late_hours=6, by="Paula"
    )

    assert (opened.state, opened.issues) == (S.OPENED, ("mediation-1",))
    async with timed.store.reading() as tx:
        assert (await get_issue(tx, IssueId("mediation-1"))).scheduled_at == late
    with pytest.raises(NotDoneError, match="no occurrence of monthly waits"):
        await open_late(
            timed.library, timed.store, None, "monthly", now=late, late_hours=6, by="Paula"
        )


async def test_of_several_that_were_missed_the_last_counts(timed: TimedRuntime) -> None:
    """A newsroom that was away for months opens one; what waited for a person is passed over."""
    await monthly(timed)
    await look(timed.at(AT + timedelta(hours=7)))

    (opened,) = await look(timed.at(datetime(2027, 4, 6, 7, 30, tzinfo=UTC)))

    assert opened.state is S.OPENED
    assert [state for _, state in await last(timed)] == [
        S.OPENED,
        S.SKIPPED,
        S.SKIPPED,
        S.SKIPPED,
        S.SKIPPED,
    ]


async def test_a_crash_in_the_middle_is_gone_on_with(timed: TimedRuntime) -> None:
    """The articles were written down, no issue was opened: the next look opens it, once."""
    made = await monthly(timed)
    begun = Occurrence(recurrence=made.id, at=AT, state=S.OPENING, slugs=(Slug(SLUG),))
    async with timed.store.writing() as tx:
        await add_occurrence(tx, begun, until=AT + timedelta(minutes=1))

    assert await look(timed.at(AT + timedelta(seconds=30))) == [], "somebody may still be at it"
    (opened,) = await look(timed.at(AT + timedelta(seconds=61)))

    assert (opened.state, opened.issues) == (S.OPENED, ("mediation-1",))
    assert await look(timed.after(minutes=5)) == []


async def test_an_article_that_is_gone_leaves_the_others(timed: TimedRuntime) -> None:
    """Between collecting and opening somebody removed its folder."""
    made = await monthly(timed)
    slugs = (Slug("gone"), Slug(SLUG))
    begun = Occurrence(recurrence=made.id, at=AT, state=S.OPENING, slugs=slugs)
    async with timed.store.writing() as tx:
        await add_occurrence(tx, begun)

    (opened,) = await look(timed.at(AT))

    assert opened.issues == ("mediation-1",)


async def test_what_is_due_while_it_rests_is_never_opened(timed: TimedRuntime) -> None:
    """From the word to go on it comes again; once ended, it never does."""
    await monthly(timed)
    await turn_recurrence(
        timed.store, "monthly", RecurrenceState.PAUSED, now=timed.clock(), by="Paula"
    )
    assert await look(timed.at(AT)) == []
    assert (await list_recurrences(timed.store, now=AT))[0].coming == []
    await turn_recurrence(timed.store, "monthly", RecurrenceState.ACTIVE, now=AT, by="Paula")
    assert await look(timed.after(minutes=1)) == []
    assert (await list_recurrences(timed.store, now=AT))[0].coming[0] == NEXT

    await turn_recurrence(timed.store, "monthly", RecurrenceState.ENDED, now=AT, by="Paula")

    assert await look(timed.at(NEXT)) == []
    with pytest.raises(NotDoneError, match="monthly has ended"):
        await turn_recurrence(timed.store, "monthly", RecurrenceState.ACTIVE, now=AT, by="Paula")
    assert await issues(timed) == []


async def test_what_cannot_be_is_refused(timed: TimedRuntime) -> None:
    """Names, lists, rules, zones; and a name twice."""
    for name in ("", "Monthly", "a b", "../x", "-a"):
        with pytest.raises(InputError, match="is no name"):
            await monthly(timed, name)
    with pytest.raises(NotFoundError, match="no list 'presse'"):
        await monthly(timed, lists=["presse"])
    with pytest.raises(InputError, match="names no hour"):
        await monthly(timed, rule="FREQ=DAILY")
    with pytest.raises(InputError, match="not an IANA time zone"):
        await monthly(timed, zone="Europe")
    await monthly(timed)
    with pytest.raises(InputError, match="already"):
        await monthly(timed)
    with pytest.raises(NotFoundError, match="There are: monthly"):
        await turn_recurrence(timed.store, "weekly", RecurrenceState.ENDED, now=NOW, by="Paula")


async def test_through_a_night_of_change_each_comes_once_at_its_instant(
    timed: TimedRuntime,
) -> None:
    """Half past two is skipped in spring, and comes twice in autumn."""
    nights = {
        "europe/brussels": ("2026-10-25T00:30+00:00", "2027-03-28T01:00+00:00"),
        "america/new_york": ("2026-11-01T07:30+00:00", "2027-03-14T07:00+00:00"),
        "pacific/auckland": ("2027-04-03T13:30+00:00", "2026-09-26T14:00+00:00"),
    }
    zones = {"europe/brussels": "Europe/Brussels", "america/new_york": "America/New_York"}
    for number, (zone, instants) in enumerate(nights.items()):
        for when in instants:
            at = datetime.fromisoformat(when)
            name = f"night-{number}-{at:%m}"
            timed.at(at - timedelta(hours=3))
            await monthly(
                timed,
                name,
                rule="30 2 * * *",
                zone=zones.get(zone, "Pacific/Auckland"),
                articles="none-*",
            )
            found = []
            for _ in range(6 * 6):
                found += await look(timed.after(minutes=10))
            assert [one.at for one in found] == [at], name
            await turn_recurrence(
                timed.store, name, RecurrenceState.ENDED, now=timed.clock(), by="Paula"
            )


async def test_the_database_keeps_an_occurrence_once(store: Store) -> None:
    """Whoever writes it second is told so, on both databases."""
    async with store.writing() as tx:
        made = await add_recurrence(
            tx,
            "daily",
            rule="0 9 * * *",
            zone="UTC",
            lists=["b", "a"],
            articles="*",
            policy=Policy.HOLD,
            form=EACH,
            now=NOW,
            by="Paula",
        )
        again = await add_recurrence(
            tx,
            "daily",
            rule="0 8 * * *",
            zone="UTC",
            lists=[],
            articles="*",
            policy=Policy.HOLD,
            form=EACH,
            now=NOW,
            by="Paula",
        )
    assert made is not None
    assert (made.lists, again) == (("a", "b"), None)
    one = Occurrence(recurrence=RecurrenceId(made.id), at=AT, state=S.EMPTY)
    async with store.writing() as tx:
        assert [await add_occurrence(tx, one), await add_occurrence(tx, one)] == [True, False]
    async with store.reading() as tx:
        assert await occurrences_of(tx, made.id, limit=5) == [one]


async def test_an_opened_issue_is_an_open_issue_like_any_other(timed: TimedRuntime) -> None:
    """It can be moved and cancelled until its first letter."""
    await monthly(timed)
    await look(timed.at(AT))
    (issue,) = await issues_of(timed.store, Slug(SLUG))
    moved = await schedule_issue(timed.store, issue.id, at=NEXT, zone="UTC", now=AT)
    assert moved.scheduled_at == NEXT


async def test_in_a_restored_newsroom_everything_that_comes_again_rests(
    timed: TimedRuntime,
) -> None:
    """It may have opened since the backup what it would open now; a person lets it go on."""
    await monthly(timed)
    timed.at(AT)
    async with timed.store.writing() as tx:
        await hold_what_may_have_left(tx, made_at=NOW, by="Paula", now=AT)

    assert await look(timed) == []

    await turn_recurrence(timed.store, "monthly", RecurrenceState.ACTIVE, now=AT, by="Paula")
    assert await look(timed.after(minutes=1)) == []
    assert await issues(timed) == []


async def test_a_catalogue_that_cannot_be_read_keeps_nothing_else_from_opening(
    timed: TimedRuntime,
) -> None:
    """It broke after its article was collected: its issue is open, and the other's is approved."""
    await brief(timed)
    made = await monthly(timed)
    other = await monthly(timed, "other", articles="none-*")
    begun = Occurrence(
        recurrence=made.id, at=AT, state=S.OPENING, slugs=(Slug(SLUG), Slug("brief"))
    )
    async with timed.store.writing() as tx:
        await add_occurrence(tx, begun)
        await add_occurrence(tx, Occurrence(recurrence=other.id, at=AT, state=S.OPENING))
    (timed.library.content / SLUG / "nl.po").write_text("broken {{{", encoding="utf-8")

    opened = await look(timed.at(AT))

    assert [(one.state, len(one.issues)) for one in opened] == [(S.OPENED, 2), (S.EMPTY, 0)]
    async with timed.store.reading() as tx:
        assert (await get_issue(tx, IssueId("brief-1"))).state is IssueState.APPROVED
    assert await look(timed.after(minutes=2)) == []


async def test_what_cannot_be_opened_now_keeps_no_other_recurrence(timed: TimedRuntime) -> None:
    """Its list is gone, so it waits and is tried again; the other one opens."""
    await monthly(timed, "gone", lists=["prevention"], articles=SLUG)
    await brief(timed)
    await monthly(timed, "there", articles="brief")
    async with timed.store.writing() as tx:
        await change_recurrence(tx, RecurrenceId(1), rule="FREQ=NONSENSE")

    opened = await look(timed.at(AT))

    assert [one.issues for one in opened] == [("brief-1",)]


async def test_an_article_that_was_left_out_is_collected_next_time(timed: TimedRuntime) -> None:
    """It could not be read at its instant, between collecting and opening."""
    made = await monthly(timed)
    await brief(timed)
    slugs = (Slug(SLUG), Slug("brief"))
    begun = Occurrence(recurrence=made.id, at=AT, state=S.OPENING, slugs=slugs)
    async with timed.store.writing() as tx:
        await add_occurrence(tx, begun)
        await change_recurrence(tx, made.id, seen_until=AT)
    path = timed.library.content / "brief" / "fr.md"
    text = path.read_text(encoding="utf-8")
    path.write_text("---\nnothing: 1\n---\n", encoding="utf-8")
    (opened,) = await look(timed.at(AT))
    assert (opened.slugs, opened.issues) == ((SLUG,), ("mediation-1",))

    path.write_text(text, encoding="utf-8")

    (following,) = await look(timed.at(NEXT))
    assert (following.slugs, following.issues) == (("brief",), ("brief-1",))


async def test_what_was_cancelled_before_a_crash_was_mended_is_not_opened_anew(
    timed: TimedRuntime,
) -> None:
    """Whoever opened it died before the occurrence was finished; it knows its issue already."""
    made = await monthly(timed)
    begun = Occurrence(recurrence=made.id, at=AT, state=S.OPENING, slugs=(Slug(SLUG),))
    async with timed.store.writing() as tx:
        await add_occurrence(tx, begun)
    await open_occurrence(
        timed.library, timed.store, made, begun, leaves_at=AT, now=AT, late_hours=6
    )
    await cancel_issue(timed.store, IssueId("mediation-1"), now=AT)

    (finished,) = await look(timed.at(AT + timedelta(minutes=2)))

    assert (finished.slugs, finished.issues) == ((SLUG,), ("mediation-1",))
    assert await issues(timed) == ["mediation-1"]
    assert await collect_articles(timed.library, timed.store, made) == []


async def test_what_the_orchestrator_does_not_plan_is_open_all_the_same(
    timed: TimedRuntime,
) -> None:
    """The occurrence is dealt with; the clock plans what has no run."""
    await monthly(timed)
    away = PrefectServer(f"http://127.0.0.1:{closed_port()}/api")

    (opened,) = await look(timed.at(AT), away)

    assert (opened.state, opened.issues) == (S.OPENED, ("mediation-1",))


async def brief(desk: TimedRuntime) -> None:
    """Another approved article."""
    write_article(desk.library.content, slug="brief")
    await Newsroom(desk).approve_all(slug="brief")
