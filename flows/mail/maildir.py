"""Maildirs: folders of messages, each in a file of its own, where a rename is the transaction."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.mail.bounds import LARGEST_BYTES
from flows.mail.boxes import Arrival

HANDLED: Final = ".Handled"
"""The folder for what was read, as Dovecot and Courier name subfolders (Maildir++)."""
BOXES: Final = ("new", "cur")


def prepare_maildir(folder: Path) -> None:
    """Make the three folders of a Maildir."""
    for name in ("tmp", *BOXES):
        (folder / name).mkdir(parents=True, exist_ok=True)


def write_message(folder: Path, name: str, message: bytes) -> Path:
    """Put a message into `new`; once this returns it survives a power cut."""
    draft, kept = folder / "tmp" / name, folder / "new" / name
    with draft.open("wb") as file:
        file.write(message)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(kept)
    _sync_folder(kept.parent)
    return kept


def messages_in(folder: Path) -> list[Path]:
    """The files of a Maildir, oldest names first."""
    folders = [folder / name for name in BOXES if (folder / name).is_dir()]
    found = [path for box in folders for path in box.iterdir() if path.is_file()]
    return sorted(found, key=lambda path: path.name)


def _sync_folder(folder: Path) -> None:
    """Have a new name survive a power cut: a file's own fsync does not cover it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaildirBox:
    """A Maildir that mail comes back to. What was read is deleted, or moved to `.Handled`."""

    folder: Path
    name: str
    delete: bool = False

    def open(self) -> "OpenMaildir":
        """List what is there. Raises `InputError` if that is no Maildir that can be used."""
        with self.faults():
            if not (self.folder / "new").is_dir():
                raise InputError("is no Maildir", path=self.folder, field=self.name)
            if not self.delete:
                prepare_maildir(self.folder / HANDLED)
                (self.folder / HANDLED / "maildirfolder").touch()
            return OpenMaildir(box=self, files=deque(messages_in(self.folder)))

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what the file system says into an `InputError`."""
        try:
            yield
        except OSError as error:
            raise InputError(
                Phrase("cannot be used: {reason}", reason=error.strerror),
                path=self.folder,
                field=self.name,
            ) from None


@dataclass(kw_only=True)
class OpenMaildir:
    """The messages that a Maildir held when it was opened."""

    box: MaildirBox
    files: deque[Path]

    def take(self, at_most: int) -> list[Arrival]:
        """The next messages; those that somebody took away meanwhile are left out."""
        arrivals: list[Arrival] = []
        while self.files and len(arrivals) < at_most:
            path = self.files.popleft()
            with self.box.faults(), suppress(FileNotFoundError), path.open("rb") as file:
                raw, size = file.read(LARGEST_BYTES), os.fstat(file.fileno()).st_size
                arrivals.append(Arrival(name=str(path), raw=raw, size_bytes=size))
        return arrivals

    def put_away(self, arrivals: Sequence[Arrival]) -> None:
        """Delete them, or move them to `.Handled` as seen."""
        handled = self.box.folder / HANDLED / "cur"
        for path in (Path(arrival.name) for arrival in arrivals):
            with self.box.faults(), suppress(FileNotFoundError):
                if self.box.delete:
                    path.unlink()
                else:
                    path.rename(handled / f"{path.name.partition(':')[0]}:2,S")

    def close(self) -> None:
        """Nothing is held open."""
