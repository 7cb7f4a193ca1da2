"""The form of a rule by which something comes again: empty, filled with a rule, or as typed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Self

from flows.desk.forms import Form
from flows.desk.notices import mark
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.domain.recurrence import Recurrence
from flows.domain.timing import Policy

HOW_OFTEN: Final = {
    "1": mark("the first in the month"),
    "2": mark("the second in the month"),
    "3": mark("the third in the month"),
    "-1": mark("the last in the month"),
    "week": mark("every week"),
    "fortnight": mark("every second week"),
}
"""What most rules are; any other is written as it is."""
DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""As rules name them, in the order of a week."""
HOUR: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
CHOSEN: Final = re.compile(
    r"FREQ=(?P<freq>WEEKLY|MONTHLY);(?P<second>INTERVAL=2;)?BYDAY=(?P<which>1|2|3|-1)?"
    rf"(?P<day>{'|'.join(DAYS)});BYHOUR=(?P<hour>\d\d?)(;BYMINUTE=(?P<minute>\d\d?))?"
)
"""What the choices of the form become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSheet:
    """What stands in the form. `rule` is what was written instead of choosing."""

    name: str = ""
    often: str = "1"
    weekday: str = "TU"
    hour: str = "09:00"
    rule: str = ""
    zone: str = ""
    articles: str = "*"
    lists: Sequence[str] = ()
    everybody: bool = False
    what: str = "digest"
    titles: Mapping[str, str] = field(default_factory=dict)
    sections: bool = False
    ahead: str = ""
    policy: str = Policy.HOLD

    @classmethod
    def typed(cls, form: Form) -> Self:
        """As somebody sent it."""
        return cls(
            name=form.text("name"),
            often=form.text("often"),
            weekday=form.text("weekday"),
            hour=form.text("hour"),
            rule=form.text("rule"),
            zone=form.text("zone"),
            articles=form.text("articles"),
            lists=form.all("list"),
            everybody=form.text("everybody") == "yes",
            what=form.text("what"),
            titles=form.starting("title-"),
            sections=form.text("sections") == "yes",
            ahead=form.text("ahead"),
            policy=form.text("policy"),
        )

    @classmethod
    def of(cls, one: Recurrence) -> Self:
        """Filled with a rule as it holds; one that the choices cannot say is written out."""
        chosen = _choices(one.rule) or {"rule": one.rule}
        return cls(
            name=one.name,
            zone=one.zone,
            articles=one.articles,
            lists=one.lists,
            everybody=not one.lists,
            what="each" if one.form.each else "digest",
            titles={str(language): text for language, text in one.form.titles.items()},
            sections=one.form.sections,
            ahead="" if one.form.each else f"{one.form.ahead / timedelta(hours=1):g}",
            policy=one.policy,
            **chosen,
        )

    @property
    def is_chosen(self) -> bool:
        """Whether the choices say the rule."""
        return not self.rule

    @property
    def each(self) -> bool:
        """Whether each article is an issue of its own."""
        return self.what == "each"

    def written_rule(self) -> str:
        """The rule that was typed, or chosen by its parts. Raises `InputError`."""
        if self.rule:
            return self.rule
        hour = HOUR.fullmatch(self.hour)
        if self.often not in HOW_OFTEN or self.weekday not in DAYS or hour is None:
            raise InputError(Phrase("Choose how often, a day of the week and a time of day."))
        at = f"BYHOUR={int(hour[1])};BYMINUTE={int(hour[2])}"
        if self.often == "week":
            return f"FREQ=WEEKLY;BYDAY={self.weekday};{at}"
        if self.often == "fortnight":
            return f"FREQ=WEEKLY;INTERVAL=2;BYDAY={self.weekday};{at}"
        return f"FREQ=MONTHLY;BYDAY={self.often}{self.weekday};{at}"

    def chosen_lists(self) -> Sequence[str]:
        """The lists, none of them for everybody. Raises `InputError` unless it is one of both."""
        if self.everybody == bool(self.lists):
            raise InputError(Phrase("Choose either lists or everybody."))
        return self.lists

    def ahead_hours(self) -> float | None:
        """How long before its time a digest is written, if somebody said. Raises `InputError`."""
        if not self.ahead:
            return None
        try:
            return float(self.ahead.replace(",", "."))
        except ValueError:
            problem = Phrase("{text!r} is no number of hours", text=self.ahead)
            raise InputError(problem, field="ahead") from None


def _choices(rule: str) -> dict[str, str] | None:
    """The choices that become a rule; `None` if none do."""
    found = CHOSEN.fullmatch(rule)
    if found is None or int(found["hour"]) > 23 or int(found["minute"] or 0) > 59:
        return None
    weekly = found["freq"] == "WEEKLY"
    if weekly == bool(found["which"]) or (found["second"] and not weekly):
        return None
    often = ("fortnight" if found["second"] else "week") if weekly else found["which"]
    hour = f"{int(found['hour']):02}:{int(found['minute'] or 0):02}"
    return {"often": often, "weekday": found["day"], "hour": hour}
