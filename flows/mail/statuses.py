"""What a server's status and words say of a failure: the mailbox, this letter, or us.

Statuses are those of RFC 3463. Where they say nothing, or a report has none, the words decide.
"""

import re
from typing import Final

from flows.domain.returned import ReturnKind

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")

OURS: Final = frozenset({"1.7", "1.8", "2.3", "3.4"})
"""The sender's address, and letters that are too long: beside the subjects 5, 6 and 7."""
GONE: Final = frozenset({"2.1"})
"""A mailbox that was disabled: beside the subject 1, which is about addresses."""

POLICY_WORDS = re.compile(
    r"\bspam|\b(?:spf|dkim|dmarc|rbl|dnsbl|ptr)\b|(?:black|block|deny)[- ]?list|reputation"
    r"|\b(?:our|local|security|content|site|organi[sz]ation'?s?) polic|policy (?:reasons|violation)"
    r"|administratively (?:denied|prohibited)|unauthenticated|not authenticated|unsolicited"
    r"|sender[^.\n]{0,30}(?:rejected|denied|blocked)|not accepting mail from"
    r"|\bvirus\b|malware|prohibited|banned|access denied|relay(?:ing)? (?:access )?denied"
    r"|unable to relay|(?:message|size).{0,40}(?:too (?:large|big)|exceed)"
    r"|exceeded.{0,30}message size",
    re.IGNORECASE,
)
FULL_WORDS = re.compile(
    r"quota|mail ?box.{0,20}\bfull\b|(?:storage|space).{0,20}(?:exceeded|not enough|exhausted)"
    r"|(?:not enough|insufficient|out of).{0,20}(?:space|storage)|exceeded.{0,20}storage"
    r"|\btemporar|try again|timed? ?out|time-expired|could not be reached for"
    r"|maximum delivery attempts|not reachable|unreachable|queue period"
    r"|bo[iî]te.{0,20}(?:pleine|satur)|postvak.{0,20}\bvol\b|postfach.{0,20}\bvoll\b",
    re.IGNORECASE,
)
GONE_WORDS = re.compile(
    r"\b(?:user|mail ?box|account|address|recipient|person|inbox|name|alias)\b"
    r"[^.\n]{0,60}(?:unknown|not found|n[o']t exist|no longer|unavailable|disabled|inactive"
    r"|discontinued|deactivated|suspended|closed|terminated|not (?:a )?(?:valid|known|listed)"
    r"|n[o']t have a)"
    r"|\b(?:unknown|no such|no mailbox|invalid|bad|non-?existent|unroute?able)\b[^.\n]{0,30}"
    r"\b(?:user|userid|mail ?box|account|address|recipient|person|domain|local part|name)\b"
    r"|(?:does|do|did)(?:n't| not) (?:exist|have)|not a valid user|mailbox unavailable"
    r"|not (?:our|a) (?:customer|user)|recipient (?:address )?rejected|user not known"
    r"|not (?:known|listed) (?:at|in)|host (?:or domain name )?not found|not local"
    r"|n.existe pas|\binconnue?\b|\bonbekend|bestaat niet|\bunbekannt|existiert nicht|no existe",
    re.IGNORECASE,
)

MILDEST_FIRST: Final = (
    ReturnKind.NOTICE,
    ReturnKind.POLICY,
    ReturnKind.SOFT,
    ReturnKind.HARD,
)


def mildest(*kinds: ReturnKind | None) -> ReturnKind | None:
    """Of several readings the one that does least: nobody is given up by a misunderstanding."""
    known = [kind for kind in kinds if kind is not None]
    return min(known, key=MILDEST_FIRST.index) if known else None


def find_status(text: str) -> str:
    """The first enhanced status in a text that says more than `5.0.0`; else the first at all."""
    found = [match[0] for match in STATUS.finditer(text) if match[1] != "2"]
    return next((one for one in found if not one.endswith(".0.0")), found[0] if found else "")


def kind_of_status(status: str) -> ReturnKind | None:
    """What an enhanced status means; `None` for one that says nothing, such as `5.0.0`."""
    match = STATUS.fullmatch(status)
    if match is None or match[1] == "2" or match[2] == "0":
        return None
    subject, detail = match[2], f"{match[2]}.{match[3]}"
    if subject in {"5", "6", "7"} or detail in OURS:
        return ReturnKind.POLICY
    if match[1] == "4":
        return ReturnKind.SOFT
    return ReturnKind.HARD if subject == "1" or detail in GONE else ReturnKind.SOFT


def kind_of_words(words: str) -> ReturnKind | None:
    """What a server's words mean, the mildest reading first."""
    if POLICY_WORDS.search(words):
        return ReturnKind.POLICY
    if FULL_WORDS.search(words):
        return ReturnKind.SOFT
    return ReturnKind.HARD if GONE_WORDS.search(words) else None


def kind_of_failure(status: str, words: str) -> ReturnKind:
    """What a final failure means; without any hint it is soft, and takes three to count.

    A status that ends with 0 (`other or undefined`) is vague: words go before it, but for 7.
    """
    statuses = [status, find_status(words)]
    clear = [one for one in statuses if not one.endswith(".0") or one[2:].startswith("7.")]
    return (
        mildest(*map(kind_of_status, clear))
        or kind_of_words(words)
        or mildest(*map(kind_of_status, statuses))
        or ReturnKind.SOFT
    )
