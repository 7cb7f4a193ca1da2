"""The schedule: a month, what is planned, and moving it."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.desk.schedule import lay_out
from flows.domain.issue import IssueId
from flows.domain.recurrence import EACH, Form
from flows.domain.timing import Policy
from flows.operations.approving import reject_language
from flows.operations.auditing import Search, search_events
from flows.operations.issues import schedule_issue
from flows.operations.occurring import open_due
from flows.operations.recurring import list_recurrences, make_recurrence
from flows.store.issues import get_issue
from tests.desk.conftest import Site
from tests.functional.editorial.conftest import EN, FR, NL, SLUG
from tests.servers.orchestrator import Orchestrator

ISSUE = IssueId(f"{SLUG}-1")
AT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


async def planned(site: Site, *, zone: str = "Europe/Brussels") -> None:
    """An issue that is planned for half past midnight of the first of December."""
    await site.newsroom.open()
    await schedule_issue(site.runtime.store, ISSUE, at=AT, zone=zone, now=site.clock())


def field_of(page: str, day: str) -> str:
    """What stands in one field of the calendar."""
    start = rf'<td class="[^"]*">\s*<time class="day"\s+datetime="{day}"'
    (field,) = re.findall(rf"{start}.*?</td>", page, re.DOTALL)
    return str(field)


def first_alert(page: str) -> str:
    """The alert below the title of the page, above all else."""
    alert = (
        page.partition('class="lead"')[2].partition("<section class")[0].partition('role="alert">')
    )
    return alert[2].partition("</p>")[0]


async def test_an_issue_stands_on_its_day_in_the_desk_s_zone(approved: Site) -> None:
    """Half past midnight in Paris is the evening before in London."""
    await planned(approved, zone="Europe/London")
    browser = await approved.signed_in("Édith")

    page = (await browser.look("/schedule?month=2026-12")).text

    assert f"/desk/issues/{ISSUE}" in field_of(page, "2026-12-01")
    assert "00:30" in field_of(page, "2026-12-01")
    assert ISSUE not in field_of(page, "2026-11-30")
    assert "Monday 30 November 2026 at 23:30 Europe/London (UTC+00:00)" in page
    assert "In 8 days" in page


async def test_the_page_begins_with_this_month_and_leads_to_others(approved: Site) -> None:
    """An address that is none counts as not said."""
    browser = await approved.signed_in("Édith")
    page = (await browser.look("/schedule")).text
    assert "Nothing is planned." in page
    for asked in ("", "?month=2026-13", "?month=x", "?month=9999-01"):
        page = (await browser.look(f"/schedule{asked}")).text
        assert "November 2026" in page
        assert 'aria-current="date">22<' in page
        assert "month=2026-10" in page
        assert "month=2026-12" in page


async def test_a_publisher_moves_an_issue_and_its_run(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """To another day and zone; the run of before is cancelled."""
    await planned(approved)
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")

    first = await browser.press(
        f"/schedule/{ISSUE}", day="2026-12-03", hour="09:00", zone="Europe/Brussels"
    )
    approved.clock.advance(seconds=1)
    second = await browser.press(f"/schedule/{ISSUE}", day="2027-01-04", hour="10:15", zone="UTC")

    assert first.headers["location"] == "/desk/schedule?month=2026-12&done=moved"
    assert second.headers["location"] == "/desk/schedule?month=2027-01&done=moved"
    async with approved.runtime.store.reading() as tx:
        issue = await get_issue(tx, ISSUE)
    assert (issue.scheduled_at, issue.zone) == (datetime(2027, 1, 4, 10, 15, tzinfo=UTC), "UTC")
    assert list(orchestrator.states.values()) == ["CANCELLED", "SCHEDULED"]


@pytest.mark.parametrize(
    ("day", "hour", "problem"),
    [
        ("2026-11-01", "09:00", "in the past"),
        ("2027-03-28", "02:30", "clocks"),
        ("", "", "not a day"),
    ],
)
async def test_a_time_that_cannot_be_is_told_beside_what_was_typed(
    approved: Site, day: str, hour: str, problem: str
) -> None:
    """And the issue keeps its time."""
    await planned(approved)
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")

    answer = await browser.press(f"/schedule/{ISSUE}", day=day, hour=hour, zone="Europe/Brussels")

    assert (answer.status_code, problem in answer.text) == (422, True), answer.text
    assert f'value="{day}"' in answer.text
    assert f'<a href="#plan-{ISSUE}">' in first_alert(answer.text)
    async with approved.runtime.store.reading() as tx:
        assert (await get_issue(tx, ISSUE)).scheduled_at == AT


async def test_a_first_time_is_not_given_here(approved: Site) -> None:
    """Whoever plans an issue sees first whom it goes to."""
    await approved.newsroom.open()
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")

    answer = await browser.press(f"/schedule/{ISSUE}", day="2026-12-03", hour="09:00", zone="UTC")

    assert (answer.status_code, "not planned yet" in answer.text) == (409, True)
    async with approved.runtime.store.reading() as tx:
        assert (await get_issue(tx, ISSUE)).scheduled_at is None


async def test_who_may_not_publish_only_looks(approved: Site) -> None:
    """No form for an editor."""
    await planned(approved)

    page = (await (await approved.signed_in("Édith")).look("/schedule")).text

    assert f"/desk/schedule/{ISSUE}" not in page
    assert "/unschedule" not in page


async def test_what_went_out_stays_on_its_day(approved: Site) -> None:
    """And is planned no more."""
    await approved.newsroom.freeze(await approved.newsroom.open())

    page = (await (await approved.signed_in("Édith")).look("/schedule")).text

    assert f"/desk/issues/{ISSUE}" in field_of(page, "2026-11-22")
    assert "Nothing is planned." in page


@given(first=st.dates(date(2000, 1, 1), date(2199, 12, 1)).map(lambda day: day.replace(day=1)))
def test_a_month_is_whole_weeks_from_monday(first: date) -> None:
    """Every day of it once, in order; the months beside it are named."""
    month = lay_out(first, [], ZoneInfo("Europe/Paris"))
    days = [day.date for week in month.weeks for day in week]

    assert days[0].weekday() == 0
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    inside = [day.date for week in month.weeks for day in week if day.inside]
    assert inside[0] == first
    assert (inside[-1] + timedelta(days=1)).day == 1
    assert month.after == f"{inside[-1] + timedelta(days=1):%Y-%m}"


async def test_a_local_time_is_chosen_like_a_zone_and_shown_with_its_instants(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """Nine o'clock in Liège and Ghent, an hour later in Dublin."""
    await planned(approved)
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")

    answer = await browser.press(
        f"/schedule/{ISSUE}", day="2026-12-03", hour="09:00", zone="local", policy="approved"
    )

    assert answer.headers["location"] == "/desk/schedule?month=2026-12&done=moved"
    pages = [
        " ".join((await browser.look(path)).text.split())
        for path in ("/schedule", f"/issues/{ISSUE}")
    ]
    for page in pages:
        assert "the first; each city at 09:00 its time" in page
        assert "Thursday 3 December 2026 at 09:00 Europe/Dublin (UTC+00:00)" in page
        assert "2 instants" in page
    assert "the approved languages go" in pages[1]
    async with approved.runtime.store.reading() as tx:
        issue = await get_issue(tx, ISSUE)
    assert str(issue.wall) == "2026-12-03 09:00"
    (run,) = orchestrator.runs.values()
    assert run["state"]["state_details"]["scheduled_time"] == "2026-12-03T08:00:00+00:00"


async def test_what_comes_again_stands_in_the_calendar_and_can_be_stopped(approved: Site) -> None:
    """Its next times, its rule; a publisher lets it rest, go on and end."""
    await a_recurrence(approved)
    reader = await approved.signed_in("Édith")
    page = (await reader.look("/schedule?month=2026-12")).text
    assert "09:00" in field_of(page, "2026-12-01")
    assert "monthly" in field_of(page, "2026-12-01")
    assert "0 9 * * TUE#1" in page
    assert "/schedule/recurring/monthly" not in page

    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")
    for act, state, said in (
        ("rest", "paused", "monthly rests."),
        ("go-on", "active", "monthly goes on."),
        ("end", "ended", "monthly has ended."),
    ):
        answer = await browser.press("/schedule/recurring/monthly", act=act, sure="yes")
        place = f"/schedule?rule=monthly&done=rule-{act}"
        assert answer.headers["location"] == f"/desk{place}"
        assert said in (await browser.look(place)).text
        (one,) = await list_recurrences(approved.runtime.store, now=approved.clock())
        assert one.recurrence.state == state
    assert 'value="rest"' not in (await browser.look("/schedule")).text
    for act, code in (("rest", 409), ("fly", 422)):
        assert (await browser.press("/schedule/recurring/monthly", act=act)).status_code == code
    answer = await browser.press("/schedule/recurring/weekly", act="rest")
    assert answer.status_code in {404, 422}


async def test_a_rule_ends_only_once_the_box_is_ticked(approved: Site) -> None:
    """Nothing brings it back; one click does not end it, and the form asks first."""
    await a_recurrence(approved)
    browser = await approved.signed_in("Paula")
    page = (await browser.look("/schedule")).text
    form = page.partition("let it rest.")[2].partition("</form>")[0]
    assert 'name="sure" value="yes" required' in form
    assert 'value="end"' in form

    answer = await browser.press("/schedule/recurring/monthly", act="end")

    assert (answer.status_code, "Tick the box first." in answer.text) == (422, True)
    (one,) = await list_recurrences(approved.runtime.store, now=approved.clock())
    assert one.recurrence.state == "active"


async def test_what_was_missed_waits_on_the_first_page_and_is_opened(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """One click opens it, and its issue has a run."""
    await a_recurrence(approved)
    approved.clock.now = datetime(2026, 12, 1, 16, tzinfo=UTC)
    library, store = approved.desk.library, approved.runtime.store
    await open_due(library, store, None, now=approved.clock(), late_hours=6)
    browser = await approved.signed_in("Paula")
    assert "monthly was missed" in (await browser.look("/")).text
    assert "was missed. It waits" in (await browser.look("/schedule")).text

    answer = await browser.press("/schedule/recurring/monthly", act="open")

    assert answer.status_code == 303
    assert [run["parameters"] for run in orchestrator.runs.values()] == [{"issue": ISSUE}]
    assert "monthly was missed" not in (await browser.look("/")).text
    assert f"/desk/issues/{ISSUE}" in (await browser.look("/schedule")).text


async def test_the_first_page_warns_of_what_is_not_approved_in_time(approved: Site) -> None:
    """From a day before; with the way to the page where it is mended."""
    await planned(approved)
    runtime = approved.runtime
    await reject_language(
        approved.desk.library, runtime.store, SLUG, NL, by="Rens", because="?", now=approved.clock()
    )
    browser = await approved.signed_in("Paula")
    assert "cautions" not in (await browser.look("/")).text
    approved.clock.now = AT - timedelta(hours=2)
    browser = await approved.signed_in("Paula")

    page = " ".join((await browser.look("/")).text.split())

    assert "Dutch is not approved; La médiation de nuit leaves in 2 hr" in page
    assert f"/desk/articles/{SLUG}/nl/review" in page


async def a_recurrence(site: Site) -> None:
    """The first Tuesday of each month at nine in Paris."""
    await make_recurrence(
        site.runtime.store,
        "monthly",
        rule="0 9 * * TUE#1",
        zone="Europe/Paris",
        lists=[],
        articles="*",
        policy=Policy.HOLD,
        form=EACH,
        now=site.clock(),
        by="Paula",
    )


MAKING = {
    "name": "monthly",
    "often": "1",
    "weekday": "TU",
    "hour": "09:00",
    "zone": "Europe/Brussels",
    "articles": "brief-*",
    "list": "members",
    "what": "digest",
    "title-fr": "La lettre de {month}",
    "title-en": "The {month} letter",
    "sections": "yes",
    "ahead": "72",
    "policy": "approved",
}


async def test_a_publisher_has_a_digest_come_again(approved: Site) -> None:
    """By the parts of a form; shown with its next three times, lists, articles and policy."""
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")

    answer = await browser.press("/schedule/recurring", **MAKING)

    done = "recurrence-made-unknown"
    assert answer.headers["location"] == f"/desk/schedule?done={done}", answer.text
    assert "No article has such a name yet." in (await browser.look(f"/schedule?done={done}")).text
    (one,) = await list_recurrences(approved.runtime.store, now=approved.clock())
    made = one.recurrence
    assert made.rule == "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9;BYMINUTE=0"
    assert (made.lists, made.articles, made.policy) == (("members",), "brief-*", Policy.APPROVED)
    assert made.form == Form(
        titles={FR: "La lettre de {month}", EN: "The {month} letter"},
        sections=True,
        ahead=timedelta(hours=72),
    )
    page = " ".join((await browser.look("/schedule")).text.split())
    for words in (
        "Tuesday 1 December 2026 at 09:00 Europe/Brussels (UTC+01:00)",
        "Tuesday 5 January 2027 at 09:00 Europe/Brussels (UTC+01:00)",
        "Tuesday 2 February 2027 at 09:00 Europe/Brussels (UTC+01:00)",
        "members",
        "brief-*",
        "a digest, written 72 hours before",
        "The {month} letter",
        "the approved languages go",
    ):
        assert words in page
    trail = await search_events(approved.runtime.store, Search(actor="Paula"), at_most=10)
    assert "recurrence.made" in [one.action for one in trail.events]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"name": "Monthly letter"}, "is no name"),
        ({"rule": "every month"}, "is not five fields of cron"),
        ({"hour": ""}, "Choose how often"),
        ({"ahead": "soon"}, "is no number of hours"),
        ({"ahead": "2000"}, "cannot be written 2000 hours ahead"),
        ({"ahead": "nan"}, "cannot be written nan hours ahead"),
        ({"title-fr": "{Month}"}, "nothing can stand for {Month}"),
        ({"what": "each"}, "has no title of its own"),
        ({"list": "none"}, "there is no list"),
        ({"policy": "maybe"}, "is not hold or approved"),
    ],
)
async def test_a_rule_that_cannot_be_is_told_beside_what_was_typed(
    approved: Site, typed: dict[str, str], problem: str
) -> None:
    """And nothing is made."""
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")

    answer = await browser.press("/schedule/recurring", **(MAKING | typed))

    assert (answer.status_code in {404, 422}, problem in unescape(answer.text)) == (True, True)
    assert 'value="The {month} letter"' in answer.text
    assert problem in unescape(first_alert(answer.text))
    assert '<a href="#making">' in first_alert(answer.text)
    assert await list_recurrences(approved.runtime.store, now=approved.clock()) == []


async def test_only_whoever_publishes_is_asked_for_a_rule(approved: Site) -> None:
    """An editor sees no form, and none of theirs is taken."""
    browser = await approved.signed_in("Édith")
    page = (await browser.look("/schedule")).text
    assert 'action="/desk/schedule/recurring"' not in page
    assert (await browser.press("/schedule/recurring", **MAKING)).status_code == 403


@pytest.mark.parametrize(
    ("often", "rule"),
    [
        ("week", "FREQ=WEEKLY;BYDAY=TU;BYHOUR=9;BYMINUTE=0"),
        ("fortnight", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;BYHOUR=9;BYMINUTE=0"),
        ("-1", "FREQ=MONTHLY;BYDAY=-1TU;BYHOUR=9;BYMINUTE=0"),
    ],
)
async def test_how_often_becomes_a_rule(approved: Site, often: str, rule: str) -> None:
    """Each choice, in the words of RFC 5545."""
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")
    await browser.press("/schedule/recurring", **(MAKING | {"often": often, "what": "digest"}))
    (one,) = await list_recurrences(approved.runtime.store, now=approved.clock())
    assert one.recurrence.rule == rule
