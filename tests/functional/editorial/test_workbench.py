from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.content.catalogue import Catalogue
from flows.domain.errors import TransientError
from flows.domain.segment import SegmentKey, SegmentState
from flows.operations.passages import passage_id, read_sheet
from flows.operations.workbench import MOST_OPEN, Bench, Workbench
from tests.functional.editorial.conftest import NL, SLUG, WORDS, Newsroom, write_article

TITLE = SegmentKey("meta:title", "La médiation de nuit")


def on_disk(newsroom: Newsroom) -> Catalogue:
    """The catalogue as another program finds it."""
    return newsroom.desk.library.catalogue(SLUG, NL)


def edit(key: SegmentKey, text: str) -> Callable[[Bench], None]:
    """A correction."""
    return lambda bench: bench.catalogue.edit(key, text, by="Rens")


def test_many_hands_at_one_catalogue_lose_nothing(newsroom: Newsroom) -> None:
    """Each change is on top of the one before, whichever thread it comes from."""
    newsroom.fill(NL)
    bench = Workbench(newsroom.desk.library)
    keys = [entry.key for entry in on_disk(newsroom).entries()]

    with ThreadPoolExecutor(6) as pool:
        for _ in pool.map(lambda key: bench.change(SLUG, NL, edit(key, f"x {key.source}")), keys):
            pass

    assert [one.translation for one in on_disk(newsroom).entries()] == [
        f"x {key.source}" for key in keys
    ]


def test_what_another_program_writes_in_the_midst_of_a_change_is_kept(newsroom: Newsroom) -> None:
    """The change is done again on top of it."""
    newsroom.fill(NL)
    bench, path = Workbench(newsroom.desk.library), on_disk(newsroom).path
    writes: list[int] = []

    def change(open_bench: Bench) -> None:
        if not writes:
            text = path.read_text("utf-8").replace("Waartoe dient", "Waarvoor dient")
            writes.append(path.write_text(text, "utf-8"))
        open_bench.catalogue.edit(TITLE, "Bemiddeling", by="Rens")

    bench.change(SLUG, NL, change)

    texts = [one.translation for one in on_disk(newsroom).entries()]
    assert "Bemiddeling" in texts
    assert "Waarvoor dient bemiddeling?" in texts


def test_a_file_that_never_rests_ends_in_an_error_and_unchanged(newsroom: Newsroom) -> None:
    """Somebody is told to try again; nothing is overwritten."""
    newsroom.fill(NL)
    bench, path = Workbench(newsroom.desk.library), on_disk(newsroom).path
    count = [0]

    def change(open_bench: Bench) -> None:
        count[0] += 1
        path.write_text(path.read_text("utf-8") + f"\n# {count[0]}\n", "utf-8")
        open_bench.catalogue.edit(TITLE, "Bemiddeling", by="Rens")

    with pytest.raises(TransientError, match="somebody else"):
        bench.change(SLUG, NL, change)
    assert on_disk(newsroom).entry(TITLE).translation == "Nachtbemiddeling"


def test_half_a_change_is_no_change(newsroom: Newsroom) -> None:
    """What fails in the midst leaves the file, and what the next one reads, as it was."""
    newsroom.fill(NL)
    bench = Workbench(newsroom.desk.library)

    def fail(open_bench: Bench) -> None:
        open_bench.catalogue.edit(TITLE, "Bemiddeling", by="Rens")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        bench.change(SLUG, NL, fail)

    sheet = read_sheet(bench, SLUG, NL, reviewer="en")
    assert sheet.find(passage_id(TITLE)).translation == "Nachtbemiddeling"


def test_a_catalogue_is_read_again_only_when_something_changed(newsroom: Newsroom) -> None:
    """The source, the catalogue, the glossary, and what other articles approved."""
    newsroom.fill(NL)
    bench, content = Workbench(newsroom.desk.library), newsroom.content

    def opened() -> Bench:
        return bench.look(SLUG, NL, lambda one: one)

    first = opened()
    assert opened() is first
    bench.change(SLUG, NL, edit(TITLE, "Bemiddeling"))
    assert opened() is first
    write_article(content, title="La médiation au marché")
    second = opened()
    assert second is not first
    assert len(read_sheet(bench, SLUG, NL, reviewer="en").passages) == 6

    (content / "glossary.csv").write_text("fr,nl\nmédiation,bemiddeling\n", "utf-8")
    rules = opened().rules
    assert opened().rules is rules
    (content / "glossary.csv").write_text("fr,nl\nmédiation,mediatie\n", "utf-8")
    sheet = read_sheet(bench, SLUG, NL, reviewer="en")
    assert opened().rules is not rules
    assert any(found.check == "glossary" for one in sheet.passages for found in one.findings)


def test_an_approval_elsewhere_is_seen_by_the_checks(newsroom: Newsroom) -> None:
    """One text is translated in one way in all articles."""
    newsroom.fill(NL)
    bench = Workbench(newsroom.desk.library)
    assert not read_sheet(bench, SLUG, NL, reviewer="en").find(passage_id(TITLE)).findings
    write_article(newsroom.content, slug="earlier")
    other = newsroom.desk.library.synchronised(newsroom.desk.library.article("earlier"), NL)
    other.edit(TITLE, "Iets anders", by="Ada")
    other.approve(TITLE, by="Chantal", on=newsroom.desk.clock().date())
    other.save()

    findings = read_sheet(bench, SLUG, NL, reviewer="nl").find(passage_id(TITLE)).findings

    assert [one.check for one in findings] == ["consistency"]
    assert "Iets anders" in findings[0].message


def test_only_so_many_catalogues_stay_open(newsroom: Newsroom) -> None:
    """Memory is bounded; one that was closed is opened again."""
    bench = Workbench(newsroom.desk.library)
    for number in range(MOST_OPEN + 2):
        write_article(newsroom.content, slug=f"one-{number}", body="Texte.\n")
        read_sheet(bench, f"one-{number}", NL, reviewer="en")

    assert len(bench._benches) == MOST_OPEN
    sheet = read_sheet(bench, "one-0", NL, reviewer="en")
    assert sheet.count(SegmentState.EMPTY) == len(sheet.passages)


def test_putting_an_entry_back_restores_the_file_to_the_letter(newsroom: Newsroom) -> None:
    """Texts, stamps, flags, notes, and whoever was the last editor before."""
    newsroom.fill(NL)
    before = on_disk(newsroom).path.read_text("utf-8")
    for entry in list(on_disk(newsroom).entries()):
        catalogue = on_disk(newsroom)
        copy = catalogue.copy(entry.key)
        catalogue.note(entry.key, "Korter?", by="Rens", on=newsroom.desk.clock().date())
        catalogue.edit(entry.key, f"{WORDS[entry.key.source]['nl']}!", by="Rens")
        catalogue.approve(entry.key, by="Rens", on=newsroom.desk.clock().date())
        catalogue.save()
        assert on_disk(newsroom).last_editor == "Rens"
        catalogue.put_back(entry.key, copy, after=catalogue.copy(entry.key))
        catalogue.save()
    assert on_disk(newsroom).path.read_text("utf-8") == before
