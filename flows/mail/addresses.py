"""E-mail addresses: the form on the envelope, and the form in which they are compared.

A million addresses have few domains, and checking the domain is nearly the whole cost: each is
checked once. What stands before the @ is plain in almost all of them; any other is checked whole.
"""

import re
import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from flows.domain.phrases import Phrase

PLAIN_LOCAL = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*")
"""A dot-atom (RFC 5321, section 4.1.2) that nothing about the rest of an address can spoil."""
LONGEST_LOCAL = 64
LONGEST_ADDRESS = 254


def mailbox_of(address: str) -> str:
    """The ASCII form that goes on the envelope: the domain by IDNA. `ValueError` if it is none.

    Letters that are not ASCII before the @ are refused: few servers take them (RFC 6531).
    """
    local, _, domain = address.rpartition("@")
    plain = _is_plain(local) and local == local.lower()
    if plain and (checked := _domain(domain)) is not None:
        mailbox = f"{local}@{checked}"
        if len(mailbox) <= LONGEST_ADDRESS and len(address) <= LONGEST_ADDRESS:
            return mailbox
    try:
        valid = validate_email(
            address,
            check_deliverability=False,
            strict=True,
            test_environment=True,
            allow_smtputf8=False,
        )
    except EmailNotValidError as error:
        raise ValueError(_fault(address, error)) from None
    return valid.ascii_email or valid.normalized


def _fault(address: str, error: EmailNotValidError) -> str:
    """What is wrong with an address: the usual faults in words of ours, the others in theirs."""
    local, at, domain = address.rpartition("@")
    faults = {
        Phrase("it has no @ sign"): not at,
        Phrase("nothing stands before the @ sign"): not local,
        Phrase("nothing stands after the @ sign"): not domain,
        Phrase("it holds a blank"): any(map(str.isspace, address)),
        Phrase("it has more than one @ sign"): "@" in local,
        Phrase("letters with accents cannot stand before the @ sign"): not local.isascii(),
        Phrase("the part after the @ sign has no dot"): "." not in domain,
        Phrase("it is too long"): len(address) > LONGEST_ADDRESS or len(local) > LONGEST_LOCAL,
    }
    return next((fault for fault, is_so in faults.items() if is_so), str(error))


def normalise_address(address: str) -> str:
    """One form for every way to write the same address: case, Unicode form, IDNA."""
    local, _, domain = address.strip().rpartition("@")
    if _is_plain(local) and (checked := _domain(domain)) is not None:
        return f"{local.lower()}@{checked}"
    try:
        valid = validate_email(
            address.strip(),
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
        )
    except EmailNotValidError:
        return unicodedata.normalize("NFC", address.strip()).casefold()
    local = unicodedata.normalize("NFC", valid.local_part.casefold())
    return f"{local}@{valid.ascii_domain}"


def _is_plain(local: str) -> bool:
    return len(local) <= LONGEST_LOCAL and PLAIN_LOCAL.fullmatch(local) is not None


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str | None:
    """The ASCII form of a domain that mail may go to; `None` if it is none."""
    try:
        valid = validate_email(
            f"a@{domain}", check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError:
        return None
    return valid.ascii_domain
