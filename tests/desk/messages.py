"""The messages of the desk: found in templates and code, compared with the catalogues.

`python -m tests.desk.messages` (`make messages`) brings the catalogues in line: new messages come
in empty, those that nothing says any more go.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from flows.desk.words import MESSAGES
from tests.desk.reasons import sentences

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates" / "desk"
CODE = ROOT / "flows" / "desk"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "mark": None,
    "mark_n": (1, 2),
    "say": None,
    "say_n": (1, 2),
}
NOISE = (
    '"Project-Id',
    '"Report-Msgid',
    '"POT-Creation',
    '"PO-Revision',
    '"Last-Translator',
    '"Language-Team',
    '"Generated-By',
)
TRANSLATED = ("fr", "nl")
"""English stands in the templates themselves."""


def extract() -> Catalog:
    """Every message that the desk can say."""
    catalogue = Catalog(charset="utf-8")
    for path, method in _sources():
        for line, message, _, _ in extract_from_file(
            method, path, keywords=KEYWORDS, options={"newstyle_gettext": "true"}
        ):
            catalogue.add(message, locations=[(str(path.relative_to(ROOT)), line)])
    for path, line, text in sentences():
        if text:
            catalogue.add(text, locations=[(str(path.relative_to(ROOT)), line)])
    return catalogue


def _sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(TEMPLATES.glob("*.html")):
        yield path, "jinja2.ext:babel_extract"
    for path in sorted(CODE.glob("*.py")):
        yield path, "python"


def read(locale: str) -> Catalog:
    """A catalogue as it is in the repository."""
    path = MESSAGES / f"{locale}.po"
    if not path.is_file():
        return Catalog(locale=locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update() -> None:
    """Bring the catalogues in line with what the desk says."""
    template = extract()
    for locale in TRANSLATED:
        catalogue = read(locale)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path = MESSAGES / f"{locale}.po"
        path.parent.mkdir(exist_ok=True)
        written = io.BytesIO()
        write_po(written, catalogue, sort_output=True, width=98, no_location=True)
        path.write_text(_without_noise(written.getvalue().decode(), locale), encoding="utf-8")


def _without_noise(text: str, locale: str) -> str:
    """Without dates and names that say nothing and change each time."""
    body = text[text.index('msgid ""') :]
    lines = [line for line in body.splitlines() if not line.startswith(NOISE)]
    return "\n".join([f"# The desk's words, {locale}.", *lines]) + "\n"


if __name__ == "__main__":
    update()
