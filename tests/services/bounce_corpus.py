"""Real bounces of some twenty kinds of mail servers, 1999 to 2023, from flufl.bounce's own tests.

`install.sh` fetches its source distribution; the wheel that the product uses has none of them.
"""

import tarfile
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".venv" / "bounce-corpus"


class CorpusMissingError(Exception):
    """The source distribution was not fetched."""


def read_corpus() -> dict[str, bytes]:
    """Every message by its name, without the line that mbox files begin with."""
    archive = FOLDER / f"flufl_bounce-{version('flufl.bounce')}.tar.gz"
    if not archive.is_file():
        raise CorpusMissingError(f"{archive.name} is missing: sh tests/services/install.sh")
    with tarfile.open(archive) as opened:
        files = [one for one in opened if "/tests/data/" in one.name and one.name.endswith(".txt")]
        return {Path(one.name).stem: _message(opened, one) for one in files}


def _message(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    raw = file.read() if file else b""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw
