"""The templates and fixed texts of letters, which editors may change.

Each file is looked for in the workspace's folder first, then in the packaged one. Nothing that
an author or translator wrote is ever compiled: it reaches a template as a value.
"""

import re
import tomllib
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Final

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flows.domain.errors import InputError
from flows.domain.language import choose_edition
from flows.domain.phrases import Phrase

TEXTS = Path("email", "strings.toml")
FALLBACK_LANGUAGE = "en"
MOST_COMPILED: Final = 500
"""Templates, in every wording that they had, whose compiled form is kept."""


class Compiled(BytecodeCache):
    """Compiled templates, by their file and its text, for all environments of one kind.

    The text is read anew each time: an edit, or a file that now stands before another, counts.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the template its code, if it is known."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if len(self._kept) >= MOST_COMPILED:
            self._kept.clear()
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


LETTERS: Final = Compiled()


def open_templates(folders: Sequence[Path]) -> Environment:
    """An environment over the folders, first come first served; all but `.txt` escapes HTML."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=lambda name: not (name or "").endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=LETTERS,
    )


def render_template(environment: Environment, name: str, values: Mapping[str, object]) -> str:
    """The filled template. Raises `InputError` with the file and line that cannot be used."""
    try:
        return environment.get_template(name).render(values)
    except TemplateSyntaxError as error:
        raise InputError(
            error.message or "this is no valid template",
            path=Path(error.filename) if error.filename else None,
            line=error.lineno,
        ) from error
    except TemplateNotFound as error:
        path, line = _template_line(error, environment)
        raise InputError(
            Phrase("there is no template {name}", name=error.name or name),
            path=path,
            line=line,
            remedy="Delete your own copies in templates/email to return to the packaged ones.",
        ) from error
    except Exception as error:
        # Whatever an expression in a template does wrong is for the template's author to mend.
        path, line = _template_line(error, environment)
        raise InputError(
            str(error) or type(error).__name__,
            path=path,
            line=line,
            remedy=f"The fixed texts are in {TEXTS}, one table per language.",
        ) from error


def _template_line(error: Exception, environment: Environment) -> tuple[Path | None, int | None]:
    """Where in the templates an error arose: Jinja's tracebacks name templates as files."""
    files = template_files(environment)
    steps = traceback.walk_tb(error.__traceback__)
    found = [(Path(frame.f_code.co_filename), line) for frame, line in steps]
    return next((place for place in reversed(found) if place[0] in files), (None, None))


def template_files(environment: Environment) -> list[Path]:
    """The file that stands behind each template, in the order of their names."""
    if environment.loader is None:
        return []
    found = [environment.loader.get_source(environment, name) for name in _names(environment)]
    return [Path(file) for _, file, _ in found if file]


def _names(environment: Environment) -> list[str]:
    return environment.list_templates(extensions=["mjml", "txt"])


def read_texts(folders: Sequence[Path], *, language: str, file: Path = TEXTS) -> dict[str, str]:
    """The fixed texts of the language, of its parent, or else English; `language` says which.

    `file` is one of those of texts. What a workspace's leaves out stands as in the packaged one.
    """
    tables: dict[str, dict[str, str]] = {}
    for folder in reversed(folders):
        for tag, texts in _read_tables(folder / file).items():
            tables[tag] = tables.get(tag, {}) | texts
    chosen = choose_edition([language, FALLBACK_LANGUAGE], editions=tables)
    if chosen is None:
        raise InputError(
            Phrase(
                "there are no fixed texts in {language} or {fallback}",
                language=language,
                fallback=FALLBACK_LANGUAGE,
            ),
            path=folders[0] / file,
            remedy=f"Add a table [{language}].",
        )
    return {**tables[chosen], "language": chosen}


def _read_tables(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        source = path.read_text(encoding="utf-8")
        tables = tomllib.loads(source)
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8", path=path) from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise InputError(str(error), path=path, line=int(found[1]) if found else None) from error
    for tag, texts in tables.items():
        _check_table(tag, texts, path=path, source=source)
    return tables


def _check_table(tag: str, texts: object, *, path: Path, source: str) -> None:
    if not isinstance(texts, dict):
        raise InputError("only tables such as [fr] belong here", path=path, field=tag)
    for key, text in texts.items():
        if not isinstance(text, str):
            line = _line_of(rf"^[ \t]*{re.escape(key)}\s*=", source)
            raise InputError("a fixed text is written in quotes", path=path, line=line, field=key)


def _line_of(pattern: str, source: str) -> int | None:
    found = re.search(pattern, source, flags=re.MULTILINE)
    return source.count("\n", 0, found.start()) + 1 if found else None
