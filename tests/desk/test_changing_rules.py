"""A rule that is changed: on the desk and by programs, and what stays as it was."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import delete

from flows.desk.rulesheet import RuleSheet
from flows.domain.issue import IssueId
from flows.domain.recurrence import EACH, Form, Recurrence
from flows.domain.timing import Policy
from flows.domain.token import Scope
from flows.operations.auditing import Search, search_events
from flows.operations.issues import cancel_issue
from flows.operations.occurring import open_due
from flows.operations.rearranging import Changes, rearrange
from flows.operations.recurring import find_outlook, make_recurrence
from flows.store.issues import find_issues
from flows.store.people import lists as described_lists
from flows.store.tables import memberships
from tests.desk.conftest import Browser, Site
from tests.desk.programs import a_program
from tests.desk.test_schedule_on_the_desk import MAKING, field_of, planned
from tests.functional.editorial.conftest import EN, FR, SLUG

INPUT = re.compile(r"<input\b[^>]*>")
OPTION = re.compile(r'<select[^>]* name="(\w+)">(.*?)</select>', re.DOTALL)
PAGE = "/schedule/recurring/monthly"
SAVE = f"{PAGE}/rule"


def attribute(tag: str, name: str) -> str:
    """What an element says of itself."""
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def filled(page: str) -> dict[str, Any]:
    """The fields of the page's form, as a browser without scripts would send them."""
    form = page[page.index(f'action="/desk{SAVE}"') :].partition("</form>")[0]
    fields: dict[str, Any] = {}
    for tag in INPUT.findall(form):
        kind, name = attribute(tag, "type"), attribute(tag, "name")
        if kind in {"checkbox", "radio"} and not tag.endswith(" checked>"):
            continue
        fields[name] = attribute(tag, "value")
    for name, options in OPTION.findall(form):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = unescape(chosen[1]) if chosen else ""
    return fields


async def made(site: Site, **wanted: Any) -> Recurrence:
    """A digest on the first Tuesday of each month."""
    usual: Mapping[str, Any] = {
        "rule": "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9;BYMINUTE=0",
        "zone": "Europe/Brussels",
        "lists": ["members"],
        "articles": "*",
        "policy": Policy.HOLD,
        "form": Form(titles={FR: "La lettre de {month}", EN: "The {month} letter"}),
    }
    return await make_recurrence(
        site.runtime.store, "monthly", **{**usual, **wanted}, now=site.clock(), by="Paula"
    )


async def now_of(site: Site) -> Recurrence:
    """The rule as it holds."""
    return (await find_outlook(site.runtime.store, "monthly", now=site.clock())).recurrence


async def at_the_form(site: Site) -> tuple[Browser, dict[str, Any]]:
    """A publisher before the form, and what stands in it."""
    browser = await site.signed_in("Paula")
    answer = await browser.look(PAGE)
    assert answer.status_code == 200
    return browser, filled(answer.text)


async def test_the_form_is_filled_with_the_rule_and_saving_it_changes_nothing(
    approved: Site,
) -> None:
    """As a browser without scripts sends it back."""
    before = await made(approved)
    browser, fields = await at_the_form(approved)
    assert (fields["often"], fields["weekday"], fields["hour"]) == ("1", "TU", "09:00")
    assert (fields["list"], fields["title-en"]) == ("members", "The {month} letter")
    assert (fields["what"], fields["ahead"], fields["policy"]) == ("digest", "48", "hold")

    answer = await browser.press(SAVE, **fields)

    assert answer.headers["location"] == "/desk/schedule?done=rule-changed", answer.text
    assert await now_of(approved) == before


async def test_a_publisher_changes_every_part_of_a_rule(approved: Site) -> None:
    """The next times follow, and the audit trail says what is otherwise."""
    await made(approved)
    browser, fields = await at_the_form(approved)
    wanted = MAKING | {"often": "-1", "weekday": "FR", "hour": "10:30", "zone": "Europe/London"}
    del fields["list"]

    await browser.press(SAVE, **(wanted | {"shown": fields["shown"]}))

    after = await now_of(approved)
    assert after.rule == "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=10;BYMINUTE=30"
    assert (after.zone, after.articles, after.policy) == (
        "Europe/London",
        "brief-*",
        Policy.APPROVED,
    )
    assert after.form == Form(
        titles={FR: "La lettre de {month}", EN: "The {month} letter"},
        sections=True,
        ahead=timedelta(hours=72),
    )
    page = " ".join((await browser.look("/schedule")).text.split())
    assert "Friday 27 November 2026 at 10:30 Europe/London (UTC+00:00)" in page
    trail = await search_events(approved.runtime.store, Search(actor="Paula"), at_most=10)
    (told,) = [one for one in trail.events if one.action == "recurrence.changed"]
    assert told.facts["rule"] == after.rule
    assert "titles" not in told.facts


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(approved: Site) -> None:
    """Both are shown; saving once more takes the place of the other."""
    await made(approved)
    browser, fields = await at_the_form(approved)
    store = approved.runtime.store
    await rearrange(
        store,
        "monthly",
        Changes(articles="news-*"),
        languages=[FR, EN],
        now=approved.clock(),
        by="X",
    )

    answer = await browser.press(SAVE, **(fields | {"hour": "11:00"}))

    assert answer.status_code == 409
    assert "somebody else has changed monthly" in answer.text.casefold()
    assert "news-*" in answer.text
    again = filled(answer.text)
    assert (again["hour"], again["articles"]) == ("11:00", "*")
    assert (await now_of(approved)).articles == "news-*"
    assert (await browser.press(SAVE, **again)).status_code == 303
    assert (await now_of(approved)).articles == "*"
    assert (await browser.press(SAVE, **(again | {"shown": ""}))).status_code == 422


async def test_a_rule_that_the_choices_cannot_say_is_written_out(approved: Site) -> None:
    """And an issue of each article has no time ahead; becoming a digest it has the usual one."""
    await made(approved, rule="0 9 * * TUE#1", zone="America/Lima", form=EACH)
    browser, fields = await at_the_form(approved)
    assert (fields["rule"], fields["zone"]) == ("0 9 * * TUE#1", "America/Lima")
    assert (fields["what"], fields["ahead"]) == ("each", "")

    answer = await browser.press(SAVE, **(fields | {"what": "digest", "title-fr": "La lettre"}))

    assert answer.status_code == 303, answer.text
    form = (await now_of(approved)).form
    assert form == Form(titles={FR: "La lettre"}, ahead=timedelta(hours=48))
    fields = filled((await browser.look(PAGE)).text)
    await browser.press(SAVE, **(fields | {"what": "each"}))
    assert (await now_of(approved)).form == EACH


@pytest.mark.parametrize(
    ("rule", "choices"),
    [
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=8;BYMINUTE=5", ("week", "MO", "08:05")),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;BYHOUR=23", ("fortnight", "SU", "23:00")),
        ("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=16", ("-1", "FR", "16:00")),
        ("FREQ=WEEKLY;BYDAY=1MO;BYHOUR=8", None),
        ("FREQ=MONTHLY;BYDAY=MO;BYHOUR=8", None),
        ("FREQ=MONTHLY;BYDAY=1MO;BYHOUR=8;COUNT=3", None),
    ],
)
async def test_choices_stand_for_the_rules_that_they_become(
    approved: Site, rule: str, choices: tuple[str, str, str] | None
) -> None:
    """Any other rule stands as it is written."""
    sheet = RuleSheet.of(await made(approved, rule=rule))
    if choices is None:
        assert sheet.written_rule() == sheet.rule == rule
        return
    assert (sheet.often, sheet.weekday, sheet.hour, sheet.rule) == (*choices, "")
    assert sheet.written_rule().removesuffix(";BYMINUTE=0") == rule


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"rule": "every month"}, "is not five fields of cron"),
        ({"hour": ""}, "Choose how often"),
        ({"ahead": "soon"}, "is no number of hours"),
        ({"ahead": "2000"}, "cannot be written 2000 hours ahead"),
        ({"title-fr": "{Month}"}, "nothing can stand for {Month}"),
        ({"list": "none"}, "there is no list"),
        ({"articles": "Banc Public"}, "is no article’s name"),
    ],
)
async def test_a_change_that_cannot_be_is_told_above_what_was_typed(
    approved: Site, typed: dict[str, str], problem: str
) -> None:
    """And nothing is changed."""
    before = await made(approved)
    browser, fields = await at_the_form(approved)

    wanted = fields | {"articles": "mine-*"} | typed
    answer = await browser.press(SAVE, **wanted)

    assert answer.status_code in {404, 422}
    assert problem.casefold() in unescape(answer.text).casefold()
    assert filled(answer.text)["articles"] == wanted["articles"]
    assert await now_of(approved) == before


async def test_what_is_open_keeps_its_time_and_its_day_gets_nothing_else(approved: Site) -> None:
    """A digest of Tuesday that is written already, and a rule that comes an hour later from now."""
    await made(approved, rule="FREQ=WEEKLY;BYDAY=TU;BYHOUR=9")
    library, store = approved.desk.library, approved.runtime.store
    approved.clock.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    await open_due(library, store, None, now=approved.clock(), late_hours=6)
    browser, fields = await at_the_form(approved)
    assert "Open already, and not changed by this" in (await browser.look(PAGE)).text

    assert (await browser.press(SAVE, **(fields | {"hour": "10:00"}))).status_code == 303

    async with store.reading() as tx:
        (issue,) = await find_issues(tx)
    assert issue.scheduled_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    outlook = await find_outlook(store, "monthly", now=approved.clock())
    assert outlook.coming[0] == datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
async def emptied(approved: Site) -> Recurrence:
    """A rule for a list that nobody is on any more, and that is described nowhere."""
    before = await made(approved)
    async with approved.runtime.store.writing() as tx:
        await tx.execute(delete(memberships))
        await tx.execute(delete(described_lists))
    return before


async def test_a_list_that_nobody_is_on_any_more_stays_that_of_its_rule(
    approved: Site, emptied: Recurrence
) -> None:
    """It is offered and ticked: another change does not make everybody of it."""
    browser, fields = await at_the_form(approved)
    assert fields["list"] == "members"

    answer = await browser.press(SAVE, **(fields | {"hour": "10:00"}))

    assert answer.status_code == 303, answer.text
    after = await now_of(approved)
    assert (after.lists, "BYHOUR=10" in after.rule) == (emptied.lists, True)


async def test_everybody_is_chosen_and_never_what_is_left(approved: Site) -> None:
    """Neither lists nor everybody is refused, and both as well, of new rules, too."""
    before = await made(approved)
    browser, fields = await at_the_form(approved)
    nobody = {name: value for name, value in fields.items() if name != "list"}
    everybody = {"everybody": "yes"}
    for wrong in (nobody, fields | everybody):
        answer = await browser.press(SAVE, **wrong)
        assert answer.status_code == 422
        assert "Choose either lists or everybody." in answer.text
    new = {**MAKING, "name": "other", "list": ""}
    assert (await browser.press("/schedule/recurring", **new)).status_code == 422
    assert await now_of(approved) == before

    assert (await browser.press(SAVE, **(nobody | everybody))).status_code == 303
    assert (await browser.press("/schedule/recurring", **(new | everybody))).status_code == 303

    assert (await now_of(approved)).lists == ()
    again = filled((await browser.look(PAGE)).text)
    assert (again["everybody"], "list" in again) == ("yes", False)


async def test_only_publishers_come_to_the_form(approved: Site) -> None:
    """An editor is led to no form, and none of theirs is taken; nor is one of what has ended."""
    await made(approved)
    editor = await approved.signed_in("Édith")
    assert PAGE not in (await editor.look("/schedule")).text
    assert (await editor.look(PAGE)).status_code == 403
    assert (await editor.press(SAVE, **MAKING)).status_code == 403
    browser, fields = await at_the_form(approved)
    assert (await browser.look("/schedule/recurring/none")).status_code == 404
    await browser.press(PAGE, act="end", sure="yes")
    assert (await browser.press(SAVE, **fields)).status_code == 409
    assert f'action="/desk{SAVE}"' not in (await browser.look(PAGE)).text


async def test_what_has_ended_stands_apart_and_what_is_cancelled_looks_so(approved: Site) -> None:
    """The rule among those that come no more; the issue struck out on its day, planned no more."""
    await made(approved)
    await planned(approved)
    await cancel_issue(
        approved.runtime.store, IssueId(f"{SLUG}-1"), now=approved.clock(), by="Paula"
    )
    browser = await approved.signed_in("Paula")
    await browser.look("/schedule")
    await browser.press(PAGE, act="end", sure="yes")

    page = (await browser.look("/schedule?month=2026-12")).text

    day = field_of(page, "2026-12-01")
    assert "day-over" in day
    assert "cancelled" in day
    assert "Nothing is planned." in page
    _, _, over = page.partition("Comes no more")
    assert "monthly" in over
    assert 'value="go-on"' not in page


async def test_a_program_changes_what_it_names_and_nothing_else(approved: Site) -> None:
    """The same again changes nothing; a version that is not what holds is refused."""
    await made(approved)
    program = await a_program(approved, "Paula", Scope.READ, Scope.PUBLISH)
    before = (await program.ask("GET", "/recurrences/monthly")).json()

    answer = await program.ask(
        "PATCH", "/recurrences/monthly", json={"zone": "UTC", "version": before["version"]}
    )

    after = answer.json()
    assert (answer.status_code, after["zone"]) == (200, "UTC")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"zone", "version", "next"}
    again = await program.ask("PATCH", "/recurrences/monthly", json={"zone": "UTC"})
    assert again.json() == after
    late = {"zone": "Europe/Paris", "version": before["version"]}
    for body, status in ((late, 409), ({"zone": "Mars"}, 422), ({"each": True}, 200)):
        answer = await program.ask("PATCH", "/recurrences/monthly", json=body)
        assert answer.status_code == status, answer.text
    assert answer.json()["titles"] == {}


async def test_ending_one_that_has_ended_ends_no_other_of_its_name(approved: Site) -> None:
    """By its number, however often a program repeats itself; a foreign number is nothing's."""
    program = await a_program(approved, "Paula", Scope.READ, Scope.PUBLISH)
    first = await made(approved)
    end = {"state": "ended", "id": first.id}
    assert (await program.ask("POST", "/recurrences/monthly/state", json=end)).status_code == 200
    second = await made(approved)

    answer = await program.ask("POST", "/recurrences/monthly/state", json=end)

    assert (answer.status_code, answer.json()["id"]) == (200, first.id)
    assert (await now_of(approved)) == second
    foreign = {"state": "ended", "id": 99}
    answer = await program.ask("POST", "/recurrences/monthly/state", json=foreign)
    assert answer.status_code == 404
