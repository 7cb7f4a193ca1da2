"""Bringing models in: from a file, or from the index that Argos Translate publishes."""

import json
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

import httpx

from flows.domain.errors import InputError, NotDoneError, NotFoundError, TransientError
from flows.domain.files import require_file
from flows.translation.argos.packages import METADATA, ArgosPackage, read_package
from flows.translation.engines.addresses import is_loopback

INDEX: Final = "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json"
LARGEST_BYTES: Final = 2 * 1024**3
"""Of a package, packed or unpacked; the models of one pair have some hundred megabytes."""
LARGEST_INDEX_BYTES: Final = 16 * 1024 * 1024
TIMEOUT_SECONDS: Final = 30.0
"""For each answer, and each piece of one."""
LONGEST_SECONDS: Final = 3600.0
"""For all pieces together: a server that drips never falls silent."""
TRIES: Final = 3


def install_package(file: Path, folder: Path) -> ArgosPackage:
    """Unpacks a package (`.argosmodel`, a zip archive of one folder) into `folder`.

    One of the same name is replaced. Raises `InputError` for a file that is no package, without
    having written a thing outside.
    """
    require_file(file)
    try:
        with zipfile.ZipFile(file) as archive:
            name = _require_safe(archive, file)
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as unpacked:
                archive.extractall(unpacked)
                package = _read(Path(unpacked) / name, file)
                shutil.rmtree(folder / name, ignore_errors=True)
                package.folder.rename(folder / name)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _no_package(file, "it is no zip archive, or a damaged one") from error
    except RuntimeError as error:
        # Encrypted, or packed in a way that Python does not know.
        raise _no_package(file, "it is packed in a way that cannot be read") from error
    return _read(folder / name, file)


def _read(folder: Path, file: Path) -> ArgosPackage:
    try:
        package = read_package(folder) if (folder / METADATA).is_file() else None
    except ValueError as error:
        raise _no_package(file, "its metadata cannot be read") from error
    if package is None:
        raise _no_package(file, "it holds no translation model with SentencePiece's vocabulary")
    return package


def _require_safe(archive: zipfile.ZipFile, file: Path) -> str:
    """The one folder that everything in the archive lies in."""
    paths = [PurePosixPath(entry.filename) for entry in archive.infolist()]
    tops = {path.parts[0] for path in paths if path.parts}
    if len(tops) != 1 or any(path.is_absolute() or ".." in path.parts for path in paths):
        raise _no_package(file, "its files do not lie in one folder")
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST_BYTES:
        raise _no_package(file, f"it unpacks to more than {LARGEST_BYTES:,} bytes")
    return tops.pop()


def _no_package(file: Path, reason: str) -> InputError:
    return InputError(
        f"this is no Argos package: {reason}",
        path=file,
        remedy="Packages end in .argosmodel: www.argosopentech.com/argospm/index",
    )


def fetch_package(
    source: str,
    target: str,
    folder: Path,
    *,
    index: str = INDEX,
    within_seconds: float = LONGEST_SECONDS,
) -> ArgosPackage:
    """Installs the newest package of a pair that the `index` names.

    Raises `NotFoundError` where it names none, `TransientError` where it cannot be reached or does
    not come in time, and `NotDoneError` where what it names leads to plain http.
    """
    until = time.monotonic() + within_seconds
    with tempfile.TemporaryDirectory(prefix="argos-") as scratch:
        listed = Path(scratch) / "index.json"
        _download(index, listed, largest_bytes=LARGEST_INDEX_BYTES, until=until)
        link = _find_link(listed, source, target)
        file = Path(scratch) / f"{source}-{target}.argosmodel"
        _download(link, file, largest_bytes=LARGEST_BYTES, until=until)
        return install_package(file, folder)


def _find_link(listed: Path, source: str, target: str) -> str:
    try:
        entries = json.loads(listed.read_bytes())
    except ValueError:
        entries = []
    found = [(_version(entry), link) for entry, link in _links(entries, source, target)]
    if not found:
        raise NotFoundError(
            f"there is no package from {source} to {target}",
            remedy="Most go from or to English: fr-en, en-nl. A pair is put together of two.",
        )
    return max(found)[1]


def _links(entries: Any, source: str, target: str) -> Iterator[tuple[dict[str, Any], str]]:
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        if (entry.get("from_code"), entry.get("to_code")) == (source, target):
            links = [str(link) for link in entry.get("links") or []]
            yield from [(entry, link) for link in links if _is_sound(link)][:1]


def _is_sound(link: str) -> bool:
    """Whether nobody on the way can put another model in the place of the one that is asked for."""
    return link.startswith("https://") or (link.startswith("http://") and is_loopback(link))


def _version(entry: dict[str, Any]) -> tuple[int, ...]:
    digits = str(entry.get("package_version", "")).split(".")
    return tuple(int(one) for one in digits if one.isdecimal())


def _download(url: str, file: Path, *, largest_bytes: int, until: float) -> None:
    def follow(request: httpx.Request) -> None:
        if _is_sound(url) and not _is_sound(str(request.url)):
            raise NotDoneError(
                f"{url} sends on to {request.url.host} by plain http, where anybody on the way "
                "could put another model in its place",
                waiting_for=("a package from elsewhere: newsletter models install FILE",),
            )

    try:
        with (
            httpx.Client(
                transport=httpx.HTTPTransport(retries=TRIES),
                timeout=TIMEOUT_SECONDS,
                follow_redirects=True,
                event_hooks={"request": [follow]},
            ) as client,
            client.stream("GET", url) as response,
            file.open("wb") as out,
        ):
            response.raise_for_status()
            for chunk in response.iter_bytes():
                out.write(chunk)
                if time.monotonic() > until:
                    raise TransientError(f"{url} goes on sending and does not come to an end")
                if out.tell() > largest_bytes:
                    raise TransientError(f"{url} sends more than {largest_bytes:,} bytes")
    except httpx.HTTPStatusError as error:
        raise TransientError(f"{url} answers {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise TransientError(f"{url} cannot be reached ({type(error).__name__})") from error
