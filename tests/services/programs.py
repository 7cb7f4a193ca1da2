"""Programs that some tests call; where they are missing the tests skip, or fail in CI."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDERS = ("/usr/sbin", "/usr/lib/postfix/sbin")
"""Where Debian keeps what only administrators call."""


def need_program(name: str) -> Path:
    """The program, if it is installed; else the test is skipped with the reason."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS]))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return Path(found)


def need_font(asked: str, given: str) -> None:
    """The font that stands for another; without it lines break elsewhere, and the test skips."""
    match = str(need_program("fc-match"))
    said = subprocess.run(
        [match, "--format=%{family}", asked], capture_output=True, text=True, check=True, timeout=60
    )
    if given not in said.stdout:
        pytest.skip(f"{given} is not installed")
