"""What comes again: made, looked at, stopped and ended by programs."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from flows.desk.api.call import HERE, Call, Reply
from flows.desk.api.shapes import Facts, Shape
from flows.domain.recurrence import OccurrenceState, RecurrenceId, RecurrenceState
from flows.domain.timing import Policy
from flows.operations.arranging import MOST_AHEAD, parse_form
from flows.operations.rearranging import Changes, rearrange
from flows.operations.recurring import (
    Outlook,
    find_outlook,
    list_recurrences,
    make_recurrence,
    turn_recurrence,
)
from flows.runtime.timing import languages_of


class MakeRecurrence(Shape):
    """By which rule what comes again, to whom."""

    name: str = Field(description="what it is called", examples=["monthly-letter"], max_length=80)
    rule: str = Field(
        description="five fields of cron, or a rule of RFC 5545",
        examples=["FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9", "0 9 * * TUE#1"],
        max_length=500,
    )
    zone: str = Field(description="the zone of its hours", examples=["Europe/Brussels"])
    lists: list[str] = Field([], description="the lists; none are all contacts", max_length=200)
    articles: str = Field("*", description="which articles, by name", max_length=200)
    each: bool = Field(False, description="an issue of each article instead of a digest")
    titles: dict[str, str] = Field(
        {},
        description="the digest's title by language, with {day}, {month}, {year}, {date}, {sender}",
        examples=[{"fr": "La lettre de {month} {year}"}],
        max_length=50,
    )
    sections: bool = Field(False, description="articles under their first tags")
    ahead_hours: float | None = Field(
        None,
        description="so many hours before its time the digest is written; usually 48",
        ge=0,
        le=MOST_AHEAD.total_seconds() / 3600,
    )
    policy: Literal["hold", "approved"] | None = Field(
        None, description="what happens at its time if a language is not approved"
    )


class ChangeRecurrence(Shape):
    """What shall be otherwise; what is not named stays."""

    version: str = Field(
        "", description="refuse the change unless this is still what holds", max_length=64
    )
    rule: str | None = Field(None, description="as in making one", max_length=500)
    zone: str | None = Field(
        None, description="the zone of its hours", examples=["Europe/Brussels"]
    )
    lists: list[str] | None = Field(None, description="none are all contacts", max_length=200)
    articles: str | None = Field(None, description="which articles, by name", max_length=200)
    each: bool | None = Field(None, description="an issue of each article instead of a digest")
    titles: dict[str, str] | None = Field(
        None, description="all the digest's titles by language", max_length=50
    )
    sections: bool | None = Field(None, description="articles under their first tags")
    ahead_hours: float | None = Field(
        None,
        description="so many hours before its time the digest is written",
        ge=0,
        le=MOST_AHEAD.total_seconds() / 3600,
    )
    policy: Literal["hold", "approved"] | None = Field(
        None, description="what happens at its time if a language is not approved"
    )


class TurnRecurrence(Shape):
    """What shall become of it."""

    state: Literal["active", "paused", "ended"]
    id: int | None = Field(
        None,
        description="the one that is meant, if another may have its name by now",
        ge=1,
        le=2**31 - 1,
    )


class PastOccurrence(Facts):
    """What became of one of its times."""

    at: datetime
    state: OccurrenceState
    issues: list[str]
    trouble: str = Field("", description="what kept it from being opened when that was tried last")


class RecurrenceStanding(Facts):
    """What comes again, and when."""

    id: int = Field(description="its own for ever; a name can be taken again once it has ended")
    version: str = Field(description="another one as soon as somebody changes it")
    name: str
    rule: str
    zone: str
    lists: list[str] = Field(description="none are all contacts")
    articles: str
    policy: Policy
    each: bool
    titles: dict[str, str]
    sections: bool
    ahead_hours: float
    state: RecurrenceState
    next: list[datetime] = Field(description="its next three times, with the offset of its zone")
    last: list[PastOccurrence] = Field(description="what there was, the latest first")

    @classmethod
    def of(cls, outlook: Outlook) -> Self:
        """As JSON has it."""
        return cls.model_validate(outlook.as_json())


class RecurrenceList(Facts):
    """What comes again, by name; what has ended as well."""

    recurrences: list[RecurrenceStanding]


async def list_all(call: Call) -> Reply:
    """Everything that comes again."""
    found = await list_recurrences(call.runtime.store, now=call.now)
    shown = [RecurrenceStanding.of(one) for one in found]
    return Reply(content=RecurrenceList(recurrences=shown))


async def show(call: Call) -> Reply:
    """One of them."""
    return Reply(content=await _standing(call, call.named("name")))


async def make(call: Call) -> Reply:
    """Have something come again from now on."""
    asked, runtime = call.body(MakeRecurrence), call.runtime
    form, ahead = parse_form(
        languages_of(runtime.settings),
        each=asked.each,
        titles=asked.titles,
        sections=asked.sections,
        ahead=asked.ahead_hours,
    )
    made = await make_recurrence(
        runtime.store,
        asked.name,
        rule=asked.rule,
        zone=asked.zone,
        lists=asked.lists,
        articles=asked.articles,
        policy=Policy(asked.policy) if asked.policy else runtime.settings.schedule.policy,
        form=form,
        ahead=ahead,
        now=call.now,
        by=call.name,
    )
    return Reply(
        content=await _standing(call, made.name),
        status=201,
        headers={"Location": f"{HERE}/recurrences/{made.name}"},
    )


async def change(call: Call) -> Reply:
    """Let it come again otherwise, from its next time on."""
    name, asked = call.named("name"), call.body(ChangeRecurrence)
    said = asked.model_dump(exclude={"version", "policy"})
    await rearrange(
        call.runtime.store,
        name,
        Changes(policy=Policy(asked.policy) if asked.policy else None, **said),
        languages=languages_of(call.runtime.settings),
        now=call.now,
        by=call.name,
        shown=asked.version,
    )
    return Reply(content=await _standing(call, name))


async def turn(call: Call) -> Reply:
    """Let it rest, go on, or end it for ever; the same again changes nothing."""
    asked = call.body(TurnRecurrence)
    turned = await turn_recurrence(
        call.runtime.store,
        call.named("name"),
        RecurrenceState(asked.state),
        now=call.now,
        by=call.name,
        meant=RecurrenceId(asked.id) if asked.id else None,
    )
    return Reply(content=await _standing(call, turned.name))


async def _standing(call: Call, name: str) -> RecurrenceStanding:
    return RecurrenceStanding.of(await find_outlook(call.runtime.store, name, now=call.now))
