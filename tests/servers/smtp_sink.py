"""Postfix's own `smtp-sink`: a mail server that others wrote, with faults and with captures."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.functional.cli.command_line import closed_port

RECIPIENT = re.compile(rb"^X-Rcpt-Args: <([^>]*)>", re.MULTILINE)
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)
PATIENCE_SECONDS = 60


class SmtpSinkMissingError(Exception):
    """There is no smtp-sink on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One letter that reached its final dot; its lines end with LF, as smtp-sink writes them."""

    rcpt_to: str
    message_id: str
    letter: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSink:
    """A running smtp-sink. What it took is in its files, whatever it answered."""

    folder: Path
    port: int
    host: str = "127.0.0.1"

    def captured(self) -> list[Captured]:
        """Every letter it took; of one that is not complete yet there is only an empty file."""
        return [_read(path) for path in sorted(self.folder.iterdir()) if path.stat().st_size]

    def copies(self) -> Counter[str]:
        """How many letters it took for each recipient."""
        return Counter(one.rcpt_to for one in self.captured())


def _read(path: Path) -> Captured:
    envelope, _, letter = path.read_bytes().partition(b"(UTC)\n")
    recipient, name = RECIPIENT.search(envelope), MESSAGE_ID.search(letter)
    return Captured(
        rcpt_to=recipient[1].decode() if recipient else "",
        message_id=name[1].decode() if name else "",
        letter=letter.removesuffix(b"\n"),
    )


@contextmanager
def smtp_sink(*options: str, port: int = 0) -> Iterator[SmtpSink]:
    """An smtp-sink with these options (`-q .` and the like), for as long as the block lasts.

    Raises `SmtpSinkMissingError` if there is none.
    """
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise SmtpSinkMissingError("smtp-sink is not installed (Debian: postfix)")
    folder = Path(tempfile.mkdtemp(prefix="newsletter-sink-"))
    sink = SmtpSink(folder=folder, port=port or closed_port())
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
        user = ("-u", "nobody")
    command = [
        program,
        *user,
        *options,
        "-d",
        f"{folder}/%H%M%S.",
        f"{sink.host}:{sink.port}",
        "100",
    ]
    process = subprocess.Popen(command, env={**os.environ, "TZ": "UTC"})
    try:
        _wait_for(sink, process)
        yield sink
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(sink: SmtpSink, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection((sink.host, sink.port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "smtp-sink ended"
            assert time.monotonic() < deadline, "smtp-sink does not answer"
            time.sleep(0.02)
        else:
            return
