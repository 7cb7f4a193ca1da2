"""The `newsletter` command as a process of its own, which a test may stop or kill."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.functional.cli.command_line import ROOT, call, clean_environment

NOISE = re.compile(r"Traceback|[Ww]arning|WARN|ERROR|CRITICAL|Exception ignored|Task exception")
FEEDBACK_ID = re.compile(rb"^Feedback-ID: ([^:\r\n]+):", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process of the command, leader of its own group, and the file of what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Everything so far, of both streams."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        if not self.over():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, *, within_seconds: float = 60) -> float:
        """Ask it to stop; how many seconds that took."""
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(within_seconds)
        return time.monotonic() - began


@contextmanager
def running(
    *arguments: str, workspace: Path, log: str, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """The command in `workspace`, killed at the end of the block if it still runs."""
    path = workspace / log
    with path.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", *arguments],
            cwd=workspace,
            env=clean_environment({"PYTHONPATH": str(ROOT), **(env or {})}),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    here = Running(process=process, log=path)
    try:
        yield here
    finally:
        here.kill()


def wait_for_word(newsroom: Running, word: str, *, within_seconds: float = 300) -> None:
    """Wait until the process has said a word; fail if it ends before."""
    deadline = time.monotonic() + within_seconds
    while word not in newsroom.said():
        assert not newsroom.over(), newsroom.said()
        assert time.monotonic() < deadline, newsroom.said()
        time.sleep(0.1)


def letters(workspace: Path) -> list[Path]:
    """Every letter in the outbox."""
    folder = workspace / "var" / "outbox" / "new"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def arrivals(workspace: Path, issue: str) -> list[float]:
    """When each letter of an issue came into the outbox, in seconds since the epoch."""
    times = []
    for path in letters(workspace):
        found = FEEDBACK_ID.search(path.read_bytes())
        if found and found[1].decode() == issue:
            times.append(int(path.name.partition(".")[0]) / 1e9)
    return sorted(times)


def recipients(workspace: Path) -> Counter[str]:
    """How many letters went to each address."""
    delivered = re.compile(rb"^Delivered-To: (\S+)", re.MULTILINE)
    counted: Counter[str] = Counter()
    for path in letters(workspace):
        found = delivered.search(path.read_bytes())
        assert found, path
        counted[found[1].decode().lower()] += 1
    return counted


def approve_everything(
    workspace: Path,
    *slugs: str,
    languages: Sequence[str] = ("fr", "en", "nl"),
    env: Mapping[str, str] | None = None,
) -> None:
    """Sign these articles off, in each of the languages."""
    for slug in slugs:
        for language in languages:
            said = call("approve", slug, language, "--by", "Camille", cwd=workspace, env=env)
            assert said.code == 0, said.all
