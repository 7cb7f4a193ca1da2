"""The results as a page: every figure, the ratios within each round, and the goals."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from benchmarks.peers import Figures
from benchmarks.speed import Series

PAGE = Path(__file__).with_name("RESULTS.md")
LIMIT = "smtp-source -s 10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure should be at least, or at most."""

    what: str
    found: float
    wanted: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is so."""
        return self.found <= self.wanted if self.at_most else self.found >= self.wanted

    def row(self) -> str:
        """A row of the table."""
        sign = "≤" if self.at_most else "≥"
        verdict = "yes" if self.met else "**no**"
        return f"| {self.what} | {self.found:.2f} | {sign} {self.wanted:g} | {verdict} |"


def rate(figures: Figures) -> float:
    """Letters a second."""
    return figures["letters"] / figures["seconds"]


def cpu(figures: Figures) -> float:
    """CPU seconds for a thousand letters."""
    return 1000 * figures["cpu_seconds"] / figures["letters"]


def ratio(series: Series, sink: str, ours: str, peer: str) -> float:
    """The median of the ratios within each round."""
    pairs = zip(series[sink, ours], series[sink, peer], strict=True)
    return median(rate(one) / rate(other) for one, other in pairs)


def sending_table(series: Series) -> Iterator[str]:
    """Every sender at every sink."""
    yield "| sink | sender | letters/s, median (min–max) | CPU-s per 1,000 | × smtp-source |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for (sink, sender), rounds in series.items():
        rates = [rate(one) for one in rounds]
        yield (
            f"| {sink} | {sender} | {median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
            f" | {median(map(cpu, rounds)):.3f} | {ratio(series, sink, sender, LIMIT):.2f} |"
        )


def memory_table(memory: Mapping[int, Figures]) -> Iterator[str]:
    """The sending process by the number of its letters."""
    yield "| letters | seconds | letters/s | CPU-s per 1,000 | peak MB |"
    yield "| ---: | ---: | ---: | ---: | ---: |"
    for size, one in memory.items():
        yield (
            f"| {size:,} | {one['seconds']:.1f} | {rate(one):,.0f} | {cpu(one):.3f}"
            f" | {one['peak_mb']:.0f} |"
        )


def sending_goals(series: Series, *, signer_per_second: float) -> list[Goal]:
    """What the rounds should show."""
    fast, lockstep, postfix = "fast sink", "fast sink without PIPELINING", "smtp-sink"
    distant, pool = "answers 20 ms late", "nodemailer, pool of 20"

    def beats(sink: str, ours: str, peer: str, wanted: float) -> Goal:
        what = f"{sink}: {ours} / {peer}"
        return Goal(what=what, found=ratio(series, sink, ours, peer), wanted=wanted)

    lite, grand = "ours, SQLite", "ours, PostgreSQL"
    signed = median(1000 / cpu(one) for one in series[fast, "ours, SQLite, DKIM"])
    return [
        beats(fast, lite, LIMIT, 0.5),
        beats(fast, lite, pool, 25),
        beats(fast, grand, LIMIT, 0.4),
        beats(fast, grand, pool, 20),
        beats(postfix, lite, LIMIT, 0.9),
        beats(distant, lite, LIMIT, 3),
        beats(distant, lite, "nodemailer, pool of 10", 3),
        beats(lockstep, lite, LIMIT, 0.2),
        beats(lockstep, lite, pool, 8),
        Goal(
            what="CPU-s of the sender per 1,000 letters",
            found=median(map(cpu, series[fast, lite])),
            wanted=0.15,
            at_most=True,
        ),
        Goal(
            what="letters per CPU-s with both signatures / of the signer alone",
            found=signed / signer_per_second,
            wanted=0.6,
        ),
    ]


def memory_goals(memory: Mapping[int, Figures]) -> list[Goal]:
    """What the sizes should show."""
    peaks = {size: one["peak_mb"] for size, one in memory.items()}
    largest = max(peaks)
    return [
        Goal(
            what=f"peak memory at {largest:,} letters / at 10,000",
            found=peaks[largest] / peaks[10_000],
            wanted=1.5,
            at_most=True,
        ),
        Goal(
            what=f"peak MB at {largest:,} letters", found=peaks[largest], wanted=100, at_most=True
        ),
    ]


def goals_table(goals: Sequence[Goal]) -> Iterator[str]:
    """Wanted and found."""
    yield "| goal | found | wanted | met |"
    yield "| --- | ---: | ---: | --- |"
    yield from (goal.row() for goal in goals)


def machine() -> str:
    """What the figures were measured on."""
    names = _first("/proc/cpuinfo", lambda line: line.startswith("model name"))
    processors = Path("/proc/cpuinfo").read_text(encoding="utf-8").count("processor\t")
    python = f"CPython {platform.python_version()}"
    return f"{processors} × {names.partition(':')[2].strip()}, Linux {platform.release()}, {python}"


def _first(path: str, wanted: Callable[[str], bool]) -> str:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return next(filter(wanted, lines), ": unknown processor")


def write_page(sections: Mapping[str, Iterator[str]], *, now: datetime) -> str:
    """The page, also kept in `RESULTS.md`."""
    lines = [
        "# Measured",
        "",
        f"By `make bench` on {now:%Y-%m-%d}: {machine()}. Rates move with the machine's other",
        "work; the ratios are medians of the ratios within each round.",
    ]
    for title, rows in sections.items():
        lines += ["", f"## {title}", "", *rows]
    page = "\n".join(lines) + "\n"
    PAGE.write_text(page, encoding="utf-8")
    return page
