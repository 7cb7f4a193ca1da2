"""check and dismiss, as reviewers call them."""

from pathlib import Path

import polib
import pytest

from tests.functional.cli.conftest import Newsletter

HEADING = "Favoriser la participation des habitants"


@pytest.fixture
def flawed(workspace: Path) -> Path:
    """The Dutch catalogue of the example, with a heading that ends in a full stop."""
    path = workspace / "content" / "city-pair" / "nl.po"
    head, found, rest = path.read_text(encoding="utf-8").partition(f'msgid "{HEADING}"\nmsgstr "')
    assert found
    text, _, rest = rest.partition('"')
    path.write_text(f'{head}{found}{text}."{rest}', encoding="utf-8")
    return path


def found(newsletter: Newsletter, *options: str) -> list[tuple[str, str]]:
    """Checks and segments of what is found in Dutch."""
    said = newsletter("check", "city-pair", "--lang", "nl", "--json", *options)
    return [(one["check"], one["segment"]) for one in said.json()]


@pytest.mark.parametrize(
    ("reviewer", "words"),
    [("fr", "la source sans signe"), ("en", "the source has none"), ("nl", "de bron heeft geen")],
)
@pytest.mark.usefixtures("flawed")
def test_findings_are_told_in_the_reviewer_s_language(
    newsletter: Newsletter, reviewer: str, words: str
) -> None:
    """By `--in`, or by the setting."""
    told = newsletter("check", "city-pair", "--in", reviewer)
    set_ = newsletter("check", "city-pair", NEWSLETTER_REVIEW__LANGUAGE=reviewer)
    assert (told.code, set_.code) == (0, 0)
    assert words in told.out
    assert told.out == set_.out
    assert "[--fix]" in told.out


def test_a_finding_says_where_and_how_to_mend_it(newsletter: Newsletter, flawed: Path) -> None:
    """As JSON: the place in the translation, the line of the French, the text mended."""
    said = newsletter("check", "city-pair", "--lang", "nl", "--json")
    [one] = [one for one in said.json() if one["check"] == "end"]
    assert flawed.read_text("utf-8").count(one["fix"]) == 1
    assert one["end"] - one["start"] == 1
    assert one["start"] == len(one["fix"])
    assert (one["safe"], one["dismissible"], one["dismissed"]) == (True, True, "")
    source = (flawed.parent / "fr.md").read_text("utf-8").splitlines()
    assert HEADING in source[one["line"] - 1]


def test_what_has_no_translation_is_told_by_its_number(newsletter: Newsletter) -> None:
    """One line for each language, and which command helps; JSON names every passage."""
    said = newsletter("check", "mediation-nocturne", "--lang", "en", "--lang", "nl")
    listed = newsletter("check", "mediation-nocturne", "--lang", "en", "--lang", "nl", "--json")
    passages = [one["segment"] for one in listed.json() if one["language"] == "en"]
    assert said.out.splitlines() == [
        f"mediation-nocturne {language}: {len(passages)} of {len(passages)} passages "
        "have no translation: newsletter translate mediation-nocturne"
        for language in ("en", "nl")
    ]
    assert (said.code, listed.code) == (1, 1)


@pytest.mark.usefixtures("flawed")
def test_a_dismissal_is_by_name_and_shown_on_demand(newsletter: Newsletter) -> None:
    """`dismiss` tells what it let stand; `check --dismissed` tells who did."""
    assert ("end", HEADING) in found(newsletter)
    said = newsletter("dismiss", "city-pair", "nl", "end", "--by", "Anneke")
    assert said.code == 0
    assert HEADING in said.out
    assert ("end", HEADING) not in found(newsletter)
    assert "dismissed by Anneke" in newsletter("check", "city-pair", "--dismissed").out
    again = newsletter("dismiss", "city-pair", "nl", "end", "--by", "Anneke")
    assert again.code == 1
    assert "newsletter check city-pair --lang nl" in again.err


def test_what_a_person_wrote_is_mended_only_by_name(newsletter: Newsletter, flawed: Path) -> None:
    """`--fix` alone leaves it; with a passage and a name it is that person's edit."""
    before = flawed.read_bytes()
    alone = newsletter("check", "city-pair", "--fix")
    assert "without a person's judgement" in alone.err
    assert flawed.read_bytes() == before
    named = newsletter(
        *("check", "city-pair", "--fix", "--lang", "nl", "--segment", HEADING, "--by", "Anneke")
    )
    assert named.code == 0
    assert "mended end" in named.err
    assert ("end", HEADING) not in found(newsletter)
    assert '"Last-Translator: Anneke' in flawed.read_text("utf-8")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--segment", "x"),
        ("--fix", "--segment", "x"),
        ("--fix", "--only", "end"),
        ("--fix", "--lang", "nl", "--segment", "nulle part", "--by", "A"),
        ("--fix", "--lang", "nl", "--segment", HEADING),
        ("--in", "de"),
        ("--lang", "sv"),
    ],
)
@pytest.mark.usefixtures("flawed")
def test_wrong_options_are_told(newsletter: Newsletter, wrong: tuple[str, ...]) -> None:
    """Options that want each other, passages and languages that are not there."""
    said = newsletter("check", "city-pair", *wrong)
    assert said.code == 2
    assert said.err


@pytest.mark.usefixtures("flawed")
def test_approval_tells_the_warnings_that_stand_or_refuses_them(newsletter: Newsletter) -> None:
    """A person answers for them, unless the house wants each answered before."""
    approve = ("approve", "city-pair", "nl", "--by", "Camille")
    refused = newsletter(*approve, NEWSLETTER_REVIEW__WARNINGS="refuse")
    assert refused.code == 1
    assert "end: " in refused.err
    told = newsletter(*approve)
    assert told.code == 0
    assert "Warnings that nobody dismissed: 1" in told.err


def test_the_house_s_style_reaches_the_checks(newsletter: Newsletter, workspace: Path) -> None:
    """A site that is said to answer in Dutch, and marks that are chosen for it."""
    path = workspace / "content" / "mediation-nocturne" / "fr.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("(https://efus.eu/)", "(https://efus.eu/fr/)"), encoding="utf-8")
    settings = workspace / "newsletter.toml"
    chosen = '\n[style]\nlocalised_sites = { "efus.eu" = ["fr", "nl"] }\nfrench_spacing = "eu"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + chosen, encoding="utf-8")
    po = polib.POFile()
    po.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "nl"}
    french = next(line for line in path.read_text("utf-8").splitlines() if "efus.eu/fr/" in line)
    dutch = "Meer weten? Zie de website van het [Forum](https://efus.eu/fr/)."
    po.append(polib.POEntry(msgid=french, msgstr=dutch))
    po.save(str(path.with_name("nl.po")))
    said = newsletter("check", "mediation-nocturne", "--lang", "nl", "--json")
    [locale] = [one for one in said.json() if one["check"] == "locale"]
    assert "https://efus.eu/nl/" in locale["fix"]
    newsletter("preview", "mediation-nocturne", "--lang", "fr", "--out", "seen")
    assert "À quoi sert-elle?" in (workspace / "seen" / "fr.html").read_text(encoding="utf-8")
