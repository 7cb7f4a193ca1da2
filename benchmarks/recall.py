"""A translation memory of 100,000 units: how long it takes to find one, beside a plain search."""

import random
import string
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from rapidfuzz import fuzz, process

from benchmarks.page import Goal
from flows.domain.segment import SegmentKey
from flows.translation.memory.index import MemoryIndex
from flows.translation.memory.units import make_unit

UNITS = 100_000
QUERIES = 100
WORDS = [
    "".join(random.Random(n).choices(string.ascii_lowercase, k=2 + n % 9)) for n in range(4000)
]
WEIGHTS = [1 / rank for rank in range(1, len(WORDS) + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Milliseconds: for each kind of question the time of each of them."""

    built_ms: float
    found_ms: dict[str, list[float]]


def measure_recall() -> Recall:
    """Half of the questions are units with one word changed, half are texts of their own."""
    source = random.Random(1)
    texts = [
        " ".join(source.choices(WORDS, WEIGHTS, k=source.randint(3, 90))) for _ in range(UNITS)
    ]
    begun = time.perf_counter()
    index = MemoryIndex(make_unit(SegmentKey(None, text), "x", place="x") for text in texts)
    index.find_similar(SegmentKey(None, texts[0]))
    built_ms = 1000 * (time.perf_counter() - begun)
    asked = [_alter(source.choice(texts), source) for _ in range(QUERIES // 2)]
    asked += [_write(source, 40) for _ in range(QUERIES // 2)]
    keys = [SegmentKey(None, text) for text in asked]
    return Recall(
        built_ms=built_ms,
        found_ms={
            "the same text": [_time(lambda key=key: index.recall(key)) for key in keys],  # type: ignore[misc]
            "a text at least 85 % alike": [
                _time(lambda key=key: index.find_similar(key))  # type: ignore[misc]
                for key in keys
            ],
            "the same by comparing with all (rapidfuzz)": [
                _time(
                    lambda text=text: process.extractOne(  # type: ignore[misc]
                        text, texts, scorer=fuzz.ratio, score_cutoff=85
                    )
                )
                for text in asked[:: QUERIES // 10]
            ],
        },
    )


def _write(source: random.Random, words: int) -> str:
    return " ".join(source.choices(WORDS, WEIGHTS, k=words))


def _alter(text: str, source: random.Random) -> str:
    words = text.split()
    words[source.randrange(len(words))] = "changed"
    return " ".join(words)


def _time(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - begun)


def recall_table(recall: Recall) -> Iterator[str]:
    """Median and worst of each kind of question."""
    made = f"{UNITS:,} units; index made in {recall.built_ms / 1000:.1f} s"
    yield f"| {made} | median ms | worst ms |"
    yield "| --- | ---: | ---: |"
    for what, found in recall.found_ms.items():
        yield f"| {what} | {median(found):.3f} | {max(found):.3f} |"


def recall_goals(recall: Recall) -> list[Goal]:
    """An answer in less than a tenth of a second."""
    what = "a text at least 85 % alike"
    found = max(recall.found_ms[what])
    return [Goal(what=f"{what}, worst of {QUERIES}, ms", found=found, wanted=100, at_most=True)]


if __name__ == "__main__":
    measured = measure_recall()
    sys.stdout.write("\n".join([*recall_table(measured), ""]))
    sys.stdout.writelines(f"{goal.row()}\n" for goal in recall_goals(measured))
