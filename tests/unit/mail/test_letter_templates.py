import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.content.rendering import RenderedArticle
from flows.domain.article import Slug
from flows.domain.edition import Edition
from flows.domain.errors import InputError
from flows.domain.recipient import Sender
from flows.mail.edition import compose_edition
from flows.mail.texts import read_texts

Compose = Callable[[], Edition]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace's own template folder, still empty."""
    (tmp_path / "email").mkdir()
    return tmp_path


@pytest.fixture
def compose(
    workspace: Path,
    packaged_templates: Path,
    a_rendered_article: Callable[..., RenderedArticle],
    a_sender: Sender,
) -> Compose:
    """Composes the sample with the workspace's templates before the packaged ones."""
    return lambda: compose_edition(
        a_rendered_article(),
        slug=Slug("mediation-nocturne"),
        sender=a_sender,
        template_folders=[workspace, packaged_templates],
    )


def test_an_edit_counts_at_once_though_templates_are_kept_compiled(
    workspace: Path, compose: Compose
) -> None:
    """A file that is put before the packaged one, changed, and taken away again."""
    packaged, own = compose().text, workspace / "email" / "article.txt"

    own.write_text("One {{ unsubscribe_url }}", encoding="utf-8")
    assert compose().text.startswith("One")
    own.write_text("Two {{ unsubscribe_url }}", encoding="utf-8")
    assert compose().text.startswith("Two")
    own.unlink()
    assert compose().text == packaged


def test_an_editors_template_goes_before_the_packaged_one(
    workspace: Path, compose: Compose
) -> None:
    """One changed file is enough; the others stay as they came."""
    (workspace / "email/article.txt").write_text(
        "Bonjour {{ recipient_name }} & co, {{ front.title }}\n{{ unsubscribe_url }}", "utf-8"
    )
    edition = compose()
    assert edition.text.startswith("Bonjour zz0recipient0name0zz & co, La médiation")
    assert "<h1" in edition.html


def test_an_editors_texts_go_before_the_packaged_ones(workspace: Path, compose: Compose) -> None:
    """A workspace changes one text of one language without copying the rest."""
    (workspace / "email/strings.toml").write_text('[fr]\nunsubscribe = "Au revoir"\n', "utf-8")
    assert "Au revoir" in compose().html
    assert "Lire cette lettre" in compose().html


@pytest.mark.parametrize(
    ("name", "source", "line", "problem"),
    [
        ("article.txt", "a\n{{ front.titel }}\n", 2, "titel"),
        ("article.txt", "a\n\n{% if %}\n", 3, "Expected an expression"),
        ("article.txt", "{{ 1 / 0 }}", 1, "division"),
        ("article.txt", "a\n{{ texts.greeting }}", 2, "greeting"),
        ("article.txt", "a\n{% include 'email/nowhere.txt' %}", 2, "email/nowhere.txt"),
        ("article.txt", "{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("footer.mjml", "<mj-section>\n<mj-column>\n</mj-section>", 3, "well-formed"),
        ("footer.mjml", "{# <mj-a> #}\n<mj-section>\n<mj-column>", 3, "well-formed"),
        ("footer.mjml", "\n<mj-nonsense>x</mj-nonsense>", 2, "mj-nonsense"),
        ("footer.mjml", "\n\n{{ nothing }}", 3, "nothing"),
        ("strings.toml", '[fr]\nunsubscribe = "a\n', 2, "line 2"),
        ("strings.toml", "[fr]\n\nunsubscribe = 3\n", 3, "quotes"),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    name: str, source: str, line: int, problem: str, workspace: Path, compose: Compose
) -> None:
    """An editor's mistake is reported where it was made."""
    (workspace / "email" / name).write_text(source, "utf-8")
    with pytest.raises(InputError, match=problem) as refusal:
        compose()
    assert refusal.value.path == workspace / "email" / name
    assert refusal.value.line == line


def test_a_letter_must_offer_the_way_out(workspace: Path, compose: Compose) -> None:
    """A template that lost its link to unsubscribe is refused."""
    (workspace / "email/footer.mjml").write_text("", "utf-8")
    with pytest.raises(InputError, match="unsubscribe"):
        compose()


def test_other_damage_is_reported_without_a_line(
    workspace: Path, packaged_templates: Path, compose: Compose
) -> None:
    """What has no line still has its file or the name that is missing."""
    strings = workspace / "email/strings.toml"
    strings.write_bytes(b'[fr]\nunsubscribe = "\xe9"\n')
    with pytest.raises(InputError, match="UTF-8") as refusal:
        compose()
    assert refusal.value.path == strings
    strings.write_text("stray = 1\n", "utf-8")
    with pytest.raises(InputError, match="tables"):
        compose()
    shutil.copytree(packaged_templates, workspace, dirs_exist_ok=True)
    (workspace / "email/article.mjml").write_text("no markup", "utf-8")
    with pytest.raises(InputError, match="well-formed"):
        compose()


def test_a_folder_without_templates_says_what_is_missing(
    tmp_path: Path, a_rendered_article: Callable[..., RenderedArticle], a_sender: Sender
) -> None:
    """Neither texts nor templates: the name of the first missing file is given."""
    with pytest.raises(InputError, match="fixed texts"):
        read_texts([tmp_path], language="fr")
    (tmp_path / "email").mkdir()
    (tmp_path / "email/strings.toml").write_text('[en]\nunsubscribe = "x"\n', "utf-8")
    with pytest.raises(InputError, match="no theme"):
        compose_edition(
            a_rendered_article(), slug=Slug("x"), sender=a_sender, template_folders=[tmp_path]
        )


def test_languages_fall_back_by_their_parents_to_english(packaged_templates: Path) -> None:
    """The texts say which language they are in."""
    folders = [packaged_templates]
    chosen = {tag: read_texts(folders, language=tag)["language"] for tag in ("nl-BE", "fr", "sv")}
    assert chosen == {"nl-BE": "nl", "fr": "fr", "sv": "en"}


def test_every_language_has_the_same_texts(packaged_templates: Path) -> None:
    """What one says, all say."""
    tags = ("fr", "en", "nl", "de", "es", "it", "pt", "pl")
    texts = {tag: read_texts([packaged_templates], language=tag) for tag in tags}
    assert [said["language"] for said in texts.values()] == list(tags)
    assert all(said.keys() == texts["fr"].keys() for said in texts.values())
