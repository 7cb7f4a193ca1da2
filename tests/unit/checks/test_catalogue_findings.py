from flows.domain.finding import Finding, Severity
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentState
from flows.translation.checks.catalogue import Translated, check_translations


def a_translation(
    source: str, target: str, *, kind: str = "p", context: str | None = None
) -> Translated:
    """A reviewed translation of one segment."""
    state = SegmentState.EDITED if target else SegmentState.EMPTY
    return Segment(source=source, kind=kind, context=context), target, state


def find(*translations: Translated) -> list[Finding]:
    """The findings of an English catalogue without a glossary."""
    return check_translations(translations, language=Language("en"), source_language=Language("fr"))


def test_a_missing_translation_is_an_error() -> None:
    """An empty segment blocks, under its field's name when it is a field."""
    [finding] = find(a_translation("La ville agit", "", kind="title", context="meta:title"))
    assert (finding.check, finding.severity, finding.segment) == ("empty", Severity.ERROR, "title")


def test_a_finding_names_its_segment_by_the_source() -> None:
    """A paragraph's finding carries the French text that it is about."""
    [finding] = find(a_translation("La ville agit.", "The city acts"))
    assert (finding.segment, finding.check) == ("La ville agit.", "end")
    assert finding.language == "en"


def test_drafts_are_judged_like_the_rest() -> None:
    """A draft's state is the caller's to report; its text is checked."""
    segment = Segment(source="La ville agit.", kind="p")
    assert find((segment, "The city acts.", SegmentState.DRAFT)) == []


def test_one_source_translated_in_two_ways_is_a_warning() -> None:
    """The same French in two places should read the same."""
    first = a_translation("La ville agit", "The city acts", kind="h2")
    second = a_translation("La ville agit", "The town acts", kind="title", context="meta:title")
    [finding] = find(first, second)
    assert (finding.check, finding.severity) == ("consistency", Severity.WARNING)
    assert find(first, (second[0], "The city acts", SegmentState.EDITED)) == []


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
