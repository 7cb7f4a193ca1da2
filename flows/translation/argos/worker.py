"""The process that holds the models: `python -m flows.translation.argos.worker FOLDER`.

It says in one line of JSON that it is ready, or what it lacks, and answers one line for each line
that it reads: `{"source", "target", "texts"}` → `{"texts"}` or `{"error"}`. When its input ends it
ends. Only CTranslate2 and SentencePiece are needed, which the extra `argos` brings.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from flows.translation.argos.packages import (
    MODEL,
    VOCABULARY,
    ArgosPackage,
    find_route,
    list_packages,
)
from flows.translation.engines.passages import cut_sentences

BEAMS: Final = 4
LENGTH_PENALTY: Final = 0.2
"""As Argos Translate itself asks its models."""
SENTENCES_AT_ONCE: Final = 32

TranslateSentences = Callable[[list[str]], list[str]]


def main() -> None:
    """Answers until the input ends."""
    answers = _take_stdout()
    models = Models(Path(sys.argv[1]))
    try:
        models.load_libraries()
    except ImportError as error:
        _say(answers, {"lacks": error.name or str(error)})
        return
    _say(answers, {"ready": True})
    for line in sys.stdin:
        _say(answers, _answer(models, json.loads(line)))


def _take_stdout() -> TextIO:
    """The way to whoever started this process; whatever else prints goes to standard error."""
    descriptor = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(descriptor, "w", encoding="utf-8")


def _say(answers: TextIO, content: dict[str, Any]) -> None:
    answers.write(json.dumps(content) + "\n")
    answers.flush()


def _answer(models: "Models", asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"texts": models.translate(asked["texts"], asked["source"], asked["target"])}
    except Exception as error:  # noqa: BLE001  a broken model is the answer, not the end
        # What the libraries say may quote the text: its kind is told alone.
        return {"error": type(error).__name__}


class Models:
    """The models of a folder, each loaded when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loaded: dict[Path, TranslateSentences] = {}

    @staticmethod
    def load_libraries() -> None:
        """Raises `ImportError` where the extra is not installed."""
        import ctranslate2  # noqa: F401
        import sentencepiece  # noqa: F401

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        """The texts through the one model, or the two, that lead to the target."""
        for package in find_route(list_packages(self.folder), source, target):
            translate = self._loaded.get(package.folder) or _load(package)
            self._loaded[package.folder] = translate
            texts = _translate_texts(texts, translate)
        return texts


def _translate_texts(texts: list[str], translate: TranslateSentences) -> list[str]:
    """The texts, their sentences translated together and the space between them kept."""
    sentences = [cut_sentences(text) for text in texts]
    cores = [one.strip() for some in sentences for one in some]
    translated: Iterator[str] = iter(translate(cores))
    return [
        "".join(one.replace(one.strip(), next(translated), 1) for one in some) for some in sentences
    ]


def _load(package: ArgosPackage) -> TranslateSentences:
    import ctranslate2
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(package.folder / VOCABULARY))
    model = ctranslate2.Translator(str(package.folder / MODEL), device="cpu")

    def translate(sentences: list[str]) -> list[str]:
        tokens = pieces.encode(sentences, out_type=str)
        results = model.translate_batch(
            tokens,
            target_prefix=[[package.prefix]] * len(tokens) if package.prefix else None,
            beam_size=BEAMS,
            length_penalty=LENGTH_PENALTY,
            replace_unknowns=True,
            max_batch_size=SENTENCES_AT_ONCE,
            # A model that has lost its way repeats itself for ever.
            max_decoding_length=2 * max(map(len, tokens), default=0) + 16,
        )
        return [
            pieces.decode_pieces(result.hypotheses[0])
            .replace("▁", " ")
            .strip()
            .removeprefix(package.prefix)
            .strip()
            for result in results
        ]

    return translate


if __name__ == "__main__":
    main()
