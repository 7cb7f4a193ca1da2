import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.settings.model import Settings
from flows.settings.reading import read_settings


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own environment says nothing to a test."""
    for name in [name for name in os.environ if name.upper().startswith("NEWSLETTER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Reads a workspace with this `toml`, `.env` and environment."""

    def read(toml: str = "", *, dotenv: str | bytes | None = None, **variables: str) -> Settings:
        (tmp_path / "newsletter.toml").write_text(toml, encoding="utf-8")
        if dotenv is not None:
            written = dotenv.encode() if isinstance(dotenv, str) else dotenv
            (tmp_path / ".env").write_bytes(written)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return read_settings(tmp_path)

    return read
