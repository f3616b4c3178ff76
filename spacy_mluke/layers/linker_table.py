"""The entity table of the encoder that a linker's mentions come from."""

from typing import Callable, Dict, Mapping, Optional, Sequence, Tuple
from weakref import WeakKeyDictionary

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d, Ints1d, Ints2d

from ..entities.keys import item_number
from ..errors import Errors
from ..modeling.encoder import MLukeEncoder
from .encode import encode
from .encoded import Encoded
from .listeners import Listener
from .readout import span_features
from .shim import EncoderShim
from .slot_entities import Named
from .span_classifier import as_ragged


class LinkerEncoder:
    """An encoder as a linker sees it: rows of entities, and a second look at mentions.

    layer (Model): A layer made by `MLuke.v1`.
    """

    def __init__(self, layer: Model) -> None:
        self.layer = layer

    @classmethod
    def of(cls, tok2vec: Model, name: str) -> "LinkerEncoder":
        """Find the encoder behind a layer of span vectors.

        tok2vec (Model): `SpanListener.v1` or `SpanStates.v1`.
        name (str): The component, for messages.
        RETURNS (LinkerEncoder): The encoder.
        RAISES (ValueError): If the layer listens to nobody.
        """
        layer: Optional[Model]
        layer = tok2vec.upstream_model if isinstance(tok2vec, Listener) else tok2vec.layers[0]
        if layer is None:
            raise ValueError(Errors.M440.format(name=name))
        return cls(layer)

    def check(self, name: str, head_rows: int = 0) -> None:
        """Look whether the encoder has entities to link to.

        name (str): The component, for messages.
        head_rows (int): Rows of the table that its head was made for, 0 if it has none yet.
        RAISES (ValueError): If there are special entities alone, or the head has other rows.
        """
        rows = self.module.config.entity_vocab_size
        if rows <= len(self.shim.entities.special):
            raise ValueError(Errors.M441.format(name=name, rows=rows))
        if head_rows not in (0, rows):
            raise ValueError(Errors.M453.format(name=name, expected=head_rows, rows=rows))

    @property
    def shim(self) -> EncoderShim:
        """RETURNS (EncoderShim): Holds the weights."""
        shim: EncoderShim = self.layer.shims[0]  # type: ignore[assignment]
        return shim

    @property
    def module(self) -> MLukeEncoder:
        """RETURNS (MLukeEncoder): The encoder's weights, its entity table among them."""
        return self.shim.loaded.encoder

    @property
    def slots_interact(self) -> bool:
        """RETURNS (bool): Whether an entity in a slot can change the state of another slot."""
        return self.layer.attrs["settings"].attention == "full"

    def row(self, key: str) -> int:
        """RETURNS (int): Row of an entity, -1 if the table does not have it."""
        special = key in self.shim.entities.special
        return -1 if special else self.shim.entities.get(key, -1)

    def has_row(self, key: str) -> bool:
        """RETURNS (bool): Whether the table has an entity."""
        return self.row(key) >= 0

    @property
    def keys(self) -> "RowKeys":
        """RETURNS (RowKeys): The keys of all rows, collected when they are first needed."""
        return row_keys(self.shim)

    def shared_vectors(self, docs: Sequence[Doc], spans: Sequence[Ints2d]) -> Floats2d:
        """Encode mentions as the pipeline does, beside the spans that the encoder proposes.

        docs (Sequence[Doc]): The Docs.
        spans (Sequence[Ints2d]): Token offsets of the mentions of each, (n_i, 2).
        RETURNS (Floats2d): Their slots' states, flat over the Docs; zeros for those without slot.
        """
        encoded: Encoded = self.layer.predict(docs)
        ragged = as_ragged(self.layer, list(spans))
        ops = self.layer.ops
        return span_features(ops, encoded, docs, ragged, ["entity"], upstream=self.layer)[0]

    def vectors(
        self, docs: Sequence[Doc], spans: Sequence[Ints2d], named: Optional[Named] = None
    ) -> Floats2d:
        """Encode mentions, each with [MASK] in its slot or a known entity.

        docs (Sequence[Doc]): The Docs.
        spans (Sequence[Ints2d]): Token offsets of the mentions of each, (n_i, 2).
        named (Optional[Named]): The known entities.
        RETURNS (Floats2d): Their slots' states, flat over the Docs; zeros for those without slot.
        """
        return self.begin_vectors(docs, spans, named or {}, False)[0]

    def begin_vectors(
        self, docs: Sequence[Doc], spans: Sequence[Ints2d], named: Named, is_train: bool
    ) -> Tuple[Floats2d, Callable[[Floats2d], None]]:
        """The same as `vectors`, with a way back.

        docs (Sequence[Doc]): The Docs.
        spans (Sequence[Ints2d]): Token offsets of the mentions of each, (n_i, 2).
        named (Named): The known entities.
        is_train (bool): Whether the encoder learns.
        RETURNS (Tuple[Floats2d, Callable]): The states, and what takes their gradient.
        """
        encoded, backprop_encoder = encode(self.layer, docs, spans, None, is_train, named)
        ragged = as_ragged(self.layer, list(spans))
        ops = self.layer.ops
        table, backprop_features = span_features(ops, encoded, docs, ragged, ["entity"])

        def backprop(d_table: Floats2d) -> None:
            backprop_encoder(None, backprop_features(d_table)[1])

        return table, backprop


def gradient_factor(tok2vec: Model, docs: Sequence[Doc]) -> float:
    """How much of the gradient of a layer of span vectors reaches the encoder.

    tok2vec (Model): `SpanListener.v1` or `SpanStates.v1`.
    docs (Sequence[Doc]): The training batch.
    RETURNS (float): A factor, 0 if the encoder does not learn from the batch.
    """
    if not isinstance(tok2vec, Listener):
        return 1.0
    return float(tok2vec.attrs["grad_factor"]) if tok2vec.is_fed(docs) else 0.0


class RowKeys:
    """The keys of rows, collected once.

    entities (Mapping[str, int]): Rows by key.
    special (Mapping[str, int]): Those that stand for no entity.
    """

    def __init__(self, entities: Mapping[str, int], special: Mapping[str, int]) -> None:
        self.entities = entities
        self._keys: Dict[int, str] = {}
        for key, row in entities.items():
            known = self._keys.get(row)
            # An item before a title, the first title before others.
            if known is None or (item_number(key) and not item_number(known)):
                self._keys[row] = key
        for row in special.values():
            self._keys.pop(row, None)
        self.rows: Ints1d = np.asarray(sorted(self._keys), dtype="int64")

    def __getitem__(self, row: int) -> str:
        return self._keys[row]


# Of each encoder for as long as it lives.
_KEYS: "WeakKeyDictionary[EncoderShim, RowKeys]" = WeakKeyDictionary()


def row_keys(shim: EncoderShim) -> RowKeys:
    """RETURNS (RowKeys): The keys of all rows of an encoder, collected when first asked for."""
    known = _KEYS.get(shim)
    if known is None or known.entities is not shim.entities:
        known = _KEYS[shim] = RowKeys(shim.entities, shim.entities.special)
    return known
