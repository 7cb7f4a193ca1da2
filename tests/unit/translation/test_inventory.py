"""The inventory of a segment, as the renderer sees it."""

import pytest

from flows.translation.inventory import compare_inventories


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Le **mot** juste", "Het juiste **woord**"),
        ("Un *a* et **b**", "**b** en *a*"),
        ('[ville](u "titre")', '[stad](u "titel")'),
        ("![le maire](m.jpg)", "![de burgemeester](m.jpg)"),
        ("Le réseau [Efus][efus]", "Het netwerk [Efus][efus]"),
        ("La mission[^1] de janvier", "1. januari[^1]"),
        ("Une ligne\nl’autre", "Een regel\nde andere"),
        ("Bonjour {{ nom }}", "Dag {{nom}}"),
        ("En gras : **a**", "# In het vet: **a**"),
        ("a ** b", "c ** d"),
    ],
)
def test_words_may_change_and_move(source: str, target: str) -> None:
    """And what looks like block syntax is none within a segment."""
    assert compare_inventories(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        ("Le **mot**", "Het woord", "strong"),
        ("Le **mot**", "Het ** woord**", "remains of markup: **"),
        ("[a](u)", "[a](v)", "a u href"),
        ("[a](u)", "[a] (u)", "a u href"),
        ("[a][efus]", "[a][nefus]", "elements lost"),
        ("![a](u)", "[a](u)", "img u"),
        ("`make up`", "`maak op`", "code lost: make up"),
        ("a[^1]", "a[^2]", "notes lost: [^1]"),
        ("{{ nom }}", "{{ naam }}", "variables"),
        ("{% if a %}", "{ % if a %}", "variables"),
        ("voir https://a.test/fr", "zie https://a.test/nl", "addresses"),
        ("écrire à a@b.test", "schrijf naar a@c.test", "addresses"),
        ("a\nb", "a b", "br"),
        ("a <b>b</b>", "a <b>b", "/b"),
        ("a", "a <script>alert(1)</script>", "script"),
        ("a", "[[1]] a", "remains of markup"),
        ("⟦html1⟧ a", "a", "stashed lost"),
        ("Un texte long de plus de quarante lettres au total", "Ja", "most of the text"),
        ('<i class="x">a</i>', '<i class="y">a</i>', "i class"),
    ],
)
def test_everything_else_may_not(source: str, target: str, problem: str) -> None:
    """The problem names what is lost or added."""
    assert problem in "; ".join(compare_inventories(source, target))
