"""The processes that a newsroom leaves behind when it dies: its runs, and their senders.

They notice by themselves and put down what they hold; what has not ended after that is ended. Each
bears a mark in its environment, so that nobody else's process is taken for one of ours.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

PR_SET_CHILD_SUBREAPER: Final = 36
LOOK_EVERY_SECONDS: Final = 0.2
KILLED_SECONDS: Final = 5


def inherit_orphans() -> None:
    """Have the kernel hand over to this process what its children leave behind (Linux)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def bury_dead_but(pid: int) -> None:
    """Take note of children that have ended, but for one that is waited for elsewhere."""
    with suppress(ChildProcessError):
        while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if found.si_pid == pid:
                return
            os.waitpid(found.si_pid, 0)


def end_marked(mark: str, *, grace_seconds: float) -> int:
    """Let those that bear a mark end by themselves, then end them; how many had to be."""
    deadline = time.monotonic() + grace_seconds
    while (left := marked(mark)) and time.monotonic() < deadline:
        bury_dead_but(0)
        time.sleep(LOOK_EVERY_SECONDS)
    for pid in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    while marked(mark) and time.monotonic() < deadline + KILLED_SECONDS:
        time.sleep(LOOK_EVERY_SECONDS)
    bury_dead_but(0)
    return len(left)


def marked(mark: str) -> list[int]:
    """The living processes with a line in the environment that they were started with (Linux)."""
    line, found = mark.encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # one that has ended, or of somebody else
            if line in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found
