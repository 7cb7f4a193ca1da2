"""Sending with as many processes as the settings say: more cores, the same ledger.

Each is `python -m flows.runtime.senders ISSUE CONNECTIONS SECONDS` in the environment of a
newsroom; on standard output it says, in JSON, what came of it.
"""

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from flows.domain.errors import NewsletterError, NotDoneError, TransientError
from flows.domain.issue import IssueId
from flows.operations.delivering import approved_editions
from flows.operations.sending import Manners, send_letters
from flows.runtime.dispatch import Dispatch, open_dispatch
from flows.runtime.logs import ensure_logging, hide_secrets
from flows.runtime.presence import presence
from flows.runtime.stopping import draining, was_terminated
from flows.settings.model import Settings
from flows.settings.reading import find_workspace, read_settings
from flows.store.database import database_faults

LOOK_EVERY_SECONDS: Final = 0.5

Stopping = Callable[[], bool]


class Word(NamedTuple):
    """What came of one process: letters begun, or why it cannot go on and whether that passes."""

    begun: int = 0
    trouble: str = ""
    passing: bool = False


async def send_for(
    dispatch: Dispatch, issue: IssueId, *, seconds: float, stopping: Stopping
) -> int:
    """Send what is due of an issue for a while; how many letters were begun.

    Raises `NotDoneError` when a person must act first, `TransientError` when waiting may help.
    """
    smtp = dispatch.settings.smtp
    processes = min(smtp.processes, smtp.connections)
    if processes == 1:
        return await send_here(dispatch, issue, seconds=seconds, stopping=stopping)
    share = smtp.connections // processes
    crew = [
        await _start(dispatch, issue, connections=share, seconds=seconds) for _ in range(processes)
    ]
    words = await _accompany(crew, stopping)
    for word in sorted(words, key=lambda word: word.passing):
        if word.trouble:
            raise TransientError(word.trouble) if word.passing else NotDoneError(word.trouble)
    return sum(word.begun for word in words)


async def send_here(
    dispatch: Dispatch,
    issue: IssueId,
    *,
    seconds: float,
    stopping: Stopping,
    connections: int | None = None,
    manners: Manners | None = None,
) -> int:
    """The same in this process alone, as the settings say unless told otherwise."""
    end = time.monotonic() + seconds
    editions = await approved_editions(dispatch.store, issue)
    async with dispatch.transport(connections=connections) as transport:
        with presence(dispatch.senders_folder) as owner:
            async with dispatch.store.seen_as(owner):
                return await send_letters(
                    dispatch.store,
                    issue,
                    post=dispatch.post(issue, editions),
                    transport=transport,
                    owner=owner,
                    clock=dispatch.clock,
                    manners=manners or dispatch.manners(),
                    stopping=lambda: time.monotonic() > end or stopping(),
                )


async def _start(
    dispatch: Dispatch, issue: IssueId, *, connections: int, seconds: float
) -> Process:
    workspace = {"NEWSLETTER_WORKSPACE": str(dispatch.settings.workspace)}
    command = (sys.executable, "-m", __name__, issue, str(connections), str(seconds))
    return await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, env=os.environ | workspace
    )


async def _accompany(crew: Sequence[Process], stopping: Stopping) -> list[Word]:
    """Wait for all; when one cannot go on, or `stopping` says so, the others drain, too."""
    waiting = {asyncio.create_task(_last_word(process)) for process in crew}
    words: list[Word] = []
    asked = False
    while waiting:
        done, waiting = await asyncio.wait(waiting, timeout=LOOK_EVERY_SECONDS)
        words += [task.result() for task in done]
        if not asked and (stopping() or any(word.trouble for word in words)):
            asked = True
            for process in crew:
                if process.returncode is None:
                    process.terminate()
    return words


async def _last_word(process: Process) -> Word:
    said, _ = await process.communicate()
    if process.returncode == -signal.SIGTERM:  # before it could drain, and so before any letter
        return Word()
    try:
        return Word(*json.loads(said))
    except (ValueError, TypeError):
        return Word(
            trouble=f"a sending process ended with exit code {process.returncode}", passing=True
        )


def main(issue: str, connections: str, seconds: str) -> None:
    """One sending process. It drains on SIGTERM, and when whoever started it is gone."""
    settings = read_settings(find_workspace(None))
    ensure_logging(form=settings.log.form)
    hide_secrets(settings)
    with draining(silently=True):
        word = asyncio.run(_work(settings, IssueId(issue), int(connections), float(seconds)))
    with suppress(BrokenPipeError):  # whoever started it may be gone; the ledger knows all
        os.write(sys.stdout.fileno(), json.dumps(word).encode())


async def _work(settings: Settings, issue: IssueId, connections: int, seconds: float) -> Word:
    parent = os.getppid()
    try:
        with database_faults(settings.database_url):
            async with open_dispatch(settings) as dispatch:
                begun = await send_here(
                    dispatch,
                    issue,
                    connections=connections,
                    seconds=seconds,
                    stopping=lambda: was_terminated() or os.getppid() != parent,
                )
    except NotDoneError as error:
        return Word(trouble=error.reason)
    except NewsletterError as error:
        return Word(trouble=str(error), passing=error.retryable)
    return Word(begun=begun)


if __name__ == "__main__":
    main(*sys.argv[1:])
