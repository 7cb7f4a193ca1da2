"""The templates of letters, which editors may change.

Each file is looked for in the theme's folder first, then in the workspace's, then in the packaged
one. Nothing that an author or translator wrote is ever compiled: it reaches a template as a value.
"""

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Final

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.mail.texts import TEXTS
from flows.mail.themes import THEMES, theme_folders

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


def open_templates(folders: Sequence[Path], *, theme: str | None = None) -> Environment:
    """An environment over the folders, first come first served; all but `.txt` escapes HTML.

    A theme's own templates stand before those of all.
    """
    loader: BaseLoader = FileSystemLoader(folders)
    if theme is not None:
        own = FileSystemLoader(theme_folders(folders, name=theme))
        loader = ChoiceLoader([PrefixLoader({"email": own}), loader])
    return ImmutableSandboxedEnvironment(
        loader=loader,
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


def template_files(environment: Environment, *, end: str = "") -> list[Path]:
    """The file that stands behind each template, or each whose name ends so, in their order."""
    if environment.loader is None:
        return []
    found = [environment.loader.get_source(environment, name) for name in _names(environment)]
    return [Path(file) for _, file, _ in found if file and file.endswith(end)]


def _names(environment: Environment) -> list[str]:
    """Of the common templates and the theme's own; other themes' are not in use."""
    found = environment.list_templates(extensions=["mjml", "txt", "html"])
    return [
        name
        for name in found
        if name.startswith("email/") and not name.startswith(f"{THEMES.as_posix()}/")
    ]
