"""What a program is told when something cannot be done: RFC 9457, each kind with its own page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from flows.domain.errors import InputError, NewsletterError, NotDoneError, NotFoundError
from flows.operations.idempotence import KeyReusedError, StillAtWorkError
from flows.operations.limiting import TooManyAttemptsError

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of problem: the status, the title, and what whoever meets it can do."""

    status: int
    title: str
    advice: str


KINDS: Final[Mapping[str, Kind]] = {
    "bad-request": Kind(
        status=400,
        title="The request cannot be read",
        advice="The body is no JSON, or a header is missing or malformed. Mend the request.",
    ),
    "no-token": Kind(
        status=401,
        title="A token is needed",
        advice="Send `Authorization: Bearer TOKEN` with a token that works: not expired, not "
        "revoked, of a person who is let in. Make one: newsletter tokens add NAME --scope read",
    ),
    "not-allowed": Kind(
        status=403,
        title="This token may not do this",
        advice="The token lacks the scope, or its owner lacks the role or the language.",
    ),
    "not-found": Kind(
        status=404,
        title="There is no such thing",
        advice="No article, issue, list or language bears this name.",
    ),
    "wrong-method": Kind(
        status=405,
        title="This cannot be asked of this address",
        advice="The header Allow names the methods that can.",
    ),
    "not-done": Kind(
        status=409,
        title="This cannot be done now",
        advice="The request is right, but a person must act first. `waiting_for` says how.",
    ),
    "at-work": Kind(
        status=409,
        title="The first request with this key is still at work",
        advice="Ask again a little later with the same key: you get its answer.",
    ),
    "too-large": Kind(
        status=413, title="The body is too large", advice="No request needs more than 64 kB."
    ),
    "wrong-type": Kind(
        status=415,
        title="The body is of another type",
        advice="Send JSON with `Content-Type: application/json`.",
    ),
    "invalid": Kind(
        status=422,
        title="The request makes no sense",
        advice="`detail` says what is wrong; `errors` names each field.",
    ),
    "key-reused": Kind(
        status=422,
        title="This key belongs to another request",
        advice="Make a new Idempotency-Key for each new request.",
    ),
    "too-many": Kind(
        status=429,
        title="Too many calls",
        advice="Wait for as many seconds as the header Retry-After says.",
    ),
    "broken": Kind(
        status=500,
        title="Something broke",
        advice="The newsroom's log says more. Asking again may help, with the same key.",
    ),
    "unavailable": Kind(
        status=503,
        title="Something does not answer at the moment",
        advice="Ask again after as many seconds as Retry-After says, with the same key.",
    ),
}


class ProblemError(Exception):
    """A request that ends here, as a problem of a kind."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members
        super().__init__(f"{kind}: {detail}")


def problem_of(error: NewsletterError) -> ProblemError:
    """What the product foresees, as a problem."""
    if isinstance(error, TooManyAttemptsError):
        wait = max(1, round(error.wait.total_seconds()))
        return ProblemError("too-many", headers={"Retry-After": str(wait)})
    headers = {"Retry-After": str(RETRY_SECONDS)} if error.retryable else {}
    return ProblemError(_kind(error), error.sentence, headers=headers, **_members(error))


def _kind(error: NewsletterError) -> str:
    kinds: tuple[tuple[type[NewsletterError], str], ...] = (
        (NotFoundError, "not-found"),
        (InputError, "invalid"),
        (KeyReusedError, "key-reused"),
        (StillAtWorkError, "at-work"),
        (NotDoneError, "not-done"),
    )
    return next((kind for known, kind in kinds if isinstance(error, known)), "unavailable")


def _members(error: NewsletterError) -> dict[str, Any]:
    if isinstance(error, NotDoneError) and error.waiting_for:
        return {"waiting_for": list(error.waiting_for)}
    if isinstance(error, InputError) and error.remedy:
        return {"remedy": error.remedy}
    return {}


def as_response(problem: ProblemError, *, base: str) -> Response:
    """The answer; `base` is the address of the interface, below which each kind has its page."""
    kind = KINDS[problem.kind]
    content = {
        "type": f"{base}/problems/{problem.kind}",
        "title": kind.title,
        "status": kind.status,
        **({"detail": problem.detail} if problem.detail else {}),
        **problem.members,
    }
    return JSONResponse(
        content, status_code=kind.status, headers=problem.headers, media_type=MEDIA_TYPE
    )
