"""How letters look in the programs and on the paper that readers have."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from flows.domain.edition import Edition
from flows.domain.language import Language
from flows.domain.recipient import Sender
from flows.mail.notice import compose_notice
from flows.mail.webpage import web_letter

AnEdition = Callable[..., Edition]


def sheets(html: str) -> str:
    """What stays as a style sheet."""
    return "\n".join(re.findall(r"<style[^>]*>(.*?)</style>", html, flags=re.DOTALL))


def test_every_part_of_a_letter_in_arabic_runs_from_right_to_left(an_edition: AnEdition) -> None:
    """Not one table that says otherwise; the English of fixed texts says so itself."""
    html = an_edition("ar").html
    assert "direction:rtl" in html
    assert "direction:ltr" not in html
    assert 'align="left"' not in html
    assert '<bdi lang="en">Efus</bdi>' in html.replace("\n", "")


def test_rules_stand_in_the_elements_and_nowhere_else(an_edition: AnEdition) -> None:
    """What depends on screen, scheme or program stays a style sheet, and a short one."""
    html = an_edition().html
    assert "margin:18px 0" in html
    assert ".article p{" not in sheets(html)
    assert "data-css-inline" not in html
    assert "@media (max-width: 479px){.opening h1" in html
    assert len(sheets(html)) < 8192


def test_outlook_for_windows_is_told_fonts_that_it_has(an_edition: AnEdition) -> None:
    """In a comment that it alone reads."""
    (rules,) = re.findall(r"<!--\[if mso\]><style[^>]*>(.*?)</style>", an_edition().html)
    assert "font-family: 'Segoe UI',Roboto," in rules
    assert "-apple-system" not in rules


def test_a_printed_letter_has_the_addresses_of_links_but_not_the_reader_s_own(
    an_edition: AnEdition,
) -> None:
    """The way to unsubscribe is nobody else's, and of no use on paper."""
    html = an_edition().html
    printed = sheets(html).partition("@media print{")[2]
    assert 'a::after{content: " (" attr(href) ")"' in printed.replace(".article ", "")
    assert ".preheader,.links{display: none !important;}" in printed
    (links,) = re.findall(r'<p class="links".*?</p>', html, flags=re.DOTALL)
    for private in ("zz0unsubscribe0url0zz", "zz0preferences0url0zz", "zz0web0url0zz"):
        assert private in links
        assert private not in html.replace(links, "")


@pytest.mark.parametrize(
    "title", ["Quoi\u202f? « Tout\u00a0»", 'A "b" \\ c', "d’été\u00a0: <e> & f"]
)
def test_a_title_is_read_out_as_it_is_written(title: str, an_edition: AnEdition) -> None:
    """Whatever signs it has, in the page's title and in the name of its region."""
    html = an_edition(title=title).html
    told = re.findall(r'<title>(.*?)</title>|aria-label="(.*?)" aria-role', html)
    assert [unescape(first or second) for first, second in told] == [title, title]


def test_a_page_has_no_rules_for_outlook_but_those_for_paper(an_edition: AnEdition) -> None:
    """Letters in the browser print as letters do."""
    styles = web_letter(an_edition().html).styles
    assert "data-ogs" not in styles
    assert "@media print" in styles
    assert "prefers-color-scheme" in styles


@pytest.mark.parametrize("theme", ["efus", "agora"])
def test_single_letters_have_the_theme_and_a_button(theme: str, packaged_templates: Path) -> None:
    """Confirmations look as the letters do."""
    notice = compose_notice(
        "confirm",
        language=Language("fr"),
        url="https://lettre.efus.example.org/c/abc",
        values={"network": "Efus", "lists": "la lettre", "days": "7"},
        at=datetime(2026, 11, 3, tzinfo=UTC),
        sender=Sender(name="Efus", address="newsletter@efus.example.org"),
        template_folders=[packaged_templates],
        theme=theme,
    )
    button = {"efus": "background-color:#14487c", "agora": "background-color:#9a3412"}[theme]
    (link,) = re.findall(r'<a href="https://lettre[^>]*>', notice.html)
    assert button in link
    assert "Confirmez votre inscription\n===========================\n" in notice.text
    assert "Confirmer l’inscription :\nhttps://lettre.efus.example.org/c/abc\n" in notice.text
