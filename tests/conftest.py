"""Fixtures for all tests, where they keep files, and which of them share a worker."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

pytest_plugins = ("tests.databases", "tests.relays", "tests.required")

PREFECT = "tests/flows/"
LONG = (
    PREFECT,
    "tests/desk/test_pages_in_chromium.py",
    "tests/functional/editorial/test_public_pages_are_judged.py",
    "tests/functional/delivery/test_workers.py",
    "tests/faults/",
    "tests/functional/argos/",
)
"""What takes longest, so that no worker begins it when the others are done."""
MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 1024**3


def pytest_configure() -> None:
    """Temporary files lie in memory where there is room: thousands of commits wait for no disk."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        room = os.statvfs(MEMORY)
        if room.f_bavail * room.f_frsize >= ROOM_BYTES and not room.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("TMPDIR", str(MEMORY))
            tempfile.tempdir = None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, however else they are shuffled."""
    places = {start: place for place, start in enumerate(LONG)}
    items.sort(
        key=lambda item: next(
            (place for start, place in places.items() if item.nodeid.startswith(start)), len(LONG)
        )
    )


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file go to one worker, so that what they share is made once.

    Those that start Prefect go to one worker all together. `--dist loadgroup` would do that by a
    mark, but xdist 3.8 cannot name groups under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return PREFECT if nodeid.startswith(PREFECT) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """The scheduler above, where groups were asked for."""
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None
