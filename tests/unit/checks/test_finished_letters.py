"""What is wrong with a letter whatever its text says."""

from dataclasses import replace

import pytest

from flows.domain.article import Slug
from flows.domain.edition import Edition, hole
from flows.domain.language import Language
from flows.translation.checks.finished import check_address, check_finished

LEAVE = hole("unsubscribe_url")


def a_letter(body: str = "", *, lang: str = "nl") -> Edition:
    """A sound letter with something more in it."""
    link = f'<a href="{LEAVE}">uitschrijven</a>'
    return Edition(
        slug=Slug("nacht"),
        language=Language("nl"),
        subject="De nacht",
        preheader="Bemiddelaars in de stad, ’s nachts, voor iedereen.",
        html=f'<html lang="{lang}"><body><p>Dag</p>{body}{link}</body></html>',
        text=f"Dag\n{LEAVE}",
    )


def found(letter: Edition) -> list[tuple[str, str, str]]:
    """Check, reason and weight of each remark."""
    return [(one.check, one.reason, one.severity.value) for one in check_finished(letter)]


def test_a_sound_letter_draws_no_remark() -> None:
    """Whole links, a telephone, an anchor, an image with a text or for decoration."""
    body = (
        '<a href="https://efus.eu/nl/?a=1#b">x</a><a href="mailto:info@efus.eu">y</a>'
        '<a href="tel:+3242345678">z</a><a href="#top">o</a>'
        '<img src="https://efus.eu/a.png" alt="">'
    )
    assert found(a_letter(body)) == []


def test_a_letter_names_its_own_language() -> None:
    """A screen reader pronounces what `lang` says (WCAG 2.2, 3.1.1)."""
    assert found(a_letter(lang="fr")) == [("letter", "language", "error")]


def test_both_parts_have_the_link_to_unsubscribe() -> None:
    """Each part without one is told."""
    letter = a_letter()
    assert found(replace(letter, text="Dag")) == [("opt-out", "lost", "error")]
    bare = replace(letter, html='<html lang="nl">Dag</html>', text="Dag")
    assert [one[0] for one in found(bare)] == ["opt-out", "opt-out"]


def test_an_image_without_alternative_text_is_an_error() -> None:
    """An empty text says that it is for decoration; none says nothing (WCAG 2.2, 1.1.1)."""
    assert found(a_letter('<img src="a.png">')) == [("alternative", "lost", "error")]


def test_what_gmail_clips_is_told_by_the_byte() -> None:
    """102 KB are shown, one byte more is not."""
    bare = len(a_letter().html.encode())
    fits = a_letter("é" * ((102 * 1024 - bare) // 2) + "e" * ((102 * 1024 - bare) % 2))
    assert len(fits.html.encode()) == 102 * 1024
    assert found(fits) == []
    assert found(replace(fits, html=fits.html + "\n")) == [("size", "clipped", "warning")]


def test_words_that_are_hard_to_read_are_told_for_each_scheme() -> None:
    """By the styles of the letter, light and dark."""
    pale = '<p style="color:#cccccc">bleek</p>'
    assert ("contrast", "light", "warning") in found(a_letter(pale))
    dark = (
        "<style>@media (prefers-color-scheme: dark) { .d { background: #000 !important } }</style>"
        '<p class="d" style="color:#222222">donker</p>'
    )
    assert found(a_letter(dark)) == [("contrast", "dark", "warning")]


def test_a_letter_without_preheader_says_so() -> None:
    """A mailbox shows the first words of the letter instead."""
    assert found(replace(a_letter(), preheader="")) == [("length", "unread", "warning")]


@pytest.mark.parametrize(
    "address",
    [
        "https://www.efus.eu/",
        "http://xn--lige-6oa.be/été",
        "https://liège.be:8443/a?b=c",
        "https://192.0.2.1/",
        "https://[2001:db8::1]/",
        "mailto:info@efus.eu?subject=Bonjour",
        "#ancre",
        hole("web_url"),
    ],
)
def test_an_address_that_can_lead_somewhere_is_let_be(address: str) -> None:
    """Nothing is fetched to know."""
    assert list(check_address(address)) == []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "stopgap"),
        ("#", "stopgap"),
        ("https://efus.eu/TODO", "stopgap"),
        ("https://efus.eu/xxx", "stopgap"),
        ("{{ link }}", "stopgap"),
        ("https://efus.eu/[lien]", "stopgap"),
        ("/contact", "relative"),
        ("www.efus.eu", "relative"),
        ("../nuit.md", "relative"),
        ("//efus.eu/a", "relative"),
        ("https://", "malformed"),
        ("https://efus", "malformed"),
        ("https:///efus.eu", "malformed"),
        ("https://efus..eu/", "malformed"),
        ("https://efus.eu/a b", "malformed"),
        ("https://efus.eu:port/", "malformed"),
        ("https://-efus-.eu/", "malformed"),
        ("mailto:efus.eu", "malformed"),
        ("javascript:alert(1)", "malformed"),
        ("https://www.example.org/a", "reserved"),
        ("http://localhost:8080/", "reserved"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(address: str, reason: str) -> None:
    """A stopgap, half an address, a malformed one, or an example's."""
    assert [one.reason for one in check_address(address)] == [reason]
