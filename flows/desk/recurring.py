"""What comes again, on the pages of the schedule: making it, changing it, stopping it."""

from typing import Final

from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.rulesheet import RuleSheet
from flows.desk.schedule import rule_choices, schedule_page
from flows.desk.visit import Visit
from flows.domain.errors import InputError, NewsletterError, NotDoneError
from flows.domain.phrases import Phrase
from flows.domain.recurrence import RecurrenceState
from flows.operations.arranging import parse_form
from flows.operations.collecting import names_nothing
from flows.operations.occurring import open_late
from flows.operations.rearranging import Changes, rearrange
from flows.operations.recurring import find_outlook, make_recurrence, turn_recurrence
from flows.runtime.timing import languages_of, parse_policy

TURNS: Final = {
    "rest": RecurrenceState.PAUSED,
    "go-on": RecurrenceState.ACTIVE,
    "end": RecurrenceState.ENDED,
}


async def make(visit: Visit) -> Response:
    """Have something come again, as the form says."""
    runtime, sheet = visit.runtime, RuleSheet.typed(visit.form)
    try:
        made, ahead = parse_form(
            languages_of(runtime.settings),
            each=sheet.each,
            titles=sheet.titles,
            sections=sheet.sections,
            ahead=sheet.ahead_hours(),
        )
        await make_recurrence(
            runtime.store,
            sheet.name,
            rule=sheet.written_rule(),
            zone=sheet.zone,
            lists=sheet.chosen_lists(),
            articles=sheet.articles or "*",
            policy=parse_policy(sheet.policy),
            form=made,
            ahead=ahead,
            now=visit.now,
            by=visit.name,
        )
    except NewsletterError as error:
        return await schedule_page(
            visit, problem=in_words(visit.words, error), status=status_of(error), about="making"
        )
    return visit.go("/schedule", done=_done(visit, sheet, "recurrence-made"))


async def ask(visit: Visit) -> Response:
    """The form with a rule as it holds now."""
    return await _rule_page(visit)


async def change(visit: Visit) -> Response:
    """Change a rule as the form says, if nobody else has since it was shown."""
    runtime, sheet = visit.runtime, RuleSheet.typed(visit.form)
    try:
        await rearrange(
            runtime.store,
            visit.named("name"),
            _changes(sheet),
            languages=languages_of(runtime.settings),
            now=visit.now,
            by=visit.name,
            shown=_shown(visit),
        )
    except NewsletterError as error:
        return await _rule_page(visit, sheet=sheet, error=error)
    return visit.go("/schedule", done=_done(visit, sheet, "rule-changed"))


def _done(visit: Visit, sheet: RuleSheet, what: str) -> str:
    """What was done, and whether no article has such a name yet."""
    unknown = names_nothing(visit.desk.library, sheet.articles or "*")
    return f"{what}-unknown" if unknown else what


def _shown(visit: Visit) -> str:
    """The version that the form was filled with; without one nobody knows what was looked at."""
    if shown := visit.form.text("shown"):
        return shown
    raise InputError(Phrase("Look at the rule before you change it."))


def _changes(sheet: RuleSheet) -> Changes:
    """All that the form says; what only a digest has is not asked of an issue of each article."""
    return Changes(
        rule=sheet.written_rule(),
        zone=sheet.zone,
        lists=sheet.chosen_lists(),
        articles=sheet.articles or "*",
        policy=parse_policy(sheet.policy),
        each=sheet.each,
        titles=None if sheet.each else sheet.titles,
        sections=None if sheet.each else sheet.sections,
        ahead_hours=None if sheet.each else sheet.ahead_hours(),
    )


async def _rule_page(
    visit: Visit, *, sheet: RuleSheet | None = None, error: NewsletterError | None = None
) -> Response:
    """The form of a rule; where somebody else changed it, what it says by now as well."""
    runtime = visit.runtime
    outlook = await find_outlook(runtime.store, visit.named("name"), now=visit.now)
    one = outlook.recurrence
    if one.state is RecurrenceState.ENDED and error is None:
        error = NotDoneError(Phrase("{name} has ended", name=one.name))
    shown = visit.form.text("shown")
    return visit.page(
        "rule.html",
        status=status_of(error) if error else 200,
        problem=in_words(visit.words, error) if error else "",
        what=one,
        sheet=sheet or RuleSheet.of(one),
        changed_meanwhile=bool(sheet and shown and shown != one.version),
        open_issues=[issue for was in outlook.past for issue in was.issues if was.at > visit.now],
        **await rule_choices(visit, zone=one.zone, own=one.lists),
    )


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
        elif act == "end" and visit.form.text("sure") != "yes":
            raise InputError(visit.say("Tick the box first."))
        elif act in TURNS:
            await turn_recurrence(runtime.store, name, TURNS[act], now=visit.now, by=visit.name)
        else:
            raise InputError(visit.say("Say what shall become of it."))
    except NewsletterError as error:
        return await schedule_page(
            visit, problem=in_words(visit.words, error), status=status_of(error)
        )
    return visit.go(f"/schedule?rule={name}", done=f"rule-{act}")
