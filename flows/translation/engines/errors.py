"""What can go wrong between us and a translation engine.

    NewsletterError
    └── EngineError                  what one engine could not do
        ├── EngineUnreachableError   no answer, or 5xx (also a TransientError)
        │   └── EngineBusyError      429: it asks us to slow down
        ├── QuotaSpentError          no more today
        ├── KeyRefusedError          it does not know our key
        ├── UnsupportedPairError     it does not translate between these languages
        ├── BadAnswerError           what came back is no translation of what was asked
        │   └── RequestRefusedError  the service finds fault with what was asked (400, 413, …)
        └── EngineUnusableError      one bad answer after the other

A `reason` never holds a key, a text that was sent, or a URL's query.
"""

from flows.domain.errors import NewsletterError, TransientError
from flows.domain.language import Language
from flows.domain.phrases import Phrase


class EngineError(NewsletterError):
    """The engine could not do what it was asked; `reason` is a short sentence for a person."""

    def __init__(self, engine: str, reason: str) -> None:
        self.engine = engine
        self.reason = reason
        super().__init__(Phrase("{engine}: {reason}", engine=engine, reason=reason))


class EngineUnreachableError(EngineError, TransientError):
    """No answer came in time, or the service itself is out of order.

    `retry_after_seconds` is what the service asked for, if it did; `nobody_there` tells that not
    even a connection came about, so that the next text would fare no better.
    """

    def __init__(
        self,
        engine: str,
        reason: str,
        *,
        retry_after_seconds: float | None = None,
        nobody_there: bool = False,
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        self.nobody_there = nobody_there
        super().__init__(engine, reason)


class EngineBusyError(EngineUnreachableError):
    """The service asks for fewer requests (HTTP 429, RFC 6585, section 4)."""


class QuotaSpentError(EngineError):
    """The volume that our account may translate is used up; waiting a moment does not help."""


class KeyRefusedError(EngineError):
    """The service does not accept our key."""


class UnsupportedPairError(EngineError):
    """The engine does not translate from `source` to `target`; `remedy` may make it do so."""

    def __init__(
        self, engine: str, *, source: Language, target: Language, remedy: str = ""
    ) -> None:
        self.source = source
        self.target = target
        reason = f"does not translate from {source} to {target}"
        super().__init__(
            engine, Phrase("{reason}; {remedy}", reason=reason, remedy=remedy) if remedy else reason
        )


class BadAnswerError(EngineError):
    """What came back is no translation: nothing, a notice, a web page, or the wrong number."""


class RequestRefusedError(BadAnswerError):
    """The service finds fault with the request.

    `words` are the service's own, to tell its reasons apart; they may quote a text or a key, so
    they are never shown or logged.
    """

    def __init__(self, engine: str, reason: str, *, words: str = "") -> None:
        self.words = words
        super().__init__(engine, reason)


class EngineUnusableError(EngineError):
    """So many answers in a row were useless that asking on makes no sense."""


def is_quota(error: EngineError) -> bool:
    """Whether a spent volume, and no fault of the engine, is to blame.

    A service that asks for more patience than we have tells as much.
    """
    return isinstance(error, QuotaSpentError | EngineBusyError)
