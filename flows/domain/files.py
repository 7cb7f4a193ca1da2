"""Files that a person names."""

from pathlib import Path

from flows.domain.errors import NotFoundError


def require_file(path: Path) -> None:
    """Raise `NotFoundError` where `path` names no file."""
    if path.is_dir():
        raise NotFoundError("is a folder, not a file", path=path)
    if not path.exists():
        raise NotFoundError("there is no such file", path=path)
