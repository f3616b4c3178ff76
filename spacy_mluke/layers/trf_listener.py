"""Being an upstream for `spacy-transformers.TransformerListener.v1`, where that package is there.

Its listeners are recognised by their class, which can only exist once the package is imported,
so nothing here imports it before such a listener is found.
"""

import sys
from typing import TYPE_CHECKING, Any, Callable, List, Optional

import numpy as np
from spacy.tokens import Doc
from thinc.api import Ops
from thinc.types import Floats2d, Ragged

from ..text.arrays import ragged_arange
from .encoded import Encoded

if TYPE_CHECKING:
    from spacy_transformers.data_classes import TransformerData
    from spacy_transformers.layers.listener import TransformerListener as TrfListener
else:
    TrfListener = Any


def is_trf_listener(node: Any) -> bool:
    """RETURNS (bool): Whether a layer is a listener of spacy-transformers."""
    module = sys.modules.get("spacy_transformers.layers.listener")
    return module is not None and isinstance(node, module.TransformerListener)


def prepare_docs() -> None:
    """Register `doc._.trf_data`, which the listeners read even before anything is encoded."""
    from spacy_transformers import install_extensions

    install_extensions()


def trf_data(encoded: Encoded, ops: Ops) -> List["TransformerData"]:
    """Give word states the form that spacy-transformers keeps in `doc._.trf_data`.

    encoded (Encoded): The states, with words.
    ops (Ops): Makes the arrays.
    RETURNS (List[TransformerData]): One for each Doc.
    """
    from spacy_transformers.data_classes import TransformerData, WordpieceBatch
    from transformers.file_utils import ModelOutput

    result = []
    for part in encoded.split():
        pieces = part.pieces[0]
        n = len(pieces.ids)
        if not len(pieces.starts):
            result.append(TransformerData.empty())
            continue
        assert part.words is not None
        # The listeners' pooling wants a row in each Doc; no token of white space refers to it.
        hidden = part.words if n else ops.alloc2f(1, part.words.shape[1])
        counts = (pieces.ends - pieces.starts).astype("int32")
        wordpieces = WordpieceBatch(
            strings=[[str(i) for i in pieces.ids.tolist()]],
            input_ids=pieces.ids.reshape(1, -1),
            attention_mask=np.ones((1, n), dtype="float32"),
            lengths=[n],
            token_type_ids=None,
        )
        rows = ops.asarray1i(ragged_arange(pieces.starts, counts).astype("int32"))
        result.append(
            TransformerData(
                wordpieces=wordpieces,
                model_output=ModelOutput(last_hidden_state=hidden[None]),
                align=Ragged(rows, ops.asarray1i(counts)),
            )
        )
    return result


def send(
    listener: "TrfListener",
    docs: List[Doc],
    data: List["TransformerData"],
    accumulate: Callable[[Optional[Floats2d], Optional[Floats2d]], None],
    ops: Ops,
) -> None:
    """Feed a training batch to a listener of spacy-transformers.

    listener (TrfListener): The listener.
    docs (List[Doc]): The batch.
    data (List[TransformerData]): Its states.
    accumulate (Callable): Takes the gradient of the words.
    ops (Ops): Makes the arrays.
    """

    def backprop(gradients: List["TransformerData"]) -> List[Doc]:
        parts: List[Any] = [g.tensors[0] for g in gradients if g.wordpieces.input_ids.size]
        flat = [d.reshape(-1, d.shape[-1]) for d in parts]
        accumulate(ops.xp.concatenate(flat) if flat else None, None)
        return docs

    listener.receive(listener.get_batch_id(docs), data, backprop)
