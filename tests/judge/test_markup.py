"""The Nu HTML checker: markup that every program reads alike."""

from pathlib import Path

import pytest

from tests.judge.allowing import not_allowed
from tests.letters.stage import Name
from tests.services.browser import markup_errors

pytestmark = pytest.mark.judge


def test_each_error_of_markup_is_known(pages: dict[Name, str], tmp_path: Path) -> None:
    """And there is a reason why we let it stand."""
    found = markup_errors({str(name): page.encode() for name, page in pages.items()}, tmp_path)
    said = {one.message for one in found}
    assert not_allowed("markup", said) == []


def test_the_judge_sees_a_broken_page(pages: dict[Name, str], tmp_path: Path) -> None:
    """An element that is never closed."""
    broken = next(iter(pages.values())).replace("</h1>", "", 1)
    said = [one.message for one in markup_errors({"broken": broken.encode()}, tmp_path)]
    assert any("“h1”" in one for one in said)
