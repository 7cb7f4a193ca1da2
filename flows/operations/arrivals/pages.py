"""A page that a browser saved, with its pictures in the folder beside it."""

import base64
import binascii
import re
from collections import Counter
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from flows.domain.errors import InputError
from flows.operations.arrivals.addresses import whole_address
from flows.operations.arrivals.arrival import Arrival, Load, Note
from flows.operations.arrivals.decoding import decode_page
from flows.operations.arrivals.parsing import parse_html

TEXTS: Final = ["p", "h1", "h2", "h3", "h4", "li", "blockquote", "td", "th", "figcaption", "pre"]
ENOUGH: Final = 0.9
"""The part of the article's words that the element around it must hold."""
AROUND: Final = (
    "nav, aside, footer, [role=navigation], [role=complementary], [aria-hidden=true], "
    "#comments, .comments, .comments-area, .sharedaddy, .share, .social-share, .related, "
    ".related-posts, .breadcrumb, .breadcrumbs, .entry-meta, .post-meta, .byline, .posted-on"
)
"""What stands within the text of pages and is none of it."""
DATA: Final = re.compile(r"data:image/[\w.+-]+;base64,(.+)", re.DOTALL | re.IGNORECASE)
ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_page(path: Path, raw: bytes, *, note: Note) -> Arrival:
    """The article of a saved page. Raises `InputError` where there is none."""
    import trafilatura

    text = decode_page(raw, path=path)
    facts = trafilatura.extract_metadata(text)
    soup = parse_html(text)
    base_url = _address(soup)
    title = _title(soup, str(facts.title or ""))
    root = _root(soup, _words_of_article(text))
    for one in root.select(AROUND):
        if not one.decomposed:
            one.decompose()
    if not root.get_text().strip():
        raise InputError("holds no text", path=path, remedy="Save the page of the article itself.")
    picture, alternative = _lead(soup, str(facts.image or ""), root)
    if not title:
        note("the page has no title")
    return Arrival(
        title=title or path.stem,
        author=str(facts.author or "").replace(";", ",").strip(),
        date=_day(str(facts.date or "")),
        summary=str(facts.description or "").strip(),
        tags=tuple(
            one.strip()
            for told in facts.tags or ()
            for one in re.split("[,;]", str(told))
            if one.strip()
        ),
        image=picture,
        image_alt=alternative,
        body=_alone(root),
        base_url=base_url,
        load=loader(path.parent),
    )


def _words_of_article(text: str) -> str:
    """The words that are the article's, as far as can be told by the shape of the page."""
    import trafilatura

    found = trafilatura.extract(
        text, output_format="txt", include_comments=False, include_tables=True, favor_recall=True
    )
    return _squeezed(found or "")


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _root(soup: BeautifulSoup, words: str) -> Tag:
    """The smallest element that holds nearly all of the article's words."""
    body = soup.body or soup
    texts = [
        one for one in body.find_all(TEXTS) if (own := _squeezed(one.get_text())) and own in words
    ]
    total = sum(len(one.get_text()) for one in texts)
    if not total:
        return soup.find("article") or soup.find("main") or body
    # Counted once for all: a page may have thousands of paragraphs beside each other.
    held: Counter[int] = Counter()
    for one in texts:
        length = len(one.get_text())
        held.update({id(parent): length for parent in one.parents})
    node: Tag = body
    while True:
        for child in node.find_all(True, recursive=False):
            if held[id(child)] >= ENOUGH * total:
                node = child
                break
        else:
            return node


def _alone(root: Tag) -> BeautifulSoup:
    """An element's content as a document of its own."""
    soup = BeautifulSoup("", "html.parser")
    holder = soup.new_tag("div")
    soup.append(holder)
    for child in list(root.contents):
        holder.append(child.extract())
    return soup


def _title(soup: BeautifulSoup, told: str) -> str:
    headings = soup.find_all("h1")
    if len(headings) == 1 and (words := " ".join(headings[0].get_text().split(" "))).strip():
        return re.sub(r"[ \t\r\n]+", " ", words).strip()
    return told.strip()


def _address(soup: BeautifulSoup) -> str:
    """Where the page was, for links that leave out their beginning."""
    base, canonical = soup.find("base"), soup.find("link", rel="canonical")
    shared = soup.find("meta", property="og:url")
    for tag, name in ((base, "href"), (canonical, "href"), (shared, "content")):
        if tag is not None and str(tag.get(name, "")).startswith(("https://", "http://")):
            return str(tag[name])
    return ""


def _lead(soup: BeautifulSoup, image: str, root: Tag) -> tuple[str, str]:
    """The picture that the page shows when it is shared, and its text; none that is in the text."""
    if not image or any(_name(image) == _name(str(one.get("src"))) for one in root.find_all("img")):
        return "", ""
    alternative = soup.find("meta", property="og:image:alt")
    return image, str(alternative.get("content", "")) if alternative is not None else ""


def _name(address: str) -> str:
    return unquote(urlsplit(whole_address(address)).path.rpartition("/")[2])


def _day(text: str) -> str:
    found = ISO_DAY.match(text)
    return found[0] if found else ""


def loader(folder: Path) -> Load:
    """Gives the pictures that lie in a folder, or that stand within the page itself."""

    def load(address: str) -> bytes | None:
        if inline := DATA.match(address):
            try:
                return base64.b64decode(unquote(inline[1]))
            except (binascii.Error, ValueError):
                return None
        plain = whole_address(address)
        if not plain or urlsplit(plain).scheme or plain.startswith("//"):
            return None
        path = folder / unquote(address.partition("?")[0])
        try:
            inside = path.resolve().is_relative_to(folder.resolve())
            return path.read_bytes() if inside and path.is_file() else None
        except (OSError, ValueError):
            return None

    return load
