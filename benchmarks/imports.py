"""`make bench-import`: a list of 200,000 rows brought in, beside what one writes by hand for it.

The reference reads with `csv` and writes with `executemany`, and does nothing else: no address is
checked, nobody's opt-out is looked at, nothing can be taken back. Each has a process of its own.
"""

import asyncio
import csv
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.page import machine
from flows.mail.links import address_hash
from flows.operations.subscribers import import_subscribers
from flows.store.database import open_store
from flows.store.schema import ensure_schema
from tests.services.postgresql import PostgresqlMissingError, run_cluster

PAGE: Final = Path(__file__).with_name("IMPORTS.md")
SIZES: Final = (20_000, 200_000)
CITIES: Final = 250
LANGUAGES: Final = ("fr", "nl-BE", "en", "")
Figures = dict[str, float]


def write_list(folder: Path, rows: int) -> Path:
    """`subscribers/` with one list of so many people in 250 cities."""
    (folder / "lists").mkdir(parents=True, exist_ok=True)
    with (folder / "cities.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["city", "country", "language", "timezone"])
        for number in range(CITIES):
            writer.writerow([f"Ville {number}", "FR", "fr", "Europe/Paris"])
    with (folder / "lists" / "members.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Courriel", "Nom", "Ville", "Langue"])
        for number in range(rows):
            city, language = number % CITIES, LANGUAGES[number % len(LANGUAGES)]
            writer.writerow(
                [
                    f"prevention.{number}@ville{city}.example.org",
                    f"Service prévention n° {number}",
                    f"Ville {city}",
                    language,
                ]
            )
    return folder


def by_hand(folder: Path, database: Path) -> None:
    """The reference."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT, city TEXT,"
        " language TEXT)"
    )
    with (folder / "lists" / "members.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        with connection:
            connection.executemany(
                "INSERT INTO contacts (email, name, city, language) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (email) DO UPDATE SET name = excluded.name, city = excluded.city,"
                " language = excluded.language",
                rows,
            )
    connection.close()


def ours(folder: Path, url: str, database: Path, *, times: int) -> None:
    """The whole way: read, check, decide, write, with history and legal bases."""

    async def bring_in() -> None:
        store = open_store(url, default=database)
        await ensure_schema(store)
        for _ in range(times):
            done = await import_subscribers(
                store,
                folder,
                address_hash=lambda one: address_hash(b"key", one),
                now=datetime.now(UTC),
            )
            assert done.refused_rows == 0
        await store.close()

    asyncio.run(bring_in())


def measure(kind: str, folder: str, url: str) -> None:
    """One run, in this process; prints its figures."""
    database = Path(folder) / f"{kind}.db"
    runs: dict[str, Callable[[], None]] = {
        "nothing": lambda: ours(Path(folder) / "none", url, database, times=0),
        "hand": lambda: by_hand(Path(folder), database),
        "first": lambda: ours(Path(folder), url, database, times=1),
        "again": lambda: ours(Path(folder), url, database, times=1),
    }
    if kind == "again":
        database = Path(folder) / "first.db"
    start, used = time.perf_counter(), time.process_time()
    runs[kind]()
    figures = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(figures))


def apart(kind: str, folder: Path, url: str = "") -> Figures:
    """One run, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.imports", kind, str(folder), url]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def rows_of(folder: Path, size: int, url: str) -> Iterator[str]:
    """A line of the table for each run."""
    reference = apart("hand", folder)
    runs = {"by hand, SQLite": reference, "ours, SQLite": apart("first", folder)}
    runs["ours, SQLite, again"] = apart("again", folder)
    if url:
        runs["ours, PostgreSQL"] = apart("first", folder, url)
        runs["ours, PostgreSQL, again"] = apart("again", folder, url)
    for name, one in runs.items():
        yield (
            f"| {size:,} | {name} | {one['seconds']:.1f} | {one['cpu_seconds']:.1f}"
            f" | {size / one['seconds']:,.0f} | {one['peak_mb']:.0f}"
            f" | {one['seconds'] / reference['seconds']:.1f} |"
        )


def write_page(lines: list[str], *, idle_mb: float) -> str:
    """The page, also kept in `IMPORTS.md`."""
    head = [
        "# Imports, measured",
        "",
        f"By `make bench-import` on {datetime.now(UTC):%Y-%m-%d}: {machine()}.",
        "By hand means `csv` and `executemany` into one table, without any check. Rates move with",
        f"the machine's other work. Whoever imports nothing has {idle_mb:.0f} MB at its peak.",
        "",
        "| rows | how | seconds | CPU-s | rows/s | peak MB | × by hand |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    page = "\n".join([*head, *lines, ""])
    PAGE.write_text(page, encoding="utf-8")
    return page


def main() -> None:
    """Measure every size; print the page and keep it."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name:
        idle = apart("nothing", write_list(Path(name) / "idle", 1))
        for size in SIZES:
            folder = write_list(Path(name) / str(size), size)
            try:
                # As a server that forgets nothing in a power cut.
                safe = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
                with run_cluster(**safe) as cluster:
                    lines += rows_of(folder, size, cluster.url(cluster.create()))
            except PostgresqlMissingError as error:
                sys.stderr.write(f"without PostgreSQL: {error}\n")
                lines += rows_of(folder, size, "")
    sys.stdout.write(write_page(lines, idle_mb=idle["peak_mb"]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(*sys.argv[1:4])
    else:
        main()
