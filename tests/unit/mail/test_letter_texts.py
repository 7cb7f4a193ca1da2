"""The foot of letters: fixed texts, legal text and links, by language, all in one file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.content.rendering import RenderedArticle
from flows.domain.article import Slug
from flows.domain.edition import Edition
from flows.domain.errors import InputError
from flows.domain.recipient import Sender
from flows.mail.edition import compose_edition
from flows.mail.texts import read_social, read_texts


@pytest.fixture
def strings(tmp_path: Path) -> Callable[[str], list[Path]]:
    """Writes the workspace's own texts; the folders to read from."""

    def write(text: str) -> list[Path]:
        (tmp_path / "email").mkdir(exist_ok=True)
        (tmp_path / "email" / "strings.toml").write_text(text, "utf-8")
        return [tmp_path, Path(__file__).parents[3] / "templates"]

    return write


def test_a_network_names_itself_once_for_all_languages(
    strings: Callable[[str], list[Path]],
) -> None:
    """[every] goes before the packaged texts of a language, and behind the workspace's own."""
    folders = strings('[every]\nmasthead = "Nord"\nlegal = "A"\n[nl]\nlegal = "B"\n')
    french, dutch = (read_texts(folders, language=one) for one in ("fr", "nl-BE"))
    assert (french["masthead"], french["legal"], french["unsubscribe"]) == (
        "Nord",
        "A",
        "Se désabonner",
    )
    assert (dutch["masthead"], dutch["legal"], dutch["language"]) == ("Nord", "B", "nl")


def test_the_foot_has_legal_text_and_links_of_its_language(
    strings: Callable[[str], list[Path]],
    a_rendered_article: Callable[..., RenderedArticle],
    a_sender: Sender,
) -> None:
    """In both parts, in the order in which they are written; other languages have others."""
    folders = strings(
        '[every.social]\nMastodon = "https://m.test/@nord"\nLinkedIn = "https://l.test/"\n'
        '[nl]\nlegal = "Vereniging <zonder> winstoogmerk"\n'
        '[nl.social]\nBluesky = "https://b.test/?a=1&b=2"\n'
    )

    def compose(language: str) -> Edition:
        return compose_edition(
            a_rendered_article(language),
            slug=Slug("x"),
            sender=a_sender,
            template_folders=folders,
        )

    french, dutch = compose("fr"), compose("nl")
    assert "Mastodon : https://m.test/@nord\nLinkedIn : https://l.test/\n" in french.text
    assert french.html.index(">Mastodon</a>") < french.html.index(">LinkedIn</a>")
    assert "Bluesky: https://b.test/?a=1&b=2" in dutch.text
    assert "Vereniging <zonder> winstoogmerk" in dutch.text
    assert "Vereniging &lt;zonder&gt; winstoogmerk" in dutch.html
    assert 'href="https://b.test/?a=1&amp;b=2"' in dutch.html
    assert "Mastodon" not in dutch.html + dutch.text


def test_without_links_nothing_is_said_of_them(
    strings: Callable[[str], list[Path]],
) -> None:
    """A network that is nowhere else."""
    assert read_social(strings(""), language="fr") == {}


@pytest.mark.parametrize(
    ("written", "line", "field"),
    [
        ('[fr]\n[fr.social]\nX = "http://x.test/"\n', 3, "fr.social.X"),
        ('[every.social]\nX = "https://x.test/ y"\n', 2, "every.social.X"),
        ("[every.social]\nX = 3\n", 2, "every.social.X"),
        ("[fr]\nsocial = 3\n", 2, "social"),
    ],
)
def test_a_link_that_is_none_is_told_with_its_line(
    written: str, line: int, field: str, strings: Callable[[str], list[Path]]
) -> None:
    """Links of letters begin with https://."""
    with pytest.raises(InputError) as refusal:
        read_social(strings(written), language="fr")
    assert (refusal.value.line, refusal.value.field) == (line, field)
