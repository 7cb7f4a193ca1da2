"""Processes under watch: workers that send one issue, and commands; time, processor and memory."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.newsroom import ISSUE, Newsroom, environment
from benchmarks.peers import Figures
from benchmarks.sinks import Sink
from flows.domain.delivery import DeliveryState
from flows.operations.delivering import resume_issue
from flows.operations.issues import pause_issue
from flows.operations.joining import declare_accord
from flows.runtime.accord import accord_of
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from flows.store.ledger import holdings, issues_due
from flows.store.sums import add_up
from flows.store.tables import deliveries

TICK = os.sysconf("SC_CLK_TCK")
LOOK_EVERY_SECONDS = 0.5


class Watched:
    """A process of ours and what it has used so far."""

    def __init__(self, words: list[str], *, cwd: Path, log: Path) -> None:
        self.peak_mb = self.cpu_seconds = 0.0
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(words, cwd=cwd, stdout=file, stderr=subprocess.STDOUT)

    def look(self) -> bool:
        """Read what it has used; whether it still runs."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
            used = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        except OSError:
            return self.process.poll() is None
        if "VmHWM:" in status:
            self.peak_mb = int(status.partition("VmHWM:")[2].split()[0]) / 1024
            fields = used.rpartition(") ")[2].split()
            self.cpu_seconds = (int(fields[11]) + int(fields[12])) / TICK
        return self.process.poll() is None


def command(newsroom: Newsroom, *words: str) -> Figures:
    """Run `newsletter`; what that took."""
    log = newsroom.folder / "command.log"
    with environment(newsroom.environment):
        start = time.perf_counter()
        one = Watched([sys.executable, "-m", "flows", *words], cwd=newsroom.folder, log=log)
        while one.look():
            time.sleep(0.05)
        seconds = time.perf_counter() - start
    assert one.process.returncode == 0, log.read_text(encoding="utf-8")
    return {"seconds": seconds, "cpu_seconds": one.cpu_seconds, "peak_mb": one.peak_mb}


def relay_settings(sink: Sink, *, connections: int) -> dict[str, str]:
    """The way into a sink."""
    return {
        "NEWSLETTER_SMTP__MODE": "smtp",
        "NEWSLETTER_SMTP__SECURITY": "none",
        "NEWSLETTER_SMTP__PORT": str(sink.port),
        "NEWSLETTER_SMTP__CONNECTIONS": str(connections),
    }


@contextmanager
def crew(
    newsroom: Newsroom, sink: Sink, *, workers: int, connections: int
) -> Iterator[list[Watched]]:
    """Workers, each with a folder of its own and the newsroom's database and key."""
    key = (newsroom.folder / "var" / "secret.key").read_text(encoding="ascii").strip()
    alone = {"NEWSLETTER_SECRET_KEY": key, **relay_settings(sink, connections=connections)}
    started = []
    for number in range(workers):
        place = newsroom.folder / f"worker-{number}"
        place.mkdir()
        with environment(newsroom.environment | alone | {"NEWSLETTER_WORKSPACE": str(place)}):
            words = [sys.executable, "-m", "flows", "worker"]
            started.append(Watched(words, cwd=place, log=place / "log"))
    try:
        yield started
    finally:
        for one in started:
            one.process.send_signal(signal.SIGTERM)
        for one in started:
            one.process.wait(60)


async def send_with(
    newsroom: Newsroom,
    sink: Sink,
    *,
    workers: int,
    connections: int = 10,
    meanwhile: Callable[[Runtime], Awaitable[None]] | None = None,
) -> Figures:
    """Let workers send a newsroom's issue; `meanwhile` is called every few seconds."""
    with environment(newsroom.environment | relay_settings(sink, connections=connections)):
        async with open_runtime(read_settings(newsroom.folder)) as desk:
            await declare_accord(desk.store, accord_of(desk), now=desk.clock())
            await pause_issue(desk.store, ISSUE, because="workers come", now=desk.clock())
            with crew(newsroom, sink, workers=workers, connections=connections) as started:
                await asyncio.to_thread(_await_readiness, started)
                await resume_issue(desk.store, ISSUE, now=desk.clock())
                await _wait(desk, started, meanwhile)
            return await _figures(desk, started)


def _await_readiness(started: list[Watched]) -> None:
    for one in started:
        while "worker.ready" not in one.log.read_text(encoding="utf-8"):
            time.sleep(0.1)


async def _wait(
    desk: Runtime,
    started: list[Watched],
    meanwhile: Callable[[Runtime], Awaitable[None]] | None,
) -> None:
    while True:
        for one in started:
            assert one.look(), one.log.read_text(encoding="utf-8")
        async with desk.store.reading() as tx:
            due = await issues_due(tx, now=desk.clock())
            if not due and not await holdings(tx, ISSUE):
                return
        if meanwhile is not None:
            await meanwhile(desk)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _figures(desk: Runtime, started: list[Watched]) -> Figures:
    c = deliveries.c
    async with desk.store.reading() as tx:
        total = (await add_up(tx, ISSUE, now=desk.clock())).counts.total
        span = select(func.min(c.sending_at), func.max(c.settled_at)).where(c.issue == ISSUE)
        first, last = (await tx.execute(span)).one()
        attempts = await tx.scalar(select(func.max(c.attempt)).where(c.issue == ISSUE))
    letters = sum(total.values())
    assert total[DeliveryState.ACCEPTED] == letters, dict(total)
    assert attempts == 1
    return {
        "letters": letters,
        "seconds": (last - first).total_seconds(),
        "cpu_seconds": sum(one.cpu_seconds for one in started),
        "peak_mb": max(one.peak_mb for one in started),
    }
