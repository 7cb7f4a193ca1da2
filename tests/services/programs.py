"""Programs that some tests call; where they are missing the tests skip, or fail in CI."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

FOLDERS = ("/usr/sbin", "/usr/lib/postfix/sbin")
"""Where Debian keeps what only administrators call."""


def go_without(reason: str) -> NoReturn:
    """Skip the test with the reason; where services are required, fail."""
    if os.environ.get("NEWSLETTER_TESTS_REQUIRE_SERVICES") == "1":
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)


def need_program(name: str) -> Path:
    """The program, if it is installed; else the test is skipped with the reason."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS]))
    if found is None:
        go_without(f"{name} is not installed")
    return Path(found)


def need_font(asked: str, given: str) -> None:
    """The font that stands for another; without it lines break elsewhere, and the test skips."""
    match = str(need_program("fc-match"))
    said = subprocess.run(
        [match, "--format=%{family}", asked], capture_output=True, text=True, check=True, timeout=60
    )
    if given not in said.stdout:
        go_without(f"{given} is not installed")
