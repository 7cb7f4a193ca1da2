import pytest

from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.domain.style import FrenchSpacing, HouseStyle
from flows.translation.checks.original import lint_segment
from flows.translation.checks.source import lint_source

FR = Language("fr")
ODD = [
    ("admonition", "!!! warning\n    Attention aux horaires.\n"),
    ("braces", "Un texte.\n{: .a\nid=b }\n"),
    ("link-title", 'Voir [x][r].\n\n[r]: https://a.test "le "grand" site"\n'),
    ("raw-html", "<div>\nTexte libre\n<p>Suite</p>\n</div>\n"),
    ("quotations", "Elle a dit « oui.\n"),
    ("anchors", "Voir [plus bas](#la-misson).\n\n## La mission\n"),
    ("anchors", "Voir [plus bas][bas].\n\n[bas]: #nulle-part\n"),
    ("headings", "## Un\n\n#### Trop bas\n"),
    ("headings", "### Trop bas dès le début\n"),
    ("address", "Voir [la page](rapport.pdf) de la ville.\n"),
    ("address", "[![Le plan](plan.png)](/plan) de la ville.\n"),
    ("lists", "Il faut :\n- voir ;\n- dire.\n"),
    ("lists", "Il faut :\n1. voir ;\n2. dire.\n"),
]


@pytest.mark.parametrize(("name", "body"), ODD)
def test_what_cannot_be_sent_or_translated_is_named(name: str, body: str) -> None:
    """Each construct that a letter or a translation would lose is told with its place."""
    remarks = lint_source(body)
    assert name in [remark.check for remark in remarks]
    assert all(remark.span for remark in remarks)


CLEAN = [
    '!!! warning "Attention"\n    Aux horaires.\n',
    "Un texte.\n{: .a #b }\n",
    "Voir [Efus].\n\n[Efus]: https://efus.eu « Le réseau »\n",
    "<div>\n<p>Un paragraphe.</p>\n</div>\n",
    "```\n!!! note\n« [x](#y)\n```\n",
    "Elle a dit « oui »,\npuis « non ».\n",
    "Voir [ça](#la-mission), [là](#ici), [b].\n\n## La mission\n{: #ici }\n\n[b]: #la-mission\n",
    "## Un\n\n### Deux\n\n## Trois\n",
    "Voir ![le plan](https://example.org/plan.png).\n",
    "Voir [Efus](https://efus.eu), [nous](mailto:a@b.test), [![Le plan](plan.png)](https://a.test).\n",
    "Il faut :\n\n- voir,\nsans être vu ;\n- dire ;\n- faire.\n",
    "Il baisse de\n- 3 degrés.\n",
]


@pytest.mark.parametrize("body", CLEAN)
def test_sound_sources_draw_no_warning(body: str) -> None:
    """Markdown that can be translated as it stands is left alone."""
    assert lint_source(body) == []


def test_a_link_to_no_heading_is_an_error() -> None:
    """It would be dead in every language."""
    [remark] = lint_source("Voir [plus bas](#nulle-part).\n")
    assert (remark.check, remark.severity) == ("anchors", "error")


@pytest.mark.parametrize(
    "address", ["autre photo.jpg", "<autre photo.jpg>", 'autre photo.jpg "Titre"']
)
def test_a_blank_in_the_address_of_a_reference_is_an_error(address: str) -> None:
    """Markdown makes no picture of it, and prints the line."""
    body = f"![Une place][Photo]\n\n[photo]: {address}\n"
    [remark] = lint_source(body)

    assert (remark.check, remark.reason, remark.severity) == ("address", "blank", "error")
    assert remark.facts["label"] == "photo"
    assert "photo.jpg" in body[slice(*remark.span or (0, 0))]


@pytest.mark.parametrize(
    "body",
    [
        "[Ada] a dit :\n\n[note]: ceci est une remarque.\n",
        "![Une place][photo]\n\n[photo]: place.jpg 'Une place'\n",
        "Voir [la page][1].\n\n[1]: https://efus.eu (Le site)\n",
    ],
)
def test_other_lines_in_brackets_are_sound(body: str) -> None:
    """Nobody refers to them, or they have no blank."""
    assert lint_source(body) == []


def found(text: str, *, style: HouseStyle | None = None, kind: str = "p") -> list[tuple[str, str]]:
    """Checks and the words that they point at, in a French segment."""
    segment = Segment(source=text, kind=kind)
    remarks = lint_segment(segment, language=FR, style=style or HouseStyle())
    return [(remark.check, text[slice(*remark.span)] if remark.span else "") for remark in remarks]


STUMBLES = [
    ("La ville agit pour pour tous.", ("repeated", "pour pour")),
    ("La ville  agit.", ("spaces", "  ")),
    ("Pourquoi? La suite.", ("spaces", "?")),
    ("Une question: la nuit.", ("spaces", ":")),
    ("Elle a dit «oui».", ("spaces", "«")),
    ("La ville (de nuit agit.", ("brackets", "(")),
    ("La réunion du mardi 4 mars 2026.", ("calendar", "mardi 4 mars 2026")),
    ("Le lundi 1er mars 2026.", ("calendar", "lundi 1er mars 2026")),
    ("Pour le guide, [cliquez ici](https://a.test).", ("link-text", "cliquez ici")),
    ("Un **mot perdu.", ("debris", "**")),
    ("The city is a place for all and it has to be safe.", ("language", "")),
    ("Une **bonne** idée\u200b.", ("spaces", "\u200b")),
]


@pytest.mark.parametrize(("text", "expected"), STUMBLES)
def test_what_a_reader_would_stumble_over_is_told(text: str, expected: tuple[str, str]) -> None:
    """The author's own words are judged too, with the place of each remark."""
    assert expected in found(text)


SOUND = [
    "La réunion du mercredi 4 mars 2026, de 9h30 à 18h.",
    "Le dimanche 1er mars 2026 et le mardi 31 février 2026.",
    "Qui agit ? Et comment : seul, ou « ensemble » ?",
    "Voir https://example.org/a:b?c pour en savoir plus.",
    "Nous nous voyons ; vous vous parlez&nbsp;: c’est tout.",
    "Lire [le guide de la prévention](https://a.test).",
    "![Une place](ma photo.jpg) et ![deux](deux places.jpg 'Titre'), [Ada](a b (c).jpg).",
    "Le *community empowerment* et le Strong Cities Network.",
]


@pytest.mark.parametrize("text", SOUND)
def test_sound_french_draws_no_warning(text: str) -> None:
    """Plain spaces before double marks are bound by rendering and no fault of the author's."""
    assert found(text) == []


def test_the_eu_s_style_wants_no_space_beside_marks() -> None:
    """Where the house follows the EU's guide, marks touch their words."""
    style = HouseStyle(french_spacing=FrenchSpacing.EU)
    assert found("Pourquoi? Une question: la «nuit».", style=style) == []
