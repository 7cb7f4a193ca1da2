import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import flows.translation.checks
from flows.domain.finding import Severity
from flows.translation.checks.explaining import REVIEWERS, explain, explanations
from flows.translation.checks.remark import Remark

PACKAGE = Path(flows.translation.checks.__file__).parent
SAID = [
    (check, reason, words)
    for check, reasons in explanations().items()
    for reason, words in reasons.items()
]


def strings_in(path: Path) -> Iterator[str]:
    """Every constant string of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(("check", "reason", "words"), SAID)
def test_an_explanation_is_in_every_language_and_tells_the_same_facts(
    check: str, reason: str, words: dict[str, str]
) -> None:
    """French, English and Dutch reviewers read the same."""
    facts = [
        sorted((name, spec) for _, name, spec, _ in Formatter().parse(words[one]) if name)
        for one in REVIEWERS
    ]
    assert words.keys() == set(REVIEWERS)
    assert facts[0] == facts[1] == facts[2], f"{check}.{reason}"


def test_every_explained_check_is_named_in_the_code_and_the_other_way_round() -> None:
    """No words without a check, no check without words."""
    modules = [*PACKAGE.glob("*.py"), PACKAGE.parent / "glossary.py"]
    named = {text for path in modules for text in strings_in(path)}
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py"))
    called = set(re.findall(r'check="([a-z-]+)"', source))
    assert explanations().keys() <= named
    assert called <= explanations().keys()


QUOTED = [
    ("fr", "il manque « 250 », « 3 » (à la place : « 205 »)"),
    ("en", "missing: “250”, “3” (instead: “205”)"),
    ("nl", "ontbreekt: ‘250’, ‘3’ (in de plaats: ‘205’)"),
    ("nl-BE", "ontbreekt: ‘250’, ‘3’ (in de plaats: ‘205’)"),
    ("pl", "missing: “250”, “3” (instead: “205”)"),
]


@pytest.mark.parametrize(("reviewer", "told"), QUOTED)
def test_a_remark_is_told_in_the_reviewer_s_language(reviewer: str, told: str) -> None:
    """With that language's quotation marks; English for whoever reads another."""
    remark = Remark(
        check="numbers",
        severity=Severity.ERROR,
        reason="changed",
        facts={"missing": ("250", "3"), "added": ("205",)},
    )
    assert explain(remark, reviewer=reviewer).replace("\u00a0", " ") == told


def test_languages_are_called_by_their_names() -> None:
    """`de` is German to an English reviewer and Duits to a Dutch one."""
    facts = {"other": "de", "wanted": "nl"}
    remark = Remark(check="language", severity=Severity.ERROR, reason="other", facts=facts)
    assert explain(remark, reviewer="en") == "reads as German, not as Dutch"
    assert explain(remark, reviewer="nl") == "leest als Duits, niet als Nederlands"


def test_long_pieces_are_cut_and_stay_on_one_line() -> None:
    """A finding is a line, whatever it quotes."""
    facts = {"seen": "**\n" + "mot " * 60}
    remark = Remark(check="debris", severity=Severity.ERROR, reason="seen", facts=facts)
    told = explain(remark, reviewer="en")
    assert "\n" not in told
    assert len(told) < 110
