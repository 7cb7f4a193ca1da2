"""What engines have answered before: asking the same again costs nothing, even after a restart."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from flows.domain.language import Language
from flows.translation.engines.protocol import Engine

KEPT: Final = timedelta(days=30)
"""Services get better; a month later their answer may be another."""
LARGEST_BYTES: Final = 64 * 1024 * 1024
"""A file beyond this is begun anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that an answer depends on. `context` is empty for engines that do not look at it."""

    engine: str
    address: str
    glossary: str
    source: Language
    target: Language
    encoding: str
    context: str
    text: str

    @property
    def digest(self) -> str:
        """The question's name in the cache; the question itself is not kept."""
        facts = (self.engine, self.address, self.glossary, self.source, self.target)
        canonical = json.dumps([*facts, self.encoding, self.context, self.text])
        return hashlib.sha256(canonical.encode()).hexdigest()


class AnswerCache:
    """Answers in one file of lines for each engine; `folder` is the operator's alone.

    A line is appended in one write: a process that dies spoils its last line at most. The files
    hold translations and digests of questions, never a key or an address of a person.
    """

    def __init__(self, folder: Path, *, today: date) -> None:
        self.folder = folder
        self._today = today
        self._answers: dict[str, dict[str, str]] = {}

    def recall(self, question: Question) -> str:
        """The answer to the same question, "" if it is not known."""
        return self._shelf(question.engine).get(question.digest, "")

    def keep(self, question: Question, answer: str) -> None:
        """Keeps an answer, on disk before the call returns."""
        if not answer.strip():
            return
        self._shelf(question.engine)[question.digest] = answer
        entry = {"key": question.digest, "day": self._today.isoformat(), "text": answer}
        self._append(question.engine, json.dumps(entry, ensure_ascii=False))

    def forget(self, question: Question) -> None:
        """Drops an answer that turned out to be worth nothing, so that it is asked for again."""
        if self._shelf(question.engine).pop(question.digest, None) is not None:
            entry = {"key": question.digest, "day": self._today.isoformat(), "text": ""}
            self._append(question.engine, json.dumps(entry, ensure_ascii=False))

    def clear(self) -> int:
        """Forgets everything; how many answers that were."""
        count = 0
        for path in self.folder.glob("*.jsonl"):
            count += sum(1 for _ in _read(path))
            path.unlink(missing_ok=True)
        self._answers.clear()
        return count

    def _shelf(self, engine: str) -> dict[str, str]:
        if engine not in self._answers:
            oldest = (self._today - KEPT).isoformat()
            self._answers[engine] = {
                entry["key"]: entry["text"]
                for entry in _read(self._path(engine))
                if entry["day"] >= oldest
            }
        return self._answers[engine]

    def _path(self, engine: str) -> Path:
        return self.folder / f"{engine}.jsonl"

    def _append(self, engine: str, line: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self._path(engine), flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size > LARGEST_BYTES:
                os.ftruncate(descriptor, 0)
            elif size and os.pread(descriptor, 1, size - 1) != b"\n":
                # Whoever wrote last died in the middle of a line.
                line = f"\n{line}"
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)


def _read(path: Path) -> Iterator[dict[str, str]]:
    """The entries of a file; a broken line is none."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict) and all(
                    isinstance(entry.get(name), str) for name in ("key", "day", "text")
                ):
                    yield entry


def question_to(
    engine: Engine,
    text: str,
    *,
    pair: tuple[Language, Language],
    encoding: str,
    context: str,
    glossary: str,
) -> Question:
    """The question that an engine is asked with `text`; `glossary` is its file's checksum."""
    source, target = pair
    return Question(
        engine=engine.name,
        address=engine.outlet.address,
        glossary=glossary,
        source=source,
        target=target,
        encoding=encoding,
        context=context if engine.uses_context else "",
        text=text,
    )
