"""Making a workspace."""

import shutil
from pathlib import Path

from flows.domain.errors import InputError

PARTS = ("newsletter.toml", "content", "templates", "subscribers")
IGNORED = "var/\n.env\n"


def make_workspace(folder: Path, *, starter: Path) -> None:
    """Copy the starter's settings, articles, templates and lists into an empty or new folder."""
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
            shutil.copytree(source, folder / part)
        else:
            shutil.copy2(source, folder / part)
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
