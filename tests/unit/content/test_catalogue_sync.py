from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.catalogue import Catalogue
from flows.content.stamps import MEMORY
from flows.content.syncing import Recalled, SyncReport
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState

ACatalogue = Callable[[], Catalogue]
DAY = date(2026, 11, 22)
EMPTY, DRAFT, EDITED, APPROVED = SegmentState
LONG = "La délégation a rencontré les responsables de la prévention le 9 novembre à Washington."
CHANGED = LONG.replace("9 novembre", "10 novembre")


def key(source: str, context: str | None = None) -> SegmentKey:
    """The key of running text, or of a context."""
    return SegmentKey(context, source)


def segments(*sources: str) -> list[Segment]:
    """The segments of an article with these paragraphs."""
    return [Segment(source=source, kind="p", line=n) for n, source in enumerate(sources, start=1)]


def approved(catalogue: Catalogue, *sources: str) -> Catalogue:
    """The catalogue of these paragraphs, every one translated and approved."""
    catalogue.sync(segments(*sources))
    for source in sources:
        catalogue.edit(key(source), f"EN {source}", by="Ana")
    catalogue.approve_all(by="Ben", on=DAY)
    return catalogue


def test_a_changed_segment_gets_a_draft_from_its_old_self(a_catalogue: ACatalogue) -> None:
    """The old translation comes along for review, with the French that it was made from."""
    catalogue = approved(a_catalogue(), "Un.", LONG)
    assert catalogue.sync(segments("Un.", CHANGED)) == SyncReport(kept=1, carried=1, removed=1)
    catalogue.save()
    again = a_catalogue()
    entry = again.entry(key(CHANGED))
    assert [state for _, state in again.states()] == [APPROVED, DRAFT]
    assert entry.translation == f"EN {LONG}"
    assert entry.previous_source == LONG
    assert entry.provenance.origin == MEMORY
    assert entry.provenance.approval is None
    assert entry.provenance.before == "approved Ben 2026-11-22"


def test_another_text_gets_nothing(a_catalogue: ACatalogue) -> None:
    """Below the threshold a new segment starts empty."""
    catalogue = approved(a_catalogue(), LONG)
    report = catalogue.sync(segments("Une tout autre phrase, sur un autre sujet."))
    assert report == SyncReport(new=1, removed=1)
    assert [state for _, state in catalogue.states()] == [EMPTY]


def test_a_heading_is_not_carried_into_another_context(a_catalogue: ACatalogue) -> None:
    """A title's translation is no draft for a paragraph."""
    catalogue = a_catalogue()
    catalogue.sync([Segment(source=LONG, kind="title", context="meta:title")])
    catalogue.edit(key(LONG, "meta:title"), "Title", by="Ana")
    catalogue.sync(segments(CHANGED))
    assert catalogue.waiting() == [key(CHANGED)]


def test_french_that_comes_back_finds_its_approval(a_catalogue: ACatalogue) -> None:
    """What was removed waits in the file, and returns as it was."""
    catalogue = approved(a_catalogue(), "Un.", LONG)
    catalogue.sync(segments("Un.", CHANGED))
    catalogue.save()
    catalogue = a_catalogue()
    assert catalogue.sync(segments("Un.", LONG)) == SyncReport(kept=1, returned=1, removed=1)
    catalogue.save()
    again = a_catalogue()
    assert [state for _, state in again.states()] == [APPROVED, APPROVED]
    assert again.entry(key(LONG)).translation == f"EN {LONG}"


@pytest.mark.parametrize(
    ("typed", "retyped"),
    [
        ("Qui ? Moi", "Qui\u202f? Moi"),
        ("Note : ici", "Note\u00a0: ici"),
        ("l'Efus", "l’Efus"),
        ("et puis...", "et puis…"),
        ("été", "e\u0301te\u0301"),
        ("deux  espaces", "deux espaces"),
    ],
)
def test_typing_alone_loses_nothing(a_catalogue: ACatalogue, typed: str, retyped: str) -> None:
    """A no-break space, an apostrophe or an ellipsis keeps translation and approval."""
    catalogue = approved(a_catalogue(), typed)
    assert catalogue.sync(segments(retyped)) == SyncReport(kept=1)
    assert catalogue.state(key(retyped)) is APPROVED
    assert catalogue.states()[0][0].key == key(retyped)


def test_the_memory_s_words_arrive_as_drafts(a_catalogue: ACatalogue) -> None:
    """An approved translation elsewhere is a proposal here."""
    catalogue = a_catalogue()
    report = catalogue.sync(
        segments("Qui\u202f?", "Autre."),
        memory={key("Qui ?"): Recalled(text="Who?"), key("Rien."): Recalled(text="Nothing.")},
    )
    assert report == SyncReport(new=2, recalled=1)
    assert catalogue.state(key("Qui ?")) is DRAFT
    assert catalogue.entry(key("Qui ?")).provenance.origin == MEMORY


def test_entries_follow_the_article_s_order(a_catalogue: ACatalogue) -> None:
    """Moving a paragraph moves its entry, with all that belongs to it."""
    catalogue = approved(a_catalogue(), "Un.", "Deux.", "Trois.")
    catalogue.sync(segments("Trois.", "Un.", "Deux."))
    assert [entry.key.source for entry, _ in catalogue.states()] == ["Trois.", "Un.", "Deux."]
    assert catalogue.counts()[APPROVED] == 3
    assert [entry.line for entry, _ in catalogue.states()] == [1, 2, 3]


def test_syncing_twice_changes_nothing_more(a_catalogue: ACatalogue) -> None:
    """The second sync of the same article writes nothing."""
    catalogue = approved(a_catalogue(), "Un.", LONG)
    catalogue.sync(segments("Un.", CHANGED, "Nouveau."))
    catalogue.save()
    again = a_catalogue()
    assert again.sync(segments("Un.", CHANGED, "Nouveau.")) == SyncReport(kept=3)
    assert not again.save()


def test_the_most_similar_pairs_meet(a_catalogue: ACatalogue) -> None:
    """Two changed neighbours each get their own old translation, once."""
    other = LONG.replace("Washington", "Nashville")
    catalogue = approved(a_catalogue(), LONG, other)
    report = catalogue.sync(segments(other.replace("les", "des"), LONG.replace("les", "des")))
    assert report.carried == 2
    translations = [entry.translation for entry, _ in catalogue.states()]
    assert translations == [f"EN {other}", f"EN {LONG}"]


SOURCES = [f"{LONG} Variante {n}." for n in range(4)] + ["Un.", "Deux.", "Un titre", "Qui ?"]
edits = st.lists(st.lists(st.sampled_from(SOURCES), unique=True, max_size=8), max_size=6)


@given(edits=edits)
@settings(max_examples=50, deadline=None)
def test_no_sequence_of_edits_costs_an_approval(
    tmp_path_factory: pytest.TempPathFactory, edits: list[list[str]]
) -> None:
    """However the article changes, each French text that stands in it has its approved words."""
    path = tmp_path_factory.mktemp("po") / "en.po"

    def load() -> Catalogue:
        return Catalogue.load(path, language=Language("en"), source_language=Language("fr"))

    approved(load(), *SOURCES).save()
    for sources in edits:
        catalogue = load()
        catalogue.sync(segments(*sources))
        catalogue.save()
        for source in sources:
            assert load().state(key(source)) is APPROVED
            assert load().entry(key(source)).translation == f"EN {source}"
