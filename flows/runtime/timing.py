"""When an issue shall leave, as somebody wrote it, by the settings."""

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.timing import Policy
from flows.operations.launching import Wish
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


def languages_of(settings: Settings) -> tuple[Language, ...]:
    """The newsletter's languages, that of its sources first."""
    tags = (settings.source_language, *settings.target_languages)
    return tuple(Language(one) for one in tags)
