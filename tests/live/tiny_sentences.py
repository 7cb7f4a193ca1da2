"""Makes a splitter of sentences by hand, as MiniSBD loads it: `python tiny_sentences.py FILE.onnx`.

One table: full stop, exclamation and question mark end a sentence, any other character does not.
"""

import json
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

UNITS = ["<PAD>", "<UNK>", ".", "!", "?"]
CLASSES = 5
NOTHING, SENTENCE_END = 0, 2


def main() -> None:
    """Writes the model."""
    table = np.zeros((len(UNITS), CLASSES), np.float32)
    table[:2, NOTHING] = 1
    table[2:, SENTENCE_END] = 1
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "units"], ["ends"]),
            # The features take part without having a say.
            helper.make_node("ReduceSum", ["features"], ["sum"], keepdims=0),
            helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
            helper.make_node("Add", ["ends", "nothing"], ["logits"]),
        ],
        "sentences",
        [
            helper.make_tensor_value_info("units", TensorProto.INT64, ["batch", "length"]),
            helper.make_tensor_value_info(
                "features", TensorProto.FLOAT, ["batch", "length", "features"]
            ),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", CLASSES])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.float32(0), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    vocabulary = {
        "lang": "fr",
        "idx": 0,
        "cutoff": 0,
        "lower": False,
        "lang_replaces_spaces": False,
        "_unit2id": {unit: number for number, unit in enumerate(UNITS)},
        "_id2unit": UNITS,
    }
    facts = {"lang_code": "fr", "vocab": vocabulary, "lexicon": None}
    config = {"feat_funcs": ["end_of_para"], "max_seqlen": 5000, "batch_size": 1}
    helper.set_model_props(
        model,
        {name: json.dumps(value) for name, value in facts.items()}
        | {"lang_code": "fr", "config": json.dumps(config)},
    )
    save(model, sys.argv[1])


if __name__ == "__main__":
    main()
