"""Logging: events with keys, one a line, never an address, a token or a password.

Everything that this program or a library of it logs goes through `scrub`, the one place that takes
out what a log must not tell.
"""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, Literal, TextIO

import structlog
from pydantic import BaseModel, SecretStr

from flows.domain.errors import NewsletterError

Form = Literal["plain", "json"]

ADDRESS: Final = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+\.[^\s<>@\"']+")
CREDENTIALS: Final = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+@")
SHORTEST_SECRET: Final = 6
"""A shorter one would be found in innocent words."""

_secrets: list[str] = []


def set_up_logging(
    *, level: int = logging.WARNING, form: Form = "plain", file: TextIO | None = None
) -> None:
    """Send the product's events of `level` and above to `file` (standard error), scrubbed."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _scrub_event,
            _renderer(form, on_terminal=(file or sys.stderr).isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(file or sys.stderr),
    )


def ensure_logging(*, level: int = logging.WARNING, form: Form = "plain") -> None:
    """Set logging up in a process that nobody set it up for, as the runner's children are."""
    if not structlog.is_configured():
        set_up_logging(level=level, form=form)


def hide_secrets(settings: BaseModel) -> None:
    """Take the values of every secret among the settings out of all that is logged from here on."""
    found = {word for secret in _secrets_in(settings) for word in secret.split()}
    _secrets[:] = sorted((one for one in found if len(one) >= SHORTEST_SECRET), key=len)[::-1]


def scrub(text: str) -> str:
    """A text without addresses and secrets: a log is read by more people than a list."""
    for secret in _secrets:
        text = text.replace(secret, "<secret>")
    return ADDRESS.sub("<address>", CREDENTIALS.sub("<secret>@", text))


class PlainLines(logging.Handler):
    """What libraries log, in the same form as our own events.

    Prefect's logging configuration names it, and hands over what its own handler would take.
    """

    form: Form = "plain"

    def __init__(self, level: int = logging.NOTSET, **_: object) -> None:
        super().__init__(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        with suppress(Exception):  # whoever logs must not fail of it
            log = structlog.wrap_logger(
                _Lines(sys.stderr),
                processors=[
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.format_exc_info,
                    _scrub_event,
                    _renderer(self.form, on_terminal=False),
                ],
                wrapper_class=structlog.BoundLogger,
            )
            log.msg(
                record.getMessage(),
                level=record.levelname.lower(),
                logger=record.name,
                **{"exc_info": record.exc_info} if _is_unforeseen(record) else {},
            )


def _is_unforeseen(record: logging.LogRecord) -> bool:
    """Whether where it was raised says something: an engine that is away is no fault of ours."""
    raised = record.exc_info[1] if record.exc_info else None
    return raised is not None and not isinstance(raised, NewsletterError)


class JsonLines(PlainLines):
    """The same as JSON."""

    form: Form = "json"


class _Lines:
    """Writes lines; a log that nobody reads any more stops no sending."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._file.write(line + "\n")
            self._file.flush()

    debug = info = warning = error = critical = exception = log = msg


def _renderer(form: Form, *, on_terminal: bool) -> structlog.types.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    if on_terminal:
        return structlog.dev.ConsoleRenderer(colors=True)
    return structlog.processors.LogfmtRenderer()


def _scrub_event(_logger: object, _method: str, event: structlog.types.EventDict) -> dict[str, Any]:
    return {key: _scrubbed(value) for key, value in event.items()}


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list | tuple):
        return [_scrubbed(one) for one in value]
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(one) for key, one in value.items()}
    return scrub(str(value)) if isinstance(value, Exception) else value


def _secrets_in(settings: BaseModel) -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secrets_in(value)
