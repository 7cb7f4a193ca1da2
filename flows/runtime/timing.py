"""When an issue shall leave, as somebody wrote it, by the settings."""

from collections.abc import Mapping
from datetime import timedelta

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recurrence import EACH, Form
from flows.domain.timing import Policy
from flows.operations.launching import Wish
from flows.operations.patterns import check_titles
from flows.operations.recurring import MOST_AHEAD
from flows.operations.times import parse_when
from flows.settings.model import Settings


def wish_of(
    settings: Settings, *, at: str | None = None, policy: str | None = None, send_late: bool = False
) -> Wish:
    """What was written, with the rules that hold here. Raises `InputError` for what is neither."""
    return Wish(
        at=parse_when(at) if at else None,
        policy=parse_policy(policy) if policy else None,
        network=settings.desk.timezone,
        late_hours=settings.schedule.late_hours,
        send_late=send_late,
    )


def parse_policy(written: str) -> Policy:
    """`hold` or `approved`."""
    try:
        return Policy(written)
    except ValueError:
        words = " or ".join(Policy)
        raise InputError(
            Phrase("{written!r} is not {words}", written=written, words=words), field="policy"
        ) from None


def parse_form(
    settings: Settings,
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
    made = Form(titles=check_titles(titles, languages_of(settings)), sections=sections)
    return made, None if ahead is None else timedelta(hours=ahead)


def languages_of(settings: Settings) -> tuple[Language, ...]:
    """The newsletter's languages, that of its sources first."""
    tags = (settings.source_language, *settings.target_languages)
    return tuple(Language(one) for one in tags)
