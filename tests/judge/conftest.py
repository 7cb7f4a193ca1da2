"""The sample letters, sent once for all judges."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from functools import cache

import pytest
from playwright.sync_api import Browser

from tests.letters.stage import Letters, Name, send_samples
from tests.services.browser import chromium


@pytest.fixture(scope="session")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Letters:
    """Every sample in every language, as it went on the wire."""
    return send_samples(tmp_path_factory.mktemp("letters") / "newsroom")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all that looks at letters."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def pages(letters: Letters) -> dict[Name, str]:
    """The HTML parts."""
    return {name: html_of(raw) for name, raw in letters.raw.items()}


@cache
def html_of(raw: bytes) -> str:
    """The HTML part of a letter, decoded by the standard library."""
    body = message_from_bytes(raw, policy=policy.default).get_body(("html",))
    assert body is not None
    content: str = body.get_content()
    return content
