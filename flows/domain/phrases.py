"""Sentences for people that remember how they were put together.

A phrase is its English sentence, and can be used as any text. Whoever shows it in another language
takes the template from a catalogue and puts the facts in once more.
"""

import json
from typing import Any, Self


def numbered(number: int, one: str, several: str = "") -> str:
    """`1 letter`, `2 letters`; English, for commands. `several` is needed where no s makes it."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


class Phrase(str):
    """`Phrase("there is no list {name!r}", name=name)`: an English sentence with its facts."""

    __slots__ = ("facts", "template")

    template: str
    facts: dict[str, Any]

    def __new__(cls, template: str, /, **facts: Any) -> Self:
        """The sentence, with the facts put in where the template names them."""
        self = super().__new__(cls, template.format_map(facts))
        self.template = template
        self.facts = facts
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """A phrase crosses to another process with its facts."""
        return _rebuild, (self.template, self.facts)


def _rebuild(template: str, facts: dict[str, Any]) -> Phrase:
    return Phrase(template, **facts)


def pack(text: str) -> str:
    """A text as it is kept in the database: phrases with their facts, which hold no NUL there."""
    return json.dumps(_packed(text), ensure_ascii=False)


def _packed(text: str) -> list[Any]:
    if not isinstance(text, Phrase):
        return [_storable(text)]
    facts = {
        name: _packed(fact)
        if isinstance(fact, Phrase)
        else _storable(fact if isinstance(fact, int | float) else str(fact))
        for name, fact in text.facts.items()
    }
    return [text.template, facts]


def _storable(fact: Any) -> Any:
    return fact.replace("\0", "\ufffd") if isinstance(fact, str) else fact


def unpack(packed: str) -> str:
    """What was packed."""
    return _unpacked(json.loads(packed)) if packed else ""


def _unpacked(packed: list[Any]) -> str:
    if len(packed) == 1:
        return str(packed[0])
    template, facts = packed
    return Phrase(
        template,
        **{
            name: _unpacked(fact) if isinstance(fact, list) else fact
            for name, fact in facts.items()
        },
    )
