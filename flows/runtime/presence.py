"""Who is alive: a sender holds a lock file that the kernel lets go of when the sender dies."""

import fcntl
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def presence(folder: Path) -> Iterator[str]:
    """A new owner's name, alive for as long as the block (or the process) lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = f"{socket.gethostname()}-{secrets.token_hex(8)}"
    path = folder / f"{owner}.lock"
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield owner
        finally:
            path.unlink(missing_ok=True)


def is_alive(folder: Path, owner: str) -> bool | None:
    """Whether an owner lives; `None` for one of another machine, of whom only leases tell."""
    if owner.rpartition("-")[0] != socket.gethostname():
        return None
    path = folder / f"{owner}.lock"
    try:
        with path.open("r+", encoding="ascii") as file:
            # Shared, so that two who ask at the same moment are not taken for the owner.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    path.unlink(missing_ok=True)
    return False
