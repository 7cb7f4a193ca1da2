"""WordPress: its export (WXR 1.2, an extension of RSS 2.0) and the answers of its REST API."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

from flows.domain.errors import InputError, NotFoundError
from flows.operations.arrivals.arrival import Arrival, Note
from flows.operations.arrivals.parsing import parse_html

CONTENT: Final = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR: Final = "{http://purl.org/dc/elements/1.1/}creator"
READABLE: Final = frozenset({"post", "page"})
TAGS: Final = (
    "address|article|blockquote|caption|dd|div|dl|dt|figcaption|figure|h[1-6]|hr|li|ol|p|section"
    "|table|tbody|td|tfoot|th|thead|tr|ul"
)
BLOCK: Final = re.compile(rf"<(?:/?(?:{TAGS}|pre)\b|!--)", re.IGNORECASE)
BEFORE: Final = re.compile(rf"<(?:{TAGS})\b|</(?:article|blockquote|div|section)>", re.IGNORECASE)
"""In front of what a text ends: a block, or the end of one that holds paragraphs."""
AFTER: Final = re.compile(
    rf"</(?:{TAGS})>|<hr\b[^>]*>|<(?:article|blockquote|div|section)\b[^>]*>", re.IGNORECASE
)
CODE: Final = re.compile(r"(<pre\b(?:(?!</?pre\b).)*</pre>)", re.IGNORECASE | re.DOTALL)
CAPTION: Final = re.compile(r"\[caption[^\[\]]*\]((?:(?!\[caption).)*?)\[/caption\]", re.DOTALL)
CAPTIONED: Final = re.compile(r"\s*((?:<a\b[^>]*>)?\s*<img\b[^>]*>\s*(?:</a>)?)(.*)", re.DOTALL)
SHORTCODE: Final = re.compile(
    r"\[(/?(?:[a-z]+_[\w-]+|gallery|playlist|youtube|vimeo|contact-form-7|contact-form"
    r"|wpforms|ninja_form|toc|embed|video|audio|button|row|column|col|tabs?|accordion))"
    r"\b([^\]\[]*)\]"
)
WORDS: Final = frozenset(
    {"embed", "video", "audio", "button", "row", "column", "col", "tab", "tabs", "accordion"}
)
"""Shortcodes that may be words in brackets as well: fields or an end tell them from these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One text of an export, as `--list` tells it."""

    number: str
    title: str
    date: str
    state: str
    content: str
    summary: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    link: str = ""
    image: str = ""
    image_alt: str = ""

    def as_arrival(self, *, note: Note) -> Arrival:
        """The article that it is."""
        text = _settle_shortcodes(self.content, note)
        body = parse_html(_paragraphs(text))
        return Arrival(
            title=self.title,
            author=self.author,
            date=self.date,
            summary=self.summary,
            tags=self.tags,
            image=self.image,
            image_alt=self.image_alt,
            body=body,
            base_url=self.link,
        )


def choose(posts: Sequence[Post], number: str | None, *, path: Path) -> Post:
    """The one post there is, or the one with a number. Raises `InputError` if that is not told."""
    if number is None and len(posts) == 1:
        return posts[0]
    found = next((one for one in posts if one.number == number), None)
    if found is not None:
        return found
    if number is None:
        raise InputError(
            f"holds {len(posts)} posts",
            path=path,
            remedy="See them with --list, and name one: --post NUMBER.",
        )
    raise NotFoundError(f"holds no post {number}", path=path, remedy="See them with --list.")


def read_export(path: Path, raw: bytes) -> list[Post]:
    """The posts and pages of an export. Raises `InputError` for what is none."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        channel = fromstring(raw, forbid_dtd=True).find("channel")
    except DefusedXmlException:
        raise InputError("holds XML that could do harm (a DTD)", path=path) from None
    except (ParseError, ValueError, LookupError) as error:
        raise InputError(f"is no well-formed XML: {error}", path=path) from None
    space = _space_of(raw)
    if channel is None or not space:
        raise InputError(
            "is no export of WordPress",
            path=path,
            remedy="In WordPress: Tools, Export, Posts; import the file that it gives.",
        )
    items = channel.findall("item")
    authors = {
        _text(one, f"{space}author_login"): _text(one, f"{space}author_display_name")
        for one in channel.findall(f"{space}author")
    }
    pictures = {_text(one, f"{space}post_id"): one for one in items}
    posts = [
        _post(one, space, authors, pictures)
        for one in items
        if _text(one, f"{space}post_type") in READABLE
    ]
    return _require_some(posts, path)


def _space_of(raw: bytes) -> str:
    found = re.search(rb"http://wordpress\.org/export/[\d.]+/(?!excerpt)", raw[:20_000])
    return f"{{{found[0].decode('ascii')}}}" if found else ""


def _require_some(posts: list[Post], path: Path) -> list[Post]:
    posts = [one for one in posts if one.content.strip()]
    if not posts:
        raise InputError("holds no post with a text", path=path)
    return posts


def _post(
    item: Element, space: str, authors: Mapping[str, str], pictures: Mapping[str, Element]
) -> Post:
    meta = _meta(item, space)
    picture = pictures.get(meta.get("_thumbnail_id", ""))
    login = item.findtext(CREATOR, "")
    return Post(
        number=_text(item, f"{space}post_id"),
        title=_plain(item.findtext("title", "")),
        date=_text(item, f"{space}post_date")[:10],
        state=_text(item, f"{space}status"),
        content=item.findtext(CONTENT, ""),
        summary=_plain(item.findtext(f"{space[:-1]}excerpt/}}encoded", "")),
        author=authors.get(login) or login,
        tags=tuple(
            _plain(one.text or "")
            for one in item.findall("category")
            if one.get("domain") == "post_tag" and (one.text or "").strip()
        ),
        link=item.findtext("link", "").strip(),
        image=_text(picture, f"{space}attachment_url") if picture is not None else "",
        image_alt=(
            _meta(picture, space).get("_wp_attachment_image_alt", "") if picture is not None else ""
        ),
    )


def _meta(item: Element, space: str) -> dict[str, str]:
    return {
        _text(one, f"{space}meta_key"): _text(one, f"{space}meta_value")
        for one in item.findall(f"{space}postmeta")
    }


def _text(item: Element, name: str) -> str:
    return (item.findtext(name) or "").strip()


def _plain(text: str) -> str:
    """The words of a short HTML text."""
    words = BeautifulSoup(text, "html.parser").get_text() if "<" in text else html.unescape(text)
    return re.sub(r"[ \t\r\n]+", " ", words).strip()


def read_answer(path: Path, raw: bytes) -> list[Post]:
    """The posts of an answer of the REST API, one or several. Raises `InputError` for another."""
    try:
        told = _in_unicode(json.loads(raw.decode("utf-8-sig")))
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"is no JSON: {error}", path=path) from None
    except RecursionError:
        raise InputError("is nested too deeply", path=path) from None
    listed = told if isinstance(told, list) else [told]
    try:
        posts = [_told(one) for one in listed]
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            "is no answer of WordPress",
            path=path,
            remedy="Save what https://SITE/wp-json/wp/v2/posts/NUMBER?_embed gives.",
        ) from None
    return _require_some(posts, path)


def _in_unicode(told: Any) -> Any:
    """What JSON says, a question mark for each half of a pair alone, which no file can hold."""
    return json.loads(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))


def _told(post: Mapping[str, Any]) -> Post:
    embedded = post.get("_embedded") or {}
    authors = [one["name"] for one in embedded.get("author", []) if "name" in one]
    media: Mapping[str, Any] = next(iter(embedded.get("wp:featuredmedia", [])), {})
    terms = [term for group in embedded.get("wp:term", []) for term in group]
    content = post["content"]["rendered"]
    if not isinstance(content, str):
        raise TypeError
    return Post(
        number=str(post["id"]),
        title=_plain(post["title"]["rendered"]),
        date=str(post["date"])[:10],
        state=str(post.get("status", "")),
        content=content,
        summary=_plain((post.get("excerpt") or {}).get("rendered", "")).removesuffix(" […]"),
        author=", ".join(authors),
        tags=tuple(_plain(one["name"]) for one in terms if one.get("taxonomy") == "post_tag"),
        link=str(post.get("link", "")),
        image=str(media.get("source_url", "")),
        image_alt=str(media.get("alt_text", "")),
    )


def _settle_shortcodes(text: str, note: Note) -> str:
    """Captions become what they stand for; other shortcodes are noted and go."""

    def caption(found: re.Match[str]) -> str:
        parts = CAPTIONED.match(found[1])
        if not parts:
            return found[1]
        return f"<figure>{parts[1]}<figcaption>{parts[2].strip()}</figcaption></figure>"

    ended = frozenset(re.findall(r"\[/([a-z]+)\]", text))

    def drop(found: re.Match[str]) -> str:
        name = found[1].removeprefix("/")
        if name in WORDS and name not in ended and "=" not in found[2]:
            return found[0]
        if not found[1].startswith("/"):
            note(f"the shortcode [{found[1]}] was left out", found[2])
        return ""

    return SHORTCODE.sub(drop, CAPTION.sub(caption, text))


def _paragraphs(text: str) -> str:
    """What WordPress's old editor keeps without tags, with them: blank lines part paragraphs.

    Blocks stand apart from the text around them as they do there (`wpautop`).
    """
    if re.search(r"<!-- wp:|<p[\s>]", text):
        return text
    pieces = CODE.split(text.replace("\r\n", "\n"))
    pieces[::2] = [_paragraphs_around_blocks(piece) for piece in pieces[::2]]
    return "\n".join(pieces)


def _paragraphs_around_blocks(text: str) -> str:
    apart = AFTER.sub(r"\g<0>\n\n", BEFORE.sub(r"\n\n\g<0>", text))
    parts = (part.strip() for part in re.split(r"\n\s*\n", apart))
    return "\n".join(
        part if BLOCK.match(part) else f"<p>{part.replace(chr(10), '<br>')}</p>"
        for part in parts
        if part
    )
