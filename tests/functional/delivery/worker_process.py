"""`newsletter worker` as on machines of their own: an empty folder and an environment."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue
from flows.operations.joining import declare_accord
from flows.runtime.accord import accord_of
from flows.runtime.dispatch import Dispatch
from flows.settings.reading import read_settings
from flows.store.database import Store
from flows.store.ledger import holdings
from flows.store.living import who_lives
from flows.store.sums import add_up
from tests.functional.builders import KEY
from tests.functional.cli.command_line import ROOT, clean_environment

PATIENCE_SECONDS = 90


@dataclass(kw_only=True)
class Workers:
    """Workers of one newsroom, each on a machine of its own that has nothing of the newsroom's."""

    folder: Path
    database_url: str
    port: int
    more: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def variables(self) -> dict[str, str]:
        """What a machine is told: the newsroom's database, key, relay and pages."""
        return {
            "NEWSLETTER_DATABASE_URL": self.database_url,
            "NEWSLETTER_SECRET_KEY": KEY.decode(),
            "NEWSLETTER_SMTP__MODE": "smtp",
            "NEWSLETTER_SMTP__PORT": str(self.port),
            "NEWSLETTER_SMTP__SECURITY": "none",
            "NEWSLETTER_SMTP__CONNECTIONS": "3",
            "NEWSLETTER_WEB__BASE_URL": "https://newsletter.example.org",
            **self.more,
        }

    async def declare(self, store: Store, **more: str) -> None:
        """Let the newsroom say what holds for all, as it does when it freezes an issue."""
        place = self.folder / "newsroom"
        place.mkdir(parents=True, exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**self.variables(), **more}.items():
                patch.setenv(name, value)
            settings = read_settings(place)
        accord = accord_of(Dispatch(settings=settings, store=store, key=KEY))
        await declare_accord(store, accord, now=datetime.now(UTC))

    def start(self, **more: str) -> subprocess.Popen[bytes]:
        """One more worker, in a new and empty folder."""
        place = self.folder / f"machine-{len(self.started) + 1}"
        place.mkdir(parents=True)
        with (place / "log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "flows", "worker"],
                cwd=place,
                env=clean_environment({"PYTHONPATH": str(ROOT), **self.variables(), **more}),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.started.append(worker)
        return worker

    def said(self, number: int = 1) -> str:
        """What the n-th worker has said."""
        return (self.folder / f"machine-{number}" / "log").read_text(encoding="utf-8")

    def at_work(self) -> list[subprocess.Popen[bytes]]:
        """Those that live and have begun to send."""
        return [
            one
            for number, one in enumerate(self.started, start=1)
            if one.poll() is None and "worker.sending" in self.said(number)
        ]

    async def wait_for_word(
        self, word: str, number: int = 1, *, within_seconds: float = 90
    ) -> None:
        """Wait until the n-th worker has said a word."""
        deadline = time.monotonic() + within_seconds
        while word not in self.said(number):
            assert time.monotonic() < deadline, self.said(number)
            await asyncio.sleep(0.05)

    async def stop(self) -> list[int]:
        """Ask all that live to stop; the exit codes of all."""
        for one in self.started:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
        return [await asyncio.to_thread(one.wait, 60) for one in self.started]

    def kill(self) -> None:
        """End all at once."""
        for one in self.started:
            one.kill()
            one.wait()


async def nothing_under_way(store: Store, issue: Issue, *, within_seconds: float = 90) -> None:
    """Wait until no letter waits, and only the dead hold some."""
    async with asyncio.timeout(within_seconds):
        while True:
            async with store.reading() as tx:
                waits = (await add_up(tx, issue.id, now=datetime.now(UTC))).counts.total
                owners = [one.owner for one in await holdings(tx, issue.id)]
                living = await who_lives(tx, owners)
            if not waits[DeliveryState.PENDING] and not living:
                return
            await asyncio.sleep(0.2)


@contextmanager
def workers_of(folder: Path, database_url: str, port: int, **more: str) -> Iterator[Workers]:
    """Workers that are gone at the end of the block."""
    workers = Workers(folder=folder, database_url=database_url, port=port, more=more)
    try:
        yield workers
    finally:
        workers.kill()
