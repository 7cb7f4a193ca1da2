"""How a letter shows an article's buttons, figures, quotations and tables."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.content.rendering import RenderedArticle
from flows.domain.article import Slug
from flows.domain.edition import Edition, hole
from flows.domain.errors import InputError
from flows.domain.recipient import Sender
from flows.mail.edition import compose_edition

BUTTON = '<p class="button"><a href="https://efus.eu/?a=1&amp;b=2">S’inscrire &lt;ici&gt;</a></p>'
QUOTE = '<blockquote><p>Un <em>mot</em>.</p><p class="source">— Une élue</p></blockquote>'
FIGURE = (
    '<figure><img alt="Une &quot;place&quot;" src="https://efus.eu/p.jpg" width="600">'
    "<figcaption>La place</figcaption></figure>"
)
Compose = Callable[..., Edition]


@pytest.fixture
def compose(
    tmp_path: Path,
    packaged_templates: Path,
    a_rendered_article: Callable[..., RenderedArticle],
    a_sender: Sender,
) -> Compose:
    """Composes a body, with the templates of a workspace before the packaged ones."""
    (tmp_path / "email").mkdir()

    def build(html: str, **own: str) -> Edition:
        for name, source in own.items():
            (tmp_path / "email" / f"{name}.html").write_text(source, "utf-8")
        return compose_edition(
            a_rendered_article(html=html),
            slug=Slug("x"),
            sender=a_sender,
            template_folders=[tmp_path, packaged_templates],
        )

    return build


def bare(html: str) -> str:
    """The page without styles and line breaks."""
    return re.sub(r' style="[^"]*"|\n *', "", html)


def test_a_button_keeps_its_words_and_address_and_has_room_in_outlook(compose: Compose) -> None:
    """Outlook alone reads the conditional marks; the link is one."""
    html = bare(compose(BUTTON).html)
    assert 'class="button"><a href="https://efus.eu/?a=1&amp;b=2">' in html
    assert "<!--[if mso]><i" in html
    assert "<span>S’inscrire &lt;ici&gt;</span>" in html


def test_components_nest(compose: Compose) -> None:
    """A figure and a button in a quotation, a quotation in a list."""
    quote = QUOTE.replace("</p><p", f"</p>{FIGURE}<p")
    html = bare(compose(f"<ul><li>{quote}{BUTTON}</li></ul>").html)
    caption = '<figcaption><p class="caption">La place</p></figcaption></figure>'
    assert f'{caption}<p class="source">— Une élue</p>' in html
    assert "x-component" not in html
    assert html.count("S’inscrire") == 1


def test_a_workspace_writes_its_components_otherwise(compose: Compose) -> None:
    """With the theme's tokens at hand, and what the author wrote as it is."""
    html = compose(
        f"{QUOTE}{FIGURE}",
        quote='<div title="{{ light.accent }}">{{ source }}: {{ words }}</div>',
        figure="<div>{{ caption }} {{ picture }}</div>",
    ).html
    assert '<div title="#14487c">— Une élue: <p' in html
    assert "<div>La place <img" in html


def test_a_mistake_in_a_component_is_told_with_its_line(compose: Compose, tmp_path: Path) -> None:
    """As in any other template."""
    with pytest.raises(InputError, match="nothing") as refusal:
        compose(BUTTON, button="<p>\n{{ nothing }}</p>")
    assert (refusal.value.path, refusal.value.line) == (tmp_path / "email" / "button.html", 2)


def test_a_component_of_an_author_has_no_hole(compose: Compose) -> None:
    """Marks are taken out before a template is filled."""
    mark = hole("unsubscribe_url")
    plain = compose(BUTTON).html.count(mark)
    assert compose(BUTTON.replace("S’inscrire", mark)).html.count(mark) == plain


def test_a_table_of_many_columns_may_break_its_words_on_a_phone(compose: Compose) -> None:
    """Others keep theirs whole."""
    narrow, wide = ("<tr>" + "<td>mot</td>" * columns + "</tr>" for columns in (3, 4))
    assert '<table class="wide"' in compose(f"<table>{wide}</table>").html
    assert 'class="wide"' not in compose(f"<table>{narrow}</table>").html
