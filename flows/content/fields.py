"""Changing fields of a front matter in place: other fields, comments and quotation marks stay."""

import json
from collections.abc import Mapping
from typing import Any, Final

import yaml

from flows.content.frontmatter import FIELDS, load_fields
from flows.content.source import plain
from flows.domain.errors import InputError

Value = str | tuple[str, ...]
"""What a field may be set to: text, or a list of texts."""

BLOCKS: Final = frozenset({"|", ">"})


def set_field(fields: str, name: str, value: Value, *, line_end: str = "\n") -> str:
    """The YAML text `fields` with one field set, and nothing else changed.

    A field that is not there is written after those that come before it in `FIELDS`; an empty
    value makes none. Raises `InputError` where the text is written so that this cannot be done.
    """
    node, before = load_fields(fields)
    nodes = _by_name(node)
    if name not in nodes and not value:
        return fields
    wanted = {**before, name: list(value) if isinstance(value, tuple) else value}
    for written in _spellings(nodes.get(name), value, line_end=line_end):
        if name in nodes:
            candidate = _replaced(fields, nodes[name], written)
        else:
            candidate = _inserted(fields, nodes, name, f"{name}: {written}{line_end}")
        if _reads(candidate, wanted):
            return candidate
    raise InputError(
        "this field cannot be changed here",
        field=name,
        remedy="Change it in the front matter as text.",
    )


def block_of(fields: str, name: str) -> str:
    """The lines of one field, from its name to the end of its value; empty where it is not."""
    span = _block(fields, name)
    return fields[slice(*span)] if span else ""


def set_blocks(fields: str, typed: Mapping[str, str], *, line_end: str = "\n") -> str:
    """The YAML text with the lines of some fields replaced by others, whatever they say.

    What is typed comes from a form: its lines end with a line feed. `fields` can be read; what is
    made of it perhaps cannot.
    """
    nodes = _by_name(load_fields(fields)[0])
    edits = []
    for name, text in typed.items():
        span = _block(fields, name)
        if span and plain(fields[slice(*span)]).strip("\n") == text.strip("\n"):
            continue
        filled = text.strip("\n").split("\n") if text.strip() else []
        lines = "".join(f"{line}{line_end}" for line in filled)
        edits.append((span or (_place(fields, nodes, name),) * 2, lines))
    # From the end on, so that the places before it stay; what goes to one place stays in order.
    edits.reverse()
    for (start, end), lines in sorted(edits, key=lambda edit: edit[0], reverse=True):
        fields = fields[:start] + lines + fields[end:]
    return fields


def _block(fields: str, name: str) -> tuple[int, int] | None:
    node, _ = load_fields(fields)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value == name:
            start: int = key.start_mark.index
            return start, _next_line(fields, _end(fields, value))
    return None


def _by_name(node: yaml.Node | None) -> dict[str, yaml.Node]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(key.value): value for key, value in pairs}


def _spellings(node: yaml.Node | None, value: Value, *, line_end: str) -> list[str]:
    """How a value may be written, the likest to how the field is written now first."""
    if isinstance(value, tuple):
        flow = json.dumps(list(value), ensure_ascii=False)
        if isinstance(node, yaml.SequenceNode) and not node.flow_style and value:
            indent = " " * node.start_mark.column
            blocks = [
                f"{line_end}{indent}".join(f"- {spell(one)}" for one in value)
                for spell in (str, _quoted)
            ]
            return [*blocks, flow]
        return [flow]
    bare = not isinstance(node, yaml.ScalarNode) or node.style is None
    return [value, _quoted(value)] if value and bare and node is not None else [_quoted(value)]


def _quoted(text: str) -> str:
    """A double-quoted scalar (YAML 1.2, 7.3.1), of which JSON's strings are a part."""
    return json.dumps(text, ensure_ascii=False)


def _replaced(fields: str, node: yaml.Node, written: str) -> str:
    start, end = node.start_mark.index, _end(fields, node)
    blank = " " if start and fields[start - 1] == ":" else ""
    return f"{fields[:start]}{blank}{written}{fields[end:]}"


def _inserted(fields: str, nodes: Mapping[str, yaml.Node], name: str, line: str) -> str:
    place = _place(fields, nodes, name)
    return fields[:place] + line + fields[place:]


def _place(fields: str, nodes: Mapping[str, yaml.Node], name: str) -> int:
    """Where a field belongs that is not there: behind the last that comes before in `FIELDS`."""
    earlier = FIELDS[: FIELDS.index(name)]
    ends = [_end(fields, value) for known, value in nodes.items() if known in earlier]
    return _next_line(fields, max(ends)) if ends else len(fields)


def _end(fields: str, node: yaml.Node) -> int:
    """Where a value ends: before comments and blank lines that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(fields, last[1] if isinstance(last, tuple) else last)
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in BLOCKS:
        end = start + len(fields[start:end].rstrip())
    return int(end)


def _next_line(fields: str, place: int) -> int:
    """Where the next line begins."""
    while place < len(fields) and fields[place] not in "\r\n":
        place += 1
    return place + (2 if fields.startswith("\r\n", place) else 1 if place < len(fields) else 0)


def _reads(fields: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return bool(load_fields(fields)[1] == wanted)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return False
