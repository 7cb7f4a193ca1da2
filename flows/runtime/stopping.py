"""How a flow learns that it shall stop at the next good moment: by its newsroom or SIGTERM.

A newsroom that is killed cannot tell its runs: they see that it is gone.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NEWSROOM_VARIABLE: Final = "NEWSLETTER_NEWSROOM"
LOOK_EVERY_SECONDS: Final = 0.5
PUTTING_DOWN_SECONDS: Final = 15
"""So long a run whose newsroom is gone may need for the letters that it has in hand."""

_terminated = threading.Event()
_orphaned = threading.Event()
_watching = threading.Lock()
_blocks: list[object] = []


def mark_of(newsroom: int) -> str:
    """The line in the environment of everything that a newsroom's process started."""
    return f"{NEWSROOM_VARIABLE}={newsroom}"


def mark_newsroom() -> None:
    """Have those whom this process starts know that it is their newsroom."""
    os.environ[NEWSROOM_VARIABLE] = str(os.getpid())


def end_with_newsroom() -> None:
    """Have this process, if a newsroom started it, put down its letters when that is gone.

    It ends without a word to the orchestrator: the next newsroom decides what becomes of the run.
    """
    newsroom = os.environ.get(NEWSROOM_VARIABLE, "")
    if newsroom.isdecimal() and int(newsroom) != os.getpid() and _watching.acquire(blocking=False):
        threading.Thread(target=_watch, args=(int(newsroom),), daemon=True).start()


def _watch(newsroom: int) -> None:
    while os.getppid() == newsroom:
        time.sleep(LOOK_EVERY_SECONDS)
    _orphaned.set()
    deadline = time.monotonic() + PUTTING_DOWN_SECONDS
    while _blocks and time.monotonic() < deadline:
        time.sleep(0.05)
    os._exit(os.EX_TEMPFAIL)


def stop_file(var: Path) -> Path:
    """Where a newsroom that is stopping says so."""
    return var / "newsroom.stop"


def ask_to_stop(var: Path) -> None:
    """Ask this process's children. What an earlier process asked means nothing to them."""
    stop_file(var).write_text(str(os.getpid()), encoding="ascii")


def was_terminated() -> bool:
    """Whether SIGTERM came during the `draining` block that this is called in."""
    return _terminated.is_set()


def stop_is_asked(var: Path) -> bool:
    """Whether this process was told to stop, or the one that started it is stopping."""
    if _terminated.is_set() or _orphaned.is_set():
        return True
    try:
        return stop_file(var).read_text(encoding="ascii") == str(os.getppid())
    except FileNotFoundError:
        return False


def _interrupted(*_: object) -> None:
    if _terminated.is_set():
        raise KeyboardInterrupt
    _terminated.set()


@contextmanager
def draining(*, silently: bool = False) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C wait for the end of the block; `stop_is_asked` tells of them.

    An exception out of a signal handler would cut letters off in the middle; a second Ctrl-C does
    that. After the outermost block SIGTERM does what it would have done, unless that was to end
    `silently`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: _terminated.set()),
        signal.SIGINT: signal.signal(signal.SIGINT, _interrupted),
    }
    _blocks.append(before)
    try:
        yield
    finally:
        _blocks.pop()
        for number, handler in before.items():
            signal.signal(number, handler)
        if _terminated.is_set() and not _blocks:
            _terminated.clear()
            if not silently:
                signal.raise_signal(signal.SIGTERM)
