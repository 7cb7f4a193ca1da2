"""Every failure that the product foresees, in one tree.

    NewsletterError
    ├── InputError              a person's file or argument is wrong; says where, and the remedy
    │   └── NotFoundError       a name that nothing bears
    ├── NotDoneError            nothing is wrong, but a person must act first
    └── TransientError          another try may mend it
        └── EngineUnavailableError

`retryable` answers the one question that a caller asks: try again, or show it to a person?
"""

from pathlib import Path

from flows.domain.phrases import Phrase


class NewsletterError(Exception):
    """Something that the product foresees went wrong; its text is written for a person."""

    retryable = False

    @property
    def sentence(self) -> str:
        """What went wrong, without places and remedies; a `Phrase` where it has facts."""
        return str(self) if not self.args else self.args[0]


class InputError(NewsletterError):
    """What a person wrote cannot be used.

    `path` and `line` (1-based) say where, `field` which entry, `remedy` what to do.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: Path | None = None,
        line: int | None = None,
        field: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.path = path
        self.line = line
        self.field = field
        self.remedy = remedy
        super().__init__(problem)

    @property
    def sentence(self) -> str:
        """The problem, with the field that it is about."""
        if not self.field:
            return self.problem
        return Phrase("{field}: {problem}", field=self.field, problem=self.problem)

    def __str__(self) -> str:
        where = str(self.path) if self.path else ""
        if where and self.line:
            where += f":{self.line}"
        head = ": ".join(part for part in (where, self.field, self.problem) if part)
        return f"{head}\n  {self.remedy}" if self.remedy else head


class NotFoundError(InputError):
    """No such article, issue, list or language."""


class NotDoneError(NewsletterError):
    """The act waits for somebody. `waiting_for` names each thing and the command that helps."""

    def __init__(self, reason: str, *, waiting_for: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.waiting_for = waiting_for
        super().__init__(reason)

    def __str__(self) -> str:
        return "\n".join([self.reason, *(f"  - {what}" for what in self.waiting_for)])


class TransientError(NewsletterError):
    """A passing fault of the network or a service."""

    retryable = True


class EngineUnavailableError(TransientError):
    """No translation engine could be reached. `reasons` maps an engine's name to its last words."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(f"{name}: {why}" for name, why in reasons.items()))
