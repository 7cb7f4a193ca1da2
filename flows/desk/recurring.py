"""What comes again, on the page of the schedule: making it, letting it rest, ending it."""

import re
from typing import Final

from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.schedule import DAYS, HOW_OFTEN, schedule_page
from flows.desk.visit import Visit
from flows.domain.errors import InputError, NewsletterError
from flows.domain.phrases import Phrase
from flows.domain.recurrence import RecurrenceState
from flows.operations.occurring import open_late
from flows.operations.recurring import make_recurrence, turn_recurrence
from flows.runtime.timing import parse_form, parse_policy

TURNS: Final = {
    "rest": RecurrenceState.PAUSED,
    "go-on": RecurrenceState.ACTIVE,
    "end": RecurrenceState.ENDED,
}
HOUR: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


async def make(visit: Visit) -> Response:
    """Have something come again, as the form says."""
    runtime, form = visit.runtime, visit.form
    try:
        made, ahead = parse_form(
            runtime.settings,
            each=form.text("what") == "each",
            titles=form.starting("title-"),
            sections=form.text("sections") == "yes",
            ahead=_hours(visit),
        )
        await make_recurrence(
            runtime.store,
            form.text("name"),
            rule=_rule(visit),
            zone=form.text("zone"),
            lists=form.all("list"),
            articles=form.text("articles") or "*",
            policy=parse_policy(form.text("policy")),
            form=made,
            ahead=ahead,
            now=visit.now,
            by=visit.name,
        )
    except NewsletterError as error:
        return await schedule_page(
            visit, problem=in_words(visit.words, error), status=status_of(error), about="making"
        )
    return visit.go("/schedule", done="recurrence-made")


def _hours(visit: Visit) -> float | None:
    written = visit.form.text("ahead")
    if not written:
        return None
    try:
        return float(written.replace(",", "."))
    except ValueError:
        problem = Phrase("{text!r} is no number of hours", text=written)
        raise InputError(problem, field="ahead") from None


def _rule(visit: Visit) -> str:
    """The rule that was typed, or chosen by its parts."""
    form = visit.form
    if written := form.text("rule"):
        return written
    often, day, hour = form.text("often"), form.text("weekday"), HOUR.fullmatch(form.text("hour"))
    if often not in HOW_OFTEN or day not in DAYS or hour is None:
        raise InputError(visit.say("Choose how often, a day of the week and a time of day."))
    at = f"BYHOUR={int(hour[1])};BYMINUTE={int(hour[2])}"
    if often == "week":
        return f"FREQ=WEEKLY;BYDAY={day};{at}"
    if often == "fortnight":
        return f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day};{at}"
    return f"FREQ=MONTHLY;BYDAY={often}{day};{at}"


async def turn(visit: Visit) -> Response:
    """Let what comes again rest, go on or end; or open what was missed of it."""
    runtime, name, act = visit.runtime, visit.named("name"), visit.form.text("act")
    try:
        if act == "open":
            await open_late(
                visit.desk.library,
                runtime.store,
                runtime.newsroom_server(),
                name,
                now=visit.now,
                late_hours=runtime.settings.schedule.late_hours,
                by=visit.name,
            )
        elif act in TURNS:
            await turn_recurrence(runtime.store, name, TURNS[act], now=visit.now, by=visit.name)
        else:
            raise InputError(visit.say("Say what shall become of it."))
    except NewsletterError as error:
        return await schedule_page(
            visit, problem=in_words(visit.words, error), status=status_of(error)
        )
    return visit.go("/schedule", done="recurrence")
