"""Backing up and restoring a workspace: which of its files belong to it, and whose its key is."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from flows.domain.errors import InputError, NotDoneError
from flows.operations.backups import (
    Backup,
    Manifest,
    Restored,
    open_backup,
    restore_database,
    write_backup,
)
from flows.orchestration.server import find_server, is_held
from flows.runtime.dispatch import open_dispatch
from flows.runtime.keys import KEY_FILE, newsroom_name
from flows.runtime.orchestrator import guardian_lock
from flows.runtime.returning import kept_mail, spool_of
from flows.settings.model import Settings
from flows.settings.places import SETTINGS_FILE
from flows.settings.reading import reveal
from flows.store.database import database_faults, open_store
from flows.store.dumping import is_empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A restored workspace: `written` files were missing, `kept` ones differ from the backup's."""

    manifest: Manifest
    database: Restored
    written: list[PurePosixPath]
    kept: list[PurePosixPath]


async def back_up(
    settings: Settings, path: Path, *, now: datetime
) -> tuple[Path, Manifest, list[str]]:
    """Write a backup to `path`, or under a name of its time if that is a folder's.

    The file, what is in it, and what is not: what lies elsewhere, and secrets.
    """
    file = _named(path, now)
    with database_faults(settings.database_url):
        async with open_dispatch(settings) as dispatch:
            manifest = await write_backup(
                dispatch.store,
                file,
                workspace=settings.workspace,
                files=sorted(_files(settings)),
                newsroom=newsroom_name(dispatch.key),
                now=now,
            )
    return file, manifest, _left_out(settings)


def _named(path: Path, now: datetime) -> Path:
    """A name that does not end in `.zip` is a folder's, whether it is there or not."""
    if path.suffix == ".zip" and not path.is_dir():
        return path
    return path / f"newsletter-{now:%Y-%m-%dT%H%M%SZ}.zip"


def _files(settings: Settings) -> Iterator[Path]:
    workspace = settings.workspace
    for folder in (
        *(workspace / name for name in ("content", "subscribers", "templates")),
        spool_of(settings),
        kept_mail(settings).folder,
    ):
        for file in folder.rglob("*"):
            hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
            if file.is_file() and not hidden:
                yield file
    for file in (workspace / SETTINGS_FILE, settings.var / KEY_FILE, *_own_keys(settings)):
        if file.is_file():
            yield file


def _own_keys(settings: Settings) -> list[Path]:
    """The keys that sign letters and lie in the workspace."""
    files = [settings.workspace / file for file, _ in settings.dkim.keys]
    return [file for file in files if file.resolve().is_relative_to(settings.workspace.resolve())]


def _left_out(settings: Settings) -> list[str]:
    files = [settings.workspace / file for file, _ in settings.dkim.keys]
    elsewhere = [str(file) for file in files if file not in _own_keys(settings)]
    if settings.secret_key is not None:
        elsewhere.insert(0, "NEWSLETTER_SECRET_KEY")
    return [*elsewhere, ".env and the environment"]


def prepare_workspace(folder: Path, path: Path) -> None:
    """Make an empty folder a workspace with the settings of a backup; any other stays as it is.

    Raises `InputError` for a file that is no backup.
    """
    if folder.is_dir() and any(folder.iterdir()):
        return
    with open_backup(path) as backup:
        settings = backup.file(PurePosixPath(SETTINGS_FILE))
    if settings is not None:
        _write(folder / SETTINGS_FILE, settings)


async def recover(
    settings: Settings, path: Path, *, replace: bool, by: str, now: datetime
) -> Recovery:
    """Restore a backup into this workspace: its database, its key, and the files that are missing.

    Raises `NotDoneError` while a newsroom is up here, or if the database is not empty and not to
    be replaced; `InputError` for a file that is no backup, or one made with another secret key.
    """
    held = is_held(guardian_lock(settings))  # a guardian's newsroom may be starting just now
    if held or find_server(settings.var / "newsroom.json") is not None:
        raise NotDoneError("a newsroom is running in this workspace", waiting_for=("stop it",))
    settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = open_store(settings.database_url, default=settings.var / "newsletter.db")
    try:
        with open_backup(path) as backup, database_faults(settings.database_url):
            async with store.reading() as tx:
                new = await is_empty(tx)
            files, key = backup.files(), _key_to_write(settings, backup, new=new)
            database = await restore_database(store, backup, replace=replace, by=by, now=now)
            if key is not None:
                _write(settings.var / KEY_FILE, key)
            written, kept = _write_files(settings, backup, files)
    finally:
        await store.close()
    return Recovery(manifest=backup.manifest, database=database, written=written, kept=kept)


def _write_files(
    settings: Settings, backup: Backup, names: list[PurePosixPath]
) -> tuple[list[PurePosixPath], list[PurePosixPath]]:
    """Write what is missing; what somebody changed since stays. Both, by name."""
    written, kept = [], []
    for name in names:
        path, content = settings.workspace / name, backup.file(name) or b""
        if not path.exists():
            _write(path, content)
            written.append(name)
        elif path.read_bytes() != content:
            kept.append(name)
    return written, kept


def _key_to_write(settings: Settings, backup: Backup, *, new: bool) -> bytes | None:
    """The backup's key, if this workspace needs it; opt-outs and links mean nothing without it.

    A workspace that holds nothing yet gives its own key up.
    """
    path = settings.var / KEY_FILE
    own = reveal(settings.secret_key) or (path.read_text().strip() if path.exists() else "")
    if own and newsroom_name(own.encode()) == backup.manifest.newsroom:
        return None
    if settings.secret_key is None and (new or not own):
        key = backup.file(PurePosixPath("var") / KEY_FILE)
        if key is not None and newsroom_name(key.strip()) == backup.manifest.newsroom:
            return key
    raise InputError(
        "was made with another secret key than this workspace has",
        path=backup.path,
        remedy="Set NEWSLETTER_SECRET_KEY to the key of then, or restore into an empty workspace.",
    )


def _write(path: Path, content: bytes) -> None:
    """Keys, addresses and mail are their owner's alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    mode = 0o600 if "var" in path.parts else 0o644
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
