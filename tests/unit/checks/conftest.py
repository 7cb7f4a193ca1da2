from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from flows.domain.language import Language
from flows.translation.checks.registry import check_segment
from flows.translation.checks.remark import Remark
from flows.translation.glossary import Glossary
from tests.samples.pairs import HERE as SAMPLES
from tests.samples.pairs import GoodPair, read_pairs

HERE = Path(__file__).parent
FRENCH = Language("fr")


class Checker(Protocol):
    """Checks one translation; French paragraphs into English unless said otherwise."""

    def __call__(
        self,
        source: str,
        target: str,
        *,
        language: str = "en",
        kind: str = "p",
        context: str | None = None,
    ) -> list[Remark]:
        """Returns every remark."""
        ...


@pytest.fixture(scope="session")
def glossary() -> Glossary:
    """The agreed terms of the good pairs."""
    return Glossary.load(HERE / "glossary.csv")


@pytest.fixture(scope="session")
def good_pairs() -> list[GoodPair]:
    """Good pairs with every construct of the product's Markdown."""
    return list(read_pairs(SAMPLES / "constructs.toml"))


@pytest.fixture(scope="session")
def check(glossary: Glossary) -> Checker:
    """Checks one translation with the glossary."""

    def run(
        source: str,
        target: str,
        *,
        language: str = "en",
        kind: str = "p",
        context: str | None = None,
    ) -> list[Remark]:
        return check_segment(
            source,
            target,
            kind=kind,
            context=context,
            language=Language(language),
            source_language=FRENCH,
            glossary=glossary,
        )

    return run


@pytest.fixture(scope="session")
def checks_of(check: Checker) -> Callable[..., set[str]]:
    """The names of the checks that remark on a translation."""

    def run(source: str, target: str, **options: str) -> set[str]:
        return {remark.check for remark in check(source, target, **options)}

    return run
