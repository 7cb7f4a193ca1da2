"""Web and mail addresses that stand bare in a text."""

import re
from collections.abc import Callable

import pytest

from flows.content.addresses import Linker
from flows.content.fragments import parse_fragment
from flows.content.plaintext import write_text
from flows.content.sanitising import sanitise
from flows.content.segments import convert, cut_segments
from flows.domain.article import Article
from flows.domain.language import Language

FR = Language("fr")


def html(text: str) -> str:
    """What a letter has of a text."""
    return sanitise(convert(text, language=FR).html)


def links(text: str) -> list[tuple[str, str]]:
    """Where the links of a text lead, and what they show."""
    return re.findall(r'<a href="([^"]*)">(.*?)</a>', html(text))


def parse_text(text: str, *, language: Language = FR) -> str:
    """What a reader reads of a text."""
    root = parse_fragment(sanitise(convert(text, language=language).html))
    return "".join(root.itertext()).strip()


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("Voyez https://efus.eu/a.", "https://efus.eu/a", "https://efus.eu/a"),
        ("(www.efus.eu)", "https://www.efus.eu", "www.efus.eu"),
        ("à ada@example.org !", "mailto:ada@example.org", "ada@example.org"),
        ("« http://a.eu/b_c_d »", "http://a.eu/b_c_d", "http://a.eu/b_c_d"),
        ("**https://a.eu**, _bis_", "https://a.eu", "https://a.eu"),
        ("_https://a.eu_", "https://a.eu", "https://a.eu"),
        ("https://a.eu/v_(ville)", "https://a.eu/v_(ville)", "https://a.eu/v_(ville)"),
        (r"https://a.eu/b\_c\_d", "https://a.eu/b_c_d", "https://a.eu/b_c_d"),
        ("https://a.eu.<br>Suite", "https://a.eu", "https://a.eu"),
        ("https://a.eu/b--c?d=1", "https://a.eu/b--c?d=1", "https://a.eu/b--c?d=1"),
        ("_ada@example.org_", "mailto:ada@example.org", "ada@example.org"),
        ("__ada@example.org__", "mailto:ada@example.org", "ada@example.org"),
        ("Ada<br>ada@example.org", "mailto:ada@example.org", "ada@example.org"),
        (r"\[ada@example.org\]", "mailto:ada@example.org", "ada@example.org"),
        (r"jean\_b\_c@example.org", "mailto:jean_b_c@example.org", "jean_b_c@example.org"),
        (r"a\.b\-c@example.org", "mailto:a.b-c@example.org", "a.b-c@example.org"),
        ("mailto:a@b.eu?subject=c. D", "mailto:a@b.eu?subject=c", "mailto:a@b.eu?subject=c"),
        ("mailto:a@b.eu?", "mailto:a@b.eu", "mailto:a@b.eu"),
        ("*[EU]: Europe\n\nhttps://a.test/EU/b", "https://a.test/EU/b", "https://a.test/EU/b"),
    ],
)
def test_a_bare_address_is_a_link_without_the_marks_around_it(
    text: str, address: str, shown: str
) -> None:
    """And no sign of it is taken for Markdown, a dash or an abbreviation."""
    assert links(text) == [(address, shown)]


@pytest.mark.parametrize(
    "text",
    [
        "`https://a.eu`",
        "    https://a.eu",
        "![https://a.eu](place.jpg)",
        "ada@example et @ada, foo://a.eu, www.",
        "3.www.efus.eu/a@",
        r"\_ada@example.org",
    ],
)
def test_what_is_no_address_or_code_is_left(text: str) -> None:
    """Nothing in it becomes a link."""
    assert links(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "[https://a.eu](https://b.eu)",
        "[voir www.a.eu et plus](https://b.eu)",
        '<a href="https://b.eu">voir https://a.eu</a>',
    ],
)
def test_the_text_of_a_link_leads_where_its_author_says(text: str) -> None:
    """A link holds no other."""
    assert [address for address, _ in links(text)] == ["https://b.eu"]


def test_an_address_behind_a_link_of_raw_html_is_one_itself() -> None:
    """The tag that closes counts."""
    found = links('<a href="https://b.eu">b</a> et https://a.eu')

    assert [address for address, _ in found] == ["https://b.eu", "https://a.eu"]


@pytest.mark.parametrize(
    "text",
    ["https://a.eu/{id}/x", "https://a.eu?u={x}", "https://a.eu/{{x}}", "https://a.eu{title=x y}"],
)
def test_braces_behind_an_address_are_words(text: str) -> None:
    """No attributes: nothing of them is lost."""
    assert parse_text(text) == text


def test_attributes_of_links_and_blocks_beside_an_address_are_read() -> None:
    """They are Markdown's as before."""
    found = convert('[a](https://b.eu){title="t"} https://a.eu\n{: #lead}', language=FR).html

    assert '<p id="lead">' in found
    assert 'title="t"' in found
    assert "{" not in found


@pytest.mark.parametrize("block", ["<a href='x'>y</a> www.a.eu ", "ligne www.a.eu et mot "])
def test_many_addresses_of_a_block_are_looked_at_once(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands before the last one is not read again for the next."""
    read: list[int] = []
    unescape = Linker.unescape

    def counted(linker: Linker, text: str) -> str:
        read.append(len(text))
        return unescape(linker, text)

    monkeypatch.setattr(Linker, "unescape", counted)

    def signs(times: int) -> int:
        read.clear()
        assert html(block * times).count(">www.a.eu</a>") == times
        return sum(read)

    assert signs(200) < 2.2 * signs(100)


def test_a_link_left_open_in_one_paragraph_is_none_in_the_next() -> None:
    """Every text is looked at for itself, though it begins as the last one."""
    found = links("<b>x</b> https://a.eu <i>y</i>\n\n<b>x</b> https://a.eu et https://c.eu")

    assert [address for address, _ in found] == ["https://a.eu", "https://a.eu", "https://c.eu"]


@pytest.mark.parametrize(
    ("text", "french", "english"),
    [
        ('voir "https://a.eu/x"', "voir «https://a.eu/x»", "voir “https://a.eu/x”"),
        ('"https://a.eu"…', "«https://a.eu»…", "“https://a.eu”…"),
        ("l'adresse 'ada@a.eu'", "l’adresse ‘ada@a.eu’", "l’adresse ‘ada@a.eu’"),
        ('"**x**"', "«x»", "“x”"),
        ('a  \n"*x*"', "a\n«x»", "a\n“x”"),
        ('*a* "*b*"', "a «b»", "a “b”"),
    ],
)
def test_straight_marks_behind_an_address_close(text: str, french: str, english: str) -> None:
    """At the end of a block, too; behind marked words as well."""
    assert parse_text(text) == french
    assert parse_text(text, language=Language("en")) == english


def test_a_name_of_a_site_keeps_its_address_in_the_plain_text() -> None:
    """Only what programs that read mail make a link themselves may stand alone."""
    root = parse_fragment(html("[efus.eu](https://efus.eu), [www.efus.eu](https://www.efus.eu)"))

    assert write_text(root) == "efus.eu [1], www.efus.eu\n\n[1] https://efus.eu"


def test_the_plain_text_says_an_address_once() -> None:
    """As it is written, without a note."""
    root = parse_fragment(html("Voyez www.efus.eu, https://a.eu ou ada@example.org."))

    assert write_text(root) == "Voyez www.efus.eu, https://a.eu ou ada@example.org."


def test_the_segments_are_as_they_were(an_article: Callable[..., Article]) -> None:
    """Translators see the address as its author wrote it."""
    body = "Voyez https://efus.eu/a--b, ou ada@example.org."

    assert body in [segment.source for segment in cut_segments(an_article(body))]
