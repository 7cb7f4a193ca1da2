"""Front matter: the YAML between `---` lines at the head of an article, parsed strictly."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.reader import ReaderError

from flows.content.digests import read_agenda, read_sections
from flows.domain.article import FrontMatter
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

FIELDS = tuple(field.name for field in fields(FrontMatter))
REQUIRED = tuple(field.name for field in fields(FrontMatter) if field.default is MISSING)
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
TIMESTAMP = "tag:yaml.org,2002:timestamp"
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")

SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a sign, which YAML can spell and no file can hold."""


class StrictLoader(yaml.SafeLoader):
    """YAML as a person writes it: no aliases, no key twice, a date as the text that it is."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # their name and shape
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuses aliases, with which a few lines can stand for gigabytes, and halves of signs."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem=Phrase("anchors and aliases are not allowed"), problem_mark=event.start_mark
            )
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode) and SURROGATE.search(node.value):
            raise yaml.MarkedYAMLError(
                problem=Phrase("a character that YAML does not allow"), problem_mark=node.start_mark
            )
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001  # their signature
        """Refuses a field that is given twice, where YAML's own rule is that the last one wins."""
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=Phrase("{name!r} is given twice", name=key.value),
                    problem_mark=key.start_mark,
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def parse_front_matter(text: str, *, path: Path) -> tuple[FrontMatter, Mapping[str, int]]:
    """The fields, and the line of each in the file; `text` begins on the file's second line.

    Raises `InputError` that names the first field in the way, its line and what to write.
    """
    try:
        node, raw = load_fields(text)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, path=path) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 2
        raise InputError("a character that YAML does not allow", path=path, line=line) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InputError(
            Phrase("the front matter is not valid YAML: {reason}", reason=str(error)), path=path
        ) from error
    if not isinstance(raw, dict):
        raise InputError(
            "the front matter is not a list of fields", path=path, line=2, remedy="title: …"
        )
    pairs = node.value if node else []
    lines = {str(key.value): key.start_mark.line + 2 for key, _ in pairs}
    nodes = {str(key.value): value for key, value in pairs}
    values = _checked(raw, lines=lines, path=path)
    for name, reader in LISTS.items():
        if raw.get(name) is not None:
            values[name] = reader(nodes[name], path=path)
    return FrontMatter(**values), lines


def load_fields(text: str) -> tuple[yaml.Node | None, Any]:
    """A front matter's YAML as a node, which knows its places, and as what it says.

    Raises PyYAML's errors.
    """
    loader = StrictLoader(text)
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node else {}
    finally:
        loader.dispose()


OPENED: Final = frozenset(
    {
        "while parsing a flow sequence",
        "while parsing a flow mapping",
        "while scanning a quoted scalar",
    }
)
"""What PyYAML was within, by its words, when it met the fault."""


def _not_yaml(error: yaml.MarkedYAMLError, *, path: Path) -> InputError:
    mark = error.problem_mark or error.context_mark
    begun = error.context_mark if error.context in OPENED else None
    if mark and begun and mark.line > begun.line and _begins_anew(mark):
        # PyYAML names the line that it could not go on with, which nobody need mend.
        return InputError(
            Phrase(
                "the {sign} that opens here is not closed", sign=(begun.buffer or "")[begun.pointer]
            ),
            path=path,
            line=begun.line + 2,
            remedy='Close it on its line; a value that merely begins with [ or { goes between "…".',
        )
    return InputError(
        Phrase(
            "the front matter is not valid YAML: {reason}", reason=error.problem or error.context
        ),
        path=path,
        line=mark.line + 2 if mark else None,
        remedy='A value that holds ": ", or begins with a mark such as [ or *, goes between "…".',
    )


def _begins_anew(mark: yaml.Mark) -> bool:
    """Whether the line of a fault is another field's, and does not go on with what is open."""
    text = mark.buffer or ""
    line = text.rfind("\n", 0, mark.pointer) + 1
    return text[line : line + 1] not in {" ", "\t", "]", "}"}


def _checked(raw: dict[Any, Any], *, lines: Mapping[str, int], path: Path) -> dict[str, Any]:
    for name in raw:
        if name not in FIELDS:
            known = ", ".join(FIELDS)
            raise InputError(
                "there is no such field",
                path=path,
                line=lines.get(str(name)),
                field=str(name),
                remedy=f"The fields are: {known}.",
            )
    values = {}
    for name in (one for one in FIELDS if one not in LISTS):
        problem, value = _read(name, raw.get(name))
        if problem:
            raise InputError(
                problem, path=path, line=lines.get(name), field=name, remedy=_example(name)
            )
        if value:
            values[name] = value
    return values


def _read(name: str, value: Any) -> tuple[str, Any]:
    reader: Callable[[Any], Any] = READERS.get(name, _line)
    parsed = reader(value) if value is not None else ""
    if parsed is None:
        return Phrase("this is not what the field takes"), None
    if not parsed and name in REQUIRED:
        return Phrase("the field is missing"), None
    return "", parsed


def _line(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return re.sub(" {2,}", " ", CONTROLS.sub(" ", value)).strip(" ")


def _date(value: Any) -> str | None:
    if isinstance(value, str) and (MONTH.fullmatch(value) or _is_day(value)):
        return value
    return None


def _is_day(text: str) -> bool:
    if not ISO_DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _words(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    words = [_line(word) for word in value]
    return tuple(word for word in words if word) if all(words) else None


READERS: Mapping[str, Callable[[Any], Any]] = {"date": _date, "tags": _words}
LISTS: Mapping[str, Callable[..., Any]] = {"articles": read_sections, "agenda": read_agenda}
"""What a digest has; these are read from YAML's nodes, which know their lines."""

EXAMPLES = {
    "date": "Write a day, date: 2026-10-06, or a month, date: 2019-11.",
    "tags": "Write a list: one tag a line, each after two spaces, a hyphen and a space.",
}


def _example(name: str) -> str:
    return EXAMPLES.get(name, f'Write text on the same line: {name}: "…"')
