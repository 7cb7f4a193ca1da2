"""A PostgreSQL cluster of the tests' own: made in a temporary folder, gone with the session."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.functional.cli.command_line import closed_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    # As in a workplace in Lyon: nothing may lean on the server's own zone or language.
    "timezone": "Europe/Paris",
}
UNPRIVILEGED = ("postgres", "nobody")


class PostgresqlMissingError(Exception):
    """There is no PostgreSQL server on this machine, or it does not start."""


@dataclass(kw_only=True)
class Cluster:
    """A running server. Each database is made from one template, in tens of milliseconds."""

    bin: Path
    version: int
    port: int
    control: list[str]
    user: str | None
    made: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        """The address of a database, as the product's settings take it."""
        return f"postgresql://tester@127.0.0.1:{self.port}/{database}"

    def create(self, *, template: str = "template1") -> str:
        """A new database of its own name."""
        name = f"newsletter_{len(self.made)}"
        # Copying files is twice as fast as writing them into the log, where one can choose.
        how = " STRATEGY file_copy" if self.version >= 15 else ""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}{how}")
        self.made.append(name)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def restart(self) -> None:
        """Stop at once, as a crash would, and start again."""
        _run([*self.control, "-m", "immediate", "restart"], user=self.user)

    def execute(self, statement: str) -> None:
        """Run one statement as the owner of everything."""
        command = [
            *(str(self.bin / "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "tester"),
            *("-d", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement),
        ]
        _run(command)


def find_binaries() -> Path:
    """The folder of `initdb` and `postgres`: the newest of Debian's, or the PATH's."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: float(path.parent.name),
        reverse=True,
    )
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "postgres", "psql")):
            return folder
    raise PostgresqlMissingError("neither initdb nor postgres is installed")


@contextmanager
def run_cluster(**settings: str) -> Iterator[Cluster]:
    """A cluster on a free port. Raises `PostgresqlMissingError` if there can be none.

    It forgets all in a power cut unless the `settings` say otherwise: tests have none.
    """
    binaries, user = find_binaries(), _server_user()
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data, port = folder / "data", closed_port()
    try:
        _run(
            [
                *(str(binaries / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            user=user,
        )
        options = " ".join(f"-c {name}={value}" for name, value in (SETTINGS | settings).items())
        log = str(folder / "log")
        control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-s", "-l", log]
        start = ["-o", f"-p {port} -k {folder} {options}", "start"]
        _run([*control, *start], user=user)
        try:
            yield Cluster(
                bin=binaries,
                version=_version(binaries),
                port=port,
                control=control,
                user=user,
            )
        finally:
            _run([*control, "-m", "immediate", "stop"], user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _version(binaries: Path) -> int:
    """The major version of the server's programs."""
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+", said.stdout)
    assert found
    return int(found[0])


def _server_user() -> str | None:
    """Who runs the server: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise PostgresqlMissingError("PostgreSQL does not run as root, and there is no other user")


def _run(command: list[str], *, user: str | None = None) -> None:
    try:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout).strip()
        raise PostgresqlMissingError(f"{Path(command[0]).name}: {words}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PostgresqlMissingError(f"{Path(command[0]).name}: {error}") from None
