"""From the best way to have a segment translated down to leaving it to a person.

Every rung's result is verified before it counts: all marks kept → all marks, written otherwise →
without emphasis → run by run between the marks → nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.domain.segment import Segment, SegmentKey
from flows.translation.decoding import decode, restore
from flows.translation.encodings import ENCODINGS, Encoding
from flows.translation.interpreter import Interpreter, Query, Reply
from flows.translation.inventory import take_inventory
from flows.translation.tokens import Role, Token, tokenise

EMPHASIS = frozenset({"em", "strong", "both", "i", "b"})

Verify = Callable[[str, str], list[str]]
"""What is wrong with a target (second) as a translation of a source (first); [] if nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a machine made of a segment; `text` is `None` where it is left to a person.

    `level` is the rung that held: `copied`, `plain`, `full/brackets`, `no-emphasis/xml`, `runs`,
    `memory`; or `waiting` (nobody has approved a translation) and `left` without a text.
    `trail` says in order what went wrong before. `via` is the language that it was made from, if
    that is not the source's.
    """

    text: str | None
    engine: str
    level: str
    trail: tuple[str, ...] = ()
    via: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A segment prepared for engines: its `core` tokens and the pairs that wrap it whole."""

    key: SegmentKey
    source: str
    prefix: tuple[Token, ...]
    core: tuple[Token, ...]
    suffix: tuple[Token, ...]

    @property
    def has_words(self) -> bool:
        """Whether the text between the marks holds letters."""
        return any(_has_words(token) for token in self.core)

    @property
    def text(self) -> str:
        """The words of the segment without its marks."""
        return "".join(token.raw for token in self.core if token.role is Role.TEXT)

    @property
    def parts(self) -> tuple[str, ...]:
        """The alternative texts and titles, each once."""
        tokens = (*self.prefix, *self.core, *self.suffix)
        return tuple(dict.fromkeys(part for token in tokens for part in token.parts))

    def trim(self, core: str) -> str:
        """A translated core without the white space around it, but for a line break of its own."""
        before = "\n" if self.core[0].raw == "\n" else ""
        after = "\n" if self.core[-1].raw == "\n" else ""
        return before + core.strip() + after

    def wrap(self, core: str, parts: Mapping[str, str]) -> str:
        """The whole segment around a translated core."""
        before = "".join(restore(token, parts) for token in self.prefix)
        return before + core + "".join(restore(token, parts) for token in self.suffix)


def prepare(segment: Segment) -> Passage:
    """The passage of a segment; pairs of marks around all of it are set aside."""
    core = tokenise(segment.source)
    prefix: list[Token] = []
    suffix: list[Token] = []
    while len(core) > 2 and core[0].role is Role.OPEN and _is_pair(core[0], core[-1]):
        prefix.append(core[0])
        suffix.insert(0, core[-1])
        core = core[1:-1]
    return Passage(
        key=segment.key,
        source=segment.source,
        prefix=tuple(prefix),
        core=tuple(core),
        suffix=tuple(suffix),
    )


def _is_pair(first: Token, last: Token) -> bool:
    return last.role is Role.CLOSE and first.number == last.number


def _has_words(token: Token) -> bool:
    return token.role is Role.TEXT and any(map(str.isalpha, token.raw))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One request for a passage: these tokens, in this encoding or, without marks, in none."""

    level: str
    tokens: tuple[Token, ...]
    encoding: Encoding | None

    @property
    def encoding_name(self) -> str:
        """The encoding as engines know it."""
        return self.encoding.name if self.encoding else "plain"

    @property
    def query(self) -> str:
        """What the engine gets."""
        if self.encoding:
            return self.encoding.write(self.tokens)
        return "".join(token.raw for token in self.tokens)


def list_rungs(passage: Passage, encodings: Sequence[str]) -> list[Rung]:
    """The requests to try for a passage, the best first, before it is cut into runs."""
    if not passage.has_words:
        return []
    if all(token.role is Role.TEXT for token in passage.core):
        return [Rung(level="plain", tokens=passage.core, encoding=None)]
    usable = [ENCODINGS[name] for name in encodings if name in ENCODINGS]
    levels = [("full", passage.core), *(("no-emphasis", tokens) for tokens in _sober(passage))]
    return [
        Rung(level=f"{level}/{encoding.name}", tokens=tokens, encoding=encoding)
        for level, tokens in levels
        for encoding in usable
    ]


def _sober(passage: Passage) -> Iterator[tuple[Token, ...]]:
    """The core without its emphasis, if it has any and readers see the same text as before.

    They see other asterisks where marks stand so that the renderer pairs them otherwise.
    """
    sober = tuple(token for token in passage.core if token.kind not in EMPHASIS)
    if len(sober) < len(passage.core):
        bare = passage.wrap("".join(token.raw for token in sober), {})
        if take_inventory(bare).shown == take_inventory(passage.source).shown:
            yield sober


class Climb:
    """One passage on its way down the ladder; `parts` are its translated titles."""

    def __init__(
        self,
        passage: Passage,
        *,
        interpreter: Interpreter,
        parts: Mapping[str, str],
        verify: Verify,
        context: str = "",
    ) -> None:
        self._passage = passage
        self._interpreter = interpreter
        self._parts = parts
        self._verify = verify
        self._context = context
        self._trail: list[str] = []

    async def run(self, first: Reply | None) -> Draft:
        """The draft of the first rung that holds; `first` answers the first rung, if asked."""
        rungs = list_rungs(self._passage, self._interpreter.engine.encodings)
        for place, rung in enumerate(rungs):
            reply = first if place == 0 and first else await self._ask(rung)
            if (text := self._judge(rung, reply)) is not None:
                return self._draft(text, rung.level)
        if rungs and not rungs[0].encoding:
            return self._draft(None, "left")
        text = await self._translate_runs()
        return self._draft(text, "left" if text is None else "runs")

    def _draft(self, text: str | None, level: str) -> Draft:
        engine = self._interpreter.engine.name
        return Draft(text=text, engine=engine, level=level, trail=tuple(self._trail))

    async def _ask(self, rung: Rung) -> Reply:
        replies = await self._interpreter.ask(
            self._queries([rung.query]), encoding=rung.encoding_name, context=self._context
        )
        return replies[0]

    def _queries(self, texts: Sequence[str]) -> list[Query]:
        return [Query(text=text, owner=self._passage.key) for text in texts]

    def _judge(self, rung: Rung, reply: Reply) -> str | None:
        """The segment's Markdown if the reply to the rung is good; else it is not remembered."""
        text = self._read(rung, reply)
        if text is None:
            self._interpreter.forget(rung.query, encoding=rung.encoding_name, context=self._context)
        return text

    def _read(self, rung: Rung, reply: Reply) -> str | None:
        if reply.fault:
            self._note(rung.level, [reply.fault])
            return None
        # No query holds a line break, so that none in an answer is meant.
        answer = re.sub(r"\s*\n\s*", " ", reply.text.strip())
        expected = "".join(token.raw for token in rung.tokens)
        if not rung.encoding:
            return self._accept(rung.level, expected, answer)
        decoded = decode(answer, rung.tokens, encoding=rung.encoding, parts=self._parts)
        if decoded.problems:
            self._note(rung.level, decoded.problems)
            return None
        return self._accept(rung.level, expected, decoded.text)

    def _accept(self, level: str, expected: str, core: str) -> str | None:
        """The whole segment if it verifies against the `expected` source of its core."""
        text = self._passage.wrap(self._passage.trim(core), self._parts)
        problems = self._verify(self._passage.wrap(expected, {}), text)
        if problems:
            self._note(level, problems)
            return None
        return text

    def _note(self, level: str, problems: Sequence[str]) -> None:
        self._trail.append(f"{level}: {'; '.join(problems)}")

    async def _translate_runs(self) -> str | None:
        """The text between the marks bit by bit: the structure is certain, the language poor."""
        runs = [token.raw for token in self._passage.core if _has_words(token)]
        replies = await self._interpreter.ask(
            self._queries([run.strip() for run in runs]), encoding="plain", context=self._context
        )
        if faults := [reply.fault for reply in replies if reply.fault]:
            self._note("runs", faults[:1])
            return None
        core = "".join(self._refill(zip(runs, replies, strict=True)))
        expected = "".join(token.raw for token in self._passage.core)
        return self._accept("runs", expected, core)

    def _refill(self, answers: Iterator[tuple[str, Reply]]) -> Iterator[str]:
        for token in self._passage.core:
            if _has_words(token):
                run, reply = next(answers)
                yield run.replace(run.strip(), " ".join(reply.text.split()), 1)
            else:
                yield restore(token, self._parts)
