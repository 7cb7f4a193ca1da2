"""What the desk answers when it cannot do what was asked."""

from typing import TYPE_CHECKING

from starlette.responses import Response

from flows.desk.labels import FAULT_EXAMPLES, FAULT_FIELDS
from flows.desk.notices import mark
from flows.desk.words import Words
from flows.domain.errors import (
    EngineUnavailableError,
    InputError,
    NewsletterError,
    NotDoneError,
    NotFoundError,
)
from flows.domain.phrases import Phrase
from flows.operations.limiting import TooManyAttemptsError

if TYPE_CHECKING:
    from flows.desk.visit import Visit

REFUSALS = {
    400: mark("This request cannot be understood."),
    401: mark("Your visit is over. Sign in again."),
    403: mark("This is not for you to do, or the page was too old. Load it again."),
    404: mark("There is no such page."),
    405: mark("This cannot be asked of this page."),
    409: mark("This cannot be done now."),
    413: mark("This is too much text at once."),
    415: mark("This request cannot be understood."),
    421: mark("The desk is not at this address."),
    422: mark("Something is not right yet."),
    429: mark("Too many attempts. Wait a while."),
    503: mark("Something does not answer at the moment. Try again in a while."),
}


def refuse(visit: "Visit", status: int, *, detail: str = "") -> Response:
    """A page that says no. `detail` says why, in the reader's language."""
    return visit.page(
        "refusal.html",
        status=status,
        code=status,
        reason=visit.say(REFUSALS[status]),
        detail=detail,
    )


def answer_fault(visit: "Visit", error: NewsletterError) -> Response:
    """What the program foresees went wrong, as a page with the right status."""
    response = refuse(visit, status_of(error), detail=in_words(visit.words, error))
    if isinstance(error, TooManyAttemptsError):
        response.headers["Retry-After"] = str(max(1, round(error.wait.total_seconds())))
    elif error.retryable:
        response.headers["Retry-After"] = "5"
    return response


def status_of(error: NewsletterError) -> int:
    """The HTTP status of a fault."""
    kinds: tuple[tuple[type[NewsletterError], int], ...] = (
        (NotFoundError, 404),
        (InputError, 422),
        (TooManyAttemptsError, 429),
        (NotDoneError, 409),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), 503)


def in_words(words: Words, error: NewsletterError) -> str:
    """A fault for a person: without the machine's paths, and without commands to type."""
    if isinstance(error, EngineUnavailableError):
        reasons = error.reasons.items()
        return "; ".join(
            words.tell(Phrase("{engine}: {reason}", engine=engine, reason=why))
            for engine, why in reasons
        )
    if isinstance(error, InputError) and error.field:
        field = Phrase(FAULT_FIELDS.get(error.field, "{name}"), name=error.field)
        told = words.tell(Phrase("{field}: {problem}", field=field, problem=error.problem))
        example = FAULT_EXAMPLES.get(error.field)
        return f"{told}. {words.say(example)}" if example else told
    return words.tell(error.sentence)
