"""The schedule: a month, what is planned, and moving it."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.desk.schedule import lay_out
from flows.domain.issue import IssueId
from flows.operations.issues import schedule_issue
from flows.store.issues import get_issue
from tests.desk.conftest import Site
from tests.functional.editorial.conftest import SLUG
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
