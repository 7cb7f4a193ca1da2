"""What others say of our DKIM signatures: dkimpy, and OpenDKIM, which many receivers use."""

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import dkim

from flows.mail.dkim import DkimKey
from tests.services.programs import need_program


def dkimpy_verdicts(keys: Sequence[DkimKey], letter: bytes) -> list[bool]:
    """Whether each signature of a letter holds."""

    def holds(number: int) -> bool:
        try:
            return bool(dkim.DKIM(letter).verify(idx=number, dnsfunc=_published(keys)))
        except dkim.ValidationError:
            return False

    return [holds(number) for number in range(len(keys))]


def _published(keys: Sequence[DkimKey]) -> Callable[..., bytes]:
    """What the DNS says of the keys."""
    records = {f"{name}.": text.encode() for name, text in (key.dns_record() for key in keys)}
    return lambda name, timeout=5: records[name.decode()]  # noqa: ARG005 - dkimpy's signature


def opendkim_verdicts(keys: Sequence[DkimKey], letter: bytes, *, folder: Path) -> list[str]:
    """`pass` or `fail` for each signature of a letter.

    By the filter itself: `opendkim-testmsg` asks the DNS, and can be given no keys.
    """
    records = "".join(f"{name} {text}\n" for name, text in (key.dns_record() for key in keys))
    (folder / "keys").write_text(records, encoding="ascii")
    (folder / "letter.eml").write_bytes(letter)
    (folder / "opendkim.conf").write_text(
        f"Mode v\nAlwaysAddARHeader yes\nTestPublicKeys {folder / 'keys'}\n", encoding="ascii"
    )
    command = [str(need_program("opendkim")), "-x", "opendkim.conf", "-t", "letter.eml", "-vv"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return re.findall(r"\bdkim=(\w+)", said.stdout)
