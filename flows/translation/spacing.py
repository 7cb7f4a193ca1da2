"""The white space around marks, which engines add and lose."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from flows.translation.tokens import Role, Token

Item = str | Token
"""A text or a mark of an answer."""

SPACES = " \u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Whether white space stands before and after a mark in the source."""

    before: bool
    after: bool


def mend_spaces(items: Sequence[Item], tokens: Sequence[Token]) -> list[Item]:
    """The items with white space around each mark as it was around the same mark in `tokens`.

    Where the source has none inside a pair the answer gets none ("** word**" is no emphasis);
    where the source parts a mark from a word the answer does so too.
    """
    settings = _find_settings(tokens)
    mended = _collapse(items, tokens)
    mended = _move_before_openings(mended, settings)
    mended = _move_after_closings(mended, settings)
    return _part_marks(_mend_joints(mended, settings), settings)


def _find_settings(tokens: Sequence[Token]) -> dict[tuple[Role, int], Setting]:
    raws = ["", *(token.raw for token in tokens), ""]
    return {
        _key(token): Setting(before=raws[place][-1:].isspace(), after=raws[place + 2][:1].isspace())
        for place, token in enumerate(tokens)
        if token.role is not Role.TEXT
    }


def _key(token: Token) -> tuple[Role, int]:
    return token.role, token.number


def _collapse(items: Sequence[Item], tokens: Sequence[Token]) -> list[Item]:
    """One space for two, unless the source itself has two somewhere."""
    if any("  " in token.raw for token in tokens if token.role is Role.TEXT):
        return list(items)
    return [re.sub(r" {2,}", " ", item) if isinstance(item, str) else item for item in items]


def _move_before_openings(
    items: Sequence[Item], settings: dict[tuple[Role, int], Setting]
) -> list[Item]:
    """Spaces after an opening mark go before it, and before those that it stands in."""
    moved: list[Item] = []
    for item in reversed(items):
        moved = _join_texts([item, *moved])
        text = moved[1] if len(moved) > 1 else ""
        if _is_mark(item, Role.OPEN) and isinstance(text, str) and not settings[_key(item)].after:
            rest = text.lstrip(SPACES)
            moved = _join_texts([text[: len(text) - len(rest)], item, rest, *moved[2:]])
    return moved


def _move_after_closings(
    items: Sequence[Item], settings: dict[tuple[Role, int], Setting]
) -> list[Item]:
    """Spaces before a closing mark go after it, and after those that it stands in."""
    moved: list[Item] = []
    for item in items:
        moved = _join_texts([*moved, item])
        text = moved[-2] if len(moved) > 1 else ""
        if _is_mark(item, Role.CLOSE) and isinstance(text, str) and not settings[_key(item)].before:
            rest = text.rstrip(SPACES)
            moved = _join_texts([*moved[:-2], rest, item, text[len(rest) :]])
    return moved


def _is_mark(item: Item, role: Role) -> TypeGuard[Token]:
    return isinstance(item, Token) and item.role is role


def _join_texts(items: Iterable[Item]) -> list[Item]:
    """The items without empty texts, neighbouring texts in one, their spaces not doubled."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else None
        if item == "":
            continue
        if isinstance(item, str) and isinstance(last, str):
            doubled = last[-1] in SPACES and item[0] in SPACES
            joined[-1] = last + (item.lstrip(SPACES) if doubled else item)
        else:
            joined.append(item)
    return joined


def _mend_joints(items: Sequence[Item], settings: dict[tuple[Role, int], Setting]) -> list[Item]:
    """The texts between marks, parted from them or not as in the source."""
    mended = list(items)
    for place, item in enumerate(mended):
        if isinstance(item, str):
            before, after = mended[place - 1 : place], mended[place + 1 : place + 2]
            text = item
            for mark in before:
                text = _mend_start(text, mark, settings)
            for mark in after:
                text = _mend_end(text, mark, settings)
            mended[place] = text
    return mended


def _part_marks(items: Sequence[Item], settings: dict[tuple[Role, int], Setting]) -> list[Item]:
    """A space between two marks that stand together now and had white space around them."""
    parted: list[Item] = []
    for item in items:
        last = parted[-1] if parted else ""
        if isinstance(item, Token) and isinstance(last, Token) and _keeps_apart(last, item):
            apart = settings[_key(last)].after and settings[_key(item)].before
            parted += [" "] if apart else []
        parted.append(item)
    return parted


def _keeps_apart(first: Token, second: Token) -> bool:
    """Whether white space between the marks is text: not within a pair, nor beside a break."""
    within = first.role is Role.OPEN or second.role is Role.CLOSE
    return not within and "break" not in {first.kind, second.kind}


def _mend_start(text: str, mark: Item, settings: dict[tuple[Role, int], Setting]) -> str:
    if isinstance(mark, str) or mark.role is Role.OPEN:
        return text
    if mark.kind == "break":
        return text if settings[_key(mark)].after else text.lstrip(" ")
    if not settings[_key(mark)].after:
        return re.sub(r"^ +(?=[.,)])", "", text)
    return f" {text}" if _joins_words(text[:1]) else text


def _mend_end(text: str, mark: Item, settings: dict[tuple[Role, int], Setting]) -> str:
    if isinstance(mark, str) or mark.role is Role.CLOSE:
        return text
    if mark.kind == "break":
        return text if settings[_key(mark)].before else text.rstrip(" ")
    if not settings[_key(mark)].before:
        return text.rstrip(SPACES) if mark.kind == "note" else text
    makes_image = text.endswith("!") and mark.raw.startswith("[")
    return f"{text} " if makes_image or _joins_words(text[-1:]) else text


def _joins_words(character: str) -> bool:
    """Whether the character is of a script that parts words by spaces (before Thai in Unicode)."""
    return character.isalnum() and character < "\u0e00"
