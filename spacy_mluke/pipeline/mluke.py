"""The encoder component: one pass over a Doc, read by all heads."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer
from thinc.types import Ints2d

from ..errors import Errors
from ..features import MASK, DocFeatures, register_extensions, set_features
from ..layers.encoded import Encoded, hold_states
from ..layers.listeners import batch_id
from ..layers.propose import GoldMentions
from ..layers.start import start_weights
from ..layers.trf_listener import send, trf_data
from ..text.pieces import DocPieces
from ..text.spans import has_unknown_entities
from .encoder_pipe import EncoderPipe
from .gold_spans import gold_of
from .guards import check_finite
from .listening import Listened, PendingUpdate

RETAIN = ("none", "entities", "all")


class MLuke(Listened, EncoderPipe):
    """Encodes Docs with mLUKE: sets `doc._.mluke` and feeds listeners.

    vocab (Vocab): The shared vocabulary.
    model (Model): A layer made by `MLuke.v1`.
    name (str): Name of the component.
    retain (str): What stays on a Doc: "none", "entities" (a vector for each span) or "all" (word
        states and the start and end vectors of spans as well).
    max_batch_items (int): Most pieces and slots encoded at once.
    mentions_key (Optional[str]): Span group whose gold spans the span proposer learns; `None` for
        `doc.ents`.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[Any, Encoded],
        name: str = "mluke",
        *,
        retain: str = "entities",
        max_batch_items: int = 4096,
        mentions_key: Optional[str] = None,
    ) -> None:
        if retain not in RETAIN:
            raise ValueError(Errors.M403.format(retain=retain, allowed=", ".join(RETAIN)))
        if max_batch_items < 1:
            raise ValueError(Errors.M404.format(value=max_batch_items))
        self.vocab = vocab
        self.model = model
        self.name = name
        self.cfg: Dict[str, Any] = {
            "retain": retain,
            "max_batch_items": max_batch_items,
            "mentions_key": mentions_key,
        }
        self.model.attrs["max_batch_items"] = max_batch_items
        self.listener_map: Dict[str, List[Any]] = {}
        self._pending: Optional[PendingUpdate] = None
        register_extensions()

    def predict(self, docs: Iterable[Doc]) -> Optional[Encoded]:
        """Encode Docs.

        docs (Iterable[Doc]): The Docs.
        RETURNS (Optional[Encoded]): Their states; `None` for no Docs.
        """
        docs = list(docs)
        self.model.attrs["keep_words"] = bool(self.listener_map) or self.cfg["retain"] == "all"
        return self.model.predict(docs) if docs else None

    def set_annotations(self, docs: Iterable[Doc], scores: Optional[Encoded]) -> None:
        """Store features on Docs and hold the states for listeners.

        docs (Iterable[Doc]): The Docs.
        scores (Optional[Encoded]): What `predict` gave for them.
        """
        docs = list(docs)
        if scores is None:
            return
        readers = len(self.own_listeners)
        for doc, states in zip(docs, scores.split()):
            if self.cfg["retain"] != "none":
                set_features(doc, self._features(doc, states))
            hold_states(doc, self.name, states, readers)
        if self.trf_listeners:
            for doc, data in zip(docs, trf_data(scores, self.model.ops)):
                doc._.trf_data = data

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Encode a training batch for the listeners.

        The weights change when the update is finished, with the gradients that the listeners have
        sent until then and that of the span proposer. `nlp.update` finishes a component before the
        next one runs: then the step waits for the listeners, at most until the next batch.
        `drop` has no effect: dropout belongs to the encoder's config, as in pretraining.

        examples (Iterable[Example]): The batch.
        drop (float): Unused.
        sgd (Optional[Optimizer]): Finish the update at once with this optimizer.
        losses (Optional[Dict[str, float]]): Gets the loss of the span proposer.
        RETURNS (Dict[str, float]): The losses.
        RAISES (ValueError): If states are not finite numbers; names the batch.
        """
        examples, losses = self._begin_batch(examples, losses)
        self._flush()
        docs = [eg.predicted for eg in examples]
        if not any(len(doc) for doc in docs):
            return losses
        gold = GoldMentions(
            [self._mentions(eg) for eg in examples],
            np.asarray([self._is_complete(eg.reference) for eg in examples]),
        )
        encoded, backprop = self.model.begin_update((docs, None, gold))
        check_finite(self.name, docs, encoded.words, encoded.vectors, encoded.loss)
        self._pending = PendingUpdate(backprop, len(self.listeners), self._all_sent)
        number = batch_id(docs)
        for listener in self.own_listeners:
            listener.receive(number, encoded, self._pending.accumulate)
        if self.trf_listeners:
            data = trf_data(encoded, self.model.ops)
            for node in self.trf_listeners:
                send(node, docs, data, self._pending.accumulate, self.model.ops)
        losses[self.name] += encoded.loss
        if sgd is not None:
            self.finish_update(sgd)
        return losses

    def finish_update(self, sgd: Optimizer) -> None:
        """Backpropagate what the listeners sent, and step; or wait if none has sent anything.

        sgd (Optimizer): The optimizer.
        """
        if self._pending is not None and self._pending.is_waiting:
            self._pending.late_sgd = sgd
            return
        self._flush()
        self.model.finish_update(sgd)

    def get_loss(self, examples: Iterable[Example], scores: Any) -> Any:
        """Not used: the loss comes from the listeners."""

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        checkpoint: Optional[str] = None,
        piece_model: Optional[str] = None,
        vocab_size: int = 8000,
    ) -> None:
        """Get the weights: from a checkpoint, or random ones for a vocabulary of pieces.

        get_examples (Callable[[], Iterable[Example]]): The texts a new vocabulary is trained on.
        nlp (Optional[Language]): The pipeline.
        checkpoint (Optional[str]): Hub name or folder, in place of the model's `name`.
        piece_model (Optional[str]): SentencePiece file for an encoder from scratch; `None` trains
            one on the examples.
        vocab_size (int): Size of a new vocabulary.
        """
        shim = self.encoder_shims[0]
        start_weights(
            shim,
            lambda: (eg.reference.text for eg in get_examples()),
            checkpoint=checkpoint,
            piece_model=piece_model,
            vocab_size=vocab_size,
        )
        self._set_width()
        if nlp is not None:
            names = nlp.pipe_names
            for name in names[names.index(self.name) + 1 :] if self.name in names else []:
                self.find_listeners(nlp.get_pipe(name))

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "MLuke":
        """Load the component.

        path (str / Path): The component's folder.
        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (MLuke): This component.
        """
        super().from_disk(path, exclude=exclude)
        self._loaded()
        return self

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "MLuke":
        """Load the component from a byte string.

        bytes_data (bytes): What `to_bytes` gave.
        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (MLuke): This component.
        """
        super().from_bytes(bytes_data, exclude=exclude)
        self._loaded()
        return self

    def _loaded(self) -> None:
        self.model.attrs["max_batch_items"] = self.cfg["max_batch_items"]
        if self.encoder_shims[0].is_loaded:
            self._set_width()

    def _set_width(self) -> None:
        self.model.set_dim("nO", self.encoder_shims[0].width, force=True)
        self.connect_all()

    def _flush(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.finish()
            if pending.late_sgd is not None:
                self.model.finish_update(pending.late_sgd)

    def _all_sent(self) -> None:
        if self._pending is not None and self._pending.late_sgd is not None:
            self._flush()

    def _mentions(self, eg: Example) -> Ints2d:
        spans = gold_of(eg, self.cfg["mentions_key"])
        aligned = eg.get_aligned_spans_y2x(spans, allow_overlap=True)
        return np.asarray([(s.start, s.end) for s in aligned], dtype="int32").reshape(-1, 2)

    def _is_complete(self, doc: Doc) -> bool:
        return self.cfg["mentions_key"] is not None or not has_unknown_entities(doc)

    def _features(self, doc: Doc, states: Encoded) -> DocFeatures:
        pieces, spans = states.pieces[0], states.spans[0]
        ops = self.model.ops
        ranges = pieces.span_pieces(spans)
        has_pieces = ranges[:, 0] < ranges[:, 1]
        slots = states.vectors.shape[1] > 0
        kept = states.placed if slots else has_pieces
        words = np.zeros((0, 0), dtype="float32")
        starts = ends = np.zeros((int(kept.sum()), 0), dtype="float32")
        if self.cfg["retain"] == "all":
            assert states.words is not None
            words = ops.to_numpy(states.words).astype("float32")
            starts, ends = words[ranges[kept, 0]], words[ranges[kept, 1] - 1]
        return DocFeatures(
            piece_ids=pieces.ids,
            piece_tokens=_piece_tokens(pieces),
            spans=spans[kept],
            vectors=ops.to_numpy(states.vectors)[kept].astype("float32"),
            starts=starts,
            ends=ends,
            words=words,
            entities=[e for e, k in zip(states.entities or [MASK] * len(kept), kept) if k],
            report={
                "spans": len(spans),
                "spans_without_pieces": int((~has_pieces).sum()),
                "spans_too_long": int((has_pieces & ~kept).sum()) if slots else 0,
                "unknown_pieces": int((pieces.ids == self.encoder_shims[0].pieces.unk_id).sum()),
            },
        )


def _piece_tokens(pieces: DocPieces) -> np.ndarray:
    # Tokens can share a piece in the mode "hf": it goes to the last one that begins with it.
    filled = np.flatnonzero(pieces.starts < pieces.ends)
    if not len(filled):
        return np.zeros(len(pieces.ids), dtype="int32")
    rows = np.searchsorted(pieces.starts[filled], np.arange(len(pieces.ids)), side="right") - 1
    return filled[np.maximum(rows, 0)].astype("int32")
