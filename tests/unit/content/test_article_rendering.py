import re
from collections.abc import Callable
from time import process_time

import pytest

from flows.content.rendering import RenderedArticle, render_article
from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.edition import HOLES, hole
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.domain.style import HouseStyle

AnArticle = Callable[..., Article]
FR = Language("fr")
EN = Language("en")


def render(
    article: Article, *, language: str = "en", translated: dict[str, str] | None = None
) -> RenderedArticle:
    """The article in `language`, its running text translated so."""
    translations = {SegmentKey(None, source): text for source, text in (translated or {}).items()}
    return render_article(
        article, language=Language(language), source_language=FR, translations=translations
    )


def test_what_has_no_translation_stays_french(an_article: AnArticle) -> None:
    """A missing or blank translation never makes a hole in the letter."""
    article = an_article("Un.\n\nDeux.\n\nTrois.")
    letter = render(article, translated={"Un.": "One.", "Deux.": " "})
    assert letter.html == "<p>One.</p>\n<p>Deux.</p>\n<p>Trois.</p>"
    assert letter.text == "One.\n\nDeux.\n\nTrois."


def test_a_translation_is_found_whatever_the_spaces(an_article: AnArticle) -> None:
    """The French may gain a no-break space after its translation was made."""
    letter = render(an_article("Pourquoi\u202f? L’Efus"), translated={"Pourquoi ? L'Efus": "Why?"})
    assert letter.text == "Why?"


def test_front_matter_is_translated(an_article: AnArticle) -> None:
    """Fields with a translation take it, on one line; the others keep the French."""
    article = an_article(place="Liège", image="place.jpg")
    translations = {SegmentKey("meta:title", "Un titre"): "A\ntitle\x07"}
    letter = render_article(article, language=EN, source_language=FR, translations=translations)
    assert (letter.front.title, letter.front.place) == ("A title", "Liège")
    assert letter.front.image == "place.jpg"


def test_french_is_set_in_french_typography(an_article: AnArticle) -> None:
    """Text gets its no-break spaces; code, attributes and addresses do not."""
    article = an_article(
        'Qui ? « Moi » : `a ? b` [ici](https://efus.eu/?a "Titre ?")\n\n    code ?',
        title="Qui ? Moi",
    )
    letter = render(article, language="fr")
    assert "Qui\u202f? «\u00a0Moi\u00a0»\u00a0: <code>a ? b</code>" in letter.html
    assert 'href="https://efus.eu/?a"' in letter.html
    assert 'title="Titre ?"' in letter.html
    assert "code ?" in letter.html
    assert letter.front.title == "Qui\u202f? Moi"


@pytest.mark.parametrize(
    ("language", "quoted"),
    [
        ("fr", "«\u00a0oui\u00a0»"),
        ("en", "“oui”"),
        ("nl", "“oui”"),
        ("de", "„oui“"),
        ("es", "«oui»"),
        ("pl", "„oui”"),
        ("sv", "“oui”"),
    ],
)
def test_straight_quotes_take_the_language_s_form(
    an_article: AnArticle, language: str, quoted: str
) -> None:
    """Straight quotation marks are curled as the edition's readers write them."""
    assert quoted in render(an_article('Il dit "oui".'), language=language).text


def test_titles_take_the_marks_that_bodies_take(an_article: AnArticle) -> None:
    """In French with their spaces, too."""
    letter = render(an_article('Il dit "oui".', title='L\'Efus dit "oui" ?'), language="fr")
    assert letter.front.title == "L’Efus dit «\u00a0oui\u00a0»\u202f?"
    assert "«\u00a0oui\u00a0»" in letter.text


def test_the_house_s_quotation_marks_go_before_the_language_s(an_article: AnArticle) -> None:
    """In title, body and caption, and in the language that they were chosen for alone."""
    article = an_article('He says "yes".\n\n![x](https://x.test/a.jpg \'A "word"\')', title='"Yes"')
    style = HouseStyle(quotation_marks={"en": (("‘", "’"), ("“", "”"))})
    english, dutch = (
        render_article(
            article,
            language=Language(language),
            source_language=FR,
            translations={},
            style=style,
        )
        for language in ("en-GB", "nl")
    )
    assert english.front.title == "‘Yes’"
    assert "He says ‘yes’." in english.html
    assert "<figcaption>A ‘word’</figcaption>" in english.html
    assert dutch.front.title == "“Yes”"


def test_anchors_are_the_same_in_every_language(an_article: AnArticle) -> None:
    """A link to a heading holds in each edition, and so does the table of contents."""
    article = an_article("[TOC]\n\n## La mission\n\nVoir [là](#la-mission).\n\n## Bilan\n")
    translated = {"La mission": "The mission {: #elsewhere }", "Bilan": "Outcome"}
    ids = [
        re.findall(r'<h\d id="([^"]*)"', render(article, language=language, translated=words).html)
        for language, words in (("fr", {}), ("en", translated), ("nl", {}))
    ]
    assert ids == [["la-mission", "bilan"]] * 3
    assert '<a href="#la-mission">The mission</a>' in render(article, translated=translated).html


HOSTILE = (
    "<script>alert(1)</script>",
    '<img src="x" onerror="alert(1)">',
    "[clic](javascript:alert(1))",
    "[clic](JaVaScRiPt:alert(1))",
    "[clic](data:text/html;base64,x)",
    "[clic](//evil.example.org)",
    "[clic](vbscript:x)",
    "![x](http://tracker.example.org/p.gif)",
    "![x](//tracker.example.org/p.gif)",
    "![x](../../secret.png)",
    "![x](file:///etc/passwd)",
    '<p style="position:fixed" class="x">x</p>',
    "texte\n{: onclick=alert(1) style=color:red }",
    "*x*{: onclick=alert(1) }",
    '<iframe src="https://evil.example.org"></iframe>',
    "<svg onload=alert(1)></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    '<form action="https://evil.example.org"><input name="x"></form>',
    '<a href="https://efus.eu/" onmouseover="x()" target="_blank">x</a>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example.org">',
    "<base href='https://evil.example.org/'>",
    "<!-- <script>x</script> -->",
    "\x02wzxhzdk:0\x03 \x02klzzwxh:0001\x03",
)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_hostile_survives(an_article: AnArticle, hostile: str, language: str) -> None:
    """Neither an author's nor a translator's text can bring script, style or a foreign address."""
    article = an_article(hostile if language == "fr" else "Un texte.")
    letter = render(article, language=language, translated={"Un texte.": hostile})
    for forbidden in (
        r"<(script|iframe|svg|math|style|form|input|meta|base)",
        r"\son\w+=",
        r"(javascript|vbscript|data|file):",
        r'(href|src)="(//|\.\.|http://)',
        r"(style|class|target)=",
        "[\x00-\x08\x0b-\x1f]",
    ):
        assert not re.search(forbidden, re.sub(r"&lt;[^&]*&gt;", "", letter.html), re.IGNORECASE)


def test_links_and_images_of_the_allow_list_survive(an_article: AnArticle) -> None:
    """Web and mail addresses, anchors and https images."""
    body = (
        "[a](https://efus.eu/) [b](http://example.org/) [c](mailto:x@example.org) [d](#la)\n\n"
        "![e](https://efus.eu/e.png)"
    )
    html = render(an_article(body)).html
    assert html.count("href=") == 4
    assert html.count("<img ") == 1


def test_a_link_or_image_without_a_usable_address_leaves_its_text(an_article: AnArticle) -> None:
    """The reader loses an address, never the words."""
    letter = render(an_article("Voir [la page](/fr/page) et ![le plan](../plan.png)."))
    assert letter.html == "<p>Voir <span>la page</span> et <span>le plan</span>.</p>"
    assert letter.text == "Voir la page et le plan."


def test_table_columns_keep_their_alignment_and_nothing_else(an_article: AnArticle) -> None:
    """`align` is an attribute of the list, a style is not."""
    html = render(an_article("| A | B |\n| - | -: |\n| un | 12 |\n")).html
    assert '<th align="right">B</th>' in html
    assert "style" not in html


def test_an_admonition_s_title_is_bold(an_article: AnArticle) -> None:
    """What its class would have shown is said in a way that every mail client shows."""
    html = render(an_article('!!! note "À *retenir*"\n    Le texte.')).html
    assert "<p><strong>À <em>retenir</em></strong></p>" in html


def test_the_letter_s_title_stays_its_only_h1(an_article: AnArticle) -> None:
    """An article's own first-level heading becomes a second-level one."""
    assert render(an_article("# Grand\n\n## Moyen")).html.count("<h2") == 2


@pytest.mark.parametrize("name", HOLES)
def test_nobody_can_write_the_mark_of_a_letter_s_own_value(
    an_article: AnArticle, name: str
) -> None:
    """Neither plainly, nor in pieces, nor nested, nor in an address, nor in the front matter."""
    mark = hole(name)
    emphasised = f"{mark[:5]}*{mark[5:8]}*{mark[8:]}"
    nested = f"{mark[:6]}{mark}{mark[6:]}"
    entity = f"&#{ord(mark[0])};{mark[1:]}"
    body = f"{mark} {emphasised} {nested} {entity} [x](https://example.org/{mark}) `{mark}`"
    article = an_article(body, title=f"Un {mark}", summary=nested)
    for letter in (
        render(article, language="fr"),
        render(an_article("Un texte."), translated={"Un texte.": body}),
    ):
        shown = [letter.html, letter.text, letter.front.title, letter.front.summary]
        assert mark not in " ".join(shown).lower()


def test_the_text_part_reads_like_the_article(an_article: AnArticle) -> None:
    """Headings underlined, lists and tables laid out, links numbered, quotations marked."""
    body = """\
# Médiation

Un *texte* assez **long** pour dépasser la largeur de soixante-douze colonnes, [lié](https://a.example.org/)\\
puis coupé, et [encore lié](https://a.example.org/), [ailleurs](https://b.example.org/).

## Détail

- un point
- un autre
    - dessous

3. trois
4. quatre

> Une citation
>
> en deux temps

| Heure | Personnes |
| :---- | --------: |
| 18h30 | 4 |

Terme
:   Sa définition

```
du code  ici
```

Une note[^1] et <https://c.example.org/> et ![le plan](https://c.example.org/plan.png).

[^1]: La note.
"""
    expected = """\
Médiation
=========

Un texte assez long pour dépasser la largeur de soixante-douze colonnes,
lié [1]
puis coupé, et encore lié [1], ailleurs [2].

Détail
======

- un point
- un autre
  - dessous

3. trois
4. quatre

> Une citation
>
> en deux temps

Heure  Personnes
-----  ---------
18h30          4

Terme
    Sa définition

    du code  ici

Une note\u00a0(1) et https://c.example.org/ et [le plan].

* * *

(1) La note.

[1] https://a.example.org/
[2] https://b.example.org/"""
    assert render(an_article(body), language="en").text == expected


def test_a_table_too_wide_for_the_page_is_read_row_by_row(an_article: AnArticle) -> None:
    """Each cell then stands after its column's heading."""
    long = "verantwoordelijkheidsverzekering " * 3
    text = render(an_article(f"| Ville | Sujet |\n| - | - |\n| Gand | {long}|\n")).text
    assert text.startswith("Ville – Gand\nSujet – verantwoordelijkheidsverzekering")


def test_no_heading_of_a_wide_table_is_lost(an_article: AnArticle) -> None:
    """Neither one whose column is empty, nor those of a table without rows."""
    long = "verantwoordelijkheidsverzekering " * 3
    empty = f"| Ville | Date | Sujet |\n| - | - | - |\n| Gand | | {long}|\n| Liège | | x |\n"
    assert render(an_article(empty)).text.split("\n\n")[1] == "Ville – Liège\nSujet – x"
    assert "\nDate\n\n" in render(an_article(empty)).text
    heads = render(an_article(f"| Ville | {long}|\n| - | - |\n")).text
    assert heads == f"Ville\n{long.strip()}"


def test_what_lies_beside_the_items_of_a_list_is_read_with_them(an_article: AnArticle) -> None:
    """As word processors write lists within lists; a list has nothing but items then."""
    body = "<ul>\nzéro\n<li>un</li>\n<ul><li>deux</li></ul>\ntrois\n<li>quatre</li> cinq\n</ul>"
    letter = render(an_article(body))
    assert letter.text == "- zéro\n- un\n  - deux\n  trois\n- quatre cinq"
    assert re.findall(r"<[^>]+>", letter.html) == re.findall(
        r"<[^>]+>", "<ul><li></li><li><ul><li></li></ul></li><li></li></ul>"
    )


def test_no_line_of_the_text_part_is_too_long(an_article: AnArticle, document: str) -> None:
    """Lines end at 72 columns unless a single word, an address or code is longer."""
    text = render(an_article(document), language="fr").text
    for line in text.split("\n"):
        word = max((len(part) for part in line.split(" ")), default=0)
        assert len(line) <= 72 or word > 50 or line.startswith("    ")


def test_markup_never_shows_in_the_text_part(an_article: AnArticle) -> None:
    """Neither tags nor entities nor emphasis are for readers of plain text."""
    text = render(
        an_article("Un *mot* & <b>deux</b> <span>trois</span> &lt;quatre&gt; H<sub>2</sub>O")
    )
    assert text.text == "Un mot & deux trois <quatre> H2O"


def test_right_to_left_names_survive(an_article: AnArticle) -> None:
    """Direction and language attributes stay, and so do the letters."""
    letter = render(an_article('Avec <bdi lang="ar" dir="rtl">محمد بن موسى</bdi>.'))
    assert '<bdi lang="ar" dir="rtl">محمد بن موسى</bdi>' in letter.html
    assert letter.text == "Avec \u2068محمد بن موسى\u2069."


def test_every_document_renders_to_what_the_sanitiser_accepts(
    an_article: AnArticle, document: str
) -> None:
    """Writing the tree again brings nothing back that the allow-list had taken away."""
    from flows.content.fragments import parse_fragment, write_fragment
    from flows.content.sanitising import sanitise

    html = render(an_article(document)).html
    assert write_fragment(parse_fragment(sanitise(html))) == html


@pytest.mark.parametrize("tag", ["style", "SCRIPT", "title", "textarea", "plaintext", "iframe"])
def test_a_tag_that_is_never_closed_swallows_nothing(an_article: AnArticle, tag: str) -> None:
    """Who writes about `<style>` and forgets the ticks reads it, and all that follows."""
    letter = render(an_article(f"La balise <{tag}> ici.\n\n**Suite**."))
    assert letter.text == f"La balise <{tag}> ici.\n\nSuite."
    assert letter.html.endswith("<p><strong>Suite</strong>.</p>")


def test_what_a_style_or_program_says_is_not_read(an_article: AnArticle) -> None:
    """It goes with its element."""
    body = "Un <style>p { color: red }</style>deux<script>alert(1)</script>."
    assert render(an_article(body)).text == "Un deux."


def test_a_text_nested_beyond_reason_is_refused(an_article: AnArticle) -> None:
    """A thousand tags in each other are a mistake or an attack, and say so."""
    with pytest.raises(InputError, match="nested"):
        render(an_article("Un."), translated={"Un.": "<b>" * 1000 + "x" + "</b>" * 1000})


@pytest.mark.parametrize(
    "deep", ["[" * 100_000, "[a](" * 50_000, "a\n:   b\n" * 2000, "- " * 2000 + "x"]
)
def test_blocks_and_brackets_beyond_reason_are_refused(deep: str, an_article: AnArticle) -> None:
    """Looked into one by one they would take hours, or more depth than Python has."""
    for read in (render, cut_segments):
        with pytest.raises(InputError, match="nested too deeply"):
            read(an_article(deep))


def test_brackets_as_people_write_them_are_no_matter(an_article: AnArticle) -> None:
    """Many of them, those that close nothing, and any number of them in code."""
    body = "a) un (deux [trois]) " * 200 + "\n\n    " + "[" * 300
    assert render(an_article(body)).text.count("trois") == 200


def test_an_article_renders_quickly(an_article: AnArticle) -> None:
    """A preview waits for nobody: about 20 ms of processor time, asserted with room for tracing."""
    paragraph = "Les villes *américaines* et [européennes](https://efus.eu/) accueillent. " * 4
    article = an_article("\n\n".join(f"## Titre {n}\n\n{n} {paragraph}" for n in range(12)))
    translated = {segment.source: segment.source for segment in cut_segments(article)}
    render(article, translated=translated)
    rounds = []
    for _ in range(5):
        begun = process_time()
        render(article, translated=translated)
        rounds.append(process_time() - begun)
    assert min(rounds) < 0.15
