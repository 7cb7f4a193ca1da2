"""What this machine's settings make of letters, to be compared with other machines'."""

import hmac

from flows.domain.accord import Accord
from flows.runtime.dispatch import Dispatch


def accord_of(dispatch: Dispatch) -> Accord:
    """What every other machine would have to do like this one."""
    settings = dispatch.settings
    dkim, manners = settings.dkim, dispatch.manners()
    signs = [f"{selector}._domainkey.{dkim.domain}" for _, selector in dkim.keys]
    return Accord(
        alike={
            "smtp.mode": settings.smtp.mode,
            "secret_key": _fingerprint(dispatch.key),
            "link_key": _fingerprint(dispatch.link_keys[0]),
            "dkim": ", ".join(signs),
            "sender.address": settings.sender.address,
            "sender.bounce_domain": settings.sender.bounce_domain,
        },
        rates=manners.rates,
        breaker_percent=manners.breaker_percent,
    )


def _fingerprint(key: bytes) -> str:
    """Enough to tell keys apart, and nothing to learn one from."""
    return hmac.new(key, b"newsletter.accord", "sha256").hexdigest()[:16]
