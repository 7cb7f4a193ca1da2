"""A Postfix of the tests' own: settings, queue and log in a temporary folder, on loopback."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.functional.cli.command_line import closed_port

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example.test
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = none
default_transport = {transport}
relay_transport = {transport}
smtp_host_lookup = native
smtp_dns_support_level = disabled
disable_dns_lookups = yes
default_destination_recipient_limit = 1
# Nothing may wait here because of the pace of tests.
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
default_destination_concurrency_limit = 20
{more}
"""

MASTER = """\
127.0.0.1:{port} inet n - n - 100 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixMissingError(Exception):
    """There is no Postfix on this machine, or this user may not start one."""


@dataclass(frozen=True, kw_only=True)
class Postfix:
    """A running Postfix. `log` is where it says what it took."""

    folder: Path
    port: int

    @property
    def log(self) -> Path:
        """Its log, with traditional time stamps."""
        return self.folder / "mail.log"

    def command(self, *words: str) -> None:
        """Run `postfix`, for example `stop`, `start`, `reload` or `logrotate`."""
        _run("postfix", "-c", str(self.folder / "conf"), *words)

    def settle(self) -> None:
        """Wait until its queue is empty, and its log with it complete."""
        deadline = time.monotonic() + 60
        while any(self._queued()):
            assert time.monotonic() < deadline, "Postfix does not empty its queue"
            time.sleep(0.05)

    def _queued(self) -> Iterator[Path]:
        for name in ("incoming", "active", "deferred", "maildrop"):
            folder = self.folder / "queue" / name
            yield from (path for path in folder.rglob("*") if path.is_file())


@contextmanager
def run_postfix(*, transport: str = "discard", more: str = "") -> Iterator[Postfix]:
    """A Postfix on a free port, whose letters go to `transport`, with further settings.

    Raises `PostfixMissingError` if there can be none.
    """
    if shutil.which("postfix") is None:
        raise PostfixMissingError("it is not installed")
    if os.geteuid() != 0:
        raise PostfixMissingError("only root can start it")
    folder = Path(tempfile.mkdtemp(prefix="newsletter-postfix-"))
    folder.chmod(0o755)
    postfix = Postfix(folder=folder, port=closed_port())
    try:
        _prepare(postfix, transport=transport, more=more)
        postfix.command("start")
        try:
            yield postfix
        finally:
            postfix.command("abort")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(postfix: Postfix, *, transport: str, more: str) -> None:
    conf = postfix.folder / "conf"
    for name in ("conf", "queue", "data"):
        (postfix.folder / name).mkdir()
    shutil.chown(postfix.folder / "data", "postfix")
    main = MAIN.format(folder=postfix.folder, transport=transport, more=more)
    (conf / "main.cf").write_text(main, encoding="utf-8")
    (conf / "master.cf").write_text(MASTER.format(port=postfix.port), encoding="utf-8")


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    except subprocess.CalledProcessError as error:
        raise PostfixMissingError(f"{command}: {error.stderr or error.stdout}") from None
