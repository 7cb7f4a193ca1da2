"""Reading a message that came back: which letter it is about, and what it says of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Final

from flows.domain.returned import Returned, ReturnKind
from flows.mail.bounds import parse_within_bounds, text_of
from flows.mail.boxes import Arrival
from flows.mail.failures import is_auto_reply, is_from_a_daemon, read_failure
from flows.mail.reports import Finding, read_delivery_status, read_feedback
from flows.mail.verp import BOUNCE, LEAVE, Signed, find_signed

ADDRESSED: Final = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "to",
    "cc",
    "resent-to",
    "x-forwarded-to",
)
"""The fields that tell where a message came to, those of our own server first."""
LONGEST_WORDS: Final = 500

NOBODYS: Final = Signed("", 0, 0, proven=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReader:
    """Reads what comes back; `keys` are those that signed our letters' addresses."""

    keys: Sequence[bytes]

    def read_all(self, arrivals: Sequence[Arrival]) -> list[Returned]:
        """What each of some messages means."""
        return [self.read(arrival) for arrival in arrivals]

    def read(self, arrival: Arrival) -> Returned:
        """What a message means. It never fails: what it cannot read is for a person."""
        finding = Finding(ReturnKind.UNREADABLE, "", "too many parts, or headers that are too long")
        letter = NOBODYS
        try:
            message = parse_within_bounds(arrival.raw)
            if message is not None:
                finding, letter = self._read(message)
        except Exception as error:  # noqa: BLE001 - one hostile message must not keep all others back
            why = f"it breaks the parser: {type(error).__name__}"
            finding = Finding(ReturnKind.UNREADABLE, "", why)
        return Returned(
            digest=arrival.digest,
            kind=finding.kind,
            delivery=letter.delivery if letter.proven else None,
            contact=letter.contact if letter.proven else None,
            status=finding.status,
            words=finding.words[:LONGEST_WORDS],
        )

    def _read(self, message: Message) -> tuple[Finding, Signed]:
        came_to = [*self._signed(_values(message, ADDRESSED))]
        if leaving := [one for one in came_to if one.purpose == LEAVE]:
            return _leave(leaving)
        if finding := read_feedback(message):
            return _proven(finding, [*self._signed(_all_headers(message))])
        finding = read_delivery_status(message)
        if finding is None and (is_from_a_daemon(message) or not is_auto_reply(message)):
            finding = read_failure(message)
        if finding is not None:
            letters = [*came_to, *self._signed(_all_headers(message))]
            return _proven(finding, [one for one in letters if one.purpose == BOUNCE])
        if is_auto_reply(message):
            return Finding(ReturnKind.AUTO_REPLY, "", ""), _first(came_to)
        return Finding(ReturnKind.UNREADABLE, "", "nothing that a program knows"), _first(came_to)

    def _signed(self, values: Iterator[str]) -> Iterator[Signed]:
        for value in values:
            yield from find_signed(self.keys, value)


def _leave(letters: Sequence[Signed]) -> tuple[Finding, Signed]:
    letter = _first(letters)
    if letter.proven:
        return Finding(ReturnKind.UNSUBSCRIBE, "", ""), letter
    why = "it asks to leave, at an address that we did not sign"
    return Finding(ReturnKind.UNREADABLE, "", why), letter


def _proven(finding: Finding, letters: Sequence[Signed]) -> tuple[Finding, Signed]:
    """The finding if a signature of ours is in the report; else it changes nothing.

    A Message-ID proves nothing: whoever got an answer to a letter knows it.
    """
    letter = _first(letters)
    if letter.proven or finding.kind is ReturnKind.NOTICE:
        return finding, letter
    why = "a return path that we did not sign" if letters else "no return path of ours in it"
    return Finding(ReturnKind.FORGED, finding.status, f"{why}; it says: {finding.words}"), letter


def _first(letters: Sequence[Signed]) -> Signed:
    """The first that is proven, or the first that pretends to be."""
    return next((one for one in letters if one.proven), letters[0] if letters else NOBODYS)


def _values(message: Message, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from map(str, message.get_all(name, []))


def _all_headers(message: Message) -> Iterator[str]:
    """Every header of every part, those of the letter that a report returns among them."""
    for part in message.walk():
        yield from map(str, part.values())
        if part.get_content_type() in {"text/rfc822-headers", "message/global-headers"}:
            yield text_of(part)
