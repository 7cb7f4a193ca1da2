"""Who saves a catalogue at the same moment as others is told whether it was saved."""

import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.synchronize import Barrier as ProcessBarrier
from pathlib import Path
from threading import Barrier

import polib
import pytest

from flows.content.catalogue import Catalogue
from flows.content.pofiles import read_po_file
from flows.domain.errors import TransientError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey
from flows.operations.workbench import Bench, Workbench
from tests.functional.editorial.conftest import NL, SLUG, Newsroom

WRITERS = 3
ROUNDS = 10
WAIT_SECONDS = 60


def load(path: Path) -> Catalogue:
    """The catalogue as a writer of its own finds it."""
    return Catalogue.load(path, language=Language("en"), source_language=Language("fr"))


def key_of(writer: int) -> SegmentKey:
    """The passage that a writer corrects."""
    return SegmentKey(None, f"Passage {writer}.")


def save_together(path: Path, writer: int, barrier: Barrier | ProcessBarrier) -> list[bool]:
    """In each round correct one's own passage, at the same moment as all others: what landed."""
    landed: list[bool] = []
    for turn in range(ROUNDS):
        catalogue = load(path)
        catalogue.edit(key_of(writer), f"{writer} in round {turn}", by="Ana")
        barrier.wait(WAIT_SECONDS)
        try:
            landed.append(catalogue.save())
        except TransientError:
            landed.append(False)
        barrier.wait(WAIT_SECONDS)
        text = load(path).entry(key_of(writer)).translation
        assert (text == f"{writer} in round {turn}") == landed[-1], f"round {turn}"
        barrier.wait(WAIT_SECONDS)
    return landed


BARRIER: list[ProcessBarrier] = []
"""What a process was given when it was born: a barrier cannot be sent later."""


def keep(barrier: ProcessBarrier) -> None:
    """Begin a process."""
    BARRIER.append(barrier)


def save_in_a_process(path: Path, writer: int) -> list[bool]:
    """The same, in a process of its own."""
    return save_together(path, writer, BARRIER[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalogue with a passage for each writer."""
    catalogue = load(tmp_path / "en.po")
    segments = [
        Segment(source=key_of(writer).source, kind="p", context=None, line=writer + 1)
        for writer in range(WRITERS)
    ]
    catalogue.sync(segments)
    catalogue.save()
    return catalogue.path


def results_of(pool: Executor, path: Path, barrier: Barrier | None) -> list[list[bool]]:
    """What each writer was told, round by round."""
    if barrier is None:
        works = [pool.submit(save_in_a_process, path, one) for one in range(WRITERS)]
    else:
        works = [pool.submit(save_together, path, one, barrier) for one in range(WRITERS)]
    return [work.result() for work in works]


def test_threads_that_save_at_once_lose_nothing_that_they_were_told_is_saved(path: Path) -> None:
    """A save either is in the file or was refused; in each round one of them lands."""
    with ThreadPoolExecutor(WRITERS) as pool:
        told = results_of(pool, path, Barrier(WRITERS))

    assert all(any(landed) for landed in zip(*told, strict=True))


def test_processes_that_save_at_once_lose_nothing_that_they_were_told_is_saved(path: Path) -> None:
    """As a translation in a flow's process and the desk do."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(WRITERS)
    with ProcessPoolExecutor(
        WRITERS, mp_context=spawn, initializer=keep, initargs=(barrier,)
    ) as pool:
        told = results_of(pool, path, None)

    assert all(any(landed) for landed in zip(*told, strict=True))


def test_what_is_written_while_a_catalogue_is_read_is_never_written_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's save between the reading of the file and the end of the loading."""

    def parse_slowly(file: Path) -> polib.POFile:
        po = read_po_file(file)
        monkeypatch.undo()
        other = load(path)
        other.edit(key_of(0), "The other's", by="Ana")
        other.save()
        return po

    monkeypatch.setattr("flows.content.catalogue.read_po_file", parse_slowly)
    mine = load(path)
    mine.edit(key_of(1), "Mine", by="Rens")

    with pytest.raises(TransientError):
        mine.save()
    assert load(path).entry(key_of(0)).translation == "The other's"


def test_saving_leaves_nothing_beside_the_catalogue(path: Path) -> None:
    """What keeps others waiting shows in no working copy."""
    assert [one.name for one in path.parent.iterdir()] == ["en.po"]


def test_two_desks_at_one_catalogue_lose_nothing(newsroom: Newsroom) -> None:
    """Whoever was too late does the change again on top of the other's."""
    newsroom.fill(NL)
    library = newsroom.desk.library
    keys = [entry.key for entry in library.catalogue(SLUG, NL).entries()]
    barrier = Barrier(2)

    def work(mine: list[SegmentKey]) -> list[SegmentKey]:
        bench = Workbench(library)
        for key in mine:
            barrier.wait(WAIT_SECONDS)
            bench.change(SLUG, NL, lambda one, key=key: write(one, key))  # type: ignore[misc]
        return mine

    def write(bench: Bench, key: SegmentKey) -> None:
        bench.catalogue.edit(key, f"x {key.source}", by="Rens")

    half = len(keys) // 2
    with ThreadPoolExecutor(2) as pool:
        done = [
            key for mine in pool.map(work, [keys[:half], keys[half : 2 * half]]) for key in mine
        ]

    assert {key: library.catalogue(SLUG, NL).entry(key).translation for key in done} == {
        key: f"x {key.source}" for key in done
    }
