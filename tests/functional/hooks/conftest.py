"""A newsroom that tells others, and somebody who listens."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.functional.editorial.conftest import (  # noqa: F401 - fixtures, used by their names
    no_settings_from_outside,
    workspace,
)
from tests.servers.hooks import Receiver, run_receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@dataclass(kw_only=True)
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        """The time that it shows."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real HTTP server."""
    with run_receiver() as one:
        yield one
