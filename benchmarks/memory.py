"""Memory of the sending process, from a thousand readers to a million."""

import sys
from pathlib import Path

from benchmarks.newsroom import make_newsroom
from benchmarks.peers import Figures
from benchmarks.sinks import fast_sink
from benchmarks.speed import send_in_newsroom

SIZES = (1_000, 10_000, 100_000, 1_000_000)


def measure_memory(folder: Path) -> dict[int, Figures]:
    """The figures of one sending of each size, on SQLite, into the fast sink."""
    found = {}
    for size in SIZES:
        newsroom = make_newsroom(folder / f"memory{size}", letters=size)
        with fast_sink(folder) as sink:
            found[size] = send_in_newsroom(newsroom, sink)
        assert sink.letters == size
        peak, seconds = found[size]["peak_mb"], found[size]["seconds"]
        sys.stderr.write(f"{size:>9,} letters: {peak:.0f} MB, {seconds:.1f} s\n")
    return found
