"""A page that shows every component of letters in every theme, for whoever makes one."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from flows.content.cards import RenderedDigest, render_digest
from flows.content.colours import in_dark_scheme
from flows.content.rendering import RenderedArticle, render_article
from flows.domain.article import Article, FrontMatter, Slug
from flows.domain.digest import AgendaEntry, Item, Section, Shown
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.mail.edition import compose
from flows.mail.holes import ANY_MARK
from flows.mail.templates import open_templates, render_template
from flows.mail.themes import THEMES, contrasts, list_themes, read_theme
from flows.mail.tokens import TOKENS
from flows.mail.toml import read_toml
from flows.mail.webpage import web_letter
from flows.operations.library import Library

SAMPLES: Final = Path("gallery", "samples.toml")
STYLES: Final = (Path("email", "styles.mjml"), Path("email", "cards.mjml"))
LANGUAGE: Final = Language("fr")
"""That of the samples."""
PICTURE: Final = "https://pictures.example.org/place.jpg"
DRAWING: Final = b"""<svg xmlns="http://www.w3.org/2000/svg" width="640" height="320">
<rect width="640" height="320" fill="#27496d"/><circle cx="480" cy="90" r="40" fill="#f6e7b4"/>
<path d="M0 320V200h90v-60h70v90h80v-130h90v110h70v-50h100v90h140v70z" fill="#0c2233"/></svg>"""
COLUMN: Final = re.compile(r"\.mj-column-[\w-]+\{[^}]*\}")
TOKEN: Final = re.compile(rf"\b(?:{'|'.join(TOKENS)})\.\w+")
INCLUDED: Final = re.compile(r'{% include "(email/[\w.]+)" %}')
TEASER: Final = Slug("teaser")
WHOLE: Final = Slug("whole")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A component as `samples.toml` has it; `part` and `text` are names of templates."""

    name: str
    part: str
    says: str
    rules: Sequence[str]
    text: str = ""
    markdown: str = ""
    card: str = str(TEASER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A component in one theme and scheme: what a page needs to show it."""

    theme: str
    scheme: str
    html: str
    columns: Sequence[str]


def write_gallery(library: Library, folder: Path) -> list[Path]:
    """Write `index.html`, and `gallery.txt` with the plain text; the files.

    Raises `InputError` for a theme or template that cannot be used, or a folder without room.
    """
    folders = library.template_folders
    samples = _samples(folders)
    parts = [_part(Sample(**one), samples, library) for one in samples["component"]]
    columns = {rule: None for part in parts for look in part["looks"] for rule in look.columns}
    values = {
        "parts": parts,
        "themes": [_tokens(folders, name) for name in _themes(library)],
        "current": library.theme,
        "language": LANGUAGE,
        "columns": "\n".join(columns),
    }
    page = render_template(open_templates(folders), "gallery/gallery.html", values)
    texts = [f"{part['name'].upper()}\n\n{part['text']}" for part in parts if part["text"]]
    files = [folder / "index.html", folder / "gallery.txt"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files[0].write_text(page, encoding="utf-8")
        files[1].write_text("\n\n\n".join(texts) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            Phrase("cannot be written: {reason}", reason=error.strerror),
            path=folder,
            field="--out",
        ) from None
    return files


def _themes(library: Library) -> list[str]:
    """The theme in use, then the others."""
    others = list_themes(library.template_folders)
    return sorted(others, key=lambda name: (name != library.theme, name))


def _samples(folders: Sequence[Path]) -> Mapping[str, Any]:
    """The packaged ones, unless the workspace has its own."""
    paths = [folder / SAMPLES for folder in folders]
    return read_toml(next((path for path in paths if path.is_file()), paths[-1]))


def _part(sample: Sample, samples: Mapping[str, Any], library: Library) -> dict[str, Any]:
    """All that the page tells of a component."""
    folders, front = library.template_folders, FrontMatter(**samples["front"])
    rendered = _render(front, sample.markdown)
    digest = _digest(front, samples["digest"])
    looks, text = list[Look](), ""
    for theme in _themes(library):
        letter = compose(
            rendered,
            sender=library.senders[library.source_language],
            template_folders=folders,
            theme=theme,
            digest=digest,
        )
        section, entry = letter.values["sections"][0], letter.values["agenda"][0]
        shown = {
            "part": sample.part,
            "heading": section.heading,
            "card": next(card for card in section.cards if card.slug == sample.card),
            "entry": entry,
        }
        looks += _looks(letter.html("gallery/part.mjml", **shown), theme=theme)
        if sample.text and theme == library.theme:
            text = letter.text(sample.text, **shown)
    sources = dict(_sources(sample, folders))
    return {
        "name": sample.name,
        "anchor": re.sub(r"\W+", "-", sample.name.lower()),
        "says": sample.says,
        "markdown": sample.markdown.strip(),
        "looks": looks,
        "text": ANY_MARK.sub("https://…", text or rendered.text).strip(),
        "sources": sources,
        "tokens": sorted({token for source in sources.values() for token in TOKEN.findall(source)}),
    }


def _render(front: FrontMatter, body: str) -> RenderedArticle:
    article = Article(slug=TEASER, folder=Path(), front=front, body=body)
    return render_article(article, language=LANGUAGE, source_language=LANGUAGE, translations={})


def _digest(front: FrontMatter, words: Mapping[str, str]) -> RenderedDigest:
    zone = ZoneInfo("Europe/Brussels")
    meeting = AgendaEntry(
        name="rencontre",
        title=words["event"],
        begins=datetime(2026, 12, 3, 10, 0, tzinfo=zone),
        ends=datetime(2026, 12, 3, 11, 30, tzinfo=zone),
        place=words["venue"],
        link="https://efus.eu/",
    )
    items = (Item(article=TEASER), Item(article=WHOLE, shown=Shown.FULL))
    article = Article(
        slug=Slug("lettre"),
        folder=Path(),
        front=replace(
            front, articles=(Section(heading=words["section"], items=items),), agenda=(meeting,)
        ),
        body="",
    )
    return render_digest(
        article,
        {TEASER: _render(front, ""), WHOLE: _render(replace(front, image=""), words["body"])},
        language=LANGUAGE,
        translations={},
        pages="https://lettre.example.org",
    )


def _looks(html: str, *, theme: str) -> Iterator[Look]:
    drawn = f"data:image/svg+xml;base64,{base64.b64encode(DRAWING).decode()}"
    columns = COLUMN.findall(html)
    for scheme, page in (("light", html), ("dark", in_dark_scheme(html))):
        body = ANY_MARK.sub("#", web_letter(page).body).replace(PICTURE, drawn)
        body = re.sub(r' id="[^"]*"', "", body)  # the page shows each of them several times
        yield Look(theme=theme, scheme=scheme, html=body, columns=columns)


def _sources(sample: Sample, folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """The component's templates, those of themes among them, and the rules that are about it."""
    common = Path(sample.part)
    own = [THEMES / name / common.name for name in list_themes(folders)]
    for name in (common, *own):
        if source := _read_first(folders, name):
            yield name.as_posix(), source
            for included in INCLUDED.findall(source):
                yield included, _read_first(folders, Path(included))
    for name in STYLES:
        rules = [
            line.strip()
            for line in _read_first(folders, name).splitlines()
            if any(rule in line.partition("{")[0] for rule in sample.rules)
        ]
        if rules:
            yield name.as_posix(), "\n".join(rules)


def _read_first(folders: Sequence[Path], name: Path) -> str:
    found = [folder / name for folder in folders if (folder / name).is_file()]
    return found[0].read_text(encoding="utf-8") if found else ""


def _tokens(folders: Sequence[Path], name: str) -> dict[str, Any]:
    """A theme's tokens, and the contrast of each pair in both schemes."""
    tokens = read_theme(folders, name=name).tokens
    ratios: dict[tuple[str, str], dict[str, str]] = {}
    for scheme, words, ground, ratio in contrasts(tokens):
        ratios.setdefault((words, ground), {})[scheme] = f"{ratio:.1f}"
    return {"name": name, "tokens": tokens, "ratios": ratios}
