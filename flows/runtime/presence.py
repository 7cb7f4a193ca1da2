"""Who is alive: a sender holds a lock file that the kernel lets go of when the sender dies."""

import contextlib
import fcntl
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PLACE: Final = "place"
"""The file that tells this folder from those of other machines, which may bear the same name."""


@contextmanager
def presence(folder: Path) -> Iterator[str]:
    """A new owner's name, alive for as long as the block (or the process) lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = f"{_make_place(folder)}-{secrets.token_hex(8)}"
    path = folder / f"{owner}.lock"
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield owner
        finally:
            path.unlink(missing_ok=True)


def is_alive(folder: Path, owner: str) -> bool | None:
    """Whether an owner lives; `None` for one of another machine, of whom the database tells."""
    if owner.rpartition("-")[0] != _place(folder):
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


def _place(folder: Path) -> str | None:
    """The machine's name and the folder's, if any sender was ever here."""
    try:
        return f"{socket.gethostname()}-{(folder / PLACE).read_text(encoding='ascii')}"
    except FileNotFoundError:
        return None


def _make_place(folder: Path) -> str:
    """The same, made on first use; of two makers one wins."""
    if (known := _place(folder)) is not None:
        return known
    draft = folder / f"{PLACE}.{secrets.token_hex(8)}"
    draft.write_text(secrets.token_hex(4), encoding="ascii")
    with contextlib.suppress(FileExistsError):
        (folder / PLACE).hardlink_to(draft)
    draft.unlink()
    return _make_place(folder)
