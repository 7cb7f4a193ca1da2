"""Good translations that deserve no remark: written ones, and the articles' own catalogues."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flows.content.catalogue import Catalogue
from flows.content.segments import cut_segments
from flows.content.source import read_article
from flows.domain.language import Language
from flows.translation.glossary import Glossary

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FRENCH = Language("fr")
LANGUAGES = tuple(map(Language, ("en", "nl", "de", "es", "it", "pt", "pl")))


class GoodPair(NamedTuple):
    """A French segment with a translation that deserves no remark, and where it is from."""

    source: str
    target: str
    kind: str
    context: str | None
    language: Language
    origin: str


@cache
def house_glossary() -> Glossary:
    """The terms of the network."""
    return Glossary.load(ROOT / "content" / "glossary.csv")


def read_pairs(path: Path) -> Iterator[GoodPair]:
    """The pairs of a file, one for each language that a row has."""
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["pair"]:
        for tag in LANGUAGES:
            if tag in row:
                yield GoodPair(row["fr"], row[tag], row["kind"], row.get("context"), tag, path.stem)


def read_catalogue(slug: str, language: Language) -> Iterator[GoodPair]:
    """The pairs of an article's own catalogue."""
    folder = ROOT / "content" / slug
    article = read_article(folder, language=FRENCH)
    catalogue = Catalogue.load(folder / f"{language}.po", language=language, source_language=FRENCH)
    for segment in cut_segments(article):
        text = catalogue.entry(segment.key).translation
        yield GoodPair(segment.source, text, segment.kind, segment.context, language, slug)


@cache
def held_out() -> tuple[GoodPair, ...]:
    """Good pairs by which nothing was set."""
    return tuple(read_pairs(HERE / "held-out.toml"))


@cache
def good_pairs() -> tuple[GoodPair, ...]:
    """Every good pair that there is."""
    written = [
        pair
        for name in ("constructs", "articles", "letters")
        for pair in read_pairs(HERE / f"{name}.toml")
    ]
    shipped = [pair for tag in LANGUAGES[:2] for pair in read_catalogue("city-pair", tag)]
    return (*shipped, *written)
