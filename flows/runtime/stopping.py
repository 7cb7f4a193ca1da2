"""How a flow learns that it shall stop at the next good moment: by its newsroom or SIGTERM."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_terminated = threading.Event()
_blocks: list[object] = []


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
    if _terminated.is_set():
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
