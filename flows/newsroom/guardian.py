"""`newsletter up`: a small process that keeps a newsroom up.

It starts the newsroom as its child, listens to its signs of life, and starts it again when it has
died or hangs. Whoever supervises the machine (systemd, Docker) supervises this process.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from flows.domain.errors import NewsletterError, TransientError
from flows.domain.phrases import numbered
from flows.newsroom.descendants import bury_dead_but, end_marked, inherit_orphans
from flows.newsroom.pulse import FAILED, READY, read_error
from flows.newsroom.systemd import notify
from flows.orchestration.server import hold_alone
from flows.runtime.orchestrator import guardian_lock
from flows.runtime.stopping import mark_of
from flows.settings.model import Settings

ROOM: Final = (sys.executable, "-m", "flows.newsroom.room")
LONGEST_PAUSE_SECONDS: Final = 60
TICK_SECONDS: Final = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a guardian waits for what.

    A first start sets up Prefect's database, on a slow disk; so long as `silence_seconds` no
    newsroom is silent that still works; one that was ready for `steady_seconds` has started well.
    """

    start_seconds: float = 240
    silence_seconds: float = 90
    stop_seconds: float = 60
    orphans_seconds: float = 20
    steady_seconds: float = 30
    most_failures: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a newsroom ended. `error` is what it said itself; `lasted` counts from when it was ready.

    `lasted` is `None` if it never was.
    """

    code: int
    lasted: float | None
    silent: bool = False
    error: NewsletterError | None = None

    @property
    def how(self) -> str:
        """In words, for the log."""
        if self.silent:
            return "gave no sign of life and was ended"
        if self.error is not None:
            return f"had to stop ({self.error})"
        if self.code < 0:
            return f"was killed ({_name_of(-self.code)})"
        return f"ended with exit code {self.code}"


def keep_newsroom_up(
    settings: Settings,
    *,
    env: Mapping[str, str],
    say: Say,
    chance: Callable[[], float],
    patience: Patience = Patience(),
    command: Sequence[str] = ROOM,
) -> None:
    """Keep it up until SIGTERM or SIGINT. `env` adds to the newsroom's environment.

    Raises `NotDoneError` if one is up in this workspace already, what the newsroom itself says is
    wrong if it never began, and `TransientError` when it cannot be kept up.
    """
    env = {**os.environ, **env, "NEWSLETTER_WORKSPACE": str(settings.workspace)}
    with hold_alone(guardian_lock(settings)), _stopping() as stop:
        inherit_orphans()
        failures, began = 0, False
        while not stop.is_set():
            ended = _Watch(patience, stop, say).run(command, env)
            began = began or ended.lasted is not None
            if stop.is_set():
                break
            if ended.error is not None and not ended.error.retryable and not began:
                raise ended.error
            failures = failures + 1 if (ended.lasted or 0) < patience.steady_seconds else 1
            if failures >= patience.most_failures:
                raise TransientError(
                    f"the newsroom {ended.how}. It failed {failures} times in a row soon after "
                    "its start and is not started again; newsletter doctor may say why"
                )
            pause = pause_after(failures, chance())
            say(f"The newsroom {ended.how}. It starts again in {pause:.1f} s.")
            notify(f"STATUS=The newsroom {ended.how}; starting it again")
            _wait(stop, pause)


def pause_after(failures: int, chance: float) -> float:
    """How many seconds to wait after so many failures in a row: 1, 2, 4 …, give or take a half."""
    return min(2.0 ** (failures - 1), LONGEST_PAUSE_SECONDS) * (0.5 + chance)


def _name_of(number: int) -> str:
    """A signal's name; those for programs' own use have none."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


class _Watch:
    """Over one newsroom, from its start to its end."""

    def __init__(self, patience: Patience, stop: threading.Event, say: Say) -> None:
        self._patience, self._stop, self._say = patience, stop, say
        self._ready_at: float | None = None
        self._heard_at = time.monotonic()
        self._asked_at: float | None = None
        self._error: NewsletterError | None = None
        self._silent = False

    def run(self, command: Sequence[str], env: Mapping[str, str]) -> Ended:
        """Start it and stay with it until it ends, or is ended; nothing of it is left."""
        ears, mouth = os.pipe()
        try:
            child = subprocess.Popen(  # noqa: S603 - this very program
                [*command, str(mouth)],
                stdin=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(mouth,),
                env=env,
            )
        finally:
            os.close(mouth)
        try:
            self._accompany(child, _Ears(ears))
        finally:
            os.close(ears)
            child.kill()
            child.wait()
            ended_at = time.monotonic()
            if child.stdin:
                child.stdin.close()
            self._clear_away(child.pid)
        return Ended(
            code=child.returncode,
            lasted=ended_at - self._ready_at if self._ready_at else None,
            silent=self._silent,
            error=self._error,
        )

    def _accompany(self, child: subprocess.Popen[bytes], ears: _Ears) -> None:
        while child.poll() is None:
            self._hear(ears.listen(TICK_SECONDS))
            bury_dead_but(child.pid)
            now = time.monotonic()
            if self._stop.is_set():
                self._have_it_stop(child, now)
            elif now > self._heard_at + self._longest_silence:
                self._silent = True
                return
        self._hear(ears.listen(0))

    @property
    def _longest_silence(self) -> float:
        patience = self._patience
        return patience.silence_seconds if self._ready_at else patience.start_seconds

    def _hear(self, words: list[dict[str, Any]]) -> None:
        for word in words:
            self._heard_at = time.monotonic()
            if word["what"] == READY and self._ready_at is None:
                self._ready_at = self._heard_at
                notify("READY=1", "STATUS=The newsroom is up")
            elif word["what"] == FAILED:
                self._error = read_error(word)
            notify("WATCHDOG=1")

    def _have_it_stop(self, child: subprocess.Popen[bytes], now: float) -> None:
        if self._asked_at is None:
            self._asked_at = now
            notify("STOPPING=1", "STATUS=The newsroom is stopping")
            child.terminate()
        elif now > self._asked_at + self._patience.stop_seconds:
            self._say("The newsroom does not stop and is ended.")
            child.kill()
            child.wait()

    def _clear_away(self, newsroom: int) -> None:
        """Nothing of a dead newsroom is at work when the next one starts."""
        if ended := end_marked(mark_of(newsroom), grace_seconds=self._patience.orphans_seconds):
            left = numbered(ended, "process", "processes")
            self._say(f"Ended {left} that the newsroom left behind.")


class _Ears:
    """The lines that a newsroom writes on its pipe."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._rest = b""
        self._ended = False

    def listen(self, seconds: float) -> list[dict[str, Any]]:
        """What was said, waiting for it at most so long."""
        if self._ended:
            time.sleep(seconds)
        elif select.select([self._handle], [], [], seconds)[0]:
            heard = os.read(self._handle, 65536)
            self._ended = not heard
            *lines, self._rest = (self._rest + heard).split(b"\n")
            return [json.loads(line) for line in lines]
        return []


def _wait(stop: threading.Event, seconds: float) -> None:
    """Wait, with signs of life for systemd: a newsroom that comes back is no dead one."""
    end = time.monotonic() + seconds
    while not stop.is_set() and time.monotonic() < end:
        notify("WATCHDOG=1")
        time.sleep(TICK_SECONDS)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Set by SIGTERM and Ctrl-C."""
    stop = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            with suppress(TypeError):  # one that was not set from Python
                signal.signal(number, handler)
