"""Making a workspace."""

import shutil
from pathlib import Path

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

PARTS = ("newsletter.toml", "content", "templates", "subscribers")
IGNORED = "var/\n.env\n"


def make_workspace(folder: Path, *, starter: Path) -> None:
    """Copy the starter's settings, articles, templates and lists into an empty or new folder.

    Raises `InputError` for a folder with something in it, and for one that cannot be written.
    """
    try:
        _copy_parts(folder, starter=starter)
    except (OSError, shutil.Error) as error:
        raise InputError(
            Phrase("cannot be made: {reason}", reason=str(error)),
            path=folder,
            remedy="Name a folder that you may write.",
        ) from None


def _ours(parent: str, names: list[str]) -> set[str]:
    """What belongs to the program: a copy would stay behind when it changes."""
    return {"desk", "gallery"} & set(names) if Path(parent).name == "templates" else set()


def _copy_parts(folder: Path, *, starter: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "is there already and not empty",
            path=folder,
            remedy="Name a new folder; nothing was changed.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = starter / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=_ours)
        else:
            shutil.copy2(source, folder / part)
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
