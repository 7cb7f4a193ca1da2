"""Letting an issue go, and steering it, by the buttons of the desk."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from flows.domain.contact import City
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.timing import Policy
from flows.operations.pacing import rates_in_force
from flows.operations.settling import finish_issue
from flows.store.cities import keep_cities
from flows.store.issues import get_issue, move_issue
from flows.store.paces import RELAY
from flows.store.tables import events
from tests.desk.conftest import Browser, OpenSite, Site
from tests.desk.people import PEOPLE
from tests.functional.builders import settle, take, tally
from tests.functional.editorial.conftest import NL, SLUG, write_article, write_lists
from tests.servers.orchestrator import Orchestrator

ISSUE = f"{SLUG}-1"
EVERYBODY = "4"
"""The contacts of the sample's lists: four, one of them on two lists."""
S = DeliveryState
NOON = {"when": "later", "day": "2026-12-01", "hour": "12:00", "zone": "Europe/Brussels"}


async def publisher(site: Site) -> Browser:
    """A publisher who has opened an issue to all lists and looks at it."""
    browser = await site.signed_in("Paula")
    await browser.look(f"/articles/{SLUG}")
    opened = await browser.press(f"/articles/{SLUG}/issues")
    assert opened.headers["location"] == f"/desk/issues/{ISSUE}"
    return browser


async def issue_of(site: Site) -> Issue:
    """The issue as it is now."""
    async with site.runtime.store.reading() as tx:
        return await get_issue(tx, IssueId(ISSUE))


async def acts(site: Site) -> list[tuple[str, str]]:
    """Who did what to the issue, in order."""
    async with site.runtime.store.reading() as tx:
        rows = await tx.execute(
            select(events.c.actor, events.c.action)
            .where(events.c.subject == ISSUE)
            .order_by(events.c.id)
        )
        return [(row.actor, row.action) for row in rows]


async def frozen(site: Site) -> Issue:
    """The issue with its audience fixed, as the newsroom does it."""
    issue = await site.newsroom.open()
    async with site.runtime.store.writing() as tx:
        await move_issue(tx, issue, IssueState.APPROVED, now=site.clock())
    return await site.newsroom.freeze(issue)


async def answered(site: Site, issue: Issue, *outcomes: Outcome) -> None:
    """Some letters of the issue are handed over and answered so."""
    for outcome in outcomes:
        later = site.clock() + timedelta(hours=5)
        claims = await take(site.runtime.store, issue, limit=1, now=site.clock())
        next_at = later if outcome.state is S.DEFERRED else None
        await settle(site.runtime.store, claims, outcome, next_at=next_at)


async def test_sending_asks_for_the_number_of_recipients_and_starts_a_run(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """Whoever types the number has seen it; the newsroom does the rest."""
    browser = await publisher(approved)
    page = (await browser.look(f"/issues/{ISSUE}/send")).text
    assert "4 recipients" in page

    done = await browser.press(f"/issues/{ISSUE}/send", when="now", recipients=" 4 ")

    assert done.headers["location"] == f"/desk/issues/{ISSUE}?done=started"
    (run,) = orchestrator.runs.values()
    assert run["parameters"] == {"issue": ISSUE}
    assert "issue:" + ISSUE in run["tags"]
    assert "The newsroom begins." in (await browser.look(f"/issues/{ISSUE}")).text
    assert ("Paula", "issue.opened") in await acts(approved)


async def test_the_page_tells_what_was_looked_at_and_sends_nothing_that_must_be_mended(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """In the reader's language; neither now nor at a time."""
    browser = await publisher(approved)
    assert "One can unsubscribe" in (await browser.look(f"/issues/{ISSUE}/send")).text
    await browser.press(f"/issues/{ISSUE}/lists", list=["prevention"])
    write_lists(
        approved.newsroom.workspace / "subscribers", prevention="email,name,city,language\n"
    )
    await approved.newsroom.bring_in()

    page = (await browser.look(f"/issues/{ISSUE}/send")).text
    tries = [
        await browser.press(f"/issues/{ISSUE}/send", recipients="0", **when)
        for when in ({"when": "now"}, NOON)
    ]

    assert "nobody would get it" in page
    assert "must be mended" in page
    assert [one.status_code for one in tries] == [409, 409]
    assert "Something must be mended first" in tries[0].text
    assert orchestrator.runs == {}
    assert (await issue_of(approved)).scheduled_at is None


@pytest.mark.parametrize("typed", ["", "3", "5", "four", "-4", "4.0", "٤", "9" * 40])
async def test_another_number_sends_nothing(
    approved: Site, orchestrator: Orchestrator, typed: str
) -> None:
    """The page says how many it is now."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")

    refused = await browser.press(f"/issues/{ISSUE}/send", when="now", recipients=typed)

    assert refused.status_code == 422
    assert "It goes to 4 recipients now." in refused.text
    assert orchestrator.runs == {}


async def test_an_audience_that_changed_since_it_was_seen_is_seen_again(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """Somebody chose another list meanwhile."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")
    chosen = await browser.press(f"/issues/{ISSUE}/lists", list=["prevention"])
    assert chosen.headers["location"] == f"/desk/issues/{ISSUE}?done=lists"

    refused = await browser.press(f"/issues/{ISSUE}/send", when="now", recipients=EVERYBODY)

    assert "It goes to 2 recipients now." in refused.text
    assert orchestrator.runs == {}
    assert (await issue_of(approved)).lists == ("prevention",)


async def test_nothing_unreviewed_is_sent_from_the_desk(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """An edit after the approval voids it, also between the page and its button."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")
    write_article(approved.newsroom.content, summary="Un autre résumé.")

    refused = await browser.press(f"/issues/{ISSUE}/send", when="now", recipients=EVERYBODY)

    assert refused.status_code == 409
    assert "Not every language is approved as it is now." in refused.text
    assert orchestrator.runs == {}
    assert "disabled" in (await browser.look(f"/issues/{ISSUE}/send")).text


async def test_without_a_newsroom_nothing_is_sent_and_a_time_can_still_be_set(
    approved: Site,
) -> None:
    """The next newsroom that starts gives the issue its run."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")

    refused = await browser.press(f"/issues/{ISSUE}/send", when="now", recipients=EVERYBODY)
    planned = await browser.press(f"/issues/{ISSUE}/send", recipients=EVERYBODY, **NOON)

    assert (refused.status_code, planned.status_code) == (409, 303)
    issue = await issue_of(approved)
    assert issue.scheduled_at == datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
    assert (issue.zone, issue.state) == ("Europe/Brussels", IssueState.SCHEDULED)


async def test_a_local_hour_that_has_begun_somewhere_leaves_at_once_and_the_rest_later(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """On the continent it is ten to half past ten already, in Dublin it is to come."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")
    local = {"when": "later", "day": "2026-11-22", "hour": "10:00", "zone": "local"}

    answer = await browser.press(
        f"/issues/{ISSUE}/send", recipients=EVERYBODY, policy="approved", **local
    )

    assert answer.headers["location"] == f"/desk/issues/{ISSUE}?done=scheduled"
    issue = await issue_of(approved)
    assert (issue.scheduled_at, issue.policy) == (approved.clock(), Policy.APPROVED)
    (run,) = orchestrator.runs.values()
    assert "state_details" not in run["state"], "it runs now"
    await approved.newsroom.freeze(issue)
    await answered(approved, issue, *[Outcome(state=S.ACCEPTED, code=250, reply="OK")] * 3)
    await finish_issue(approved.runtime.store, issue.id, now=approved.clock())
    page = " ".join((await browser.look(f"/issues/{ISSUE}")).text.split())
    assert (await issue_of(approved)).state is IssueState.SENDING
    assert "The rest leaves when it is the same hour in its cities." in page
    assert "Sunday 22 November 2026 at 10:00 Europe/Dublin (UTC+00:00)" in page


async def test_a_local_hour_that_passed_long_ago_somewhere_is_asked_about(approved: Site) -> None:
    """The page names the city; with the box it is planned."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")
    far = City(name="Gand", country="WF", language=NL, timezone="Pacific/Wallis")
    async with approved.runtime.store.writing() as tx:
        await keep_cities(tx, [far], now=approved.clock())
    local = {"when": "later", "day": "2026-11-22", "hour": "12:00", "zone": "local"}

    asked = await browser.press(f"/issues/{ISSUE}/send", recipients=EVERYBODY, **local)
    planned = await browser.press(
        f"/issues/{ISSUE}/send", recipients=EVERYBODY, late="send", **local
    )

    assert (asked.status_code, "Gand (readers: 1)" in asked.text) == (409, True)
    assert 'value="local" selected' in asked.text
    assert planned.status_code == 303


async def test_a_time_is_set_moved_and_taken_away(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """Each time the run follows; the page tells the zone, the offset and how long it is."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")
    await browser.press(f"/issues/{ISSUE}/send", recipients=EVERYBODY, **NOON)
    page = (await browser.look(f"/issues/{ISSUE}")).text
    assert "Tuesday 1 December 2026 at 12:00 Europe/Brussels (UTC+01:00)" in page
    assert "In 9 days 1 hr" in page
    (first,) = orchestrator.runs
    assert orchestrator.runs[first]["state"]["state_details"]["scheduled_time"].startswith(
        "2026-12-01T11:00"
    )

    approved.clock.advance(seconds=1)
    await browser.press(
        f"/issues/{ISSUE}/send", recipients=EVERYBODY, **{**NOON, "zone": "Europe/London"}
    )
    assert orchestrator.states[first] == "CANCELLED"
    assert len(orchestrator.runs) == 2
    taken = await browser.press(f"/issues/{ISSUE}/unschedule")

    assert taken.headers["location"] == f"/desk/issues/{ISSUE}?done=unscheduled"
    assert set(orchestrator.states.values()) == {"CANCELLED"}
    assert (await issue_of(approved)).scheduled_at is None
    assert [act for act in await acts(approved) if act[0] == "Paula"] == [
        ("Paula", "issue.opened"),
        ("Paula", "issue.scheduled"),
        ("Paula", "issue.scheduled"),
        ("Paula", "issue.unscheduled"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"day": "2026-03-29", "hour": "02:30"},
        {"day": ""},
        {"day": "2026-11-01"},
        {"hour": "25:00"},
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
    ],
    ids=["skipped by the clocks", "no day", "past", "no hour", "no zone", "a path"],
)
async def test_a_time_that_cannot_be_is_refused_and_what_was_typed_stays(
    approved: Site, changes: dict[str, str]
) -> None:
    """With the reason; nothing is planned."""
    browser = await publisher(approved)
    await browser.look(f"/issues/{ISSUE}/send")

    refused = await browser.press(
        f"/issues/{ISSUE}/send", recipients=EVERYBODY, **{**NOON, **changes}
    )

    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert (await issue_of(approved)).scheduled_at is None


async def test_within_the_undo_window_everything_can_be_taken_back(
    open_site: OpenSite, approved_workspace: object
) -> None:
    """Nothing was begun, so nothing is sent; a new issue reaches the same readers."""
    site = await open_site("\n[sending]\nundo_seconds = 30\n", workspace=approved_workspace)
    await site.add("Paula", *PEOPLE["Paula"])
    issue = await site.newsroom.open()
    async with site.runtime.store.writing() as tx:
        await move_issue(tx, issue, IssueState.APPROVED, now=site.clock())
    await site.newsroom.freeze(issue, departure=site.runtime.departure())
    browser = await site.signed_in("Paula")
    page = (await browser.look(f"/issues/{ISSUE}")).text
    assert "The first letter leaves in 30 secs." in page

    undone = await browser.press(f"/issues/{ISSUE}/cancel")

    assert undone.headers["location"] == f"/desk/issues/{ISSUE}?done=cancelled"
    assert await tally(site.runtime.store, issue) == {S.CANCELLED: 4}
    page = (await browser.look(f"/issues/{ISSUE}")).text
    assert "Open a new issue to the same lists" in page
    again = await browser.press(f"/articles/{SLUG}/issues")
    assert again.headers["location"] == f"/desk/issues/{SLUG}-2"
    assert "4 recipients" in (await browser.look(f"/issues/{SLUG}-2/send")).text


async def test_once_a_letter_has_begun_there_is_nothing_to_take_back(approved: Site) -> None:
    """The page offers to cancel the rest instead."""
    issue = await frozen(approved)
    await answered(approved, issue, Outcome(state=S.ACCEPTED, code=250, reply="ok"))
    browser = await approved.signed_in("Paula")

    page = (await browser.look(f"/issues/{ISSUE}")).text

    assert "Take it back" not in page
    assert "3 letters that have not begun are not sent." in page
    await browser.press(f"/issues/{ISSUE}/cancel")
    assert await tally(approved.runtime.store, issue) == {S.ACCEPTED: 1, S.CANCELLED: 3}


async def test_a_sending_is_paused_and_goes_on(approved: Site, orchestrator: Orchestrator) -> None:
    """By whom is written down, and shown as the reason."""
    await frozen(approved)
    browser = await approved.signed_in("Paula")
    await browser.look(f"/issues/{ISSUE}")

    await browser.press(f"/issues/{ISSUE}/pause")
    paused = await issue_of(approved)
    assert "Paused: stopped by Paula" in (await browser.look(f"/issues/{ISSUE}")).text
    await browser.press(f"/issues/{ISSUE}/resume")

    assert (paused.state, paused.reason) == (IssueState.PAUSED, "stopped by Paula")
    assert (await issue_of(approved)).state is IssueState.SENDING
    assert len(orchestrator.runs) == 1
    assert [action for who, action in await acts(approved) if who == "Paula"] == [
        "issue.paused",
        "issue.resumed",
    ]


@pytest.mark.parametrize(
    ("verdict", "becomes", "runs"),
    [("sent", {S.ACCEPTED: 1, S.PENDING: 3}, 0), ("unsent", {S.PENDING: 4}, 1)],
)
async def test_a_doubt_is_settled_by_a_person(
    approved: Site,
    orchestrator: Orchestrator,
    verdict: str,
    becomes: dict[DeliveryState, int],
    runs: int,
) -> None:
    """Letters that were not sent go out with the run that this starts."""
    issue = await frozen(approved)
    await answered(approved, issue, Outcome(state=S.UNKNOWN, reply="no answer"))
    browser = await approved.signed_in("Paula")
    assert "Nobody knows whether 1 letter arrived." in (await browser.look(f"/issues/{ISSUE}")).text

    await browser.press(f"/issues/{ISSUE}/settle", **{"as": verdict})

    assert await tally(approved.runtime.store, issue) == becomes
    assert len(orchestrator.runs) == runs
    assert ("Paula", "deliveries.settled") in await acts(approved)


async def test_a_doubt_is_not_settled_by_no_word(approved: Site) -> None:
    """A form that was tampered with decides nothing."""
    issue = await frozen(approved)
    await answered(approved, issue, Outcome(state=S.UNKNOWN))
    browser = await approved.signed_in("Paula")
    await browser.look(f"/issues/{ISSUE}")

    refused = await browser.press(f"/issues/{ISSUE}/settle", **{"as": "maybe"})

    assert refused.status_code == 422
    assert await tally(approved.runtime.store, issue) == {S.UNKNOWN: 1, S.PENDING: 3}


async def test_what_was_refused_is_tried_once_more(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """A run does it."""
    issue = await frozen(approved)
    await answered(approved, issue, Outcome(state=S.REFUSED, code=550, reply="5.1.1 No such user"))
    browser = await approved.signed_in("Paula")
    page = (await browser.look(f"/issues/{ISSUE}")).text
    assert "5.1.1 No such user" in page

    await browser.press(f"/issues/{ISSUE}/retry")

    assert await tally(approved.runtime.store, issue) == {S.PENDING: 4}
    assert len(orchestrator.runs) == 1


@pytest.mark.parametrize(
    ("typed", "holds"), [("120", {RELAY: 120}), ("0", {}), ("", {}), ("1 200", {RELAY: 1200})]
)
async def test_the_rate_is_changed(approved: Site, typed: str, holds: dict[str, int]) -> None:
    """For senders at work and to come."""
    await frozen(approved)
    browser = await approved.signed_in("Paula")
    await browser.look(f"/issues/{ISSUE}")

    await browser.press(f"/issues/{ISSUE}/rate", rate=typed)

    assert await rates_in_force(approved.runtime.store, {}) == holds
    wrong = await browser.press(f"/issues/{ISSUE}/rate", rate="fast")
    assert wrong.status_code == 422


async def test_only_those_who_publish_see_addresses(approved: Site) -> None:
    """An editor sees what servers said, and not to whom."""
    issue = await frozen(approved)
    await answered(approved, issue, Outcome(state=S.REFUSED, code=550, reply="5.1.1 No such user"))

    seen = (await (await approved.signed_in("Paula")).look(f"/issues/{ISSUE}")).text
    unseen = (await (await approved.signed_in("Édith")).look(f"/issues/{ISSUE}")).text

    troubled = [one for one in ("liege", "gent", "dublin") if f"{one}.example.org" in seen]
    assert len(troubled) == 1
    assert "example.org" not in unseen
    assert "5.1.1 No such user" in unseen


async def test_who_got_what_is_a_file_and_taking_it_is_written_down(approved: Site) -> None:
    """In UTF-8 with its mark, with what a spreadsheet takes for a formula made text."""
    issue = await frozen(approved)
    await answered(approved, issue, Outcome(state=S.REFUSED, code=550, reply="=cmd|' /C calc'!A0"))
    browser = await approved.signed_in("Paula")

    file = await browser.get(f"/desk/issues/{ISSUE}/deliveries.csv")
    some = await browser.get(f"/desk/issues/{ISSUE}/deliveries.csv?state=refused")

    lines = file.content.decode("utf-8").splitlines()
    assert lines[0] == "\ufeffaddress,city,language,state,code,answer,next attempt"
    assert len(lines) == 5
    assert len(some.text.splitlines()) == 2
    assert "'=cmd|" in some.text
    assert ",=cmd" not in file.text
    assert ("Paula", "deliveries.exported") in await acts(approved)
    assert (await browser.get(f"/desk/issues/{ISSUE}/deliveries.csv?state=x")).status_code == 422


async def test_the_letters_of_a_sending_are_shown_as_they_were_approved(approved: Site) -> None:
    """Whatever became of the article since."""
    await frozen(approved)
    write_article(approved.newsroom.content, title="Un autre titre", body="Un autre texte.\n")
    browser = await approved.signed_in("Édith")

    shown = await browser.get(f"/desk/issues/{ISSUE}/letters/nl")

    assert "Nachtbemiddeling" in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]
    assert (await browser.get(f"/desk/issues/{ISSUE}/letters/de")).status_code == 404


async def test_an_issue_that_is_not_there_says_so(approved: Site) -> None:
    """For each thing that can be asked of one."""
    browser = await approved.signed_in("Paula")
    for path in ("", "/send", "/progress", "/events", "/letters/nl", "/deliveries.csv"):
        assert (await browser.look(f"/issues/none-1{path}")).status_code == 404, path
    for path in ("/pause", "/resume", "/cancel", "/retry", "/rate", "/lists", "/unschedule"):
        assert (await browser.press(f"/issues/none-1{path}")).status_code == 404, path


async def test_the_lists_of_an_issue_that_began_stay(approved: Site) -> None:
    """Its audience is fixed; unknown lists and those of a twin are refused before."""
    browser = await publisher(approved)
    unknown = await browser.press(f"/issues/{ISSUE}/lists", list=["nobody"])
    assert unknown.status_code == 422
    other = await browser.press(f"/articles/{SLUG}/issues", list=["members"])
    assert other.headers["location"].endswith("-2")
    twin = await browser.press(f"/issues/{ISSUE}/lists", list=["members"])
    assert twin.status_code == 422
    await approved.newsroom.freeze(await issue_of(approved))

    late = await browser.press(f"/issues/{ISSUE}/lists", list=["prevention"])

    assert (late.status_code, "can no longer change" in late.text) == (422, True)
