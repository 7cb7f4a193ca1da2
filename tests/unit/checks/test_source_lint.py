import pytest

from flows.translation.checks.source import lint_source

ODD = [
    ("admonition", "!!! warning\n    Attention aux horaires.\n"),
    ("braces", "Un texte.\n{: .a\nid=b }\n"),
    ("link-title", 'Voir [x][r].\n\n[r]: https://a.test "le "grand" site"\n'),
    ("raw-html", "<div>\nTexte libre\n<p>Suite</p>\n</div>\n"),
    ("quotations", "Elle a dit « oui.\n"),
]


@pytest.mark.parametrize(("name", "body"), ODD)
def test_what_cannot_be_translated_is_named(name: str, body: str) -> None:
    """Each construct that a translation would lose is a warning with its place."""
    remarks = lint_source(body)
    assert name in [remark.check for remark in remarks]
    assert all(remark.span for remark in remarks)


CLEAN = [
    '!!! warning "Attention"\n    Aux horaires.\n',
    "Un texte.\n{: .a #b }\n",
    "Voir [Efus].\n\n[Efus]: https://efus.eu « Le réseau »\n",
    "<div>\n<p>Un paragraphe.</p>\n</div>\n",
    "```\n!!! note\n« \n```\n",
    "Elle a dit « oui »,\npuis « non ».\n",
]


@pytest.mark.parametrize("body", CLEAN)
def test_sound_sources_draw_no_warning(body: str) -> None:
    """Markdown that can be translated as it stands is left alone."""
    assert lint_source(body) == []


def test_an_image_of_the_article_s_own_folder_is_an_error() -> None:
    """No reader would see it: a letter shows only what lies at an https address."""
    (remark,) = lint_source("Voir ![le plan](plan.png) ci-dessous.\n")
    assert (remark.check, remark.severity) == ("image", "error")
    assert lint_source("Voir ![le plan](https://example.org/plan.png).\n") == []
