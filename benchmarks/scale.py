"""`make bench-scale`: several workers on one PostgreSQL, and a million contacts from end to end."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import text

from benchmarks import peers
from benchmarks.crew import command, send_with
from benchmarks.imports import write_list
from benchmarks.ledgers import fill_ledger
from benchmarks.newsroom import (
    ISSUE,
    Newsroom,
    approve_all,
    copy_newsroom,
    environment,
    freeze_for,
    make_newsroom,
)
from benchmarks.page import machine, rate
from benchmarks.peers import Figures
from benchmarks.sinks import fast_sink, postfix_sink
from benchmarks.speed import DURABLE
from flows.operations.overview import look_over
from flows.operations.progress import history_of, look_at_progress
from flows.operations.pruning import prune_ledger
from flows.operations.reporting import report_issue
from flows.operations.settling import finish_issue
from flows.operations.standing import list_standings
from flows.operations.sums import keep_up
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import Runtime, open_runtime, starter
from flows.settings.reading import read_settings
from flows.store.database import open_store
from flows.store.sums import add_up
from tests.services.postgresql import Cluster, run_cluster

PAGE: Final = Path(__file__).with_name("SCALE.md")
LETTERS: Final = 40_000
MILLION: Final = 1_000_000
CREWS: Final = (1, 2, 4)
TIMES: Final = 5
LETTER_BYTES: Final = 39_000
Rows = list[str]
Looks = dict[str, list[float]]


def tell(words: str) -> None:
    """What is going on, for whoever waits."""
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {words}\n")


def throughput(cluster: Cluster, folder: Path) -> Iterator[str]:
    """Each crew against each sink, with the same ledger."""
    name = cluster.create()
    original = make_newsroom(folder / "many", letters=LETTERS, database_url=cluster.url(name))
    yield "| sink | sender | letters/s | CPU-s per 1,000 | peak MB each | × smtp-source |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for opened in (postfix_sink, lambda: fast_sink(folder)):
        with opened() as sink:
            peer = peers.smtp_source(sink.port, letters=LETTERS, size_bytes=LETTER_BYTES)
            yield _row(sink.name, "smtp-source -s 10", peer, peer)
            for workers in CREWS:
                database = cluster.create(template=name)
                url = cluster.url(database)
                copy = copy_newsroom(original, folder / "run", database_url=url)
                found = asyncio.run(send_with(copy, sink, workers=workers))
                cluster.drop(database)
                tell(f"{sink.name}: {workers} workers: {rate(found):,.0f}/s")
                yield _row(sink.name, f"ours, {workers} × 10 connections", found, peer)
        if sink.letters is not None:
            assert sink.letters == LETTERS * (len(CREWS) + 1), sink.letters
    cluster.drop(name)


def _row(sink: str, sender: str, one: Figures, peer: Figures) -> str:
    cpu = 1000 * one["cpu_seconds"] / one["letters"]
    peak = f"{one['peak_mb']:.0f}" if one["peak_mb"] else ""
    times = rate(one) / rate(peer)
    return f"| {sink} | {sender} | {rate(one):,.0f} | {cpu:.3f} | {peak} | {times:.2f} |"


def a_million(cluster: Cluster, folder: Path) -> Iterator[str]:
    """Import, freeze, send, report, prune."""
    database = cluster.create()
    newsroom = Newsroom(
        folder=folder / "million",
        environment={
            "NEWSLETTER_WORKSPACE": str(folder / "million"),
            "NEWSLETTER_WEB__BASE_URL": "https://lettre.example.org",
            "NEWSLETTER_DATABASE_URL": cluster.url(database),
        },
    )
    make_workspace(newsroom.folder, starter=starter())
    lists = newsroom.folder / "subscribers" / "lists"
    for old in lists.glob("*"):
        old.unlink()
    write_list(newsroom.folder / "subscribers", MILLION)
    yield "| step | seconds | a second | peak MB | database MB after |"
    yield "| --- | ---: | ---: | ---: | ---: |"

    def row(step: str, one: Figures, *, letters: int = MILLION) -> str:
        tell(f"{step}: {one['seconds']:.1f} s")
        size = asyncio.run(_size(cluster.url(database)))
        peak = f"{one['peak_mb']:.0f}" if one.get("peak_mb") else ""
        speed = letters / one["seconds"]
        return f"| {step} | {one['seconds']:.1f} | {speed:,.0f} | {peak} | {size:,.0f} |"

    yield row(
        "import of 1,000,000 contacts in 250 cities",
        command(newsroom, "subscribers", "import", "subscribers"),
    )
    with environment(newsroom.environment):
        yield row("freeze: audience and ledger", asyncio.run(_freeze(newsroom)))
    looks: Looks = {}
    with postfix_sink() as sink:
        sent = asyncio.run(send_with(newsroom, sink, workers=2, meanwhile=_looker(looks)))
    yield row("send into smtp-sink, 2 workers × 10 connections", sent)
    with environment(newsroom.environment):
        yield row("add up and finish", asyncio.run(_finish(newsroom)))
        after = asyncio.run(_look_often(newsroom))
        yield row("bring into the archive (1,000,000 letters)", asyncio.run(_prune(newsroom)))
    yield ""
    yield "| look at a million (PostgreSQL) | being sent, median s | worst s | sent, worst s |"
    yield "| --- | ---: | ---: | ---: |"
    for name, times in looks.items():
        yield f"| {name} | {median(times):.3f} | {max(times):.3f} | {max(after[name]):.3f} |"


async def _size(url: str) -> float:
    store = open_store(url, default=Path("unused"))
    async with store.reading() as tx:
        found = await tx.scalar(text("SELECT pg_database_size(current_database())"))
    await store.close()
    return float(found) / 1e6


async def _freeze(newsroom: Newsroom) -> Figures:
    async with open_runtime(read_settings(newsroom.folder)) as desk:
        await approve_all(desk)
        start = time.perf_counter()
        await freeze_for(desk, "members")
        return {"seconds": time.perf_counter() - start}


async def _finish(newsroom: Newsroom) -> Figures:
    async with open_runtime(read_settings(newsroom.folder)) as desk:
        start = time.perf_counter()
        _, total = await finish_issue(desk.store, ISSUE, now=desk.clock())
        assert sum(total.values()) == MILLION
        return {"seconds": time.perf_counter() - start}


async def _prune(newsroom: Newsroom) -> Figures:
    async with open_runtime(read_settings(newsroom.folder)) as desk:
        start, now = time.perf_counter(), desk.clock()
        before = (await report_issue(desk.store, ISSUE, now=now)).as_json()
        deleted = await prune_ledger(
            desk.store, before=now + timedelta(days=1), by="bench", now=now
        )
        seconds = time.perf_counter() - start
        after = (await report_issue(desk.store, ISSUE, now=now)).as_json()
        assert deleted == MILLION
        assert after["by_city"] == before["by_city"]
        return {"seconds": seconds}


def looks_of(desk: Runtime) -> dict[str, Callable[[], Awaitable[object]]]:
    """What people look at."""
    library, store = desk.library, desk.store
    return {
        "report": lambda: report_issue(store, ISSUE, now=desk.clock()),
        "status": lambda: list_standings(library, store, now=desk.clock(), late_hours=6),
        "the desk's first page": lambda: look_over(library, store, now=desk.clock(), late_hours=6),
        "the desk's page of the sending": lambda: _page(desk),
    }


async def _page(desk: Runtime) -> None:
    await look_at_progress(desk.store, ISSUE, rate=None, now=desk.clock())
    await history_of(desk.store, ISSUE)


async def look_at_all(desk: Runtime, into: Looks) -> None:
    """Each look once, with its time."""
    for name, look in looks_of(desk).items():
        start = time.perf_counter()
        await look()
        into.setdefault(name, []).append(time.perf_counter() - start)


def _looker(into: Looks) -> Callable[[Runtime], Awaitable[None]]:
    """What the conductor of a sending does, and a person who looks every ten seconds."""
    next_at = time.monotonic() + 30

    async def look(desk: Runtime) -> None:
        nonlocal next_at
        await keep_up(desk.store, ISSUE, clock=desk.clock)
        if time.monotonic() >= next_at:
            await look_at_all(desk, into)
            next_at = time.monotonic() + 10

    return look


async def _look_often(newsroom: Newsroom) -> Looks:
    found: Looks = {}
    async with open_runtime(read_settings(newsroom.folder)) as desk:
        for _ in range(TIMES):
            await look_at_all(desk, found)
    return found


async def on_sqlite(folder: Path) -> Iterator[str]:
    """Looks at a million letters on SQLite, three in five of them sent: added up, and as kept."""
    make_workspace(folder, starter=starter())
    settings = read_settings(folder)
    async with open_runtime(settings) as desk:
        await fill_ledger(desk.store, ISSUE, letters=MILLION, now=desk.clock())
        tell("SQLite: a million letters are written")
        start = time.perf_counter()
        async with desk.store.reading() as tx:
            await add_up(tx, ISSUE, now=desk.clock())
        live = time.perf_counter() - start
        await report_issue(desk.store, ISSUE, now=desk.clock())
        found: Looks = {}
        for _ in range(TIMES):
            await keep_up(desk.store, ISSUE, clock=desk.clock)
            await look_at_all(desk, found)
    rows = ["| look at 1,000,000 letters on SQLite | median s | worst s |", "| --- | ---: | ---: |"]
    rows += [f"| {name} | {median(one):.3f} | {max(one):.3f} |" for name, one in found.items()]
    rows.append(f"| adding up in one pass, nothing kept | {live:.3f} | |")
    return iter(rows)


def write_page(sections: dict[str, Rows]) -> str:
    """The page, also kept in `SCALE.md`."""
    lines = [
        "# Scale, measured",
        "",
        f"By `make bench-scale` on {datetime.now(UTC):%Y-%m-%d}: {machine()}. Senders, sink and",
        "PostgreSQL (durable: fsync and synchronous_commit on) share these processors. Every run",
        "ends with each letter accepted at its first attempt; the fast sink counts them itself.",
        "Rates move with the machine's other work, as that of whoever looks meanwhile.",
    ]
    for title, rows in sections.items():
        lines += ["", f"## {title}", "", *rows]
    page = "\n".join(lines) + "\n"
    PAGE.write_text(page, encoding="utf-8")
    return page


def main() -> None:
    """Measure everything; print the page and keep it."""
    sections: dict[str, Rows] = {}
    page = ""
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name,
        environment({}),
        run_cluster(shared_buffers="512MB", max_wal_size="4GB", **DURABLE) as cluster,
    ):
        folder = Path(name)
        measures: dict[str, Callable[[], Iterator[str]]] = {
            "A million contacts": lambda: a_million(cluster, folder),
            f"Workers, {LETTERS:,} letters of 39 kB": lambda: throughput(cluster, folder),
            "The same looks on SQLite": lambda: asyncio.run(on_sqlite(folder / "lite")),
        }
        for title, measure in measures.items():
            sections[title] = list(measure())
            page = write_page(sections)
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
