"""A newsroom in one file: every row, in no engine's own form, and the files that belong to it.

The file is a zip archive: `manifest.json`, `tables/NAME.jsonl` (a JSON object for each row) and
`files/` with the workspace's paths.
"""

import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, Final

from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import IssueId
from flows.operations.holding import hold_what_may_have_left
from flows.operations.optouts import add_opt_outs
from flows.store import dumping
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.issues import find_issues
from flows.store.optouts import REPLACED, all_opt_outs
from flows.store.schema import HEAD, known_revisions

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
FILES: Final = "files/"
PACKAGE: Final = "efus-newsletter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself: `rows` by table, `counters` the highest ids ever given.

    `newsroom` names the secret key without telling anything of it.
    """

    made_at: datetime
    newsroom: str
    revision: str
    rows: dict[str, int]
    counters: dict[str, int]
    files: int
    format: int = FORMAT
    product: str = ""


async def write_backup(
    store: Store,
    path: Path,
    *,
    workspace: Path,
    files: Sequence[Path],
    newsroom: str,
    now: datetime,
) -> Manifest:
    """Write the database as it is at one instant, and `files` of the workspace, into `path`.

    Only its owner can read it. It appears whole or not at all. Raises `InputError` if it is there.
    """
    with _appearing_whole(path) as archive:
        async with store.reading() as tx:
            rows = {name: await _write_table(tx, archive, name) for name in dumping.kept_tables()}
            counters = await dumping.read_counters(tx)
        written = sum(_write_file(archive, file, workspace) for file in files)
        manifest = Manifest(
            made_at=now,
            newsroom=newsroom,
            revision=HEAD,
            rows=rows,
            counters=counters,
            files=written,
            product=version(PACKAGE),
        )
        facts = asdict(manifest) | {"made_at": now.isoformat()}
        archive.writestr(MANIFEST, json.dumps(facts, indent=1))
    return manifest


@contextmanager
def _appearing_whole(path: Path) -> Iterator[zipfile.ZipFile]:
    if path.exists():
        raise InputError("is there already", path=path, remedy="Name a new file.")
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(
                file, "w", zipfile.ZIP_DEFLATED, compresslevel=6, strict_timestamps=False
            ) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", path=path) from None
    finally:
        draft.unlink(missing_ok=True)


async def _write_table(tx: Transaction, archive: zipfile.ZipFile, name: str) -> int:
    count = 0
    with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as file:
        async for records in dumping.read_records(tx, name):
            lines = [json.dumps(record, ensure_ascii=False) for record in records]
            file.write(("\n".join(lines) + "\n").encode())
            count += len(records)
    return count


def _write_file(archive: zipfile.ZipFile, file: Path, workspace: Path) -> bool:
    """Write a file, unless it has gone meanwhile: mail that came back is read at any moment."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return False
    archive.writestr(FILES + file.relative_to(workspace).as_posix(), content)
    return True


class Backup:
    """A backup that is open for reading."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
        self._archive = archive
        self.manifest = manifest
        self.path = path

    def records(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table. Raises `InputError` for what cannot be read."""
        name, count = f"tables/{table}.jsonl", 0
        try:
            with self._archive.open(name) as file:
                for count, line in enumerate(file, start=1):
                    try:
                        record: dict[str, Any] = json.loads(line)
                    except ValueError:
                        raise self.damaged(f"{name}, line {count}, is no JSON") from None
                    yield record
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise self.damaged(f"{name}: {error}") from None
        if count != self.manifest.rows[table]:
            raise self.damaged(f"{name} has {count} of {self.manifest.rows[table]} rows")

    def file(self, name: PurePosixPath) -> bytes | None:
        """What the backup holds of a file of the workspace."""
        try:
            return self._archive.read(f"{FILES}{name}")
        except KeyError:
            return None
        except (zipfile.BadZipFile, OSError) as error:
            raise self.damaged(f"{name}: {error}") from None

    def files(self) -> list[PurePosixPath]:
        """The paths of its files, relative to the workspace; none leads out of it."""
        names = [
            PurePosixPath(one.removeprefix(FILES))
            for one in self._archive.namelist()
            if one.startswith(FILES) and not one.endswith("/")
        ]
        if any(one.is_absolute() or ".." in one.parts for one in names):
            raise self.damaged("it holds files of outside the workspace")
        return names

    def damaged(self, problem: str) -> InputError:
        """The error for what cannot be used."""
        return InputError(
            f"is damaged: {problem}", path=self.path, remedy="Use another backup; nothing changed."
        )


@contextmanager
def open_backup(path: Path) -> Iterator[Backup]:
    """A backup that this version can read. Raises `InputError` for anything else."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise InputError("is not there", path=path) from None
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"is no backup: {error}", path=path) from None
    with archive:
        yield Backup(archive, _manifest(archive, path), path)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        facts = json.loads(archive.read(MANIFEST))
        if facts["format"] != FORMAT or facts["revision"] not in known_revisions():
            raise InputError(
                f"was made by {facts.get('product')}, whose format {facts['format']} and revision "
                f"{facts['revision']} this program does not know",
                path=path,
                remedy="Use that version of the program, or a newer one.",
            )
        return Manifest(**facts | {"made_at": datetime.fromisoformat(facts["made_at"])})
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile):
        raise InputError("is no backup of a newsroom", path=path) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did: rows by table, opt-outs that are newer, issues that it keeps back.

    `gone` are issues that the database knew before and the backup does not.
    """

    rows: dict[str, int]
    opt_outs: int
    held: list[IssueId]
    gone: list[IssueId]


async def restore_database(
    store: Store, backup: Backup, *, replace: bool, by: str, now: datetime
) -> Restored:
    """Put a backup's rows in the place of the database's, all or nothing.

    Opt-outs that the database knows and the backup does not are kept, and nothing leaves by
    itself that may have left after the backup was made. Raises `NotDoneError` if the database is
    not empty and is not to be replaced, `InputError` for a damaged backup.
    """
    manifest = backup.manifest
    async with store.writing() as tx:
        empty = await dumping.is_empty(tx)
        if not empty and not replace:
            raise NotDoneError(
                "the database is not empty",
                waiting_for=("what is in it goes, but for its opt-outs, with --replace",),
            )
        # Who lost a place to somebody that the backup does not know has it again.
        known = [] if empty else [one for one in await all_opt_outs(tx) if one.reason != REPLACED]
        before = set() if empty else await _issues(tx)
        await dumping.wipe(tx)
        records = {name: backup.records(name) for name in manifest.rows}
        try:
            rows = await dumping.load(tx, manifest.revision, records, manifest.counters)
        except dumping.UnfitRowsError as error:
            raise backup.damaged(str(error)) from None
        opt_outs = await add_opt_outs(tx, known, now=now)
        held = await hold_what_may_have_left(tx, made_at=manifest.made_at, by=by, now=now)
        await record_event(
            tx, "newsroom.restored", "", actor=by, now=now, made_at=manifest.made_at.isoformat()
        )
        gone = sorted(before - await _issues(tx))
    return Restored(rows=rows, opt_outs=opt_outs, held=held, gone=gone)


async def _issues(tx: Transaction) -> set[IssueId]:
    return {one.id for one in await find_issues(tx)}
