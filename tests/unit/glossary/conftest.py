from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a glossary file."""

    def write_glossary(text: str, *, encoding: str = "utf-8") -> Path:
        path = tmp_path / "glossary.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write_glossary
