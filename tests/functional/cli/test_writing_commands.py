"""new, import, translate, check and preview, as an editor calls them."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.functional.cli.conftest import Newsletter

FINDING = {"language", "segment", "check", "severity", "message"}
ARRIVED = """L’été à Liège – par Zoé Lefèvre, rédactrice

Les villes s’organisent : « prévenir » plutôt que guérir.

> Une nuit sans heurts

Suite du texte.
"""


def test_a_new_article_is_ready_to_be_written(newsletter: Newsletter, workspace: Path) -> None:
    """`new` makes the source with its front matter and says where it is and what comes next."""
    said = newsletter("new", "nuit-blanche")
    path = workspace / "content" / "nuit-blanche" / "fr.md"
    assert said.code == 0
    assert path.read_text(encoding="utf-8").startswith("---\ntitle: ")
    assert str(path) in said.out
    assert "newsletter translate nuit-blanche" in said.out
    assert newsletter("review", "nuit-blanche").code == 0
    refused = newsletter("approve", "nuit-blanche", "fr", "--by", "Camille")
    assert refused.code == 1
    assert "template: “Titre de l’article” is from the template" in refused.err


def test_an_article_begins_with_any_template(newsletter: Newsletter, workspace: Path) -> None:
    """The program's own and the newsroom's; what is in brackets must be written first."""
    own = workspace / "templates" / "articles" / "entretien.md"
    own.parent.mkdir(exist_ok=True)
    own.write_text(
        "---\ntitle: Entretien\nauthor: Zoé\ndate: ${today}\n---\n\n[à compléter : qui ?] 5 $ ?\n",
        encoding="utf-8",
    )
    assert newsletter("new", "zoe", "--template", "entretien").code == 0
    text = (workspace / "content" / "zoe" / "fr.md").read_text(encoding="utf-8")
    assert "${today}" not in text
    assert text.endswith("5 $ ?\n")
    checked = newsletter("check", "zoe", "--lang", "fr")
    assert checked.code == 1
    assert "[à compléter : qui ?]" in checked.out
    for name in ("evenement", "appel-a-projets"):
        assert newsletter("new", f"un-{name}", "--template", name).code == 0
        assert newsletter("review", f"un-{name}").code == 0
    unknown = newsletter("new", "autre", "--template", "../x")
    assert unknown.code == 2
    assert "entretien" in unknown.err


def test_words_and_minutes_are_told(newsletter: Newsletter, tmp_path: Path) -> None:
    """Where an article is checked and where it is looked at."""
    told = "280 words, 2 minutes to read (195 words a minute)"
    assert told in newsletter("check", "mediation-nocturne", "--lang", "fr").out
    assert told in newsletter("preview", "mediation-nocturne", "--out", tmp_path).out
    assert told not in newsletter("check", "mediation-nocturne", "--lang", "nl").out


def test_a_text_that_arrived_becomes_an_article(newsletter: Newsletter, workspace: Path) -> None:
    """`import` takes title and author from the first line, headings from `> `, accents and all."""
    arrived = workspace / "arrivé.txt"
    arrived.write_text(ARRIVED, encoding="utf-8")
    said = newsletter("import", arrived, "--slug", "ete-liege")
    source = (workspace / "content" / "ete-liege" / "fr.md").read_text(encoding="utf-8")
    assert said.code == 0
    assert "title: L’été à Liège\n" in source
    assert "author: Zoé Lefèvre, rédactrice\n" in source
    assert "## Une nuit sans heurts" in source
    assert "« prévenir »" in source


def test_translate_fills_what_is_missing_and_nothing_else(
    newsletter: Newsletter, workspace: Path, engine_url: str
) -> None:
    """Both languages are drafted; asked again, there is nothing to draft and no file changes."""
    engine = {"NEWSLETTER_ENGINE__NAME": "libretranslate", "NEWSLETTER_ENGINE__URL": engine_url}
    first = newsletter("translate", "mediation-nocturne", "--json", **engine)
    folder = workspace / "content" / "mediation-nocturne"
    drafts = {path.name: path.read_bytes() for path in folder.glob("*.po")}
    again = newsletter("translate", "mediation-nocturne", "--json", **engine)
    assert (first.code, again.code) == (0, 0)
    assert [one["language"] for one in first.json()] == ["en", "nl"]
    for one in first.json():
        assert sum(one["drafted"].values()) == one["segments"]
        assert one["waiting"] == []
    assert all(one["drafted"] == {} for one in again.json())
    assert {path.name: path.read_bytes() for path in folder.glob("*.po")} == drafts


def test_one_language_and_one_engine_can_be_asked(
    newsletter: Newsletter, workspace: Path, engine_url: str
) -> None:
    """`--to` and `--engine` narrow the work; the other language has no catalogue yet."""
    said = newsletter(
        *("translate", "mediation-nocturne", "--to", "nl", "--engine", "libretranslate"),
        NEWSLETTER_ENGINE__URL=engine_url,
    )
    assert said.code == 0
    assert "mediation-nocturne nl: drafted" in said.out
    assert not (workspace / "content" / "mediation-nocturne" / "en.po").exists()


def test_a_memory_that_knows_nothing_says_so_once(newsletter: Newsletter) -> None:
    """It is no fault, trying again is no use, and an engine may be asked."""
    said = newsletter("translate", "mediation-nocturne", "--to", "en", "--engine", "memory")
    assert said.code == 1
    assert "nothing to draft" not in said.out
    assert "nothing drafted of " in said.out
    assert "The memory knows no translation of them" in said.err
    assert "newsletter translate mediation-nocturne --to en --engine ENGINE" in said.err
    assert "try again" not in said.err
    assert "0 requests" not in said.err


def test_a_language_nobody_drafts_says_why_and_how_to_go_on(newsletter: Newsletter) -> None:
    """Without an engine in reach: exit 1, the first segments, the reason and three ways on."""
    said = newsletter(
        *("translate", "mediation-nocturne", "--to", "en", "--engine", "libretranslate"),
        NEWSLETTER_ENGINE__URL="http://127.0.0.1:9",
    )
    assert said.code == 1
    assert "without a translation" in said.err
    assert "La médiation nocturne" in said.err
    assert "libretranslate: " in said.err
    assert "newsletter translate mediation-nocturne --to en" in said.err
    assert "content/mediation-nocturne/en.po" in said.err


def test_the_example_article_has_no_blocking_finding(newsletter: Newsletter) -> None:
    """What the repository ships can be approved."""
    said = newsletter("check", "city-pair", "--json")
    assert said.code == 0
    assert all(one.keys() >= FINDING and one["severity"] == "warning" for one in said.json())


def test_check_names_each_finding_and_ends_with_1_if_one_blocks(
    newsletter: Newsletter, workspace: Path
) -> None:
    """A number that a translation lost is an error in that language, in words and as JSON."""
    path = workspace / "content" / "city-pair" / "nl.po"
    text = path.read_text(encoding="utf-8")
    path.write_text(_lose_numbers(text), encoding="utf-8")
    said = newsletter("check", "city-pair", "--json")
    errors = [one for one in said.json() if one["severity"] == "error"]
    assert said.code == 1
    assert errors
    assert all(one.keys() >= FINDING and one["language"] == "nl" for one in errors)
    told = newsletter("check", "city-pair")
    assert told.code == 1
    assert errors[0]["message"] in told.out


def _lose_numbers(po: str) -> str:
    """The catalogue with every year gone from its translations."""
    lines, translated = [], False
    for line in po.splitlines():
        translated = line.startswith("msgstr") or (translated and line.startswith('"'))
        lines.append(line.replace("20", "") if translated else line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_a_preview_is_the_letter_as_a_reader_gets_it(
    newsletter: Newsletter, workspace: Path, language: str
) -> None:
    """HTML and text lie beside a message that parses without defects and holds the same words."""
    said = newsletter("preview", "city-pair", "--lang", language, "--out", "seen", "--json")
    (shown,) = said.json()
    page = (workspace / "seen" / f"{language}.html").read_text(encoding="utf-8")
    letter = message_from_bytes(
        (workspace / "seen" / f"{language}.eml").read_bytes(), policy=policy.default
    )
    text = letter.get_body(("plain",))
    assert shown["language"] == language
    assert len(shown["digest"]) == 64
    assert f'<html lang="{language}"' in page
    assert not letter.defects
    assert text is not None
    assert _words(text.get_content()) == _words(
        (workspace / "seen" / f"{language}.txt").read_text(encoding="utf-8")
    )


def _words(text: str) -> list[str]:
    return text.split()


def test_a_preview_tells_every_fault_at_once_and_shows_what_it_can(
    newsletter: Newsletter, workspace: Path
) -> None:
    """Each picture by its line; a language whose catalogue is broken keeps no other back."""
    text = "Une rue.\n\n![La rue](rue.jpg)\n\n![La place](place.jpg)\n"
    folder = workspace / "content" / "rue"
    folder.mkdir()
    front = "title: Une rue\nauthor: Ada\ndate: 2026-11-27\n"
    (folder / "fr.md").write_text(f"---\n{front}---\n\n{text}", "utf-8")
    (folder / "nl.po").write_text("msgid nonsense", "utf-8")

    said = newsletter("preview", "rue", "--out", "seen")

    assert said.code == 1
    assert {one.name for one in (workspace / "seen").glob("*.html")} == {"fr.html", "en.html"}
    for fault in ("fr.md:9: rue.jpg", "fr.md:11: place.jpg", "nl.po", "2 pictures"):
        assert fault in said.err, fault
    assert "en: 5 of 5 passages have no translation yet" in said.err


def test_a_preview_for_a_contact_is_in_that_contacts_language(
    newsletter: Newsletter, workspace: Path
) -> None:
    """`--for ADDRESS` shows the one letter that this person would get."""
    said = newsletter(
        *("preview", "city-pair", "--out", "seen", "--for", "Kabinet@Gent.example.org", "--json")
    )
    assert said.code == 0, said.err
    assert [one["language"] for one in said.json()] == ["nl"]
    assert "kabinet@gent.example.org" in (workspace / "seen" / "nl.eml").read_text("utf-8").lower()


def test_a_saved_page_becomes_an_article_and_says_what_it_lost(
    newsletter: Newsletter, workspace: Path
) -> None:
    """What was made, what did not come along, and what comes next."""
    page = workspace / "page.html"
    page.write_text(
        "<!DOCTYPE html><meta charset=utf-8><title>La nuit</title><article><h1>La nuit</h1>"
        "<p>Les médiateurs écoutent les habitants de la ville, chaque nuit de l’année.</p>"
        "<iframe src='https://video.test/1'></iframe></article>",
        encoding="utf-8",
    )
    said = newsletter("import", page, "--slug", "nuit")
    assert said.code == 0
    assert "not carried over: an embedded page was left out: https://video.test/1" in said.out
    assert "newsletter check nuit" in said.out
    again = newsletter("import", page, "--slug", "nuit", "--json")
    assert again.code == 1
    assert "is there already" in again.err
    refused = newsletter("import", page, "--list")
    assert "only exports of WordPress are listed" in refused.err
