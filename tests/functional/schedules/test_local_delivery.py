"""The same hour everywhere: letters that leave as the earth turns, and what is shown meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from flows.domain.contact import City
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import Issue, IssueState
from flows.domain.timing import Wall
from flows.domain.waiting import Need
from flows.operations.addressing import Departure
from flows.operations.delivering import resume_issue
from flows.operations.issues import (
    cancel_issue,
    hold_back,
    pause_issue,
    schedule_issue,
    send_now,
)
from flows.operations.planning import next_try
from flows.operations.reporting import report_issue
from flows.operations.sending import LONGEST_WAIT
from flows.operations.settling import finish_issue
from flows.operations.standing import what_keeps
from flows.operations.times import show_time
from flows.operations.timing import take_time_away
from flows.operations.zones import (
    keep_first_instant,
    leavings_of,
    missed_hours,
    patience_for,
    schedule_locally,
)
from flows.store.cities import keep_cities
from flows.store.database import Store
from flows.store.issues import get_issue
from flows.store.tables import cities
from tests.functional.builders import (
    EN,
    FR,
    NL,
    NOW,
    an_approved_issue,
    freeze,
    ledger_lines,
    settle,
    some_contacts,
    take,
    tally,
)

S = DeliveryState
TAKEN = Outcome(state=S.ACCEPTED, code=250, reply="OK")

NINE = Wall(datetime(2026, 12, 3, 9))  # noqa: DTZ001 - what clocks show
AUCKLAND = datetime(2026, 12, 2, 20, tzinfo=UTC)
BRUSSELS = datetime(2026, 12, 3, 8, tzinfo=UTC)
NEW_YORK = datetime(2026, 12, 3, 14, tzinfo=UTC)

# The builders' readers live in Rotterdam, Leicester, Liège and so on.
ROUND_THE_EARTH = (
    City(name="Rotterdam", country="NZ", language=NL, timezone="Pacific/Auckland"),
    City(name="Leicester", country="US", language=EN, timezone="America/New_York"),
    City(name="Liège", country="BE", language=FR, timezone="Europe/Brussels"),
)


async def an_issue(store: Store, *, contacts: int = 6) -> Issue:
    """An approved issue for readers on three continents."""
    issue = await an_approved_issue(store, contacts=contacts)
    async with store.writing() as tx:
        await keep_cities(tx, ROUND_THE_EARTH, now=NOW)
    return issue


async def plan(
    store: Store,
    issue: Issue,
    wall: Wall = NINE,
    *,
    now: datetime = NOW,
    send_late: bool = False,
    network: str = "Europe/Brussels",
) -> Issue:
    """Has an issue leave at an hour everywhere."""
    return await schedule_locally(
        store,
        issue.id,
        wall,
        network=network,
        late_hours=6,
        now=now,
        by="Paula",
        send_late=send_late,
    )


async def send_what_is_due(store: Store, issue: Issue, *, now: datetime) -> int:
    """Takes and settles what may leave, then adds up as a run does; how many letters."""
    claims = await take(store, issue, now=now)
    await settle(store, claims, TAKEN)
    await finish_issue(store, issue.id, now=now)
    return len(claims)


async def missed(store: Store, issue: Issue, *, now: datetime) -> str:
    """Where letters are too late to leave unasked."""
    return await missed_hours(store, issue.id, network="Europe/Brussels", now=now, late_hours=6)


async def state_of(store: Store, issue: Issue) -> IssueState:
    """Where an issue is."""
    async with store.reading() as tx:
        return (await get_issue(tx, issue.id)).state


async def test_an_issue_begins_where_the_hour_comes_first(store: Store) -> None:
    """And what leaves when is known before: instants, zones, cities, readers."""
    issue = await plan(store, await an_issue(store))

    assert (issue.scheduled_at, issue.zone, issue.wall) == (AUCKLAND, "Pacific/Auckland", NINE)
    leavings = await leavings_of(store, issue, network="Europe/Brussels", now=NOW)
    assert [(one.at, one.zones, one.cities, one.readers) for one in leavings] == [
        (AUCKLAND, ("Pacific/Auckland",), ("Rotterdam",), 2),
        (BRUSSELS, ("Europe/Brussels",), ("Liège",), 2),
        (NEW_YORK, ("America/New_York",), ("Leicester",), 2),
    ]
    assert leavings[0].as_json() == {
        "at": "2026-12-03T09:00:00+13:00",
        "zones": ["Pacific/Auckland"],
        "cities": ["Rotterdam"],
        "readers": 2,
    }
    assert show_time(issue, now=NOW) == (
        "2026-12-03 09:00 local time, first 2026-12-03 09:00 Pacific/Auckland (+13:00), in 1 d 12 h"
    )


async def test_each_letter_leaves_at_its_city_s_hour_and_the_issue_is_sent_after_the_last(
    store: Store,
) -> None:
    """Between two zones it is still being sent, nobody is needed, and its next run is known."""
    issue = await plan(store, await an_issue(store))
    with pytest.raises(NotDoneError, match="is not due before 2026-12-02 20:00"):
        await freeze(store, issue, now=AUCKLAND - timedelta(seconds=1))
    await freeze(store, issue, now=AUCKLAND)

    for at, following in ((AUCKLAND, BRUSSELS), (BRUSSELS, NEW_YORK)):
        assert await send_what_is_due(store, issue, now=at - timedelta(seconds=1)) == 0
        assert await send_what_is_due(store, issue, now=at) == 2
        assert await state_of(store, issue) is IssueState.SENDING
        report = await report_issue(store, issue.id, now=at)
        assert next_try(report, now=at) == following
        (wait,) = what_keeps(report, now=at)
        assert wait.need is Need.HOUR
        assert "leave when it is 2026-12-03 09:00 in their cities" in wait.what

    assert await send_what_is_due(store, issue, now=NEW_YORK) == 2
    assert await state_of(store, issue) is IssueState.SENT
    assert next_try(await report_issue(store, issue.id, now=NEW_YORK), now=NEW_YORK) is None


async def test_a_run_does_not_wait_for_the_next_zone(store: Store) -> None:
    """It waits no longer than the undo window and the first wave, and is planned anew."""
    departure = Departure(undo=timedelta(minutes=1), head_start=timedelta(minutes=10))
    issue = await plan(store, await an_issue(store))
    assert await patience_for(store, issue.id, departure=departure) == timedelta(minutes=12)

    other = await schedule_issue(store, issue.id, at=BRUSSELS, zone="UTC", now=NOW)
    assert other.wall is None
    assert await patience_for(store, issue.id, departure=departure) == LONGEST_WAIT


async def test_a_deferred_letter_does_not_make_an_issue_incomplete_between_zones(
    store: Store,
) -> None:
    """It is tried again by itself, as the rest leaves by itself."""
    issue = await plan(store, await an_issue(store))
    await freeze(store, issue, now=AUCKLAND)
    claims = await take(store, issue, now=AUCKLAND)
    again = AUCKLAND + timedelta(minutes=5)
    later = Outcome(state=S.DEFERRED, code=450, reply="later")
    await settle(store, claims, later, next_at=again)

    await finish_issue(store, issue.id, now=AUCKLAND)

    assert await state_of(store, issue) is IssueState.SENDING
    assert next_try(await report_issue(store, issue.id, now=AUCKLAND), now=AUCKLAND) == again


async def test_trouble_between_zones_is_told(store: Store) -> None:
    """A relay that did not answer leaves letters behind: incomplete, and tried again soon."""
    issue = await plan(store, await an_issue(store))
    await freeze(store, issue, now=AUCKLAND)

    await finish_issue(store, issue.id, now=AUCKLAND, trouble="the relay is away")

    report = await report_issue(store, issue.id, now=AUCKLAND)
    assert report.issue.state is IssueState.INCOMPLETE
    assert next_try(report, now=AUCKLAND) == AUCKLAND + timedelta(minutes=5)
    assert [one.need for one in what_keeps(report, now=AUCKLAND)] == [Need.ANOTHER_TRY, Need.HOUR]


async def test_pause_and_cancel_hold_for_zones_to_come(store: Store) -> None:
    """A paused issue hands nothing over; a cancelled one never will."""
    issue = await plan(store, await an_issue(store))
    await freeze(store, issue, now=AUCKLAND)
    await send_what_is_due(store, issue, now=AUCKLAND)
    await pause_issue(store, issue.id, because="wait", now=AUCKLAND)
    assert await take(store, issue, now=BRUSSELS) == []
    await resume_issue(store, issue.id, now=BRUSSELS)
    assert len(await take(store, issue, now=BRUSSELS)) == 2

    _, spared = await cancel_issue(store, issue.id, now=BRUSSELS)

    assert spared == 2
    assert await tally(store, issue) == {S.ACCEPTED: 2, S.CLAIMED: 2, S.CANCELLED: 2}
    assert await take(store, issue, now=NEW_YORK) == []


async def test_cities_whose_hour_passed_long_ago_are_named_and_asked_about(store: Store) -> None:
    """Said so, their letters leave at once; the others' at their hour."""
    issue, late = await an_issue(store), AUCKLAND + timedelta(hours=7)

    with pytest.raises(NotDoneError, match=r"more than 6 hours ago") as caught:
        await plan(store, issue, now=late)
    assert "Rotterdam (readers: 2)" in str(caught.value)
    assert "--send-late" in str(caught.value)

    issue = await plan(store, issue, now=late, send_late=True)
    assert issue.scheduled_at == late
    await freeze(store, issue, now=late)
    times = [line.next_at for line in await ledger_lines(store, issue)]
    assert times == [late, NEW_YORK, BRUSSELS] * 2


async def test_an_hour_that_passed_a_little_ago_is_sent_at_once(store: Store) -> None:
    """By the late rule; nobody is asked."""
    soon = AUCKLAND + timedelta(hours=5)
    issue = await plan(store, await an_issue(store), now=soon)
    assert issue.scheduled_at == soon


async def test_an_hour_that_passed_everywhere_is_refused(store: Store) -> None:
    """As any time in the past."""
    with pytest.raises(InputError, match="has passed everywhere"):
        await plan(store, await an_issue(store), now=NEW_YORK)


async def test_an_issue_that_has_begun_keeps_its_hour(store: Store) -> None:
    """Its first letter may have left."""
    issue = await plan(store, await an_issue(store))
    await freeze(store, issue, now=AUCKLAND)
    with pytest.raises(NotDoneError, match="its time can no longer change"):
        await plan(store, issue, now=AUCKLAND)


async def test_a_newsroom_that_was_down_over_a_zone_s_hour_asks(store: Store) -> None:
    """More than the late rule allows; after a person's word they leave, and it asks no more."""
    issue = await plan(store, await an_issue(store))
    await freeze(store, issue, now=AUCKLAND)
    await send_what_is_due(store, issue, now=AUCKLAND)
    assert await missed(store, issue, now=BRUSSELS) == ""
    late = BRUSSELS + timedelta(hours=7)

    why = await missed(store, issue, now=late)

    assert why == "2026-12-03 09:00 passed more than 6 hours ago in Liège"
    await pause_issue(store, issue.id, because=why, now=late)
    await resume_issue(store, issue.id, now=late)
    assert await missed(store, issue, now=late) == ""
    assert await send_what_is_due(store, issue, now=late) == 4


async def add_rotterdam(store: Store) -> None:
    """A list with readers east of all others comes in."""
    async with store.writing() as tx:
        await keep_cities(tx, ROUND_THE_EARTH, now=NOW)


async def begin(store: Store, issue: Issue, *, now: datetime) -> Issue:
    """Freezes an issue as the flow does, with the late rule."""
    return await freeze(store, issue, now=now, late_hours=6)


async def test_a_city_that_comes_late_is_asked_about_before_its_letters_leave(
    store: Store,
) -> None:
    """Its hour passed before the first of all others; a person's word lets them go, for good."""
    issue = await plan(store, await an_approved_issue(store))  # all in Central Europe or London
    await add_rotterdam(store)
    assert issue.scheduled_at == BRUSSELS

    begun = await begin(store, issue, now=BRUSSELS)

    why = "2026-12-03 09:00 passed more than 6 hours ago in Rotterdam"
    assert (begun.state, begun.reason) == (IssueState.PAUSED, why)
    assert await missed(store, issue, now=BRUSSELS) == why
    assert await take(store, issue, now=BRUSSELS) == []
    begun = await resume_issue(store, issue.id, now=BRUSSELS)
    assert begun.let_go_at == BRUSSELS
    assert await missed(store, issue, now=BRUSSELS) == ""
    assert await send_what_is_due(store, issue, now=BRUSSELS) == 4


async def test_who_said_send_late_is_not_asked_again(store: Store) -> None:
    """The word is kept with the issue until it has another time."""
    late = AUCKLAND + timedelta(hours=7)
    issue = await plan(store, await an_issue(store), now=late, send_late=True)
    assert issue.let_go_at == late

    begun = await begin(store, issue, now=late)

    assert begun.state is IssueState.SENDING
    assert await missed(store, issue, now=late) == ""
    assert len(await take(store, issue, now=late)) == 2


async def test_another_time_needs_another_word(store: Store) -> None:
    """What was said of one time holds for no other, and for none that was taken away."""
    late = AUCKLAND + timedelta(hours=7)
    issue = await plan(store, await an_issue(store), now=late, send_late=True)
    later = Wall(datetime(2026, 12, 4, 9))  # noqa: DTZ001 - what clocks show
    assert (await plan(store, issue, later, now=late)).let_go_at is None
    issue = await plan(store, issue, now=late, send_late=True)
    async with store.writing() as tx:
        issue = await take_time_away(tx, issue, now=late, by="Paula")
    assert issue.let_go_at is None


async def test_a_sending_that_takes_long_is_not_late(store: Store) -> None:
    """At a low rate the letters of an hour leave for many hours; a restart asks nobody."""
    issue = await plan(store, await an_issue(store))
    await freeze(store, issue, now=AUCKLAND)
    late = BRUSSELS + timedelta(hours=7)
    await settle(store, await take(store, issue, limit=1, now=late - timedelta(minutes=1)), TAKEN)

    assert await missed(store, issue, now=late) == ""
    assert await missed(store, issue, now=late + timedelta(hours=7)) != ""


async def test_an_issue_for_one_instant_asks_nothing_of_that_kind(store: Store) -> None:
    """What was cut off of it goes on at once, as ever."""
    issue = await freeze(store, await an_issue(store))
    late = NOW + timedelta(days=1)
    assert await missed(store, issue, now=late) == ""


async def test_the_first_instant_follows_the_audience(store: Store) -> None:
    """A city further east came in; one whose hour has passed by then waits for the others."""
    issue = await plan(store, await an_issue(store))
    async with store.writing() as tx:
        city = cities.update().where(cities.c.name == "Leicester")
        await tx.execute(city.values(timezone="Pacific/Kiritimati"))
    earlier = datetime(2026, 12, 2, 19, tzinfo=UTC)

    moved = await keep_first_instant(store, issue.id, network="UTC", now=NOW)

    assert moved is not None
    assert (moved.scheduled_at, moved.zone) == (earlier, "Pacific/Kiritimati")
    assert await keep_first_instant(store, issue.id, network="UTC", now=NOW) is None
    again = await keep_first_instant(store, issue.id, network="UTC", now=earlier)
    assert again is None, "its time has come: nothing moves it any more"


async def test_an_unknown_zone_is_the_network_s(store: Store) -> None:
    """A city's row may be older than the rule that zones are known."""
    issue = await an_issue(store)
    async with store.writing() as tx:
        await tx.execute(
            update(cities).where(cities.c.name == "Leicester").values(timezone="Mars/Olympus")
        )

    issue = await plan(store, issue)

    leavings = await leavings_of(store, issue, network="Europe/Brussels", now=NOW)
    assert [(one.at, one.cities) for one in leavings] == [
        (AUCKLAND, ("Rotterdam",)),
        (BRUSSELS, ("Leicester", "Liège")),
    ]


async def test_without_an_audience_the_network_s_hour_counts(store: Store) -> None:
    """Lists may be imported later."""
    issue = await an_issue(store, contacts=0)
    issue = await plan(store, issue)
    assert (issue.scheduled_at, issue.zone) == (BRUSSELS, "Europe/Brussels")


async def test_sending_now_or_holding_back_forgets_the_hour(store: Store) -> None:
    """Then everybody gets it at once, or nobody does."""
    issue = await plan(store, await an_issue(store))
    held = await hold_back(store, issue.id, now=NOW, by="Paula")
    assert (held.wall, held.scheduled_at) == (None, None)
    await plan(store, issue)
    now = await send_now(store, issue.id, now=NOW)
    assert (now.wall, now.scheduled_at) == (None, None)
    await freeze(store, now)
    assert {line.next_at for line in await ledger_lines(store, now)} == {NOW}


async def test_a_late_comer_is_not_in_an_audience_that_is_fixed(store: Store) -> None:
    """The audience is that of the first instant, also for zones that come later."""
    issue = await plan(store, await an_issue(store))
    await freeze(store, issue, now=AUCKLAND)
    await some_contacts(store, 3, first=7)
    assert len(await ledger_lines(store, issue)) == 6
