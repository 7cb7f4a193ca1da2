"""Telling an operator something in the newsroom's log."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress

import structlog

from flows.runtime.logs import Form, scrub, set_up_logging


def speaker(form: Form) -> Callable[[str], None]:
    """What says a line: as it stands, or as an event among the others."""
    if form == "json":
        set_up_logging(level=logging.INFO, form=form, file=sys.stdout)
        return structlog.get_logger().info  # type: ignore[no-any-return]
    return _print


def _print(line: str) -> None:
    with suppress(OSError, ValueError):  # a log that nobody reads any more stops no newsroom
        sys.stdout.write(f"{scrub(line)}\n")
        sys.stdout.flush()
