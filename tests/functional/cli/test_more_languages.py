"""Languages by configuration alone: nothing in the code knows that there are two targets."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.functional.cli.conftest import Newsletter

FIXED_TEXTS = {
    "de": "Abmelden",
    "es": "Darse de baja",
    "it": "Annullare l’iscrizione",
    "pt": "Cancelar a subscrição",
    "pl": "Wypisz się",
}
MONTHS = {
    "de": "6. Oktober 2026",
    "es": "6 de octubre de 2026",
    "it": "6 ottobre 2026",
    "pt": "6 de outubro de 2026",
    "pl": "6 października 2026",
}


def configure(workspace: Path, *languages: str) -> None:
    """Names the target languages in the workspace's settings."""
    path = workspace / "newsletter.toml"
    text = path.read_text(encoding="utf-8")
    listed = ", ".join(f'"{one}"' for one in languages)
    changed = text.replace('target_languages = ["en", "nl"]', f"target_languages = [{listed}]")
    assert changed != text
    path.write_text(changed, encoding="utf-8")


@pytest.mark.parametrize("language", FIXED_TEXTS)
def test_a_language_works_by_its_name_in_the_settings(
    newsletter: Newsletter, workspace: Path, engine_url: str, language: str
) -> None:
    """Drafted, checked, shown and approved: the whole way, with no word of code."""
    configure(workspace, language)
    article = "mediation-nocturne"
    drafted = newsletter(
        *("translate", article, "--engine", "libretranslate"), NEWSLETTER_ENGINE__URL=engine_url
    )
    assert drafted.code == 0, drafted.all
    checked = newsletter("check", article, "--fix", "--json")
    assert checked.code == 0, checked.all
    left = {one["check"] for one in checked.json() if one["language"] == language}
    assert left <= {"draft", "consistency", "ratio", "capital", "glossary", "repeated"}
    shown = newsletter("preview", article, "--lang", language, "--out", "seen", "--json")
    [preview] = shown.json()
    page = (workspace / "seen" / f"{language}.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}"' in page
    assert FIXED_TEXTS[language] in page
    assert MONTHS[language] in page
    letter = message_from_bytes(
        (workspace / "seen" / f"{language}.eml").read_bytes(), policy=policy.default
    )
    assert letter["Content-Language"] == language
    for tag in (language, "fr"):
        said = newsletter("approve", article, tag, "--by", "Camille", "--json")
        assert said.code == 0, said.all
        assert tag == "fr" or said.json()["digest"] == preview["digest"]
    review = {one["language"]: one for one in newsletter("review", article, "--json").json()}
    assert review.keys() == {"fr", language}
    assert all(one["signed_off"] for one in review.values())


def test_seven_languages_at_once(newsletter: Newsletter, workspace: Path, engine_url: str) -> None:
    """As many as the settings name."""
    configure(workspace, "en", "nl", *FIXED_TEXTS)
    said = newsletter(
        *("translate", "mediation-nocturne", "--engine", "libretranslate", "--json"),
        NEWSLETTER_ENGINE__URL=engine_url,
    )
    assert said.code == 0
    assert [one["language"] for one in said.json()] == ["en", "nl", *FIXED_TEXTS]
    assert newsletter("check", "mediation-nocturne").code == 0
