"""Themes: a network's colours, fonts and measures, and what else of the letter is its own.

A theme is a folder `email/themes/<name>` of the templates with a `theme.toml`, and may hold
templates that stand before the common ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from flows.content.colours import ENOUGH, contrast_of, read_colour
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.mail.tokens import PAIRS, TOKENS
from flows.mail.toml import line_in_toml, read_toml

THEMES: Final = Path("email", "themes")
THEME_FILE: Final = "theme.toml"
DEFAULT_THEME: Final = "efus"
"""The theme that lends what another leaves out."""
NOT_INSTALLED: Final = frozenset({"-apple-system", "BlinkMacSystemFont", "system-ui", "ui-serif"})
"""Names that Outlook for Windows knows nothing of."""

Value = str | int


class _Set(NamedTuple):
    """A token's value and the file that says so."""

    value: Any
    path: Path


Written = dict[tuple[str, str], _Set]
"""Values by table and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme's tokens by table and key, each as `flows.mail.tokens` allows; sizes in pixels."""

    name: str
    tokens: Mapping[str, Mapping[str, Value]]

    def values(self) -> dict[str, object]:
        """What templates are given: each table by its name, and the fonts that Outlook knows."""
        fonts = self.tokens["fonts"]
        outlook = {name: fonts_for_outlook(str(stack)) for name, stack in fonts.items()}
        return {**self.tokens, "theme": self.name, "outlook": outlook}


def read_theme(folders: Sequence[Path], *, name: str = DEFAULT_THEME) -> Theme:
    """A theme as the workspace's file, the packaged one, or else Efus's theme has each token.

    `folders` are those of templates, the workspace's before the packaged one. Raises `InputError`
    with file, line and token for what no letter can have: another token, a value that is not
    allowed, two colours that cannot be told apart.
    """
    if name not in list_themes(folders):
        raise InputError(
            Phrase("there is no theme {name!r}", name=name),
            path=folders[0] / THEMES / name / THEME_FILE,
            field="letter.theme",
            remedy=f"Themes: {', '.join(list_themes(folders)) or 'none'}.",
        )
    written: Written = {}
    for path in _files(folders, name):
        written |= _read_tokens(path)
    lender = folders[-1] / THEMES / DEFAULT_THEME / THEME_FILE
    _require_all(written, lender)
    _require_contrast(written, lender)
    return Theme(
        name=name,
        tokens={
            table: {key: written[table, key].value for key in tokens}
            for table, tokens in TOKENS.items()
        },
    )


def list_themes(folders: Sequence[Path]) -> list[str]:
    """The names of all themes."""
    return sorted(
        {
            path.parent.name
            for folder in folders
            for path in (folder / THEMES).glob(f"*/{THEME_FILE}")
        }
    )


def theme_folders(folders: Sequence[Path], *, name: str) -> list[Path]:
    """Where a theme's own templates may lie, the workspace's first."""
    return [folder / THEMES / name for folder in folders]


def fonts_for_outlook(stack: str) -> str:
    """A list of fonts without the names that are no fonts."""
    return ", ".join(name for name in stack.split(", ") if name not in NOT_INSTALLED)


def _files(folders: Sequence[Path], name: str) -> Iterator[Path]:
    """From what lends to what decides; a workspace's change of Efus's theme is Efus's alone."""
    yield folders[-1] / THEMES / DEFAULT_THEME / THEME_FILE
    for folder in reversed(folders):
        yield folder / THEMES / name / THEME_FILE


def _read_tokens(path: Path) -> Written:
    found: Written = {}
    for table, values in read_toml(path).items():
        known = TOKENS.get(table)
        if known is None or not isinstance(values, dict):
            raise InputError(
                "a theme has no such table",
                path=path,
                line=line_in_toml(path, table, ""),
                field=table,
                remedy=f"Tables: {', '.join(TOKENS)}.",
            )
        for key, value in values.items():
            token = known.get(key)
            problem = token.check(value) if token else Phrase("a theme has no such token")
            if problem:
                allowed = f"Allowed: {token.allowed}." if token else f"Tokens: {', '.join(known)}."
                raise InputError(
                    problem,
                    path=path,
                    line=line_in_toml(path, table, key),
                    field=f"{table}.{key}",
                    remedy=allowed.replace("`", ""),
                )
            found[table, key] = _Set(value, path)
    return found


def _require_all(written: Written, lender: Path) -> None:
    for table, tokens in TOKENS.items():
        for key in tokens:
            if (table, key) not in written:
                raise InputError(
                    "the theme says nothing of this token", path=lender, field=f"{table}.{key}"
                )


def contrasts(tokens: Mapping[str, Mapping[str, Value]]) -> Iterator[tuple[str, str, str, float]]:
    """Scheme, words, ground and their contrast, of every pair in a letter."""
    for scheme in ("light", "dark"):
        for words, ground in PAIRS:
            pair = [read_colour(str(tokens[scheme][one])) for one in (words, ground)]
            if pair[0] and pair[1]:
                yield scheme, words, ground, contrast_of(pair[0], pair[1])


def _require_contrast(written: Written, lender: Path) -> None:
    """Raise `InputError` for words that are hard to read on their ground (WCAG 2.2, 1.4.3)."""
    tokens = {
        scheme: {key: one.value for (table, key), one in written.items() if table == scheme}
        for scheme in ("light", "dark")
    }
    for scheme, words, ground, contrast in contrasts(tokens):
        if contrast >= ENOUGH:
            continue
        own = [key for key in (words, ground) if written[scheme, key].path != lender]
        key = (own or [words])[0]
        path = written[scheme, key].path
        raise InputError(
            Phrase(
                "{words} {colour} on {ground} {background} has a contrast of {ratio},"
                " below {least}",
                words=words,
                colour=tokens[scheme][words],
                ground=ground,
                background=tokens[scheme][ground],
                ratio=f"{contrast:.1f}",
                least=ENOUGH,
            ),
            path=path,
            line=line_in_toml(path, scheme, key),
            field=f"{scheme}.{key}",
            remedy="Make one of the two darker or lighter.",
        )
