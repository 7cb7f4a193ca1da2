"""`docs/checks.md` lists the checks that there are, and its example of a new one works."""

import re
from pathlib import Path
from typing import Any

from flows.domain.language import Language
from flows.translation.checks.explaining import explanations
from flows.translation.checks.pair import Pair, read_pair

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")


def test_the_page_lists_every_check_and_no_other() -> None:
    """What has words has a row, and the other way round."""
    listed = re.findall(r"^\| `([a-z-]+)` \|", PAGE, flags=re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == explanations().keys()


def test_the_page_s_example_is_a_check() -> None:
    """The function that it shows runs as it stands, and its fix mends."""
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    head = (
        "from collections.abc import Iterator\n"
        "from flows.domain.finding import Severity\n"
        "from flows.translation.checks.pair import Pair\n"
        "from flows.translation.checks.remark import Remark\n"
    )
    exec(head + re.sub(r"^ {3}", "", found[1], flags=re.MULTILINE), names)  # the page is ours
    check = names["find_shouting"]
    [remark] = check(a_pair("La ville agit.", "THE CITY ACTS."))
    assert remark.fix == "The city acts."
    assert list(check(a_pair("La ville agit.", remark.fix))) == []


def a_pair(source: str, target: str) -> Pair:
    """A French paragraph with its English."""
    return read_pair(
        source,
        target,
        kind="p",
        context=None,
        language=Language("en"),
        source_language=Language("fr"),
        glossary=None,
    )
