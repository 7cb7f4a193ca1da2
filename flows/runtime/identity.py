"""Who letters say they are from, by the settings."""

from flows.domain.errors import InputError
from flows.runtime.dispatch import Dispatch
from flows.translation.checks.departure import Identity


def identity_of(runtime: Dispatch) -> Identity | None:
    """What receiving servers judge; `None` where letters stay on this machine."""
    sender = runtime.settings.sender
    if runtime.settings.smtp.mode == "capture":
        return None
    author = sender.address.rpartition("@")[2].lower()
    keys, trouble = {}, ""
    try:
        keys = dict(key.dns_record() for key in runtime.dkim_keys())
    except InputError as error:
        trouble = str(error)
    return Identity(
        author_domain=author,
        envelope_domain=sender.bounce_domain or author,
        keys=keys,
        trouble=trouble,
    )
