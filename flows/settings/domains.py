"""Domains as people write them."""

from collections.abc import Mapping


def recipients_domain(written: str) -> str:
    """A domain as it stands on envelopes: in lower case, and in ASCII by IDNA (RFC 5891).

    Raises `ValueError` for what is no domain that a letter can go to.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        valid = validate_email(
            f"postmaster@{written}", check_deliverability=False, test_environment=True
        )
    except EmailNotValidError:
        raise ValueError(f"{written!r} is no domain of recipients") from None
    return valid.ascii_domain


def by_recipients_domain(rates: Mapping[str, int]) -> dict[str, int]:
    """Rates under the names on envelopes. Raises `ValueError` if two of them are the same."""
    found = {recipients_domain(domain): rate for domain, rate in rates.items()}
    if len(found) < len(rates):
        raise ValueError("a domain is named twice")
    return found
