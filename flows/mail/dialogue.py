"""The dialogue on one connection: letter after letter, every answer matched to its own.

A relay that offers PIPELINING gets one letter for each round trip (RFC 2920, section 3.1): DATA
ends a group of commands, and the text of a letter begins the next.

    MAIL RCPT DATA ──▶ 250 250 354 ──▶ text . MAIL RCPT DATA ──▶ 250 │ 250 250 354 ──▶ …
                                        letter 1 │ letter 2

Any other relay gets one command at a time, by the same steps.
"""

import asyncio
from collections import deque
from enum import Enum, auto
from typing import Final, NamedTuple, Protocol, cast

from flows.domain.delivery import DeliveryState, Outcome
from flows.mail.outcomes import outcome_of, readable, turned_away

LONGEST_ANSWER_BYTES: Final = 64 * 1024
DOT: Final = b".\r\n"


class Envelope(NamedTuple):
    """One letter on its way: one recipient, bytes with CRLF lines that need no dot-stuffing.

    `delivery` is the sender's own number for it.
    """

    mail_from: str
    rcpt_to: str
    letter: bytes
    delivery: int = 0


class Letters(Protocol):
    """Where dialogues get their letters and say what became of them."""

    def take(self) -> Envelope | None:
        """The next letter, or nothing for now."""

    def withdrawn(self, envelope: Envelope) -> bool:
        """Whether a letter shall not go after all; asked when its text could follow."""

    def settle(self, envelope: Envelope, outcome: Outcome) -> None:
        """What the relay said of a letter, or that nobody knows."""

    def give_back(self, envelope: Envelope, *, blamed: str) -> None:
        """A letter of which nothing was handed over; `blamed` says what it may have caused."""

    def stop(self) -> None:
        """No letter can go any more."""


class Step(Enum):
    """What the next answer will answer."""

    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    QUIT = auto()


class Patience(NamedTuple):
    """How long an answer may take. RFC 5321, section 4.5.3.2: less at the dot makes duplicates."""

    command_seconds: float = 300
    dot_seconds: float = 600


class Dialogue(asyncio.Protocol):
    """One connection, from its first letter to its end.

    `ended` is resolved when the connection is gone, with the answer (code, words) that concerns
    every letter, if that ended it.
    """

    def __init__(self, letters: Letters, *, pipelining: bool, patience: Patience) -> None:
        self.ended: asyncio.Future[tuple[int, str] | None] = (
            asyncio.get_running_loop().create_future()
        )
        self.settled = 0
        self._letters = letters
        self._pipelining = pipelining
        self._patience = patience
        self._clock = asyncio.get_running_loop().time
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._words: list[str] = []
        self._waiting: deque[Step] = deque()
        self._commands: deque[tuple[Step, bytes]] = deque()
        self._addressed: Envelope | None = None  # its commands are under way
        self._handed: Envelope | None = None  # its text is under way
        self._refusal: Outcome | None = None
        self._must_reset = False
        self._innocent = False  # what ends the dialogue is not the addressed letter's fault
        self._trouble: tuple[int, str] | None = None
        self._since = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and a letter could go."""
        return not (self._waiting or self._commands or self._transport is None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection over, after its greeting, encryption and log-in."""
        self._transport = cast("asyncio.Transport", transport)

    def wake(self) -> None:
        """Go on with the next letter, if nothing is under way and there is one."""
        if self.idle:
            self._address_next()
            self._write()

    def give_up_if_silent(self) -> None:
        """Cut the connection when its answer is overdue."""
        at_dot = bool(self._waiting) and self._waiting[0] is Step.DOT
        limit = self._patience.dot_seconds if at_dot else self._patience.command_seconds
        if self._waiting and self._clock() - self._since > limit:
            self._cut()

    def say_goodbye(self) -> None:
        """End the dialogue politely; what is under way is in doubt."""
        if self.idle and self._transport is not None:
            self._waiting.append(Step.QUIT)
            self._transport.write(b"QUIT\r\n")
        else:
            self._cut()

    def cut(self) -> None:
        """End at once, if it has not ended: what is under way is told as in doubt now."""
        if self._transport is not None:
            self._cut()

    def _address_next(self) -> None:
        """Prepare the commands of the next letter, if there is one."""
        envelope = self._letters.take()
        if envelope is None:
            return
        self._addressed, self._refusal = envelope, None
        if self._must_reset:
            self._commands.append((Step.RSET, b"RSET\r\n"))
            self._must_reset = False
        mail_from, rcpt_to = envelope.mail_from.encode("ascii"), envelope.rcpt_to.encode("ascii")
        self._commands.append((Step.MAIL, b"MAIL FROM:<%b>\r\n" % mail_from))
        self._commands.append((Step.RCPT, b"RCPT TO:<%b>\r\n" % rcpt_to))
        self._commands.append((Step.DATA, b"DATA\r\n"))

    def _write(self, *text: bytes) -> None:
        """Send a letter's text, if it is given, and what may go with it, in one piece."""
        if self._transport is None:
            return
        if not self._waiting:
            self._since = self._clock()
        pieces = [*text]
        if text:
            self._waiting.append(Step.DOT)
        while self._commands and (self._pipelining or not self._waiting):
            step, command = self._commands.popleft()
            self._waiting.append(step)
            pieces.append(command)
        if pieces:
            self._transport.write(b"".join(pieces))

    def data_received(self, data: bytes) -> None:
        """Read whole answers (RFC 5321, section 4.2.1) and act on each."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if self._transport is None:
                return
            words = line[4:].decode("utf-8", "replace").strip()
            if line[3:4] == b"-" and line[:3].isdigit():
                self._words.append(words)
                continue
            if self._words:
                words = " ".join((*self._words, words))
                self._words.clear()
            self._answered(int(line[:3]) if line[:3].isdigit() else 0, words)
        if len(self._buffer) + sum(map(len, self._words)) > LONGEST_ANSWER_BYTES:
            self._cut()

    def _answered(self, code: int, words: str) -> None:
        self._since = self._clock()  # not at each byte: a relay that answers in drops has no end
        step = self._waiting.popleft() if self._waiting else None
        if step is Step.DOT:
            self._dot_answered(code, words)
        elif not code or step is None or step is Step.QUIT:
            # Relays end connections that idled; that says nothing of any letter.
            self._cut()
        elif step is Step.DATA:
            self._data_answered(code, words)
        elif code // 100 != 2:
            self._command_refused(step, code, words)
        if self._transport is not None and not self._waiting:
            if not self._commands and self._addressed is None:
                self._address_next()
            self._write()

    def _command_refused(self, step: Step, code: int, words: str) -> None:
        if step is not Step.RCPT:
            self._cut((code, words))
            return
        self._refusal = turned_away(code, words)
        if code == 421:
            self._end_with(self._refusal)
        elif not self._pipelining:
            self._commands.clear()
            self._turn_away(self._refusal)

    def _dot_answered(self, code: int, words: str) -> None:
        envelope, self._handed = self._handed, None
        if envelope is not None:
            self.settled += 1
            self._letters.settle(envelope, outcome_of(code, words))
        if code // 100 not in {2, 4, 5} or code == 421:
            self._innocent = True
            self._cut()

    def _data_answered(self, code: int, words: str) -> None:
        refusal = self._refusal
        if code == 354 and refusal is None and self._is_withdrawn():
            self._end_with(None)
        elif code == 354 and refusal is None:
            self._handed, self._addressed = self._addressed, None
            text = self._handed.letter if self._handed else b""
            if self._pipelining:
                self._address_next()
            self._write(text, DOT)
        elif code == 354:
            # No recipient is left, and yet the relay waits for a text: it gets an empty one.
            self._settle_addressed(refusal)
            self._write(DOT)
        elif code // 100 not in {4, 5} or code == 421:
            self._end_with(refusal or turned_away(code, words))
        else:
            self._turn_away(refusal or turned_away(code, words))

    def _turn_away(self, refusal: Outcome) -> None:
        self._settle_addressed(refusal)
        self._must_reset = True

    def _is_withdrawn(self) -> bool:
        """Give the addressed letter back if it shall not go; nothing of it was handed over."""
        envelope = self._addressed
        if envelope is None or not self._letters.withdrawn(envelope):
            return False
        self._addressed = None
        self._letters.give_back(envelope, blamed="")
        return True

    def _end_with(self, refusal: Outcome | None) -> None:
        """The relay closes the connection with this answer, or waits in vain for a text."""
        self._settle_addressed(refusal)
        self._cut()

    def _settle_addressed(self, outcome: Outcome | None) -> None:
        envelope, self._addressed = self._addressed, None
        if envelope is not None and outcome is not None:
            self.settled += 1
            self._letters.settle(envelope, outcome)

    def _cut(self, trouble: tuple[int, str] | None = None) -> None:
        """Close at once: behind a half-finished dialogue no answer can be trusted."""
        self._trouble = self._trouble or trouble
        if self._transport is not None:
            self._transport.abort()
            self.connection_lost(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Say of each letter under way what is known of it."""
        if self._transport is None:
            return
        self._transport = None
        why = f"the connection was lost: {error}" if error else "the connection was lost"
        handed, self._handed = self._handed, None
        addressed, self._addressed = self._addressed, None
        if handed is not None:
            unknown = Outcome(state=DeliveryState.UNKNOWN, reply=readable(why))
            self._letters.settle(handed, unknown)
        if addressed is not None and self._refusal is not None:
            self._letters.settle(addressed, self._refusal)
        elif addressed is not None:
            # With a letter before it, or an answer to all, this one is not to blame.
            innocent = self._innocent or handed is not None or self._trouble is not None
            self._letters.give_back(addressed, blamed="" if innocent else readable(why))
        self._waiting.clear()
        self._commands.clear()
        if not self.ended.done():
            self.ended.set_result(self._trouble)
