"""A newsroom that stops is heard by its own children, and by nobody else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.runtime.stopping import ask_to_stop, stop_file, stop_is_asked

ROOT = Path(__file__).parents[3]
ASK = (
    "import pathlib, sys; from flows.runtime.stopping import stop_is_asked; "
    "sys.exit(stop_is_asked(pathlib.Path(sys.argv[1])))"
)


def asked_in_child(var: Path) -> bool:
    """What a process that this one starts hears."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(var)],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.returncode == 1


def test_nobody_is_asked_before_a_newsroom_stops(tmp_path: Path) -> None:
    """Without a word, children go on."""
    assert not asked_in_child(tmp_path)
    assert not stop_is_asked(tmp_path)


def test_a_child_of_the_newsroom_is_asked(tmp_path: Path) -> None:
    """The newsroom itself, whose parent is somebody else, is not."""
    ask_to_stop(tmp_path)
    assert asked_in_child(tmp_path)
    assert not stop_is_asked(tmp_path)


def test_what_an_earlier_newsroom_asked_means_nothing(tmp_path: Path) -> None:
    """Its file may lie there for ever."""
    stop_file(tmp_path).write_text("1", encoding="ascii")
    assert not asked_in_child(tmp_path)


RUN = """
import pathlib, sys, time
from flows.runtime.stopping import draining, end_with_newsroom, stop_is_asked
end_with_newsroom()
here = pathlib.Path(sys.argv[1])
if sys.argv[2] == "sending":
    with draining():
        (here / "began").touch()
        while not stop_is_asked(here):
            time.sleep(0.05)
        (here / "put-down").touch()
else:
    (here / "began").touch()
time.sleep(3)
(here / "went-on").touch()
"""
NEWSROOM = """
import os, pathlib, subprocess, sys, time
from flows.runtime.stopping import mark_newsroom
if sys.argv[3] == "newsroom":
    mark_newsroom()
subprocess.Popen([sys.executable, "-c", sys.argv[4], *sys.argv[1:3]], start_new_session=True)
while not (pathlib.Path(sys.argv[1]) / "began").exists():
    time.sleep(0.05)
time.sleep(0.2)
os.kill(os.getpid(), 9)
"""


def killed(var: Path, *, work: str, parent: str) -> set[str]:
    """What a run did whose parent was killed, in the four seconds after."""
    here = {name: value for name, value in os.environ.items() if name != "NEWSLETTER_NEWSROOM"}
    # The run inherits this pipe: it ends when the run has.
    done = subprocess.run(
        [sys.executable, "-c", NEWSROOM, str(var), work, parent, RUN],
        check=False,
        env={**here, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert done.returncode == -9
    return {path.name for path in var.iterdir()} - {"began"}


@pytest.mark.parametrize(("work", "did"), [("sending", {"put-down"}), ("translating", set())])
def test_a_run_whose_newsroom_is_killed_puts_down_what_it_holds_and_ends(
    tmp_path: Path, work: str, did: set[str]
) -> None:
    """In a session of its own, which nothing else would end."""
    assert killed(tmp_path, work=work, parent="newsroom") == did


def test_a_run_that_no_newsroom_started_goes_on(tmp_path: Path) -> None:
    """A publish in the background outlives its terminal."""
    assert killed(tmp_path, work="translating", parent="shell") == {"went-on"}
