"""The page that documents the settings says what the program does."""

import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from flows.domain.language import Language
from flows.settings.model import Settings
from flows.settings.reading import read_settings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
TYPES: dict[Any, str] = {
    str: "text",
    Language: "language",
    bool: "true or false",
    int: "whole number",
    float: "number",
    SecretStr: "secret",
    Path: "path",
    tuple[str, ...]: "list of texts",
    tuple[float, ...]: "list of numbers",
    tuple[Language, ...]: "list of languages",
}

TABLED: dict[Any, str] = {
    str: "texts",
    tuple[Language, ...]: "lists of languages",
}


def documented() -> dict[str, tuple[str, str, str]]:
    """Type, default and meaning of each setting as the page's table has them."""
    rows = re.findall(
        r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
        PAGE.read_text("utf-8"),
        re.MULTILINE,
    )
    return {name: (kind, default, meaning) for name, kind, default, meaning in rows}


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting by its dotted name."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings_of(field.annotation, f"{prefix}{name}.")
        elif name != "workspace":
            yield prefix + name, field


def spelt_default(field: FieldInfo) -> str:
    """The default as TOML writes it."""
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "not set"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        shown = (_quoted(one) if isinstance(one, str) else str(one) for one in default)
        return f"`[{', '.join(shown)}]`"
    return f"`{_quoted(default) if isinstance(default, str) else default}`"


def _quoted(text: str) -> str:
    return f'"{text}"'


def spelt_type(annotation: Any) -> str:
    """The type in the page's words; `None` only says that there may be no value."""
    words = get_args(annotation) if get_origin(annotation) is Literal else ()
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        words = tuple(annotation)
    if words:
        *first, last = (f"`{one}`" for one in words)
        return f"{', '.join(first)} or {last}"
    if get_origin(annotation) is dict:
        _, value = get_args(annotation)
        if get_origin(value) is Annotated:
            return "table of whole numbers"
        return f"table of {TABLED.get(value, 'tables')}"
    if NoneType in get_args(annotation):
        return spelt_type(next(one for one in get_args(annotation) if one is not NoneType))
    return TYPES[annotation]


def test_the_page_lists_every_setting_and_no_other() -> None:
    """A setting without a line on the page is one that nobody finds."""
    assert list(documented()) == [name for name, _ in settings_of(Settings)]


@pytest.mark.parametrize(("name", "field"), list(settings_of(Settings)))
def test_the_page_says_what_the_program_does(name: str, field: FieldInfo) -> None:
    """Type, default and meaning agree, setting by setting."""
    assert documented()[name] == (
        spelt_type(field.annotation),
        spelt_default(field),
        field.description,
    )


def test_the_page_s_example_is_valid(tmp_path: Path) -> None:
    """What the page shows can be copied."""
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    (tmp_path / "newsletter.toml").write_text(found[1], encoding="utf-8")

    settings = read_settings(tmp_path)

    assert tomllib.loads(found[1])["smtp"]["host"] == settings.smtp.host
    assert settings.sender.languages["nl"].name.startswith("Efus")
