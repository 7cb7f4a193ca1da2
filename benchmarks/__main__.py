"""`make bench`: the hot paths beside their peers, in one run, as ratios; kept in `RESULTS.md`."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import signing
from benchmarks.memory import measure_memory
from benchmarks.newsroom import ISSUE, SLUG, environment
from benchmarks.page import (
    goals_table,
    memory_goals,
    memory_table,
    sending_goals,
    sending_table,
    write_page,
)
from benchmarks.peers import an_email_message
from benchmarks.recall import measure_recall, recall_goals, recall_table
from benchmarks.speed import open_bench, run_round
from flows.domain.edition import Edition
from flows.domain.language import Language
from flows.mail.dkim import make_keys, read_dkim_key
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import Runtime, open_runtime, starter
from flows.settings.reading import read_settings

ROUNDS = 3
NOW = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)


async def sample(folder: Path) -> tuple[Edition, bytes, dict[str, float]]:
    """The French edition, a letter of it, and how many are made in a CPU second."""
    make_workspace(folder, starter=starter())
    async with open_runtime(read_settings(folder)) as desk:
        edition = desk.library.edition(SLUG, Language("fr"))
        letter = desk.letter(edition, issue=ISSUE)
        recipient = desk.reader(ISSUE, 1, Language("fr"), name="Prévention n° 1")
        return edition, letter.render(recipient, date=NOW), _making(desk, edition)


def _making(desk: Runtime, edition: Edition) -> dict[str, float]:
    letter = desk.letter(edition, issue=ISSUE)
    recipients = iter(
        [desk.reader(ISSUE, number, Language("fr"), name="Prévention") for number in range(2000)]
    )
    fields = {name: str(getattr(edition, name)) for name in ("subject", "html", "text")}
    per_second = signing.letters_per_cpu_second
    return {
        "ours": per_second(lambda: letter.render(next(recipients), date=NOW), times=2000),
        "an EmailMessage each": per_second(
            lambda: an_email_message(fields, 1).as_bytes(), times=100
        ),
    }


def making_table(making: dict[str, float]) -> Iterator[str]:
    """What one core makes, without sending."""
    yield "| what one core makes in a second | letters |"
    yield "| --- | ---: |"
    yield from (f"| {name} | {rate:,.0f} |" for name, rate in making.items())


def main() -> None:
    """Measure everything; print the page and keep it."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name, environment({}):
        folder = Path(name)
        edition, letter, making = asyncio.run(sample(folder / "sample"))
        paths = make_keys(folder / "keys")
        keys = [read_dkim_key(one, domain="efus.example.org", selector=one.stem) for one in paths]
        making |= {
            "both signatures, ours": (signer := signing.ours(letter, keys)),
            "one signature (RSA), dkimpy": signing.dkimpy(letter, paths[0]),
        }
        with open_bench(folder, edition, letter_bytes=len(letter)) as bench:
            for number in range(ROUNDS):
                sys.stderr.write(f"round {number + 1} of {ROUNDS}\n")
                run_round(bench)
        memory = measure_memory(folder)
    series = bench.results
    recall = measure_recall()
    goals = [
        *sending_goals(series, signer_per_second=signer),
        *memory_goals(memory),
        *recall_goals(recall),
    ]
    sections = {
        "Goals": goals_table(goals),
        f"Sending a letter of {len(letter) / 1000:.0f} kB": sending_table(series),
        "Making and signing letters": making_table(making),
        "Memory of the sending process (SQLite, fast sink)": memory_table(memory),
        "Finding an approved translation": recall_table(recall),
    }
    sys.stdout.write(write_page(sections, now=datetime.now(UTC)))


if __name__ == "__main__":
    main()
