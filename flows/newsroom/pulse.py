"""What passes between a newsroom and its guardian: signs of life one way, a lifeline the other.

The newsroom writes lines of JSON on a pipe. The lifeline is its standard input, which nobody ever
writes to: it ends when the guardian is gone, however that went.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from flows.domain.errors import InputError, NewsletterError, NotDoneError, TransientError

BEAT_SECONDS: Final = 5
PARTING_SECONDS: Final = 40
"""So long a newsroom whose guardian is gone may take to end in good order."""

READY: Final = "ready"
BEAT: Final = "beat"
FAILED: Final = "failed"


class Pulse:
    """The newsroom's end."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def say(self, what: str, **facts: object) -> None:
        """Write a line; a guardian that is gone hears nothing."""
        with suppress(OSError):
            os.write(self._handle, json.dumps({"what": what, **facts}).encode() + b"\n")

    def end_with_guardian(self) -> None:
        """Have this process stop when its guardian is gone: the next one starts its own."""
        threading.Thread(target=_hold_lifeline, name="lifeline", daemon=True).start()


def _hold_lifeline() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PARTING_SECONDS)
    os._exit(os.EX_TEMPFAIL)


def write_error(error: NewsletterError) -> dict[str, Any]:
    """The facts of a failure, for the guardian to say and to judge."""
    if isinstance(error, InputError):
        where = str(error.path) if error.path else None
        facts = {"line": error.line, "field": error.field, "remedy": error.remedy}
        return {"kind": "input", "why": error.problem, "path": where, **facts}
    if isinstance(error, NotDoneError):
        return {"kind": "not done", "why": error.reason, "waiting_for": error.waiting_for}
    return {"kind": "passing" if error.retryable else "not done", "why": str(error)}


def read_error(facts: Mapping[str, Any]) -> NewsletterError:
    """The failure of which `write_error` gave the facts."""
    if facts["kind"] == "input":
        return InputError(
            facts["why"],
            path=Path(facts["path"]) if facts["path"] else None,
            line=facts["line"],
            field=facts["field"],
            remedy=facts["remedy"],
        )
    if facts["kind"] == "not done":
        return NotDoneError(facts["why"], waiting_for=tuple(facts.get("waiting_for", ())))
    return TransientError(facts["why"])
