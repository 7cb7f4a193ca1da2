"""What a relay's answer means for the letter and for the issue."""

from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import NotDoneError, TransientError
from flows.domain.phrases import Phrase
from flows.mail.headers import CONTROLS


class RelayUnreachableError(TransientError):
    """The relay cannot be reached or says `come back later` to everyone; no letter is to blame."""

    def __init__(self, relay: str, why: str) -> None:
        self.relay = relay
        super().__init__(
            Phrase(
                "the relay {relay} cannot be used now: {why} (newsletter doctor examines it; "
                "[smtp] in newsletter.toml names it)",
                relay=relay,
                why=readable(why),
            )
        )


class RelayRefusedError(NotDoneError):
    """The relay refuses this sender, whoever the letter is for; a person must mend that."""

    def __init__(self, relay: str, why: str) -> None:
        self.relay = relay
        super().__init__(
            Phrase("the relay {relay} refuses this sender: {why}", relay=relay, why=readable(why)),
            waiting_for=("mend the relay's settings: newsletter doctor",),
        )


def turned_away(code: int, reply: str) -> Outcome:
    """The fate of a letter that was answered before its first byte, and thus not handed over."""
    state = DeliveryState.REFUSED if code // 100 == 5 else DeliveryState.DEFERRED
    return Outcome(state=state, code=code, reply=readable(reply))


def outcome_of(code: int, reply: str) -> Outcome:
    """The fate of a letter by the answer to its final dot (RFC 5321, section 4.2.1)."""
    match code // 100:
        case 2:
            state = DeliveryState.ACCEPTED
        case 4:
            state = DeliveryState.DEFERRED
        case 5:
            state = DeliveryState.REFUSED
        case _:
            # An answer that is no SMTP reply says nothing about what the relay did.
            state = DeliveryState.UNKNOWN
    return Outcome(state=state, code=code, reply=readable(reply))


def readable(reply: str) -> str:
    """A server's words as one line that every database, log and page can hold.

    Servers also answer in Latin-1 and with control characters, which arrive as lone surrogates.
    """
    text = reply.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(CONTROLS.sub(" ", text).split())
