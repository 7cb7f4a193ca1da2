"""What is asked of a rule before it counts: its rhythm, its articles, its lists, its form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recurrence import EACH, Form
from flows.operations.patterns import check_titles
from flows.operations.rules import Rhythm, check_rule

LONGEST_PATTERN: Final = 200
PATTERN: Final = re.compile(r"[a-z0-9*?!\[\]-]+")
"""What can match an article's name."""
USUAL_AHEAD: Final = timedelta(hours=48)
MOST_AHEAD: Final = timedelta(days=28)


def parse_form(
    languages: Sequence[Language],
    *,
    each: bool,
    titles: Mapping[str, str],
    sections: bool,
    ahead: float | None,
) -> tuple[Form, timedelta | None]:
    """What a rule makes of its articles, and how many hours ahead if somebody said.

    Raises `InputError` for titles that are none, and for those of an issue of each article.
    """
    if each and (titles or sections or ahead is not None):
        raise InputError(
            Phrase("an issue of each article has no title of its own, no sections, no time ahead"),
            field="each",
        )
    if each:
        return EACH, None
    if ahead is not None and not 0 <= ahead <= MOST_AHEAD / timedelta(hours=1):
        raise InputError(
            Phrase("a digest cannot be written {hours:g} hours ahead", hours=ahead),
            field="ahead",
            remedy=f"Choose at most {MOST_AHEAD / timedelta(hours=1):g} hours.",
        )
    made = Form(titles=check_titles(titles, languages), sections=sections)
    return made, None if ahead is None else timedelta(hours=ahead)


def settled_form(
    rule: str, *, zone: str, articles: str, form: Form, ahead: timedelta | None, now: datetime
) -> Form:
    """A form with the time ahead that goes with a rule. Raises `InputError` for what cannot be."""
    if not PATTERN.fullmatch(articles) or len(articles) > LONGEST_PATTERN:
        problem = Phrase(
            "{text!r} is no article’s name: those have small letters, digits and hyphens alone",
            text=articles[:LONGEST_PATTERN],
        )
        raise InputError(problem, field="articles", remedy="For example: brief-*, or * for all.")
    rhythm = check_rule(rule, zone=zone, now=now)
    return form if form.each else replace(form, ahead=_how_far_ahead(rule, ahead, rhythm))


def _how_far_ahead(rule: str, asked: timedelta | None, rhythm: Rhythm) -> timedelta:
    shortest = rhythm.shortest
    if rhythm.most_a_day > 1:
        raise InputError(
            Phrase("by {rule!r} a digest would come more than once a day", rule=rule),
            field="rule",
            remedy="Choose one time a day, or an issue of each article: --each.",
        )
    if asked is None:
        return min(USUAL_AHEAD, shortest / 2)
    if not timedelta() <= asked <= min(shortest, MOST_AHEAD):
        hours = min(shortest, MOST_AHEAD) / timedelta(hours=1)
        raise InputError(
            Phrase(
                "a digest by {rule!r} cannot be written {asked:g} hours ahead",
                rule=rule,
                asked=asked / timedelta(hours=1),
            ),
            field="ahead",
            remedy=f"Choose at most {hours:g} hours.",
        )
    return asked
