import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.content.rendering import RenderedArticle
from flows.domain.article import FrontMatter, Slug
from flows.domain.edition import Edition
from flows.domain.language import Language
from flows.domain.recipient import Recipient, Sender
from flows.mail.edition import compose_edition

ROOT = Path(__file__).parents[3]


@pytest.fixture
def golden_folder() -> Path:
    """Where the reviewed letters and the articles that they carry lie."""
    return ROOT / "tests" / "golden"


@pytest.fixture
def packaged_templates() -> Path:
    """The templates that come with the product."""
    return ROOT / "templates"


@pytest.fixture
def a_rendered_article(golden_folder: Path) -> Callable[..., RenderedArticle]:
    """Builds the sample article; any of its front matter, `html` and `text` can be replaced."""

    def build(
        language: str = "fr", *, html: str = "", text: str = "", **front: str
    ) -> RenderedArticle:
        known = language if (golden_folder / f"articles/{language}.toml").exists() else "en"
        with (golden_folder / f"articles/{known}.toml").open("rb") as file:
            sample = tomllib.load(file)
        return RenderedArticle(
            language=Language(language),
            front=FrontMatter(**{**sample["front"], **front}),
            html=html or sample["html"],
            text=text or sample["text"],
        )

    return build


@pytest.fixture
def a_sender() -> Sender:
    """The network's own sender, with an accent in each name."""
    return Sender(
        name="Efus – Forum européen pour la sécurité urbaine",
        address="newsletter@efus.example.org",
        reply_to="contact@efus.example.org",
        list_id="lettre.efus.example.org",
        list_name="Lettre d’information de l’Efus, en français",
    )


@pytest.fixture
def an_edition(
    a_rendered_article: Callable[..., RenderedArticle],
    a_sender: Sender,
    packaged_templates: Path,
) -> Callable[..., Edition]:
    """Builds an edition of the sample article with the packaged templates."""

    def build(language: str = "fr", **changes: str) -> Edition:
        return compose_edition(
            a_rendered_article(language, **changes),
            slug=Slug("mediation-nocturne"),
            sender=a_sender,
            template_folders=[packaged_templates],
        )

    return build


@pytest.fixture
def a_recipient() -> Callable[..., Recipient]:
    """Builds a contact with links of a realistic length; any field can be replaced."""

    def build(**fields: str) -> Recipient:
        usual = {
            "address": "zoe.lefevre@liege.example.org",
            "name": "Zoé Lefèvre-Nuñez",
            "language": "fr",
            "message_id": "<0123456789abcdef@efus.example.org>",
            "unsubscribe_url": f"https://lettre.efus.example.org/u/{'k3Y-' * 22}",
            "preferences_url": f"https://lettre.efus.example.org/p/{'p-4K' * 20}",
            "web_url": f"https://lettre.efus.example.org/v/{'w_3B' * 22}",
            "unsubscribe_address": "",
        }
        filled: dict[str, Any] = {**usual, **fields}
        return Recipient(**filled)

    return build


@pytest.fixture
def a_date() -> datetime:
    """A moment with its zone."""
    return datetime(2026, 10, 6, 9, 30, tzinfo=UTC)
