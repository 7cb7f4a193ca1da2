"""How a newsroom that stops asks the flows that it started to stop at the next good moment."""

import os
from pathlib import Path


def stop_file(var: Path) -> Path:
    """Where a newsroom that is stopping says so."""
    return var / "newsroom.stop"


def ask_to_stop(var: Path) -> None:
    """Ask this process's children. What an earlier process asked means nothing to them."""
    stop_file(var).write_text(str(os.getpid()), encoding="ascii")


def stop_is_asked(var: Path) -> bool:
    """Whether the process that started this one is stopping."""
    try:
        return stop_file(var).read_text(encoding="ascii") == str(os.getppid())
    except FileNotFoundError:
        return False
