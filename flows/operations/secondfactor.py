"""One-time passwords of an authenticator app (RFC 6238), as a second factor."""

import base64
import hashlib
import hmac
from datetime import datetime

import pyotp
from cryptography.fernet import Fernet, InvalidToken

from flows.domain.account import Account
from flows.domain.errors import InputError
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.users import change_user, take_step

STEP_SECONDS = 30


def new_secret() -> str:
    """A secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def address_of_secret(secret: str, *, name: str, issuer: str) -> str:
    """The `otpauth://` address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


class Seal:
    """Keeps small secrets in the database such that the database alone does not give them away."""

    def __init__(self, key: bytes) -> None:
        derived = hmac.digest(key, b"newsletter.seal", hashlib.sha256)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, secret: str) -> str:
        """What to keep."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, kept: str) -> str | None:
        """What was kept; `None` if another key sealed it."""
        try:
            return self._fernet.decrypt(kept.encode()).decode()
        except InvalidToken:
            return None


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The time step that a code is of: this one, the one before or the one after."""
    written = "".join(code.split())
    totp = pyotp.TOTP(secret)
    this = int(now.timestamp()) // STEP_SECONDS
    for step in (this, this - 1, this + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), written.encode()):
            return step
    return None


async def is_right_code(
    store: Store, account: Account, code: str, *, seal: Seal, now: datetime
) -> bool:
    """Whether a code is this account's and was not used before."""
    secret = seal.open(account.second_factor)
    step = step_of(secret, code, now=now) if secret else None
    if step is None:
        return False
    async with store.writing() as tx:
        return await take_step(tx, account.id, step)


async def turn_on(
    store: Store, account: Account, *, sealed: str, code: str, seal: Seal, now: datetime
) -> None:
    """Ask for codes from now on, made with a secret of ours.

    Raises `InputError` unless the app shows the right one.
    """
    secret = seal.open(sealed)
    step = step_of(secret, code, now=now) if secret else None
    if step is None:
        raise InputError(
            "is not the code of this moment",
            field="code",
            remedy="Look at the app again; the clock of the telephone must be right.",
        )
    async with store.writing() as tx:
        await change_user(tx, account.id, second_factor=sealed, last_step=step)
        await record_event(tx, "second_factor.on", account.name, actor=account.name, now=now)


async def turn_off(store: Store, account: Account, *, now: datetime) -> None:
    """Ask for no codes any more."""
    async with store.writing() as tx:
        await change_user(tx, account.id, second_factor="", last_step=0)
        await record_event(tx, "second_factor.off", account.name, actor=account.name, now=now)
