"""The pictures of the desk in its documentation."""

import re

import pytest

from tests.desk.pictures import DOCS, PICTURES, Picture

PAGE = (DOCS / "desk.md").read_text("utf-8")
LARGEST_BYTES = 150_000


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.name)
def test_a_picture_is_there_and_small(picture: Picture) -> None:
    """`make pictures` draws it."""
    data = (DOCS / f"{picture.name}.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < LARGEST_BYTES


def test_the_page_shows_every_picture_and_no_other() -> None:
    """Each with words for whoever does not see it."""
    shown = re.findall(r"!\[([^]]+)\]\(([^)]+)\)", PAGE)
    assert [name for _, name in shown if not (DOCS / name).is_file()] == []
    assert {name for _, name in shown} == {f"{one.name}.png" for one in PICTURES}
    assert all(words.strip() for words, _ in shown)
