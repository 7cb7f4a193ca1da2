"""Themes: tokens as data, checked, and templates of a theme's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.content.colours import faint_words
from flows.content.rendering import RenderedArticle
from flows.domain.article import Slug
from flows.domain.edition import Edition
from flows.domain.errors import InputError
from flows.domain.recipient import Sender
from flows.mail.edition import compose_edition
from flows.mail.themes import contrasts, fonts_for_outlook, list_themes, read_theme

Write = Callable[..., None]
Compose = Callable[..., Edition]


@pytest.fixture
def folders(tmp_path: Path, packaged_templates: Path) -> list[Path]:
    """The templates of a workspace that has none yet, then the packaged ones."""
    return [tmp_path, packaged_templates]


@pytest.fixture
def write_theme(folders: list[Path]) -> Write:
    """Puts a file into a theme of the workspace."""

    def write(text: str, *, name: str = "nord", file: str = "theme.toml") -> None:
        folder = folders[0] / "email" / "themes" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, "utf-8")

    return write


@pytest.fixture
def compose(
    folders: list[Path], a_rendered_article: Callable[..., RenderedArticle], a_sender: Sender
) -> Compose:
    """Composes the sample in a theme."""

    def build(theme: str = "nord", language: str = "fr") -> Edition:
        return compose_edition(
            a_rendered_article(language),
            slug=Slug("x"),
            sender=a_sender,
            template_folders=folders,
            theme=theme,
        )

    return build


def test_a_theme_of_the_workspace_changes_the_letter_without_code(
    write_theme: Write, compose: Compose
) -> None:
    """A colour, a font and a measure are enough; the rest is as in Efus's theme."""
    write_theme(
        '[light]\naccent = "#7a1f4b"\nmasthead_ink = "#7a1f4b"\nbutton = "#7a1f4b"\n'
        '[fonts]\ntext = "Verdana, sans-serif"\n[widths]\nletter = 600\n'
    )
    html = compose().html
    assert "#7a1f4b" in html
    assert "#14487c" not in html
    assert "font-family:Verdana, sans-serif" in html
    assert "max-width:600px" in html
    assert "'Segoe UI'" not in html


def test_a_theme_may_have_its_own_masthead(write_theme: Write, compose: Compose) -> None:
    """A template in the theme's folder stands before the common one, in that theme alone."""
    write_theme("")
    write_theme(
        "<mj-section><mj-column><mj-text>{{ theme }}: {{ texts.masthead }}</mj-text></mj-column>"
        "</mj-section>",
        file="masthead.mjml",
    )
    assert "nord: Efus" in compose().html
    assert "nord: Efus" not in compose("efus").html


@pytest.mark.parametrize("theme", ["efus", "agora"])
def test_a_logo_stands_for_the_name_and_says_it(
    theme: str, write_theme: Write, compose: Compose
) -> None:
    """In every packaged masthead, with its size, so that nothing moves when it comes."""
    write_theme(
        '[logo]\naddress = "https://nord.test/a.png?b=1&c=2"\nwidth = 180\nheight = 48\n',
        name=theme,
    )
    html = compose(theme).html
    assert (
        '<img src="https://nord.test/a.png?b=1&amp;c=2" alt="Efus" width="180" height="48"' in html
    )
    assert "<bdi>Efus</bdi>" not in html


def test_a_broken_template_of_a_theme_is_named(
    write_theme: Write, compose: Compose, folders: list[Path]
) -> None:
    """The mistake is looked for in the theme in use, not in others."""
    write_theme("")
    write_theme("<mj-section>\n<mj-column>\n</mj-section>", file="masthead.mjml")
    with pytest.raises(InputError, match="well-formed") as refusal:
        compose()
    assert refusal.value.path == folders[0] / "email/themes/nord/masthead.mjml"
    assert refusal.value.line == 3
    assert compose("efus").html


def test_editors_change_a_packaged_theme_by_one_line(
    write_theme: Write, compose: Compose, folders: list[Path]
) -> None:
    """The workspace's file of the same name goes before; other themes do not follow it."""
    write_theme('[light]\npage = "#fafafa"\n', name="efus")
    write_theme("")
    assert "#fafafa" in compose("efus").html
    assert "#fafafa" not in compose("nord").html
    assert list_themes(folders) == ["agora", "efus", "nord"]


@pytest.mark.parametrize(
    ("written", "line", "field", "told"),
    [
        ('[light]\n\nink = "blue"\n', 3, "light.ink", "'blue' is no colour such as #14487c"),
        ('[light]\nink = "#14487C"\n', 2, "light.ink", "no colour"),
        ('[dark]\ninc = "#ffffff"\n', 2, "dark.inc", "Tokens: page, sheet"),
        ("[darkness]\n", 1, "darkness", "Tables: light, dark, fonts"),
        ("light = 3\n", None, "light", "Tables: light"),
        ("[sizes]\ntext = 11\n", 2, "sizes.text", "11 is no whole number from 16 to 20"),
        ("[sizes]\ntext = true\n", 2, "sizes.text", "True is no whole number"),
        ('[widths]\nletter = "600"\n', 2, "widths.letter", "'600' is no whole number"),
        ('[fonts]\ntext = "Georgia"\n', 2, "fonts.text", "serif, sans-serif or monospace"),
        ('[fonts]\ntext = "url(x), serif"\n', 2, "fonts.text", "no list of installed fonts"),
        ('[fonts]\ntext = "A;} x{, serif"\n', 2, "fonts.text", "no list of installed fonts"),
        ('[logo]\naddress = "http://x.test/a.png"\n', 2, "logo.address", "https://"),
        ('[light]\nink = "#fff\n', 2, None, "line 2"),
        (
            '[light]\nink = "#999999"\n',
            2,
            "light.ink",
            "ink #999999 on sheet #ffffff has a contrast of 2.8, below 4.5",
        ),
        (
            '[dark]\nbutton = "#0d2a1b"\n',
            2,
            "dark.button",
            "button_ink #0d1b2a on button #0d2a1b",
        ),
    ],
)
def test_a_wrong_token_is_told_with_its_place(
    written: str,
    line: int | None,
    field: str | None,
    told: str,
    write_theme: Write,
    folders: list[Path],
) -> None:
    """File, line, token, and what is allowed instead."""
    write_theme(written)
    with pytest.raises(InputError) as refusal:
        read_theme(folders, name="nord")
    assert refusal.value.path == folders[0] / "email/themes/nord/theme.toml"
    assert (refusal.value.line, refusal.value.field) == (line, field)
    assert told in str(refusal.value)


def test_an_unknown_theme_is_told_with_those_there_are(folders: list[Path]) -> None:
    """A typing error in the settings."""
    with pytest.raises(InputError, match="there is no theme 'agroa'") as refusal:
        read_theme(folders, name="agroa")
    assert refusal.value.remedy == "Themes: agora, efus."


def test_a_packaged_theme_that_lacks_a_token_says_which(tmp_path: Path) -> None:
    """The lender of what others leave out must have everything."""
    place = tmp_path / "email/themes/efus"
    place.mkdir(parents=True)
    (place / "theme.toml").write_text("", "utf-8")
    with pytest.raises(InputError, match="says nothing") as refusal:
        read_theme([tmp_path])
    assert refusal.value.field == "light.page"


@pytest.mark.parametrize("theme", ["efus", "agora"])
def test_the_packaged_themes_are_legible(theme: str, compose: Compose, folders: list[Path]) -> None:
    """Every pair of tokens, and every word of a letter in both schemes, reaches 4.5:1."""
    tokens = read_theme(folders, name=theme).tokens
    assert min(contrast for *_, contrast in contrasts(tokens)) >= 4.5
    html = compose(theme).html
    assert faint_words(html) == faint_words(html, dark=True) == []


@pytest.mark.parametrize("theme", ["efus", "agora"])
def test_outlook_s_dark_scheme_has_the_theme_s_colours(
    theme: str, compose: Compose, folders: list[Path]
) -> None:
    """Outlook.com marks what it darkened; our own rules then hold, in a sheet of their own."""
    html = compose(theme).html
    dark = read_theme(folders, name=theme).tokens["dark"]
    assert "[data-ogsc] .article a,[data-ogsc] .heading h2" in html
    assert f"[data-ogsb] .sheet > table{{background-color: {dark['sheet']} !important" in html
    sheets = html.split("<style")[1:]
    assert all("@media" not in one for one in sheets if "data-ogs" in one)
    assert all(len(one.partition("</style>")[0]) < 8192 for one in sheets)


def test_nothing_is_fetched_for_the_looks(compose: Compose) -> None:
    """Fonts are those that readers have."""
    for theme in ("efus", "agora"):
        assert not any(word in compose(theme).html for word in ("@import", "@font-face", "url("))


def test_outlook_gets_fonts_that_it_knows() -> None:
    """A list that begins with no font at all would end in Times."""
    assert fonts_for_outlook("-apple-system, 'Segoe UI', Arial, sans-serif") == (
        "'Segoe UI', Arial, sans-serif"
    )
