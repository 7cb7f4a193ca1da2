"""Tokens: nothing is lost on the way to an engine and back."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.translation.decoding import decode
from flows.translation.encodings import ENCODINGS
from flows.translation.inventory import compare_inventories
from flows.translation.tokens import Role, tokenise

BITS = st.sampled_from(
    [
        *("**", "*", "_", "***", "`", "``", "[", "]", "](", "(", ")", "][", "![", "[^1]", "\n"),
        *("<b>", "</b>", "<br>", '<i class="x">', "&nbsp;", "&", "<", ">", "{{ a }}", "{%", "%}"),
        *(
            "\\*",
            "\\",
            "{: .x }",
            "https://a.test/b",
            "a@b.test",
            "[[1]]",
            "[2]",
            "[[",
            "]]",
            "⟦html1⟧",
        ),
        *(
            "« Où\u202f? »",
            "déjà",
            "l’Efus",
            "veiligheidsbeleid",
            "بلدية",
            "18\u00a0h",
            " ",
            ".",
            "1",
        ),
        *("[ville](u)", "**fort**", "*mot*", "`code`", '![alt](s.png "t")', "[e][efus]"),
    ]
)
MARKDOWN = st.lists(BITS, max_size=14).map("".join)
ANYTHING = st.one_of(MARKDOWN, st.text(max_size=60))


@given(source=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_tokens_joined_are_the_source(source: str) -> None:
    """Not a character is lost, whatever the text."""
    assert "".join(token.raw for token in tokenise(source)) == source


@given(source=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_pairs_nest(source: str) -> None:
    """Each opening has its closing after it, within what it stands in."""
    opened: list[int] = []
    for token in tokenise(source):
        if token.role is Role.OPEN:
            opened.append(token.number)
        elif token.role is Role.CLOSE:
            assert opened.pop() == token.number
    assert opened == []


@pytest.mark.parametrize("name", ["brackets", "xml"])
@given(source=ANYTHING)
@example(source="[2](")
@settings(max_examples=200, deadline=None)
def test_an_engine_that_changes_nothing_gives_the_source_back(name: str, source: str) -> None:
    """Encoding and decoding are each other's inverse."""
    tokens = tokenise(source)
    encoding = ENCODINGS[name]
    decoded = decode(encoding.write(tokens), tokens, encoding=encoding, parts={})
    assert decoded.problems == ()
    assert decoded.text == source


@given(source=MARKDOWN)
@settings(max_examples=50, deadline=None)
def test_a_text_has_its_own_inventory(source: str) -> None:
    """The verification finds no fault with the identity."""
    assert compare_inventories(source, source) == []


@pytest.mark.parametrize(
    ("source", "encoded"),
    [
        ("**a *b***", "[[1]]a [[2]]b[[/2]][[/1]]"),
        ("snake_case_name et 2 * 3", "snake_case_name et 2 * 3"),
        ("une * seule **", "une * seule **"),
        ('[a](b (c) "t") d', '[a](b (c) "t") d'),
        ("[a](<b c>) d", "[[1]]a[[/1]] d"),
        ("[a](b 'c') d", "[[1]]a[[/1]] d"),
        ("[a *b][c] d*", "[[1]]a *b[[/1]] d*"),
        ("**a**{: .x } b", "[[1]]a[[/1]] b"),
        ("`` a ` b `` c", "[[1]] c"),
        ("a [[TOC]] et [1] b", "a [[1]]TOC[[2]] et [[3]] b"),
        ("<i>a <b>b</i> c", "[[1]]a [[2]]b[[/1]] c"),
        ("voir https://a.test/b_c. Oui", "voir [[1]]. Oui"),
        ("a]b](c", "a]b](c"),
        ("[a] [efus] b](u)", "[[1]]a[[/1]] b[[3]]"),
    ],
)
def test_marks_are_what_the_renderer_takes_for_marks(source: str, encoded: str) -> None:
    """And nothing else is kept from the engine."""
    assert ENCODINGS["brackets"].write(tokenise(source)) == encoded


def test_titles_and_alternative_texts_are_parts() -> None:
    """They are translated, the rest of their token is not."""
    parts = [t.parts for t in tokenise('![Le maire](m.jpg "À Liège") [a](b "Un titre") ![1](c)')]
    assert ("Le maire", "À Liège") in parts
    assert ("Un titre",) in parts
    assert parts[-1] == ()


@pytest.mark.parametrize(
    "source",
    [
        "[ " + "[a](b) " * 500,
        "![" * 5000,
        "[" * 5000,
        "*a" * 3000,
        "<" * 5000,
        "`" * 5000,
        "{{" * 2000,
    ],
)
def test_hostile_text_is_cut_in_no_time(source: str) -> None:
    """An unclosed bracket before many links does not take for ever."""
    start = time.process_time()
    tokenise(source)
    assert time.process_time() - start < 2
