"""caniemail.com's data as a ratchet: a letter needs no more than it did."""

from pathlib import Path

import pytest

from tests.judge.unsupported import Unsupported, find_unsupported, read_baseline
from tests.letters.stage import Name

pytestmark = pytest.mark.judge


def test_no_program_is_asked_for_more_than_before(pages: dict[Name, str], tmp_path: Path) -> None:
    """What went away is taken out of the baseline, too: `make judge-baseline`."""
    found, known = pairs(find_unsupported(pages.values(), tmp_path)), pairs(read_baseline())
    assert sorted(found - known) == [], "new"
    assert sorted(known - found) == [], "no longer there"


def pairs(unsupported: Unsupported) -> set[tuple[str, str]]:
    """Each feature with a program that lacks it."""
    return {(program, one) for program, features in unsupported.items() for one in features}


def test_the_judge_sees_what_outlook_cannot(tmp_path: Path) -> None:
    """A flexible box."""
    found = find_unsupported(['<div style="display:flex">…</div>'], tmp_path)
    assert "display:flex" in found["outlook.windows"]
