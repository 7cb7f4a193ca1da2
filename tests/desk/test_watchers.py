"""What programs that watch the newsroom are told."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from flows.domain.delivery import DeliveryState, Outcome
from flows.operations.issues import schedule_issue
from flows.store.issues import create_issue
from tests.desk.conftest import OpenSite, Site
from tests.functional.builders import (
    NOW,
    SLUG,
    a_frozen_issue,
    address,
    settle,
    take,
)

TOKEN = "made-up-for-this-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def watched(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A newsroom with a token for its numbers, ten minutes into an issue to six readers."""
    monkeypatch.setenv("NEWSLETTER_METRICS__TOKEN", TOKEN)
    site = await open_site()
    site.clock.now = NOW + timedelta(minutes=10)
    store = site.runtime.store
    issue = await a_frozen_issue(store, suppressed=[2])
    accepted = Outcome(state=DeliveryState.ACCEPTED, code=250, reply="ok")
    await settle(store, (await take(store, issue, limit=3))[:2], accepted)
    return site


async def _numbers(site: Site) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels."""
    answer = await site.browser().get("/metrics", headers=BEARER)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_the_numbers_are_those_of_the_newsroom(watched: Site) -> None:
    """Letters of the open issue by state, issues, contacts, and the process that answers."""
    found = await _numbers(watched)
    assert found["newsletter_up",] == 1
    assert found["newsletter_issues", "sending"] == 1
    assert found["newsletter_issues", "sent"] == 0
    assert found["newsletter_contacts",] == 6
    assert found["newsletter_suppressed", "unsubscribed"] == 1
    assert found["newsletter_letters", f"{SLUG}-1", "accepted"] == 2
    assert found["newsletter_letters", f"{SLUG}-1", "claimed"] == 1
    assert found["newsletter_letters", f"{SLUG}-1", "pending"] == 2
    assert found["newsletter_letters", f"{SLUG}-1", "unknown"] == 0
    assert found["newsletter_settled_seconds_ago", f"{SLUG}-1"] == 600
    assert found["process_resident_memory_bytes",] > 0


async def test_an_issue_that_is_late_shows_by_how_much(watched: Site) -> None:
    """An alarm can be set on what has not begun, and on the next one's time."""
    store = watched.runtime.store
    async with store.writing() as tx:
        issue = await create_issue(tx, SLUG, lists=("other",), now=NOW)
    at = NOW + timedelta(minutes=9)
    await schedule_issue(store, issue.id, at=at, zone="Europe/Brussels", now=NOW)
    found = await _numbers(watched)
    assert found["newsletter_issue_overdue_seconds", issue.id] == 60
    assert found["newsletter_next_issue_timestamp_seconds",] == at.timestamp()


async def test_the_numbers_tell_nothing_of_anybody(watched: Site) -> None:
    """No address, no name: a monitoring system is read by many."""
    answer = await watched.browser().get("/metrics", headers=BEARER)
    assert address(1) not in answer.text
    assert "@" not in answer.text
    assert TOKEN not in answer.text


@pytest.mark.parametrize(
    "said", ["", "Bearer", f"Bearer {TOKEN}x", f"bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer é"]
)
async def test_without_the_token_there_are_no_numbers(watched: Site, said: str) -> None:
    """Whatever else is said in its place."""
    answer = await watched.browser().get("/metrics", headers={b"Authorization": said.encode()})
    assert answer.status_code == 401
    assert "newsletter_" not in answer.text


async def test_without_a_token_in_the_settings_there_is_nothing_to_open(site: Site) -> None:
    """Not even with an empty one."""
    for headers in ({}, {"Authorization": "Bearer "}):
        assert (await site.browser().get("/metrics", headers=headers)).status_code == 404


async def test_a_newsroom_whose_database_answers_is_ready(site: Site) -> None:
    """A proxy may send visitors."""
    answer = await site.browser().get("/ready")
    assert (answer.status_code, answer.text) == (200, "ready\n")


async def test_one_whose_database_has_another_schema_is_alive_and_not_ready(
    watched: Site,
) -> None:
    """Restarting it would not help; sending visitors elsewhere would."""
    async with watched.runtime.store.writing() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    browser = watched.browser()
    assert (await browser.get("/ready")).status_code == 503
    assert (await browser.get("/health")).status_code == 200
