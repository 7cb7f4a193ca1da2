"""An article under review at the desk of the tests: drafts with a fault or two."""

from flows.domain.language import Language
from flows.operations.passages import Passage, read_sheet
from tests.desk.conftest import Site
from tests.functional.editorial.conftest import NL, SLUG, WORDS

REVIEW = f"/articles/{SLUG}/nl/review"
TITLE = "La médiation de nuit"
LEAD = next(source for source in WORDS if source.startswith("Les "))
HEADING = "À quoi sert la médiation ?"
LAST = "Elle aide à « vivre ensemble » dans l’espace public."


def draft(site: Site, *, language: Language = NL, **texts: str) -> None:
    """Drafts by an engine for every passage; some `texts` by the first word of their French."""
    library = site.runtime.library
    catalogue = library.synchronised(library.article(SLUG), language)
    for key in catalogue.waiting():
        text = texts.get(key.source.split()[0], WORDS.get(key.source, {}).get(language, "Tekst"))
        catalogue.draft(key, text, origin="libretranslate full/brackets", at=site.clock())
    catalogue.save()


def passage(site: Site, source: str) -> Passage:
    """A passage as it is now, by its French."""
    sheet = read_sheet(site.desk.workbench, SLUG, NL, reviewer="en")
    return next(one for one in sheet.passages if one.segment.source == source)


def by_poedit(site: Site, old: str, new: str) -> None:
    """What another program does to the file."""
    path = site.newsroom.content / SLUG / "nl.po"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
