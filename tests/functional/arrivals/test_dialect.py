"""HTML made into the product's Markdown, and read back: the same words, lists, headings, links."""

import re
from html import escape
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.markdown import new_markdown
from flows.content.segments import convert
from flows.domain.language import Language
from flows.operations.arrivals.arrival import Losses
from flows.operations.arrivals.cleaning import clean
from flows.operations.arrivals.markdown import write_markdown
from flows.operations.arrivals.parsing import parse_html

FR = Language("fr")


def markdown(html: str, *, title: str = "Titre") -> str:
    """The Markdown of some HTML."""
    soup = parse_html(html)
    clean(soup, title=title, base_url="https://ville.example.org/fr/", note=Losses())
    return write_markdown(soup)


KEPT = [
    (
        "<figure><img src='a.jpg' alt='x'><figcaption>La \"place\", <b>x</b></figcaption></figure>",
        '![x](a.jpg "La “place”, x")',
    ),
    ("<p>un<br><br>deux <b>x</b><br/>trois</p>", "un\n\ndeux **x**\\\ntrois"),
    ("<b style='font-weight:normal'><p>un</p></b>", "un"),
    (
        "<p><span style='font-weight: 700'>un</span> <span style='font-style:italic'>2</span></p>",
        "**un** *2*",
    ),
    ("<p><b>a</b><strong>b</strong><em>c</em><i> d</i></p>", "<strong>ab</strong><em>c d</em>"),
    ("<p>Un <strong>mot</strong> et <em>un autre</em>.</p>", "Un **mot** et *un autre*."),
    ("<p><b>Mot\u00a0</b>: suite</p>", "**Mot**\u00a0: suite"),
    (
        "<p>«\u00a0Oui\u00a0», dit-elle\u202f; 12\u202f000\u00a0€\u202f!</p>",
        "«\u00a0Oui\u00a0», dit-elle\u202f; 12\u202f000\u00a0€\u202f!",
    ),
    ("<p>XXI<sup>e</sup> siècle, CO<sub>2</sub></p>", "XXI<sup>e</sup> siècle, CO<sub>2</sub>"),
    ("<p><q>Oui</q></p>", "«\u00a0Oui\u00a0»"),
    ("<p>un\n   deux</p>", "un deux"),
    ("<p>un<br>deux</p>", "un\\\ndeux"),
    ("<h1>Titre</h1><h3>A</h3><h5>B</h5><h3>C</h3>", "## A\n\n### B\n\n## C"),
    ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n    - b\n- c"),
    ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
    ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n    b"),
    ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
    (
        "<p><a href='/x'>là</a> et <a href='mailto:a@example.org'>ici</a></p>",
        "[là](https://ville.example.org/x) et [ici](mailto:a@example.org)",
    ),
    ("<p><a href='https://a.test/b_(c)'>d</a></p>", "[d](https://a.test/b_%28c%29)"),
    ("<p><a href='javascript:x()'>non</a> <a href='#la'>là</a></p>", "non là"),
    (
        "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2|3</td></tr></table>",
        "| A | B |\n| --- | --- |\n| 1 | 2\\|3 |",
    ),
    ("<div>Un<div>Deux</div>trois <b>quatre</b></div>", "Un\n\nDeux\n\ntrois **quatre**"),
    ("<p>1. Non</p><p># Non</p><p>- Non</p>", "1\\. Non\n\n\\# Non\n\n\\- Non"),
    ("<p>*a* _b_ [c](d) &lt;e&gt; &amp;amp;</p>", "\\*a\\* \\_b\\_ \\[c\\](d) &lt;e> &amp;amp;"),
    (
        "<figure><img src='a.jpg' alt='La place'><figcaption>Vue</figcaption></figure>",
        '![La place](a.jpg "Vue")',
    ),
]


@pytest.mark.parametrize(("html", "expected"), KEPT)
def test_what_markdown_can_say_is_said(html: str, expected: str) -> None:
    """Typography, marks, lists, headings, quotations, links, tables and pictures."""
    assert markdown(html).rstrip("\n") == expected


def test_a_table_with_merged_cells_stays_in_html() -> None:
    """Letters can show it, and each of its cells is translated."""
    html = "<table><tr><td colspan='2'>Un</td></tr><tr><td>Deux</td><td>Trois</td></tr></table>"
    written = markdown(html)
    assert written.startswith("<table>")
    found: list[str] = []
    convert(written, language=FR, exchange=lambda key, _: found.append(key.source))
    assert found == ["Un", "Deux", "Trois"]


def test_a_table_for_looks_alone_is_none() -> None:
    """What it holds is text like any other."""
    html = "<table role='presentation'><tr><td><p>Un</p></td></tr><tr><td>Deux</td></tr></table>"
    assert markdown(html) == "Un\n\nDeux\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("?a=1&region=idf&section=2&copy=3", "?a=1&region=idf&section=2&copy=3"),
        ("?a=1&amp;copy=3&lt=4", "?a=1&copy=3&lt=4"),
        ("?a=1&copyright", "?a=1&copyright"),
        ("?a=&eacute;&eacute", "?a=éé"),
    ],
)
@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_an_address_may_leave_its_ampersands_as_they_are(
    written: str, meant: str, quote: str
) -> None:
    """As most pages do; browsers read them so."""
    html = f"<p>a && b &copy c<a href={quote}https://ville.test/{written}{quote}>ici</a></p>"
    soup = parse_html(html)
    assert soup.a is not None
    assert soup.a["href"] == f"https://ville.test/{meant}"
    assert soup.get_text() == "a && b © cici"
    assert f"](https://ville.test/{meant})" in markdown(html)


@pytest.mark.parametrize("tag", ["img", "a"])
@pytest.mark.parametrize(
    "path",
    [
        "photo (1).jpg",
        "a.jpg)<b>x</b>",
        'a"b.jpg',
        "a\\b_c_`d`.jpg",
        "a|b*c*.jpg",
        "é\u00a0è.jpg",
        "a.jpg?x=1&copy;=2&reg=3",
    ],
)
@pytest.mark.parametrize("around", ["<p>{}</p>", "<table><tr><th>{}</th><td>x</td></tr></table>"])
def test_an_address_means_the_same_whatever_signs_are_in_it(
    tag: str, path: str, around: str
) -> None:
    """Of links and of pictures, in text and in tables."""
    address = f"https://ville.test/{path}"
    tags = {
        "a": f'<a href="{escape(address)}">là</a>',
        "img": f'<img alt="là" src="{escape(address)}">',
    }
    html = new_markdown(FR).convert(markdown(around.format(f"ici {tags[tag]} encore")))
    found = BeautifulSoup(html, "html.parser").find_all(tag)
    told = [unquote(str(one.get("href") or one.get("src"))) for one in found]
    assert (told, said(html)) == ([address], said(around.format(f"ici {tags[tag]} encore")))


CODE = "x\n```\n````\n  &lt;i&gt; *a*\n\nz"


@pytest.mark.parametrize(
    "around",
    [
        "<p>a</p>{}<p>b</p>",
        "<ul><li>a{}</li><li>b</li></ul>",
        "<ol><li><p>a</p>{}<p>b</p></li></ol>",
        "<blockquote><p>a</p>{}<p>b</p></blockquote>",
        "<table><tr><td>{}</td><td>a</td></tr></table>",
    ],
)
def test_code_keeps_its_lines_and_signs(around: str) -> None:
    """Fences in it as well, and wherever it stands."""
    written = markdown(around.format(f"<pre>{CODE}</pre>"))
    made = BeautifulSoup(new_markdown(FR).convert(written), "html.parser")
    assert [one.get_text().rstrip("\n") for one in made.find_all("pre")] == [
        CODE.replace("&lt;", "<").replace("&gt;", ">")
    ]


def test_breaks_and_empty_lines_of_code_are_kept() -> None:
    """Without the sign that breaks a line of text."""
    assert markdown("<pre>a<br>b\n\n\n\nc</pre>") == "```\na\nb\n\n\n\nc\n```\n"


TAGS = st.sampled_from(["p", "li", "h2", "td"])
WORDS = st.text(
    st.sampled_from("aéœ « »\u00a0\u202f’*_`[]()<>#+-.!|\\{}&;:~=\"'12 "), min_size=1, max_size=25
)


def said(html: str) -> str:
    """The words of HTML, with what no reader can tell apart made the same."""
    text = BeautifulSoup(html, "html.parser").get_text()
    text = re.sub(r"[“”«»\"]\u00a0?", '"', re.sub(r"\u00a0?»", '"', text))
    text = text.replace("’", "'").replace("‘", "'").replace("…", "...")
    text = text.replace("—", "---").replace("–", "--")
    return re.sub(r"[\s\u00a0\u202f]+", "", text)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS.filter(str.strip), min_size=1, max_size=4), TAGS)
def test_no_sign_of_a_text_is_lost_or_means_something(texts: list[str], tag: str) -> None:
    """Whatever is written, and wherever: read back it says the same."""
    inside = "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
    around = {"li": "<ul>{}</ul>", "td": "<table><tr>{}<td>x</td></tr></table>"}.get(tag, "{}")
    original = around.format(inside)
    made = new_markdown(FR).convert(markdown(original, title="\0"))
    assert said(made) == said(original)


MARKS = st.recursive(
    st.text(st.sampled_from("ab é\u00a0«.-"), min_size=1, max_size=6).map(escape),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "em", "strong", "span", "u"]), st.lists(inner, max_size=3)
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MARKS, min_size=1, max_size=4))
def test_no_mark_in_a_text_is_lost_or_shown(pieces: list[str]) -> None:
    """However bold and slanted words lie within and beside each other, the words stay."""
    original = f"<p>x {''.join(pieces)} x</p>"
    made = new_markdown(FR).convert(markdown(original))
    assert said(made) == said(original)


def test_a_mail_address_that_arrives_leads_to_its_owner() -> None:
    """The signs of it that are escaped are its own."""
    written = markdown("<p>jean_paul_martin@example.org</p>")

    assert written.rstrip("\n") == "jean\\_paul\\_martin@example.org"
    assert 'href="mailto:jean_paul_martin@example.org"' in convert(written, language=FR).html
