"""Languages as tags, and the edition that a reader of several gets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.language import choose_edition, parse_language

LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        ("nl-be", "nl-BE"),
        ("nl_BE", "nl-BE"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("ES-419", "es-419"),
        ("gsw", "gsw"),
    ],
)
def test_a_tag_is_read_in_any_case_and_kept_in_its_usual_one(written: str, tag: str) -> None:
    """RFC 5646, section 2.1.1."""
    assert parse_language(written) == tag


@pytest.mark.parametrize(
    "written", ["", "f", "french", "fr-", "-fr", "fr fr", "fr\n", "fr-BEL", "fr-BE-x", "ﬁ", "../fr"]
)
def test_what_is_no_tag_is_refused(written: str) -> None:
    """It becomes a file's name, so nothing else may pass."""
    with pytest.raises(ValueError, match="is not a language tag"):
        parse_language(written)


@settings(max_examples=100, deadline=None)
@given(
    language=st.text(LETTERS, min_size=2, max_size=3),
    script=st.none() | st.text(LETTERS, min_size=4, max_size=4),
    region=st.none() | st.text(LETTERS, min_size=2, max_size=2),
    separator=st.sampled_from("-_"),
)
def test_a_tag_is_the_same_when_it_is_read_again(
    language: str, script: str | None, region: str | None, separator: str
) -> None:
    """In whatever case and with whatever separator it was written."""
    tag = parse_language(separator.join(part for part in (language, script, region) if part))

    assert parse_language(tag) == tag
    assert parse_language(tag.swapcase()) == tag


@pytest.mark.parametrize(
    ("wanted", "editions", "chosen"),
    [
        (["nl"], ["fr", "nl"], "nl"),
        (["nl-BE"], ["fr", "nl"], "nl"),
        (["nl-BE"], ["nl", "nl-BE"], "nl-BE"),
        (["zh-Hant-TW"], ["zh-Hant", "zh"], "zh-Hant"),
        (["de", "nl"], ["fr", "nl"], "nl"),
        (["en-GB", "fr"], ["fr", "en"], "en"),
        (["", "fr"], ["fr"], "fr"),
        (["nl"], ["nl-BE"], None),
        (["de"], ["fr", "en"], None),
        ([], ["fr"], None),
    ],
)
def test_a_reader_gets_the_edition_that_serves_best(
    wanted: list[str], editions: list[str], chosen: str | None
) -> None:
    """Each wish falls back by its parents before the next is looked at (RFC 4647, section 3.4)."""
    assert choose_edition(wanted, editions=iter(editions)) == chosen
