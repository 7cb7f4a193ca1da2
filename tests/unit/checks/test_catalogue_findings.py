from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from flows.content.stamps import Provenance, approval_of
from flows.domain.finding import Finding, Severity
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.translation.checks.catalogue import Translated, check_translations
from flows.translation.checks.consistency import Elsewhere

DAY = date(2026, 11, 22)


def a_translation(
    source: str, target: str, *, kind: str = "p", context: str | None = None
) -> Translated:
    """A reviewed translation of one segment."""
    return Translated(
        segment=Segment(source=source, kind=kind, context=context),
        target=target,
        state=SegmentState.EDITED if target else SegmentState.EMPTY,
    )


def find(
    *translations: Translated, elsewhere: Mapping[SegmentKey, Elsewhere] | None = None
) -> list[Finding]:
    """The findings of an English catalogue without a glossary."""
    return check_translations(
        translations,
        language=Language("en"),
        source_language=Language("fr"),
        elsewhere=elsewhere,
    )


def test_a_missing_translation_is_an_error() -> None:
    """An empty segment blocks, under its field's name when it is a field."""
    [finding] = find(a_translation("La ville agit", "", kind="title", context="meta:title"))
    assert (finding.check, finding.severity, finding.segment) == ("empty", Severity.ERROR, "title")


def test_a_finding_names_its_segment_by_the_source() -> None:
    """A paragraph's finding carries the French text that it is about."""
    [finding] = find(a_translation("La ville agit.", "The city acts"))
    assert (finding.segment, finding.check) == ("La ville agit.", "end")
    assert finding.language == "en"


def test_a_draft_says_that_nobody_has_read_it_and_is_judged_like_the_rest() -> None:
    """Its state is a warning of its own, with where the draft comes from."""
    draft = replace(
        a_translation("La ville agit.", "The city acts"),
        state=SegmentState.DRAFT,
        provenance=Provenance(origin="deepl full/xml"),
    )
    unread, end = find(draft)
    assert (unread.check, unread.severity) == ("draft", Severity.WARNING)
    assert "deepl full/xml" in unread.message
    assert end.check == "end"


def test_a_text_that_changed_since_its_approval_says_whose_word_is_void() -> None:
    """An edit with another tool leaves the stamp; the finding names who approved what was."""
    stamp = approval_of(SegmentKey(None, "La ville agit."), "It acts.", by="Ben", on=DAY)
    edited = replace(
        a_translation("La ville agit.", "The city acts."), provenance=Provenance(approval=stamp)
    )
    [stale] = find(edited)
    assert (stale.check, stale.severity) == ("stale", Severity.WARNING)
    assert "Ben approved it (2026-11-22)" in stale.message


def test_another_article_s_wording_is_told_with_its_name() -> None:
    """What was approved elsewhere for the same French is a warning if it reads otherwise."""
    known = {SegmentKey(None, "Aller plus loin"): Elsewhere("mediation", "Read more")}
    [finding] = find(a_translation("Aller plus loin", "Going further"), elsewhere=known)
    assert finding.check == "consistency"
    assert "mediation" in finding.message
    assert "Read more" in finding.message
    assert find(a_translation("Aller plus loin", "Read more"), elsewhere=known) == []


def test_one_source_translated_in_two_ways_is_a_warning() -> None:
    """The same French in two places should read the same."""
    first = a_translation("La ville agit", "The city acts", kind="h2")
    second = a_translation("La ville agit", "The town acts", kind="title", context="meta:title")
    [finding] = find(first, second)
    assert (finding.check, finding.severity) == ("consistency", Severity.WARNING)
    assert find(first, replace(second, target="The city acts")) == []


def test_two_sources_with_one_translation_are_a_warning() -> None:
    """A translation pasted into the wrong segment is noticed."""
    text = "The city supports its residents every day."
    findings = find(
        a_translation("La ville soutient chaque jour ses habitants.", text),
        a_translation("La police rencontre souvent les commerçants.", text),
    )
    assert [finding.check for finding in findings] == ["consistency"]


def test_a_good_catalogue_has_no_finding() -> None:
    """Complete, consistent translations pass."""
    assert (
        find(
            a_translation("La ville agit.", "The city acts."),
            a_translation("La ville écoute.", "The city listens."),
        )
        == []
    )
