"""review, approve and reject, as reviewers call them."""

from pathlib import Path

import pytest

from tests.functional.cli.conftest import Newsletter

REVIEW = {"language", "segments", "empty", "draft", "edited", "approved", "signed_off"}


def signed_off(newsletter: Newsletter) -> dict[str, bool]:
    """Which languages of the example article are signed off."""
    said = newsletter("review", "city-pair", "--json")
    assert said.code == 0
    return {one["language"]: one["signed_off"] for one in said.json()}


def test_review_shows_every_language_and_the_next_step(newsletter: Newsletter) -> None:
    """The JSON has the promised keys; the table names the command for whoever is next."""
    shape = newsletter("review", "mediation-nocturne", "--json").json()
    table = newsletter("review", "mediation-nocturne")
    assert [one["language"] for one in shape] == ["fr", "en", "nl"]
    assert all(one.keys() >= REVIEW for one in shape)
    assert shape[1]["empty"] == shape[1]["segments"] > 0
    assert "newsletter translate mediation-nocturne --to en" in table.out
    assert "newsletter approve mediation-nocturne fr --by NAME" in table.out


def test_an_approval_counts_for_one_language(newsletter: Newsletter) -> None:
    """Signing Dutch off leaves French and English to their reviewers."""
    said = newsletter("approve", "city-pair", "nl", "--by", "Anneke", "--json")
    assert said.code == 0
    assert said.json()["language"] == "nl"
    assert len(said.json()["digest"]) == 64
    assert signed_off(newsletter) == {"fr": False, "en": False, "nl": True}


@pytest.mark.usefixtures("approved")
def test_an_edit_voids_that_languages_approval_alone(
    newsletter: Newsletter, workspace: Path
) -> None:
    """A word changed in English sends English back to review."""
    path = workspace / "content" / "city-pair" / "en.po"
    head, _, rest = path.read_text(encoding="utf-8").partition('msgctxt "meta:title"')
    changed = rest.replace('msgstr "', 'msgstr "Well, ', 1)
    path.write_text(f'{head}msgctxt "meta:title"{changed}', encoding="utf-8")
    assert signed_off(newsletter) == {"fr": True, "en": False, "nl": True}
    rows = {
        line.split("\t")[0]: line.split("\t")
        for line in newsletter("review", "city-pair").out.splitlines()
    }
    assert rows["en"][6].startswith("changed since ")
    assert rows["fr"][2:6] == ["—", "—", "—", "source"]


def test_the_digest_that_was_shown_binds_the_approval(newsletter: Newsletter) -> None:
    """`--shown` of something else is refused; what the preview showed is taken."""
    (shown,) = newsletter("preview", "city-pair", "--lang", "en", "--out", "p", "--json").json()
    stale = newsletter("approve", "city-pair", "en", "--by", "Camille", "--shown", "0" * 12)
    assert stale.code == 1
    assert "changed since it was shown" in stale.err
    digest = shown["digest"][:12]
    said = newsletter("approve", "city-pair", "en", "--by", "Camille", "--shown", digest)
    assert said.code == 0
    assert "--shown" not in said.err


def test_an_approval_of_what_nobody_showed_says_so(newsletter: Newsletter) -> None:
    """It counts, for the text on disk; how to have it checked is told."""
    said = newsletter("approve", "city-pair", "en", "--by", "Camille")
    assert said.code == 0
    assert "whether it is what you read, nobody checked" in said.err
    assert "newsletter approve city-pair en --by NAME --shown DIGEST" in said.err


def test_an_unfinished_language_cannot_be_approved(newsletter: Newsletter) -> None:
    """Empty segments block; the message says which check and how to see them all."""
    said = newsletter("approve", "mediation-nocturne", "nl", "--by", "Anneke")
    assert said.code == 1
    assert "newsletter check mediation-nocturne" in said.err


def test_the_author_cannot_approve_the_source(newsletter: Newsletter, workspace: Path) -> None:
    """Two people: who wrote the French is not who signs it off, unless the settings say so."""
    source = workspace / "content" / "city-pair" / "fr.md"
    author = next(
        line.removeprefix("author:").strip(' "').partition(",")[0]
        for line in source.read_text(encoding="utf-8").splitlines()
        if line.startswith("author:")
    )
    refused = newsletter("approve", "city-pair", "fr", "--by", author)
    assert refused.code == 1
    assert "somebody else must approve it" in refused.err
    alone = newsletter(
        "approve", "city-pair", "fr", "--by", author, NEWSLETTER_REVIEW__TWO_PEOPLE="false"
    )
    assert alone.code == 0
    assert "rule of two people is off" in alone.err


@pytest.mark.usefixtures("approved")
def test_a_rejection_takes_the_approval_back_and_is_remembered(newsletter: Newsletter) -> None:
    """After `reject` the language waits for its translator, with the reviewer's words."""
    said = newsletter(
        *("reject", "city-pair", "nl", "--by", "Anneke", "--because", "« Luik », niet « Liège »")
    )
    assert said.code == 0
    assert signed_off(newsletter) == {"fr": True, "en": True, "nl": False}
    assert "« Luik », niet « Liège »" in newsletter("review", "city-pair").out
