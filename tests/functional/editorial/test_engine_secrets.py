"""Whose key and address the settings' are."""

from pathlib import Path

import pytest

from flows.domain.language import Language
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from flows.translation.engines.deepl import DeepL
from flows.translation.engines.google import Google
from flows.translation.engines.mymemory import MyMemory

EN = Language("en")
KEY = "canary-key"


async def test_no_engine_gets_the_key_of_another(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MyMemory would put it into an address, Google be asked at a stranger's server."""
    monkeypatch.setenv("NEWSLETTER_ENGINE__NAME", "deepl")
    monkeypatch.setenv("NEWSLETTER_ENGINE__FALLBACK", '["mymemory", "google"]')
    monkeypatch.setenv("NEWSLETTER_ENGINE__API_KEY", KEY)
    monkeypatch.setenv("NEWSLETTER_ENGINE__URL", "http://127.0.0.1:9")
    async with open_runtime(read_settings(workspace)) as desk, desk.engines(EN) as engines:
        deepl, mymemory, google = engines
        assert isinstance(deepl, DeepL)
        assert isinstance(mymemory, MyMemory)
        assert isinstance(google, Google)
        for other in (mymemory, google):
            known = repr(vars(other)) + repr([vars(one) for one in _parts(other)])
            assert KEY not in known
            assert "127.0.0.1:9" not in known


def _parts(thing: object) -> list[object]:
    """What an engine is made of."""
    return [one for one in vars(thing).values() if hasattr(one, "__dict__")]
