"""Logging: events with keys, to standard error, never an address or a token."""

import logging
import re
import sys
from typing import Any

import structlog

ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+\.[^\s<>@\"']+")


def set_up_logging(*, level: int = logging.WARNING) -> None:
    """Send the product's events of `level` and above to standard error, scrubbed."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _scrub,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
            if sys.stderr.isatty()
            else structlog.processors.LogfmtRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def ensure_logging() -> None:
    """Set logging up in a process that nobody set it up for, as the runner's children are."""
    if not structlog.is_configured():
        set_up_logging()


def _scrub(_logger: object, _method: str, event: structlog.types.EventDict) -> dict[str, Any]:
    """Take addresses out of every value: a log is read by more people than a list."""
    return {
        key: ADDRESS.sub("<address>", value) if isinstance(value, str) else value
        for key, value in event.items()
    }
