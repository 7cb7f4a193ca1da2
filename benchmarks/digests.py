"""`make bench-digest`: a digest of 12 articles with 40 photographs, in three languages.

Making a photograph small is counted apart: it is done once, when the letter is first looked at.

Beside it, in the same round, what one writes by hand: Python-Markdown, Jinja, MJML and css-inline
over articles that are translated already, without catalogues, sanitising, typography and text part.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final

import css_inline
import markdown
import mjml
from jinja2 import Template

from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.operations.library import Library
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import build_library, starter
from flows.settings.reading import read_settings
from tests.unit.content.pictures import a_photo

ARTICLES: Final = 12
PICTURES: Final = 40
PHOTO: Final = (3000, 2000)
"""The pixels of a photograph as a city sends it."""
ROUNDS: Final = 5
SLUG: Final = "digest"
EXAMPLE: Final = "city-pair"
MOST_SECONDS: Final = 1.5
MOST_CACHED_MS: Final = 50.0
BY_HAND: Final = Template(
    """<mjml lang="{{ language }}"><mj-head><mj-title>{{ title }}</mj-title>
<mj-style inline="inline">p { margin: 18px 0 } img { max-width: 100% }</mj-style>
</mj-head><mj-body width="640px">
<mj-section><mj-column><mj-text><h1>{{ title }}</h1></mj-text></mj-column></mj-section>
{% for title, body in articles %}
<mj-section><mj-column><mj-text><h2>{{ title }}</h2>{{ body }}</mj-text></mj-column></mj-section>
{% endfor %}
</mj-body></mjml>"""
)


def picture(number: int, language: str) -> tuple[str, str]:
    """The text of a picture in a language, and its address."""
    words = {
        "fr": "Une place, vue n° {}",
        "en": "A square, view no. {}",
        "nl": "Een plein, beeld {}",
    }
    return words[language].format(number), f"place-{number}.jpg"


def make_newsroom(folder: Path) -> Library:
    """Twelve articles like the example's with their translations, and the digest of all."""
    make_workspace(folder, starter=starter())
    library = build_library(read_settings(folder))
    numbers = count(1)
    for place in range(ARTICLES):
        share = PICTURES // ARTICLES + (place < PICTURES % ARTICLES)
        write_article(library, f"article-{place + 1}", [next(numbers) for _ in range(share)])
    listed = "\n".join(
        f"      - article: article-{place + 1}\n        as: full" for place in range(ARTICLES)
    )
    folder = library.content / SLUG
    folder.mkdir()
    (folder / "fr.md").write_text(
        "---\ntitle: Tout l’automne\nauthor: La rédaction\ndate: 2026-12-01\narticles:\n"
        f"  - section: L’automne\n    items:\n{listed}\n---\n\nBonne lecture.\n",
        encoding="utf-8",
    )
    words = {"en": ("All of autumn", "The editors", "Autumn", "Enjoy your reading.")}
    words["nl"] = ("De hele herfst", "De redactie", "Herfst", "Veel leesplezier.")
    french = ("Tout l’automne", "La rédaction", "L’automne", "Bonne lecture.")
    for language in library.target_languages:
        fill(library, SLUG, language, dict(zip(french, words[language], strict=True)))
    return library


def write_article(library: Library, slug: str, numbers: list[int]) -> None:
    """The example once more, with pictures after its first paragraphs."""
    example, folder = library.folder(EXAMPLE), library.content / slug
    folder.mkdir()
    head, front, body = (example / "fr.md").read_text(encoding="utf-8").split("---\n", 2)
    blocks = body.strip().split("\n\n")
    for number in numbers:
        text, address = picture(number, "fr")
        (folder / address).write_bytes(a_photo(*PHOTO, seed=number))
        blocks.insert(2 * (number - numbers[0]) + 1, f"![{text}]({address})")
    text = f"{head}---\n{front}---\n\n" + "\n\n".join(blocks)
    (folder / "fr.md").write_text(text, encoding="utf-8")
    for language in library.target_languages:
        known = {
            entry.key.source: entry.translation
            for entry, _ in library.catalogue(EXAMPLE, language).states()
        }
        for number in numbers:
            french, own = picture(number, "fr"), picture(number, language)
            known[f"![{french[0]}]({french[1]})"] = f"![{own[0]}]({own[1]})"
        fill(library, slug, language, known)


def fill(library: Library, slug: str, language: Language, known: dict[str, str]) -> None:
    """A catalogue, with a translation of every passage."""
    catalogue = library.synchronised(library.article(slug), language)
    for key in catalogue.waiting():
        catalogue.edit(key, known[key.source], by="bench")
    catalogue.save()
    assert not catalogue.waiting()


def render(library: Library) -> int:
    """Every language as its readers get it; the bytes of their HTML."""
    return sum(len(library.edition(SLUG, one).html.encode()) for one in library.languages)


def translated(library: Library, language: Language) -> Iterator[tuple[str, str]]:
    """The title and the Markdown of each article in a language, as a file would hold them."""
    for place in range(ARTICLES):
        article = library.article(f"article-{place + 1}")
        title, body = article.front.title, article.body
        if language != library.source_language:
            texts = library.catalogue(article.slug, language).translations(drafts=True)
            title = texts[SegmentKey("meta:title", title)]
            for key, text in texts.items():
                body = body.replace(key.source, text)
        yield title, body


def render_by_hand(written: dict[Language, list[tuple[str, str]]]) -> int:
    """What people write; the bytes of its HTML."""
    inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
    size = 0
    for language, articles in written.items():
        bodies = [
            (title, markdown.markdown(text, extensions=["extra", "smarty"]))
            for title, text in articles
        ]
        source = BY_HAND.render(language=language, title="Digest", articles=bodies)
        size += len(inliner.inline(mjml.mjml2html(source, fonts={})).encode())
    return size


def seconds(act: Callable[[], int]) -> float:
    """What something takes of a processor: of an idle machine's clock, as it does one thing."""
    begun = time.process_time()
    assert act() > 0
    return time.process_time() - begun


def measure(folder: Path) -> bool:
    """Print the figures; whether all are within their limits."""
    library = make_newsroom(folder)
    by_hand = {one: list(translated(library, one)) for one in library.languages}
    making = seconds(lambda: render(library))
    remembering = library.remembering()
    render(remembering)
    ours, cached, peers = [], [], []
    for _ in range(ROUNDS):
        peers.append(seconds(lambda: render_by_hand(by_hand)))
        ours.append(seconds(lambda: render(library)))
        cached.append(seconds(lambda: render(remembering)))
    ratio = median(one / peer for one, peer in zip(ours, peers, strict=True))
    print(f"articles, pictures, languages  {ARTICLES:4} {PICTURES:4} {len(library.languages):4}")
    print(f"HTML                           {render(library) / 1024:8.0f} KB")
    print(f"with its photographs made      {making:8.2f} s, once")
    print(f"three languages                {median(ours):8.2f} s, at most {MOST_SECONDS}")
    print(
        f"nothing changed since          {1000 * median(cached):8.1f} ms, at most {MOST_CACHED_MS}"
    )
    print(
        f"by hand                        {median(peers):8.2f} s; ours takes {ratio:.2f} times that"
    )
    return median(ours) <= MOST_SECONDS and 1000 * median(cached) <= MOST_CACHED_MS


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.exit(not measure(Path(place) / "newsroom"))
