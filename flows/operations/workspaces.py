"""Making a workspace."""

import shutil
import tomllib
from pathlib import Path

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

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


def _parts(starter: Path) -> list[str]:
    """What of the starter is copied: all of a packaged one.

    A checkout is a workspace with articles and lists of its own; its project file names what is
    packaged.
    """
    project = starter / "pyproject.toml"
    if not project.is_file():
        return sorted(one.name for one in starter.iterdir())
    wheel = tomllib.loads(project.read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    return list(wheel["force-include"])


def _copy_parts(folder: Path, *, starter: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "is there already and not empty",
            path=folder,
            remedy="Name a new folder; nothing was changed.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for part in _parts(starter):
        source, target = starter / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=_ours)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
