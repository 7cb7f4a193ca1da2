"""evidence, as somebody who must account for a letter calls it."""

import json
from pathlib import Path

import pytest

from tests.functional.cli.conftest import Newsletter


def test_records_of_an_article_lie_in_pairs(newsletter: Newsletter, workspace: Path) -> None:
    """A JSON file and a page for each language; the JSON on standard output names both."""
    assert newsletter("approve", "city-pair", "nl", "--by", "Anneke").code == 0
    said = newsletter("evidence", "city-pair", "--out", "seen", "--json")
    assert said.code == 0
    told = {one["language"]: one for one in said.json()}
    assert told.keys() == {"fr", "en", "nl"}
    assert told["nl"]["approved_by"] == "Anneke"
    assert told["en"]["approved_by"] is None
    for one in told.values():
        facts, page = (workspace / path for path in one["files"])
        record = json.loads(facts.read_text("utf-8"))
        assert record["edition"]["sha256"] == one["edition"]
        assert record["sha256"] == one["sha256"]
        assert one["edition"] in page.read_text("utf-8")


def test_one_language_and_the_reader_s_own_words(newsletter: Newsletter, workspace: Path) -> None:
    """`--lang` narrows, `--in` chooses the page's language."""
    said = newsletter("evidence", "city-pair", "--lang", "nl", "--in", "fr", "--out", "seen")
    assert said.out.split() == ["seen/city-pair.nl.json", "seen/city-pair.nl.html"]
    assert '<html lang="fr">' in (workspace / "seen" / "city-pair.nl.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nowhere", "--out", "seen"), 2),
        (("city-pair", "--lang", "sv", "--out", "seen"), 2),
        (("city-pair", "--out", "newsletter.toml"), 2),
    ],
)
def test_what_cannot_be_written_is_told(
    newsletter: Newsletter, arguments: tuple[str, ...], code: int
) -> None:
    """No such article, no such language, no such folder."""
    said = newsletter("evidence", *arguments)
    assert said.code == code
    assert said.err.startswith("newsletter: ")
