"""A newsroom with a clock that a test moves, and an orchestrator that records what is planned."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flows.runtime.runtime import Runtime, build_library, open_runtime
from flows.settings.reading import read_settings
from tests.functional.editorial.conftest import (  # noqa: F401 - fixtures, used by their names
    NOW,
    Newsroom,
    approved,
    approved_workspace,
    no_settings_from_outside,
)
from tests.servers.orchestrator import Orchestrator, run_orchestrator


@dataclass(kw_only=True)
class Hand:
    """What shows the time, until a test moves it."""

    now: datetime = field(default=NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRuntime(Runtime):
    """A newsroom whose present is the test's."""

    hand: Hand

    def clock(self) -> datetime:
        """The present."""
        return self.hand.now

    def at(self, moment: datetime) -> "TimedRuntime":
        """Itself, at another time."""
        self.hand.now = moment
        return self

    def after(self, **duration: float) -> "TimedRuntime":
        """Itself, some time later."""
        return self.at(self.hand.now + timedelta(**duration))


@pytest.fixture
def orchestrator() -> Iterator[Orchestrator]:
    """As much of Prefect as planning needs."""
    with run_orchestrator() as one:
        yield one


@pytest.fixture
async def timed(
    approved_workspace: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TimedRuntime]:
    """The newsroom whose article is approved in every language, with its clock in hand."""
    folder = tmp_path / "newsroom"
    shutil.copytree(approved_workspace, folder)
    monkeypatch.setenv("NEWSLETTER_SCHEDULE__WARN", '["chef@efus.example.org"]')
    settings = read_settings(folder)
    async with open_runtime(settings) as desk:
        yield TimedRuntime(
            settings=settings,
            store=desk.store,
            key=desk.key,
            library=build_library(settings),
            hand=Hand(),
        )
