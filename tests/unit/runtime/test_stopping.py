"""A newsroom that stops is heard by its own children, and by nobody else."""

import os
import subprocess
import sys
from pathlib import Path

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
