"""Makes a translation model by hand: `python tiny_model.py FOLDER FROM TO WORDS.json`.

A transformer of one layer that looks each piece up in a dictionary: words, marks, single letters.
Its vectors have one number for each piece and one for each place; the decoder attends to the piece
at its own place and puts out what the dictionary has for it, else the piece itself. Needs
CTranslate2 and SentencePiece, and nothing else.
"""

import io
import json
import string
import sys
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import sentencepiece

PLACES = 400
LETTERS = string.ascii_letters + string.digits + ".,;:!?'’()«»-/%&éèêëàâîïôöûùçœÉÈÀ"


def zero(layer: Any, rows: int, columns: int) -> None:
    """A linear layer that adds nothing."""
    layer.weight = np.zeros((rows, columns), np.float32)
    layer.bias = np.zeros(rows, np.float32)


def plain_norm(norm: Any, size: int) -> None:
    """A normalisation without weights of its own."""
    norm.gamma = np.ones(size, np.float32)
    norm.beta = np.zeros(size, np.float32)


def make_vocabulary(folder: Path, words: list[str]) -> list[str]:
    """SentencePiece with the words as pieces, and each letter; the pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(LETTERS)] * 20),
        model_writer=model,
        model_type="char",
        vocab_size=len(words) + 200,
        hard_vocab_limit=False,
        user_defined_symbols=words,
        normalization_rule_name="identity",
        minloglevel=2,
    )
    (folder / "sentencepiece.model").write_bytes(model.getvalue())
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [pieces.id_to_piece(number) for number in range(pieces.get_piece_size())]


def make_model(vocabulary: list[str], dictionary: dict[str, str]) -> Any:
    """The specification with all its weights."""
    words, size = len(vocabulary), len(vocabulary) + PLACES
    place = {piece: number for number, piece in enumerate(vocabulary)}
    spec = ctranslate2.specs.TransformerSpec.from_config(num_layers=1, num_heads=1, pre_norm=True)
    embedding = np.eye(words, size, dtype=np.float32)
    positions = np.eye(PLACES, size, k=words, dtype=np.float32)
    for part in (spec.encoder, spec.decoder):
        table = part.embeddings
        (table[0] if isinstance(table, list) else table).weight = embedding
        part.position_encodings.encodings = positions
        part.scale_embeddings = False
        plain_norm(part.layer_norm, size)
        layer = part.layer[0]
        zero(layer.self_attention.linear[0], 3 * size, size)
        zero(layer.self_attention.linear[1], size, size)
        zero(layer.ffn.linear_0, 4, size)
        zero(layer.ffn.linear_1, size, 4)
        plain_norm(layer.self_attention.layer_norm, size)
        plain_norm(layer.ffn.layer_norm, size)
    attention = spec.decoder.layer[0].attention
    plain_norm(attention.layer_norm, size)
    zero(attention.linear[0], size, size)
    zero(attention.linear[1], 2 * size, size)
    zero(attention.linear[2], size, size)
    # The question is the place; the answer to it is the word there, by the dictionary.
    attention.linear[0].weight[words:, words:] = np.eye(PLACES) * 50
    attention.linear[1].weight[words:size, words:] = np.eye(PLACES)
    for piece, number in place.items():
        meaning = place.get(dictionary.get(piece, ""), number)
        attention.linear[1].weight[size + meaning, number] = 1
    attention.linear[2].weight[:words, :words] = np.eye(words) * 100
    spec.decoder.projection.weight = np.eye(words, size, dtype=np.float32) * 1000
    spec.decoder.projection.bias = np.zeros(words, np.float32)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.add_source_eos = True
    spec.validate()
    return spec


def main() -> None:
    """Writes an Argos package."""
    folder, source, target = Path(sys.argv[1]), *sys.argv[2:4]
    dictionary = json.loads(Path(sys.argv[4]).read_text(encoding="utf-8"))
    (folder / "model").mkdir(parents=True, exist_ok=True)
    words = sorted({*dictionary, *dictionary.values()})
    spec = make_model(make_vocabulary(folder, words), dictionary)
    spec.save(str(folder / "model"))
    facts = {
        "package_version": "1.0",
        "argos_version": "1.9.0",
        "from_code": source,
        "from_name": source,
        "to_code": target,
        "to_name": target,
    }
    (folder / "metadata.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
