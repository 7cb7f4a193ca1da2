"""Programs that some tests call; where they are missing the tests skip, or fail in CI."""

import os
import shutil
from pathlib import Path

import pytest

FOLDERS = ("/usr/sbin", "/usr/lib/postfix/sbin")
"""Where Debian keeps what only administrators call."""


def need_program(name: str) -> Path:
    """The program, if it is installed; else the test is skipped with the reason."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS]))
    if found is None:
        if os.environ.get("NEWSLETTER_TESTS_REQUIRE_SERVICES") == "1":
            pytest.fail(f"{name} is required here")
        pytest.skip(f"{name} is not installed")
    return Path(found)
