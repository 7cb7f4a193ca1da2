"""A Dovecot of the tests' own: IMAP over TLS and LMTP on loopback, in a temporary folder."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.functional.cli.command_line import closed_port

PASSWORD = 'péché "mignon" \\ 1'
USER = "returns"
UNPRIVILEGED = "nobody"

SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = newsletter-tests-{port}
protocols = {protocols}
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/chain.pem
ssl_key = <{folder}/key.pem
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail
mailbox_list_index = no
auth_mechanisms = plain login
auth_username_format = %n
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
{lmtp}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""

LMTP = """
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
"""


class DovecotMissingError(Exception):
    """There is no Dovecot on this machine, or it does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """A running server with one account; its INBOX is the Maildir `inbox`."""

    port: int
    starttls_port: int
    lmtp_port: int
    inbox: Path
    username: str = USER
    password: str = PASSWORD

    def deliver(self, *messages: bytes) -> None:
        """Put messages into the INBOX, as a delivery agent does."""
        for message in messages:
            name = f"{time.time_ns()}.M1.tests"
            draft = self.inbox / "tmp" / name
            draft.write_bytes(message)
            shutil.chown(draft, *_owner())
            draft.rename(self.inbox / "new" / name)

    def count(self, folder: str = "") -> int:
        """How many messages a folder holds; the INBOX if none is named."""
        place = self.inbox / f".{folder}" if folder else self.inbox
        return sum(len(list((place / box).glob("*"))) for box in ("new", "cur"))

    def empty(self) -> None:
        """Remove every message."""
        for box in ("new", "cur"):
            for path in self.inbox.glob(f"**/{box}/*"):
                path.unlink(missing_ok=True)


@contextmanager
def run_dovecot(authority: trustme.CA, *, lmtp: bool = False) -> Iterator[Dovecot]:
    """A server with a certificate of this authority for 127.0.0.1; with `lmtp` it takes mail, too.

    Raises `DovecotMissingError` if there can be none.
    """
    binary = shutil.which("dovecot", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if binary is None or not Path("/usr/lib/dovecot/imap").exists():
        raise DovecotMissingError("Dovecot with IMAP is not installed")
    if lmtp and not Path("/usr/lib/dovecot/lmtp").exists():
        raise DovecotMissingError("Dovecot with LMTP is not installed")
    folder = Path(tempfile.mkdtemp(prefix="newsletter-imap-", dir="/tmp"))
    ports = closed_port(), closed_port(), closed_port()
    try:
        _prepare(folder, authority, ports, lmtp=lmtp)
        process = _start(binary, folder)
        try:
            _wait_until_ready(process, ports[0], folder)
            yield Dovecot(
                port=ports[0],
                starttls_port=ports[1],
                lmtp_port=ports[2],
                inbox=folder / "mail",
            )
        finally:
            process.terminate()
            process.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(
    folder: Path, authority: trustme.CA, ports: tuple[int, int, int], *, lmtp: bool
) -> None:
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "chain.pem", append=True)
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
    for name in ("run", "state", "home", "mail/tmp", "mail/new", "mail/cur"):
        (folder / name).mkdir(parents=True)
    user, group = _owner()
    account = pwd.getpwnam(user)
    settings = SETTINGS.format(
        folder=folder,
        port=ports[0],
        starttls_port=ports[1],
        protocols="imap lmtp" if lmtp else "imap",
        lmtp=LMTP.format(lmtp_port=ports[2]) if lmtp else "",
        user=user,
        group=group,
        uid=account.pw_uid,
        gid=account.pw_gid,
    )
    (folder / "dovecot.conf").write_text(settings, encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user, group)


def _owner() -> tuple[str, str]:
    """Who runs it: nobody where we are root, else we."""
    user = UNPRIVILEGED if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    return user, grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _start(binary: str, folder: Path) -> subprocess.Popen[bytes]:
    user, group = _owner() if os.geteuid() == 0 else (None, None)
    with (folder / "errors").open("wb") as errors:
        return subprocess.Popen(
            [binary, "-F", "-c", str(folder / "dovecot.conf")],
            cwd="/",
            env={"PATH": os.defpath},
            stdout=subprocess.DEVNULL,
            stderr=errors,
            user=user,
            group=group,
            extra_groups=[] if user else None,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    words = [path.read_text(errors="replace") for path in folder.glob("[le][or][gr]*")]
    raise DovecotMissingError(f"Dovecot does not start: {' '.join(words)[-500:]}")
