"""`newsletter gallery`: every component in every theme, for whoever makes one."""

import re
import tomllib
from pathlib import Path

from tests.functional.cli.conftest import Newsletter

SAMPLES = Path(__file__).parents[3] / "templates" / "gallery" / "samples.toml"
LOOKS = ("light", "dark")
NORD = '[light]\naccent = "#7a1f4b"\n'


def add_theme(workspace: Path, text: str) -> Path:
    """A theme of the workspace's own."""
    path = workspace / "templates" / "email" / "themes" / "nord" / "theme.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_gallery_shows_every_component_in_every_theme(
    newsletter: Newsletter, workspace: Path, tmp_path: Path
) -> None:
    """Packaged themes and the workspace's own, light and dark, with source, tokens and text."""
    add_theme(workspace, NORD)
    out = tmp_path / "gallery"
    said = newsletter("gallery", "--out", out, "--json", NEWSLETTER_LETTER__THEME="nord")
    assert said.code == 0
    assert said.json() == {
        "theme": "nord",
        "files": [str(out / "index.html"), str(out / "gallery.txt")],
    }
    page, text = (Path(file).read_text("utf-8") for file in said.json()["files"])
    components = tomllib.loads(SAMPLES.read_text("utf-8"))["component"]
    shown = re.findall(r"<figcaption>(\w+, (?:light|dark))</figcaption>", page)
    looks = [f"{theme}, {scheme}" for theme in ("nord", "agora", "efus") for scheme in LOOKS]
    assert shown == looks * len(components)
    for one in components:
        assert f"<h2>{one['name']}</h2>" in page
    assert "{: .button }" in page
    assert "<code>light.button_ink</code>" in page
    assert "templates/email/themes/agora/masthead.mjml" in page
    assert "templates/email/legal.mjml" in page
    assert "<code>logo.address</code>" in page
    assert "#7a1f4b" in page
    assert "S’inscrire à la rencontre\nhttps://efus.eu/" in text
    assert "zz0" not in page + text


def test_the_gallery_lies_in_the_workspace_unless_another_place_is_named(
    newsletter: Newsletter, workspace: Path
) -> None:
    """Whatever the folder that the command is called in."""
    said = newsletter("gallery")
    assert said.out.split() == [
        str(workspace / "var/gallery/index.html"),
        str(workspace / "var/gallery/gallery.txt"),
    ]


def test_a_theme_that_cannot_be_used_is_told_to_whoever_makes_it(
    newsletter: Newsletter, workspace: Path
) -> None:
    """File, line, token and what is allowed; nothing is written."""
    path = add_theme(workspace, '[dark]\n\nink = "#222222"\n')
    said = newsletter("gallery")
    assert said.code == 1
    assert f"{path}:3: dark.ink: ink #222222 on sheet #1a212a has a contrast of 1.0" in said.err
    assert not (workspace / "var" / "gallery").exists()


def test_a_letter_of_the_chosen_theme_is_what_readers_get(
    newsletter: Newsletter, workspace: Path, tmp_path: Path
) -> None:
    """The setting alone changes it, and voids what was approved in the old looks."""
    add_theme(workspace, NORD)
    pages = {}
    for theme in ("efus", "nord"):
        said = newsletter(
            *("preview", "city-pair", "--lang", "fr", "--out", tmp_path / theme, "--json"),
            NEWSLETTER_LETTER__THEME=theme,
        )
        pages[theme] = (said.json()[0]["digest"], (tmp_path / theme / "fr.html").read_text("utf-8"))
    assert pages["efus"][0] != pages["nord"][0]
    assert "#7a1f4b" in pages["nord"][1]
    assert "#7a1f4b" not in pages["efus"][1]
    wrong = newsletter(
        *("preview", "city-pair", "--out", tmp_path), NEWSLETTER_LETTER__THEME="nrod"
    )
    assert wrong.code == 1
    assert "there is no theme 'nrod'\n  Themes: agora, efus, nord." in wrong.err
