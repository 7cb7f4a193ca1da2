"""Bold and slanted words, and paragraphs that are written as breaks."""

import re
from typing import Final

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

BOLD: Final = re.compile(r"font-weight:(?:bold|[6-9]00)")
NOT_MARKED: Final = re.compile(r"font-weight:(?:normal|400)|font-style:normal")
BREAKS_OF_A_PARAGRAPH: Final = 2


def settle_marks(soup: BeautifulSoup) -> None:
    """What looks bold or slanted by its style is so; what only has such a tag is not."""
    for tag in soup.find_all(["b", "strong", "i", "em", "span"]):
        style = str(tag.get("style") or "").replace(" ", "").lower()
        if tag.name != "span" and NOT_MARKED.search(style):
            tag.name = "span"
        elif tag.name == "span" and BOLD.search(style):
            tag.name = "strong"
        elif tag.name == "span" and "font-style:italic" in style:
            tag.name = "em"
        elif tag.name in {"b", "i"}:
            tag.name = {"b": "strong", "i": "em"}[tag.name]


def part_paragraphs(soup: BeautifulSoup) -> None:
    """Two breaks in a row end a paragraph, however many pages are written so."""
    for paragraph in soup.find_all("p"):
        runs: list[list[NavigableString | Tag]] = [[]]
        breaks = 0
        for child in list(paragraph.children):
            if isinstance(child, Tag) and child.name == "br":
                breaks += 1
                continue
            if not isinstance(child, NavigableString | Tag) or (
                isinstance(child, NavigableString) and not child.strip(" ")
            ):
                continue
            if breaks >= BREAKS_OF_A_PARAGRAPH and runs[-1]:
                runs.append([])
            elif breaks and runs[-1]:
                runs[-1].append(Tag(name="br"))
            elif isinstance(child.previous_sibling, NavigableString) and runs[-1]:
                runs[-1] += _space_before(child)
            breaks = 0
            runs[-1].append(child)
        _replace_by_runs(paragraph, runs)


def _space_before(child: NavigableString | Tag) -> list[NavigableString | Tag]:
    before = child.previous_sibling
    is_space = isinstance(before, NavigableString) and not before.strip(" ")
    return [NavigableString(" ")] if is_space else []


def _replace_by_runs(paragraph: Tag, runs: list[list[NavigableString | Tag]]) -> None:
    if not runs[0]:
        return
    for run in reversed(runs[1:]):
        part = Tag(name="p")
        for one in run:
            part.append(one.extract())
        paragraph.insert_after(part)
    kept = [one.extract() for one in runs[0]]
    for rest in list(paragraph.contents):
        rest.extract()
    for one in kept:
        paragraph.append(one)


def join_marks(soup: BeautifulSoup) -> None:
    """Marks that touch are one; one within another of its kind says nothing."""
    for name in ("strong", "em", "del", "code"):
        for tag in soup.find_all(name):
            if tag.find_parent(name) is not None:
                tag.unwrap()
        for tag in soup.find_all(name):
            while isinstance(tag.next_sibling, Tag) and tag.next_sibling.name == name:
                other = tag.next_sibling
                for child in list(other.contents):
                    tag.append(child.extract())
                other.decompose()
    soup.smooth()
