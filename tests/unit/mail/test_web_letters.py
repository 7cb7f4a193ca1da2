from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.edition import Edition
from flows.mail.webpage import web_letter

CONDITIONAL = "<!--[if mso]><table><tr><td><![endif]-->"


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_a_page_has_every_word_of_its_letter(
    language: str, an_edition: Callable[..., Edition]
) -> None:
    """Words, links and pictures; none of what only mail programs understand."""
    edition = an_edition(language)

    page = web_letter(edition.html)

    words = [line.strip() for line in edition.text.splitlines() if len(line.split()) > 3]
    flat = " ".join(page.body.split())
    assert sum(line.split()[0] in flat for line in words) == len(words)
    for relic in ("<!--", "mso-", "cellpadding", "bgcolor=", "align=", "<head", "<meta"):
        assert relic not in page.body, relic
    assert "mso-" not in page.styles
    assert "prefers-color-scheme: dark" in page.styles


@pytest.mark.parametrize(
    ("letter", "page"),
    [
        ('<td align="left" width="20">x</td>', '<td style="text-align: left; width: 20px">x</td>'),
        ('<table align="center" width="100%"></table>', '<table style="width: 100%"></table>'),
        (
            '<p style="color: red;mso-hide: all;margin: 0">x</p>',
            '<p style="color: red;margin: 0">x</p>',
        ),
        (
            '<img src="a.png" alt="" height="auto" width="20">',
            '<img src="a.png" alt="" width="20">',
        ),
        ("<p>1 &lt; 2 &amp; 3</p>", "<p>1 &lt; 2 &amp; 3</p>"),
        (f"{CONDITIONAL}<p>x</p>{CONDITIONAL}", "<p>x</p>"),
        (
            '<a href="https://x.test/?a=1&amp;b=2" onclick="x()">x</a>',
            '<a href="https://x.test/?a=1&amp;b=2">x</a>',
        ),
        ("<script>alert(1)</script><p>x</p>", "<p>x</p>"),
        ('<div role="article" aria-label="x">x</div>', "<div>x</div>"),
    ],
)
def test_old_attributes_become_styles(letter: str, page: str) -> None:
    """And what a page has no use for is left out."""
    assert web_letter(letter).body == page


@given(st.text())
def test_no_text_opens_a_tag(text: str) -> None:
    """Whatever a letter says stays text."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = web_letter(f"<p>{escaped}</p>").body
    assert body.count("<") == 2
