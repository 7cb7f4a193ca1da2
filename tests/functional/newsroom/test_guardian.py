import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.domain.errors import InputError, NewsletterError, NotDoneError, TransientError
from flows.newsroom.guardian import LONGEST_PAUSE_SECONDS, pause_after
from flows.newsroom.pulse import read_error, write_error
from tests.functional.cli.command_line import ROOT, clean_environment

PROGRAM = Path(__file__).with_name("guardian_process.py")
WITHIN_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A guardian at work, and what its newsrooms wrote down."""

    process: subprocess.Popen[str]
    folder: Path

    def starts(self) -> list[dict[str, Any]]:
        """Each start of a newsroom so far."""
        path = self.folder / "starts"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def wait_for_starts(self, many: int) -> list[dict[str, Any]]:
        """Wait for so many starts."""
        wait_for(lambda: len(self.starts()) >= many)
        return self.starts()

    def end(self) -> str:
        """Wait for its end; what it said."""
        return self.process.communicate(timeout=WITHIN_SECONDS)[0]


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait for something, for a while."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whether a process is there and is no mere entry of a dead one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty workspace."""
    (tmp_path / "newsletter.toml").touch()
    return tmp_path


@contextmanager
def guarded(folder: Path, *words: str, **env: str) -> Iterator[Guarded]:
    """A guardian whose newsrooms do as the words say, one after the other."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder), *words],
        env=clean_environment({"PYTHONPATH": str(ROOT), **env}),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Guarded(process=process, folder=folder)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_newsroom_that_is_killed_comes_back(folder: Path, number: signal.Signals) -> None:
    """By itself, and the log says what happened."""
    with guarded(folder, "works") as guardian:
        os.kill(guardian.wait_for_starts(1)[0]["pid"], number)
        guardian.wait_for_starts(2)
        guardian.process.terminate()
        said = guardian.end()
    assert guardian.process.returncode == 0
    assert f"was killed ({number.name})" in said


def test_a_newsroom_that_hangs_is_ended_and_comes_back(folder: Path) -> None:
    """No sign of life is as bad as none of a process."""
    with guarded(folder, "hangs", "works") as guardian:
        first, _ = guardian.wait_for_starts(2)
        assert not lives(first["pid"])
        guardian.process.terminate()
        assert "gave no sign of life" in guardian.end()


def test_a_stop_reaches_the_newsroom_and_nothing_is_left(folder: Path) -> None:
    """SIGTERM to the guardian: exit 0, and its newsroom is gone."""
    with guarded(folder, "works") as guardian:
        [first] = guardian.wait_for_starts(1)
        guardian.process.terminate()
        guardian.end()
    assert guardian.process.returncode == 0
    assert not lives(first["pid"])
    assert len(guardian.starts()) == 1


def test_a_newsroom_whose_guardian_is_killed_ends(folder: Path) -> None:
    """Whoever starts the next guardian finds the workspace free."""
    with guarded(folder, "works") as guardian:
        [first] = guardian.wait_for_starts(1)
        time.sleep(0.3)
        guardian.process.kill()
        wait_for(lambda: not lives(first["pid"]))


def test_failures_in_a_row_are_given_up_with_a_word_and_an_exit_code(folder: Path) -> None:
    """So that systemd, or a person, sees it."""
    with guarded(folder, "dies") as guardian:
        said = guardian.end()
    assert guardian.process.returncode == 1
    assert len(guardian.starts()) == 3
    assert "newsletter: the newsroom was killed (SIGABRT). It failed 3 times in a row" in said


def test_what_is_wrong_from_the_start_is_said_at_once(folder: Path) -> None:
    """A taken port, a wrong setting: another start would not help."""
    with guarded(folder, "wrong") as guardian:
        said = guardian.end()
    assert len(guardian.starts()) == 1
    assert said == "newsletter: port: is taken\n  Another.\n"


def test_what_passes_is_tried_again_from_the_start(folder: Path) -> None:
    """A database that comes up later than we do, as after a power cut."""
    with guarded(folder, "passing", "works") as guardian:
        guardian.wait_for_starts(2)
        guardian.process.terminate()
        said = guardian.end()
    assert guardian.process.returncode == 0
    assert "had to stop (the database is away)" in said


def test_what_is_wrong_later_is_tried_again(folder: Path) -> None:
    """A newsroom that worked does so again when somebody has mended the settings."""
    with guarded(folder, "hangs", "wrong", "works") as guardian:
        guardian.wait_for_starts(3)


def test_what_a_newsroom_leaves_behind_is_ended(folder: Path) -> None:
    """Even in a session of its own; and the next one starts only then."""
    with guarded(folder, "leaves-a-child", "works") as guardian:
        guardian.wait_for_starts(2)
        assert not lives(int((folder / "child").read_text()))


def test_each_workspace_has_one_guardian(folder: Path) -> None:
    """The second says so and leaves the first alone."""
    with guarded(folder, "works") as first:
        first.wait_for_starts(1)
        with guarded(folder, "works") as second:
            assert "a newsroom is running in this workspace already" in second.end()
        assert second.process.returncode == 1
        assert first.process.poll() is None


def test_systemd_is_told(folder: Path, tmp_path: Path) -> None:
    """When it is ready, that it lives, and when it stops."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind(address)
        inbox.settimeout(WITHIN_SECONDS)
        with guarded(folder, "works", NOTIFY_SOCKET=address) as guardian:
            heard = [inbox.recv(4096).decode() for _ in range(4)]
            guardian.process.terminate()
            guardian.end()
        inbox.settimeout(0.5)
        while "STOPPING=1" not in heard[-1]:
            heard.append(inbox.recv(4096).decode())
    assert heard[0].splitlines()[0] == "READY=1"
    assert "WATCHDOG=1" in heard[1:]


def test_pauses_grow_and_have_an_end() -> None:
    """By two, give or take a half, up to a minute and a half."""
    pauses = [pause_after(n, 0.5) for n in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_after(1, 0) == 0.5
    assert pause_after(30, 1) == 1.5 * LONGEST_PAUSE_SECONDS


@pytest.mark.parametrize(
    "error",
    [
        InputError("is wrong", path=Path("a.toml"), line=3, field="x.y", remedy="Mend it."),
        NotDoneError("waits", waiting_for=("this", "that")),
        TransientError("passes"),
        NewsletterError("is something else"),
    ],
)
def test_a_failure_reaches_the_guardian_as_it_is(error: NewsletterError) -> None:
    """Its words for a person, and whether another try may mend it."""
    told = read_error(json.loads(json.dumps(write_error(error))))
    assert (str(told), told.retryable) == (str(error), error.retryable)
